//! The very object that was checked while planning, or none: for copies, and for reading a part of it.

use crate::error::{Outcome, Trouble};
use crate::open_object::OpenObject;
use crate::store::Store;
use bytes::Bytes;
use promote_port::port::PinnedSource;
use std::io::{Read, Seek, SeekFrom};

impl Store {
    /// The very object that is pinned, held open.
    pub(crate) fn pinned(&self, from: &PinnedSource) -> Outcome<OpenObject> {
        let source = &from.location.key;
        let not_pinned =
            || Trouble::conflict(format!("the source `{source}` is not the one that was checked"));
        let found = self.open(source, from.version.as_ref()).map_err(|trouble| trouble.of_source(source));
        let found = found?.ok_or_else(|| Trouble::conflict(format!("the source `{source}` is gone")))?;
        let state = from.version.as_ref().map_or_else(|| found.state(), |version| version.0.clone());
        if state == from.token.0 { Ok(found) } else { Err(not_pinned()) }
    }

    /// `length` bytes of it from `offset`. Whether they are right is known only to who sees all of them.
    pub(crate) fn part(&self, from: &PinnedSource, offset: u64, length: u64) -> Outcome<Bytes> {
        let mut found = self.pinned(from)?;
        let mut bytes = Vec::new();
        found.file.seek(SeekFrom::Start(offset))?;
        (&mut found.file).take(length).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }
}
