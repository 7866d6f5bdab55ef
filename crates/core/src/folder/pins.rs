//! Finding the exact objects of a release's folder that are to be copied, before anything is.

use super::carry::{Carrier, same_kind};
use super::difference::Write;
use super::listing::{PAGE, list};
use super::manifest::FolderManifest;
use super::place::Bringing;
use super::{IN_FLIGHT, headers, inside};
use crate::location::{Key, Location};
use crate::port::{ErrorKind, Object, PinnedSource, ProviderError};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::BTreeMap;

impl Bringing<'_> {
    /// The exact objects to copy, for a store that copies by itself: looked up one by one, or by listing when they
    /// are many. A source that is not what was published is found before anything is written.
    pub(super) async fn pins(
        &self,
        carrier: &Carrier<'_>,
        source: &FolderManifest,
        writes: &[Write],
    ) -> Result<BTreeMap<Key, PinnedSource>, ProviderError> {
        for write in writes {
            carrier.place(&write.file.path)?;
        }
        if writes.is_empty() || !same_kind(self.moved) {
            return Ok(BTreeMap::new());
        }
        let of_source = |path: &Key, kind, message: &str| {
            ProviderError::new(kind, self.from, format!("{}{path}", carrier.below), message)
        };
        let mut found: BTreeMap<Key, Object> = BTreeMap::new();
        if writes.len() > source.files.len() / PAGE + 1 {
            let listed = list(self.from, carrier.below, Some(source)).await?;
            found.extend(listed.into_iter().map(|object| (object.key.clone(), object)));
        } else {
            let paths: Vec<Key> = writes.iter().map(|write| write.file.path.clone()).collect();
            let looks = stream::iter(paths).map(|path| async move {
                let key = inside(carrier.below, &path).map_err(|error| {
                    of_source(&path, ErrorKind::Invalid, "it has no key").caused_by(error)
                })?;
                Ok::<_, ProviderError>((path, self.from.head(&key).await?))
            });
            let seen: Vec<_> = looks.buffer_unordered(IN_FLIGHT).try_collect().await?;
            found.extend(seen.into_iter().filter_map(|(path, object)| Some((path, object?))));
        }
        let mut pins = BTreeMap::new();
        for write in writes {
            let path = &write.file.path;
            let Some(object) = found.remove(path) else {
                return Err(of_source(path, ErrorKind::NotFound, "the release's folder lacks this file"));
            };
            let other = object.sha256.is_some_and(|sha256| sha256 != write.file.sha256);
            if other || object.size != write.file.size {
                return Err(of_source(path, ErrorKind::Corrupt, "it is not what was published"));
            }
            let key = inside(carrier.below, path)
                .map_err(|error| of_source(path, ErrorKind::Invalid, "it has no key").caused_by(error))?;
            let pin = PinnedSource {
                location: Location { store: self.moved.source.location.store.clone(), key },
                token: object.token,
                version: object.version,
                sha256: write.file.sha256,
                size: write.file.size,
                headers: headers(path),
            };
            pins.insert(path.clone(), pin);
        }
        Ok(pins)
    }
}
