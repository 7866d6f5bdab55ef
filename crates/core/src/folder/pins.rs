//! Finding the exact objects of a release's folder that are to be copied, before anything is.

use super::copier::{FileCopier, copies};
use super::difference::Write;
use super::manifest::FolderManifest;
use super::source::{Part, Reads, SourceFindings, judge, objects, read};
use super::sync::FolderSync;
use super::{headers, inside};
use crate::location::{Key, Location};
use crate::port::{ErrorKind, PinnedSource, ProviderError};
use std::collections::BTreeMap;

impl FolderSync<'_> {
    /// The exact objects to copy, for a store that copies by itself: those that the plan found right, and others looked
    /// up one by one, or by listing when they are many. A source that is not what was published is found before anything
    /// is written.
    pub(super) async fn pins(
        &self,
        copier: &FileCopier<'_>,
        source: &FolderManifest,
        writes: &[Write],
    ) -> Result<BTreeMap<Key, PinnedSource>, ProviderError> {
        for write in writes {
            copier.place(&write.file.path)?;
        }
        if writes.is_empty() || !copies(self.moved) {
            return Ok(BTreeMap::new());
        }
        // Whoever writes into a file keeps its name, and where files are kept as such, looking at them once more costs little.
        let known = self.known.pins.filter(|_| !self.from.capabilities().folders);
        let seen = |path: &Key| known.and_then(|pins| pins.get(path));
        let paths = writes.iter().map(|write| &write.file.path).filter(|path| seen(path).is_none());
        let unseen: Vec<Key> = paths.cloned().collect();
        let mut looked = SourceFindings::default();
        if !unseen.is_empty() {
            let (location, part) = (&self.moved.source.location, Part::Files(unseen));
            let objects = Box::pin(objects(self.from, location, source, &part)).await?;
            looked = judge(source, &part, &objects, &Reads::new());
            if !looked.unread.is_empty() {
                let reads = Box::pin(read(self.from, location, looked.unread, &|_| {})).await?;
                looked = judge(source, &part, &objects, &reads);
            }
            self.right(&looked)?;
        }
        let mut pins = BTreeMap::new();
        for write in writes {
            let path = &write.file.path;
            let error = |kind, message| {
                ProviderError::new(kind, self.from, format!("{}{path}", copier.below), message)
            };
            let Some(found) = seen(path).cloned().or_else(|| looked.pins.remove(path)) else {
                return Err(error(ErrorKind::NotFound, "the release's folder lacks this file"));
            };
            let key = inside(copier.below, path)
                .map_err(|cause| error(ErrorKind::Invalid, "it has no key").caused_by(cause))?;
            let pin = PinnedSource {
                location: Location { store: self.moved.source.location.store.clone(), key },
                token: found.token,
                version: found.version,
                sha256: write.file.sha256,
                size: write.file.size,
                headers: headers(path),
            };
            pins.insert(path.clone(), pin);
        }
        Ok(pins)
    }

    /// Whether nothing is wrong with the release's folder.
    fn right(&self, looked: &SourceFindings) -> Result<(), ProviderError> {
        let location = &self.moved.source.location;
        let error = |kind, message| ProviderError::new(kind, self.from, location, message);
        if let Some(first) = looked.faults.told(location).into_iter().next() {
            let missing = !looked.faults.missing.is_empty();
            return Err(error(if missing { ErrorKind::NotFound } else { ErrorKind::Corrupt }, first));
        }
        match looked.unread.first() {
            Some(file) => Err(error(ErrorKind::Conflict, format!("`{}` was written just now", file.path))),
            None => Ok(()),
        }
    }
}
