//! What a file can't say about itself, as a small JSON file of its own that is written before the object appears and
//! never changed.

use crate::error::Trouble;
use chrono::{DateTime, Utc};
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::{ErrorKind, Headers, Metadata};
use serde::{Deserialize, Serialize};

/// The name of the format.
const SCHEMA: &str = "promote-store/object@1";
/// Larger descriptions are not ours.
pub(crate) const LIMIT: u64 = 256 << 10;

/// One state of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    schema: String,
    pub(crate) key: Key,
    pub(crate) size: u64,
    pub(crate) sha256: Digest,
    pub(crate) stored_at: DateTime<Utc>,
    /// Where the state was made. Differs after the whole store was copied: then the digest decides.
    pub(crate) inode: u64,
    #[serde(default)]
    pub(crate) headers: Headers,
    #[serde(default)]
    pub(crate) metadata: Metadata,
    /// Whether the file was placed by hand, and described only when it was replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) by_hand: bool,
    /// When the object was last touched as far as is known to have left its bytes alone, in nanoseconds since 1970: kept
    /// as the time of change of the description's own file.
    #[serde(skip)]
    pub(crate) untouched_since: i128,
}

/// What is to be described.
#[derive(Debug)]
pub(crate) struct Dress<'a> {
    pub(crate) key: &'a Key,
    pub(crate) headers: &'a Headers,
    pub(crate) metadata: &'a Metadata,
    pub(crate) by_hand: bool,
}

impl Description {
    pub(crate) fn new(dress: &Dress<'_>, stamp: &crate::stamp::Stamp, sha256: Digest) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            key: dress.key.clone(),
            size: stamp.size,
            sha256,
            stored_at: stamp.changed_at(),
            inode: stamp.inode,
            headers: dress.headers.clone(),
            metadata: dress.metadata.clone(),
            by_hand: dress.by_hand,
            untouched_since: 0,
        }
    }

    /// Whether it is of a file that was placed by hand and is in this state, and that nobody touched since.
    pub(crate) fn is_of_hand(&self, stamp: &crate::stamp::Stamp) -> bool {
        let same = (self.inode, self.size, self.untouched_since) == (stamp.inode, stamp.size, stamp.touched);
        self.by_hand && same
    }

    /// The bytes of the file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Trouble> {
        let bytes = serde_json::to_vec(self).map_err(|error| Trouble::invalid(error.to_string()))?;
        if bytes.len() as u64 > LIMIT {
            return Err(Trouble::invalid("the metadata are too long"));
        }
        Ok(bytes)
    }

    /// Reads the file of `key`. Anything else under its name means that somebody was at work in the metadata folder.
    pub(crate) fn from_bytes(bytes: &[u8], key: &Key) -> Result<Self, Trouble> {
        let damaged = || Trouble::new(ErrorKind::Corrupt, "its description in `.promote-store` is damaged");
        let found: Self = serde_json::from_slice(bytes).map_err(|_| damaged())?;
        if found.schema != SCHEMA || found.key != *key { Err(damaged()) } else { Ok(found) }
    }
}
