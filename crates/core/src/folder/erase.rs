//! Deleting a release's own folder: first the manifest, so that nobody takes what is left for a folder, then the files
//! that it named. What else lies there stays, and is told.

use super::content::read_digest;
use super::listing::list;
use super::manifest::{FolderFile, FolderManifest};
use super::{IN_FLIGHT, inside, is_reserved};
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::location::{FOLDER, Key, Location};
use crate::port::{Bucket, Clock, ErrorKind, Object, Precondition, ProviderError, Token};
use crate::retry::Attempts;
use futures_util::{StreamExt as _, stream};
use std::collections::{HashMap, HashSet};

/// What became of one object that was to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Removed {
    /// It is not there any more.
    Gone,
    /// It stays, for this reason.
    Stays(String),
}

/// What became of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Erased {
    /// How many objects were deleted, the manifest included.
    pub(crate) objects: u64,
    /// Their length in bytes.
    pub(crate) bytes: u64,
    /// Objects that were the release's and stay, with the reason.
    pub(crate) left: Vec<String>,
    /// Paths that the manifest did not name.
    pub(crate) strays: Vec<String>,
}

/// Deletes the very object that was seen, and settles what became of it.
pub(crate) async fn remove(
    bucket: &dyn Bucket,
    clock: &dyn Clock,
    key: &Key,
    token: &Token,
) -> Result<Removed, ProviderError> {
    let when = Precondition::Matches(token.clone());
    let mut last = None;
    let mut attempts = Attempts::new(clock, 0);
    while attempts.another() {
        let error = match bucket.delete(key, &when).await {
            Ok(()) => return Ok(Removed::Gone),
            Err(error) => error,
        };
        match error.kind {
            ErrorKind::Unsupported => {
                return Ok(Removed::Stays(format!("can't be deleted: {}", error.message)));
            }
            ErrorKind::Conflict | ErrorKind::Unknown | ErrorKind::Unavailable | ErrorKind::NotFound => {
                match bucket.head(key).await {
                    Ok(None) => return Ok(Removed::Gone),
                    Ok(Some(found)) if found.token != *token => {
                        return Ok(Removed::Stays("was written by somebody else meanwhile".to_owned()));
                    }
                    Ok(Some(_)) | Err(_) => {
                        attempts.pause(&error).await;
                        last = Some(error);
                    }
                }
            }
            _ => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| {
        ProviderError::new(ErrorKind::Unknown, bucket, key, "no definite answer after several tries")
    }))
}

