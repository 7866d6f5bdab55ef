//! Comparing a folder with its manifest, and that with what the ledger says.

use super::content::read_digest;
use super::copier::marked;
use super::listing::list;
use super::manifest::{FolderFile, FolderManifest};
use super::others::others;
use super::{IN_FLIGHT, inside};
use crate::digest::Digest;
use crate::location::{Key, Location};
use crate::names::escape;
use crate::port::{BucketReader, ErrorKind, Object, ProviderError};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::HashMap;

/// How many findings of a kind are told one by one.
const TOLD: usize = 20;

/// What was found of a folder, one sentence each; nothing when it is as it should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// What is not as its manifest, and the ledger, say.
    pub wrong: Vec<String>,
    /// Files that are not the release's, and that no promotion put there.
    pub strays: Vec<String>,
    /// Files that a promotion put there, and that the release no longer has.
    pub left_over: Vec<String>,
    /// Whether a link, a pipe or a device is in place of a file: no promotion replaces it.
    pub odd: bool,
}

impl Checked {
    fn of(wrong: String) -> Self {
        Self { wrong: vec![wrong], ..Self::default() }
    }
}

/// What is wrong with the folder at `location`. `recorded` is
/// the digest of the release's manifest, as the ledger has it. By listing alone a file counts as changed when the
/// store's token says that somebody wrote it; `deep` reads all files and compares their content besides.
///
/// What the release lacks is *left over* when a promotion's mark is on it that fits its content. Whoever copies a file
/// with its marks copies that, too.
///
/// # Errors
/// What the store answers.
pub async fn check(
    bucket: &dyn BucketReader,
    location: &Location,
    recorded: Option<Digest>,
    deep: bool,
) -> Result<Checked, ProviderError> {
    let Some(prefix) = location.folder() else {
        return Err(ProviderError::new(ErrorKind::Invalid, bucket, location, "it is not a folder"));
    };
    let manifest = match FolderManifest::read(bucket, location).await {
        Ok(Some((_, manifest))) => manifest,
        Ok(None) => return Ok(Checked::of(format!("`{location}` has no manifest"))),
        Err(error) if error.kind == ErrorKind::Corrupt => {
            let what = format!("what is in place of the manifest of `{location}` is not a manifest");
            return Ok(Checked::of(what));
        }
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    let source = manifest.source();
    let digest = source.digest();
    if let Some(of) = manifest.of.filter(|of| *of != digest) {
        found.push(format!(
            "the manifest of `{location}` names {}, but its files are those of {}",
            of.short(),
            digest.short()
        ));
    }
    if let Some(recorded) = recorded.filter(|recorded| *recorded != digest) {
        found.push(format!(
            "`{location}` contains folder {}, the ledger says {}",
            digest.short(),
            recorded.short()
        ));
    }
    let listed = list(bucket, prefix, Some(&manifest)).await?;
    let there: HashMap<&str, &Object> = listed.iter().map(|object| (object.key.as_str(), object)).collect();
    let (mut missing, mut changed) = (Vec::new(), Vec::new());
    // What only its bytes can tell, with what its token says against it.
    let mut rest: Vec<(FolderFile, Option<String>)> = Vec::new();
    for file in &manifest.files {
        match there.get(file.path.as_str()) {
            None => missing.push(format!("`{}` is missing", file.path)),
            Some(object) => match wrong(file, object) {
                Some(Wrong::Written(why)) if deep => rest.push((file.clone(), Some(why))),
                Some(Wrong::Written(why) | Wrong::Other(why)) => {
                    changed.push(format!("`{}` {why}", file.path));
                }
                None => rest.push((file.clone(), None)),
            },
        }
    }
    let others: Vec<Object> = others(&source, &listed).into_iter().cloned().collect();
    let (left_over, strays) = beside(bucket, prefix, others, deep).await?;
    if deep {
        changed.extend(read_all(bucket, prefix, rest).await?);
    }
    for (findings, what) in [(missing, "are missing"), (changed, "were changed")] {
        tell(&mut found, findings, what);
    }
    let lies = |file: &FolderFile| there.get(file.path.as_str()).and_then(|object| object.odd());
    let odd = manifest.files.iter().any(|file| lies(file).is_some());
    let mut checked = Checked { wrong: found, odd, ..Checked::default() };
    tell(&mut checked.strays, strays, "are not the release's");
    tell(&mut checked.left_over, left_over, "are left over");
    Ok(checked)
}

/// What lies beside a release's files: what is left over, and what no promotion put there.
async fn beside(
    bucket: &dyn BucketReader,
    prefix: &str,
    others: Vec<Object>,
    deep: bool,
) -> Result<(Vec<String>, Vec<String>), ProviderError> {
    let looks = stream::iter(others).map(|listed| async move {
        let key = inside(prefix, &listed.key).map_err(|error| {
            ProviderError::new(ErrorKind::Invalid, bucket, &listed.key, "it has no key").caused_by(error)
        })?;
        // What is no object has no marks, and can't be looked at.
        if listed.odd().is_some() {
            return Ok(Some((listed.key, false)));
        }
        // A listing tells no marks everywhere.
        let Some(object) = bucket.head(&key).await? else { return Ok(None) };
        let Some(marked) = marked(&object) else { return Ok(Some((listed.key, false))) };
        let found = match object.sha256 {
            None if deep => match read_digest(bucket, &key).await {
                Ok(found) => Some(found),
                Err(error) if matches!(error.kind, ErrorKind::Corrupt | ErrorKind::NotFound) => None,
                Err(error) => return Err(error),
            },
            told => told.or(Some(marked)),
        };
        Ok(Some((listed.key, found == Some(marked))))
    });
    let mut looked: Vec<(Key, bool)> =
        looks.buffer_unordered(IN_FLIGHT).try_filter_map(|one| async move { Ok(one) }).try_collect().await?;
    looked.sort();
    let (left, strays): (Vec<_>, Vec<_>) = looked.into_iter().partition(|(_, ours)| *ours);
    let left = left.into_iter().map(|(path, _)| format!("`{}` is left over", escape(path.as_str())));
    let strays =
        strays.into_iter().map(|(path, _)| format!("`{}` is not the release's", escape(path.as_str())));
    Ok((left.collect(), strays.collect()))
}

/// What a listing says against a file, in words.
enum Wrong {
    /// It has other content.
    Other(String),
    /// Somebody wrote it; which content it has is told by its bytes.
    Written(String),
}

/// What a listing says against a file.
fn wrong(file: &FolderFile, object: &Object) -> Option<Wrong> {
    if let Some(odd) = object.odd() {
        return Some(Wrong::Other(format!("is {odd}")));
    }
    if object.size != file.size {
        return Some(Wrong::Other(format!("has {} bytes instead of {}", object.size, file.size)));
    }
    match (object.sha256, &file.token) {
        (Some(found), _) if found != file.sha256 => Some(Wrong::Other("has other content".to_owned())),
        (None, Some(token)) if *token != object.token => {
            let when = object.stored_at.format("%Y-%m-%d %H:%M:%S UTC");
            Some(Wrong::Written(format!("was written at {when} by somebody else")))
        }
        _ => None,
    }
}

/// Reads files, and says which have other content and which were written by somebody else.
async fn read_all(
    bucket: &dyn BucketReader,
    prefix: &str,
    files: Vec<(FolderFile, Option<String>)>,
) -> Result<Vec<String>, ProviderError> {
    let reads = stream::iter(files).map(|(file, written)| async move {
        let key: Key = inside(prefix, &file.path).map_err(|error| {
            ProviderError::new(ErrorKind::Invalid, bucket, &file.path, "it has no key").caused_by(error)
        })?;
        let right = match read_digest(bucket, &key).await {
            Ok(found) => found == file.sha256,
            Err(error) if matches!(error.kind, ErrorKind::Corrupt | ErrorKind::NotFound) => false,
            Err(error) => return Err(error),
        };
        Ok(match (written, right) {
            (None, true) => None,
            (None, false) => Some(format!("`{}` has other content", file.path)),
            (Some(why), true) => Some(format!("`{}` {why}, and has the same content", file.path)),
            (Some(why), false) => Some(format!("`{}` {why}, and has other content", file.path)),
        })
    });
    let mut found: Vec<String> =
        reads.buffer_unordered(IN_FLIGHT).try_filter_map(|one| async move { Ok(one) }).try_collect().await?;
    found.sort();
    Ok(found)
}

/// The first findings of a kind one by one, the others counted.
fn tell(found: &mut Vec<String>, mut findings: Vec<String>, what: &str) {
    let more = findings.len().saturating_sub(TOLD);
    findings.truncate(TOLD);
    found.append(&mut findings);
    if more > 0 {
        found.push(format!("{more} more files {what}"));
    }
}
