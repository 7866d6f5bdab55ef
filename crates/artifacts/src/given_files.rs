//! Which of the paths that were given is which artifact: `PATH` where there is one to give, `NAME=PATH` where there are
//! several. An image is pushed before, so none is given for it.

use promote_core::config::ArtifactKind;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::publish::ArtifactPlace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The path given for each artifact, by the name of its entry. The only object of a release may be missing: it is packed from
/// the commit.
///
/// # Errors
/// When a text does not say which artifact it is, or an artifact is left out.
pub fn of(
    folder: &Path,
    texts: &[String],
    places: &BTreeMap<String, ArtifactPlace>,
) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let takers: BTreeMap<&str, ArtifactKind> = places
        .iter()
        .filter(|(_, place)| place.kind != ArtifactKind::Image)
        .map(|(name, place)| (name.as_str(), place.kind))
        .collect();
    let mut files = BTreeMap::new();
    for text in texts {
        let (name, path) = named(text, &takers)?;
        for entry in takers.keys().filter(|entry| **entry == name || base(entry) == name) {
            let path = match entry.split_once('@') {
                Some((_, environment)) => path.replace("{env}", environment),
                None => path.to_owned(),
            };
            if files.insert((*entry).to_owned(), folder.join(path)).is_some() {
                return Err(wrong(format!("`{entry}` was given twice"), &takers));
            }
        }
    }
    let missing: Vec<&str> = takers.keys().copied().filter(|name| !files.contains_key(*name)).collect();
    let objects = takers.values().filter(|kind| **kind == ArtifactKind::Object).count();
    let packed = |name: &str| objects == 1 && takers.get(name) == Some(&ArtifactKind::Object);
    match missing.as_slice() {
        [] => Ok(files),
        [one] if packed(one) => Ok(files),
        _ => Err(wrong(format!("nothing was given for {}", missing.join(", ")), &takers)),
    }
}

/// The artifact's name without the environment.
fn base(entry: &str) -> &str {
    entry.split_once('@').map_or(entry, |(name, _)| name)
}

/// The artifact that a text is meant for, and the path.
fn named<'t>(text: &'t str, takers: &BTreeMap<&str, ArtifactKind>) -> Result<(String, &'t str), Failure> {
    if let Some((name, path)) = text.split_once('=')
        && takers.keys().any(|entry| *entry == name || base(entry) == name)
    {
        return Ok((name.to_owned(), path));
    }
    let mut names: Vec<&str> = takers.keys().map(|entry| base(entry)).collect();
    names.dedup();
    match names.as_slice() {
        [only] => Ok(((*only).to_owned(), text)),
        [] => Err(Failure::new(ExitStatus::Usage, "this release is images alone, and no file belongs to it")
            .hint("push the images, then `promote publish`")),
        _ => {
            let shown = promote_core::names::escape(text);
            Err(wrong(format!("`{shown}` does not say which artifact it is"), takers))
        }
    }
}

fn wrong(why: String, takers: &BTreeMap<&str, ArtifactKind>) -> Failure {
    let path = |kind: &ArtifactKind| if *kind == ArtifactKind::Folder { "FOLDER" } else { "PATH" };
    let list: Vec<String> = takers.iter().map(|(name, kind)| format!("{name}={}", path(kind))).collect();
    Failure::new(ExitStatus::Usage, why)
        .state("Every artifact of a release is published together; nothing was published.")
        .hint(format!("a release has these artifacts: `promote publish {}`", list.join(" ")))
}