/// Deletes the folder that was published as `sha256` for this commit.
///
/// # Errors
/// What the store answers. What was deleted by then is told in `done`.
pub(crate) async fn erase(
    bucket: &dyn Bucket,
    clock: &dyn Clock,
    location: &Location,
    commit: &CommitId,
    sha256: Digest,
    done: &mut Erased,
) -> Result<(), ProviderError> {
    let Some(prefix) = location.folder() else {
        return Err(ProviderError::new(ErrorKind::Invalid, bucket, location, "it is not a folder"));
    };
    let manifest = match FolderManifest::read(bucket, location).await {
        Err(error) if error.kind == ErrorKind::Corrupt => {
            done.left.push(format!("`{location}` has something else in place of its manifest"));
            return Ok(());
        }
        end => end?,
    };
    let named = match &manifest {
        Some((_, found)) if found.identity() != sha256 => {
            done.left.push(format!("`{location}` is not the folder that was published: its digest differs"));
            return Ok(());
        }
        Some((object, found)) => {
            match remove(bucket, clock, &location.key, &object.token).await? {
                Removed::Gone => {
                    done.objects += 1;
                    done.bytes = done.bytes.saturating_add(object.size);
                }
                Removed::Stays(why) => {
                    done.left.push(format!("the manifest of `{location}` {why}"));
                    return Ok(());
                }
            }
            Some(found.by_path())
        }
        // An earlier run was cut off after it had deleted the manifest: each file says itself whose it is.
        None => None,
    };
    let erasing = Erasing { bucket, clock, prefix, commit, named };
    let listed = list(bucket, prefix, manifest.as_ref().map(|(_, found)| found)).await?;
    let foreign: HashSet<&str> = listed
        .iter()
        .filter_map(|object| object.key.as_str().strip_suffix(FOLDER))
        .filter(|folder| folder.ends_with('/'))
        .collect();
    let mut ours = Vec::new();
    for object in &listed {
        let path = object.key.as_str();
        let within = |folder: &&str| path.starts_with(*folder);
        if path == FOLDER {
            continue;
        }
        let named = erasing.named.as_ref().is_none_or(|named| named.contains_key(path));
        match is_reserved(path) || !named || erasing.named.is_none() && foreign.iter().any(within) {
            true => done.strays.push(path.to_owned()),
            false => ours.push(object.clone()),
        }
    }
    let mut ends = stream::iter(ours).map(|object| erasing.file(object)).buffer_unordered(IN_FLIGHT);
    let mut failed = None;
    while let Some(end) = ends.next().await {
        match end {
            Ok((File::Gone, object)) => {
                done.objects += 1;
                done.bytes = done.bytes.saturating_add(object.size);
            }
            Ok((File::Stray, object)) => done.strays.push(object.key.to_string()),
            Ok((File::Stays(why), object)) => done.left.push(format!("`{prefix}{}` {why}", object.key)),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    done.strays.sort();
    done.left.sort();
    failed.map_or(Ok(()), Err)
}

/// What became of one file.
enum File {
    Gone,
    Stray,
    Stays(String),
}

struct Erasing<'a> {
    bucket: &'a dyn Bucket,
    clock: &'a dyn Clock,
    prefix: &'a str,
    commit: &'a CommitId,
    /// The files of the manifest; `None` when that is gone.
    named: Option<HashMap<&'a str, &'a FolderFile>>,
}

impl Erasing<'_> {
    /// Deletes one file that was listed, its key being the path in the folder.
    async fn file(&self, listed: Object) -> Result<(File, Object), ProviderError> {
        let key = inside(self.prefix, &listed.key).map_err(|error| {
            ProviderError::new(ErrorKind::Invalid, self.bucket, &listed.key, "it has no key").caused_by(error)
        })?;
        let mut wanted =
            self.named.as_ref().and_then(|named| named.get(listed.key.as_str())).copied().cloned();
        let mut seen = listed.clone();
        if wanted.is_none() || seen.sha256.is_none() {
            let Some(object) = self.bucket.head(&key).await? else { return Ok((File::Gone, listed)) };
            seen = object;
        }
        let marked = seen.metadata.get("promote-sha256").and_then(|text| Digest::from_hex(text).ok());
        if self.named.is_none() {
            let ours = seen.metadata.get("promote-commit").map(String::as_str) == Some(self.commit.as_str());
            let Some(sha256) = marked.filter(|_| ours) else { return Ok((File::Stray, listed)) };
            let (path, size) = (listed.key.clone(), seen.size);
            wanted = Some(FolderFile { path, size, executable: false, sha256, token: None });
        }
        let Some(wanted) = wanted else { return Ok((File::Stray, listed)) };
        if seen.size != wanted.size {
            let why = format!("has {} bytes, but was published with {}", seen.size, wanted.size);
            return Ok((File::Stays(why), listed));
        }
        let digest = match seen.sha256.or(marked) {
            Some(digest) => digest,
            None => read_digest(self.bucket, &key).await?,
        };
        if digest != wanted.sha256 {
            return Ok((File::Stays("is not what was published: its digest differs".to_owned()), listed));
        }
        Ok(match remove(self.bucket, self.clock, &key, &seen.token).await? {
            Removed::Gone => (File::Gone, listed),
            Removed::Stays(why) => (File::Stays(why), listed),
        })
    }
}
