//! Which of the files that were given is which artifact: `PATH` where there is one, `NAME=PATH` where there are several.

use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which file was given for which artifact; plain paths are relative to `folder`.
///
/// # Errors
/// When a text does not say which artifact it is, or an artifact is left out.
pub(crate) fn of<'n>(
    folder: &Path,
    texts: &[String],
    names: impl Iterator<Item = &'n String>,
) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let names: Vec<&String> = names.collect();
    let list = names.iter().map(|name| format!("{name}=PATH")).collect::<Vec<_>>().join(" ");
    let wrong = |why: String| {
        Failure::new(ExitStatus::Usage, why)
            .hint(format!("a release has these artifacts: `promote publish {list}`"))
    };
    let mut files = BTreeMap::new();
    for text in texts {
        let (name, path) = match (text.split_once('='), names.as_slice()) {
            (Some((name, path)), _) if names.iter().any(|known| *known == name) => (name.to_owned(), path),
            (_, [only]) => ((*only).clone(), text.as_str()),
            _ => {
                return Err(wrong(format!(
                    "`{}` does not say which artifact it is",
                    promote_core::names::shown(text)
                )));
            }
        };
        if files.insert(name.clone(), folder.join(path)).is_some() {
            return Err(wrong(format!("`{name}` was given twice")));
        }
    }
    if files.len() == names.len() || (files.is_empty() && names.len() == 1) {
        return Ok(files);
    }
    Err(wrong("every artifact of a release is published together".to_owned()))
}
