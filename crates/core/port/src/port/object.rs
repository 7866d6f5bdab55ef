//! Objects as stores describe them.

use crate::digest::Digest;
use crate::location::Key;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The value that a store compares for a conditional write: S3's ETag, Google's generation, the local folder's
/// write number. Opaque, and no identity: S3 gives the same ETag to the same content written again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub String);

/// Names one stored version of an object in a store that keeps versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionId(pub String);

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The user's own metadata of an object: lower-case names without the vendor's prefix.
pub type Metadata = BTreeMap<String, String>;

/// A store's own checksums by name.
pub type Checksums = BTreeMap<String, String>;

/// The headers that belong to the content and are carried over by a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Headers {
    /// `Content-Type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `Cache-Control`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// `Content-Disposition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    /// `Content-Encoding`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// `Content-Language`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// `Expires`, as it was written: it need be no date. Not every store has it, so that it goes along inside one kind
    /// of store alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// What a store says about one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: Key,
    /// Its length in bytes.
    pub size: u64,
    /// What a conditional write compares.
    pub token: Token,
    /// The stored version, where the store keeps versions.
    pub version: Option<VersionId>,
    /// The SHA-256 of the whole content, where the store itself vouches for it. Never taken from metadata.
    pub sha256: Option<Digest>,
    /// The store's own time of the write. Whole seconds in S3.
    pub stored_at: DateTime<Utc>,
    /// Content headers. Empty in a listing, except of what is no object: see [`Object::odd`].
    pub headers: Headers,
    /// User metadata. Empty in a listing.
    pub metadata: Metadata,
    /// What else the store tells of the content by itself: its checksums by their names in lower case (`md5`, `crc32c`,
    /// `crc64nvme`, `sha256-parts`), each in base64 as the store writes it. None of them names the content for sure. A
    /// listing need not tell them.
    pub checksums: Checksums,
}

const UNNAMABLE_FOLDER: &str = "a folder whose name is no name here";

impl Object {
    /// What lies there in place of an object, in words: a store of files lists it with the content type that
    /// <https://specifications.freedesktop.org/shared-mime-info-spec/latest/> gives it, and it can't be read.
    pub fn odd(&self) -> Option<&'static str> {
        match self.headers.content_type.as_deref()?.strip_prefix("inode/")? {
            "directory" => Some("a folder"),
            "symlink" => Some("a symbolic link"),
            "fifo" => Some("a named pipe"),
            "socket" => Some("a socket"),
            "unnamable" => Some("a file whose name is no name here"),
            "unnamable-directory" => Some(UNNAMABLE_FOLDER),
            _ => Some("a device"),
        }
    }

    /// Whether it is a folder that no deletion of an object can remove, since no key names what is in it.
    pub fn is_unnamable_folder(&self) -> bool {
        self.odd() == Some(UNNAMABLE_FOLDER)
    }
}

/// Names that begin with a prefix, not described.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The names, in no promised order.
    pub keys: Vec<Key>,
    /// Whether there are more than these.
    pub more: bool,
    /// Whether those that are left out were all put there before those that are told.
    pub newest: bool,
}

/// One page of a listing, ascending in the store's own order of keys (see [`super::BucketReader::list`]).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The objects; `headers`, `metadata` and `version` are not filled in.
    pub objects: Vec<Object>,
    /// Whether more may follow the last one.
    pub more: bool,
    /// The content of those objects of which the listing tells it, so that it need not be asked for: exactly what the
    /// store holds. Most stores tell none.
    pub contents: BTreeMap<Key, Bytes>,
}
