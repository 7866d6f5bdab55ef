//! What a folder without a manifest holds: somebody copied it there. Only its files can tell which release it is.

use super::content::read_digest;
use super::listing::list;
use super::manifest::FolderManifest;
use super::{IN_FLIGHT, inside, is_reserved};
use crate::digest::Digest;
use crate::location::{Key, Location};
use crate::port::{BucketReader, ErrorKind, Object, ProviderError};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::HashMap;

/// The files of a folder, whatever its manifest says.
#[derive(Debug)]
pub(crate) struct BareFolder {
    files: Vec<Object>,
    digests: HashMap<Key, Digest>,
}

/// Lists the files of the folder at `location`; `None` when there is none.
pub(crate) async fn held(
    bucket: &dyn BucketReader,
    location: &Location,
) -> Result<Option<BareFolder>, ProviderError> {
    let mut files = list(bucket, prefix(bucket, location)?, None).await?;
    files.retain(|file| !is_reserved(file.key.as_str()));
    Ok((!files.is_empty()).then(|| BareFolder { files, digests: HashMap::new() }))
}

impl BareFolder {
    /// How many files there are.
    pub(crate) fn count(&self) -> u64 {
        self.files.len() as u64
    }

    /// How long they are together, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// Whether they are exactly those of a release. Files are read when only their content can tell, each once.
    pub(crate) async fn is(
        &mut self,
        bucket: &dyn BucketReader,
        location: &Location,
        manifest: &FolderManifest,
    ) -> Result<bool, ProviderError> {
        let mut files: Vec<(&Key, u64)> = self.files.iter().map(|file| (&file.key, file.size)).collect();
        files.sort_unstable();
        let wanted = manifest.files.iter().map(|file| (&file.path, file.size));
        if !files.into_iter().eq(wanted) {
            return Ok(false);
        }
        let prefix = prefix(bucket, location)?;
        let unread: Vec<Key> = self
            .files
            .iter()
            .map(|file| file.key.clone())
            .filter(|key| !self.digests.contains_key(key))
            .collect();
        let known: HashMap<&Key, Digest> =
            self.files.iter().filter_map(|file| Some((&file.key, file.sha256?))).collect();
        let reads = stream::iter(unread).map(|path| {
            let known = known.get(&path).copied();
            async move {
                if let Some(digest) = known {
                    return Ok((path, digest));
                }
                let key = inside(prefix, &path).map_err(|error| {
                    ProviderError::new(ErrorKind::Invalid, bucket, &path, "it has no key").caused_by(error)
                })?;
                Ok::<_, ProviderError>((path, read_digest(bucket, &key).await?))
            }
        });
        let read: Vec<(Key, Digest)> = reads.buffer_unordered(IN_FLIGHT).try_collect().await?;
        self.digests.extend(read);
        Ok(manifest.files.iter().all(|file| self.digests.get(&file.path) == Some(&file.sha256)))
    }
}

fn prefix<'l>(bucket: &dyn BucketReader, location: &'l Location) -> Result<&'l str, ProviderError> {
    location
        .folder()
        .ok_or_else(|| ProviderError::new(ErrorKind::Invalid, bucket, location, "it is not a folder"))
}
