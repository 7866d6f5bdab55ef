//! What a store can guarantee. Vendor differences are values of these types, never `if`s in the core.

use serde::{Deserialize, Serialize};

/// How a replaced target is guarded against a write that nobody saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyGuard {
    /// No condition holds on any way to write a target: promotion is refused unless overridden.
    None,
    /// The protocol knows no condition: the target is looked at just before it is written, and read back afterwards.
    /// The most that a registry of images can do.
    Observed,
    /// The object passes through the client: read, then a conditional put. Only up to `Capabilities::put_limit`.
    ConditionalPut,
    /// The parts are copied by the store, the condition holds when the upload is completed.
    ConditionalComplete,
    /// The copy itself is conditional.
    ConditionalCopy,
}

/// What keeps a request of a promotion that was taken over from landing late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FenceClass {
    /// Nothing does; only the client's own deadline. Verified afterwards.
    Advisory,
    /// The store refuses a request some seconds after it was signed.
    Expiring,
    /// The token never comes back: every write has a new one.
    Exact,
    /// The ledger's head is checked in the same critical section as the write.
    Atomic,
}

impl FenceClass {
    /// Whether whoever takes over must write the targets again: only new tokens keep out what was sent before.
    pub const fn must_stamp(self) -> bool {
        matches!(self, Self::Exact)
    }
}

/// What a store was found to honour. Kept in the ledger's genesis for stores that must be probed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Capabilities {
    /// Create-if-absent holds, also when many try at once. Without it there is no ledger. A store that must be probed
    /// is believed only when replace-if-matches holds as well.
    pub create: bool,
    /// Replace-if-matches holds on a put.
    pub replace: bool,
    /// The best guarded way to move a target.
    pub copy: CopyGuard,
    /// A copy can be pinned to the source that was checked (by version or by token).
    pub source_pin: bool,
    /// Versions are kept.
    pub versioned: bool,
    /// Whether what is written carries metadata, so that each promotion's own mark can be found on its target. Without
    /// it the content alone tells whose it is.
    #[serde(default = "stamped")]
    pub stamps: bool,
    /// Other bytes always have another token: where not, bytes must be read to know that they are still the same.
    #[serde(default = "told", skip_serializing_if = "Clone::clone")]
    pub tokens_tell: bool,
    /// Folders are kept as such: nothing can be below an object, and a folder may be in the place of one, also one in which
    /// nothing is (`BucketReader::empty_folders`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub folders: bool,
    /// A definite answer of a write was found to be true, so no read-back is needed.
    pub trusted_answers: bool,
    /// What fences off late requests.
    pub fence: FenceClass,
    /// Seconds after which the store refuses a request of ours, and the allowance for a copy that it has begun.
    /// Both are zero for atomic and exact stores. A connection answers with what it signs, also before anything is
    /// known of the store.
    pub expiry_s: u32,
    /// See `expiry_s`.
    pub allowance_s: u32,
    /// The largest object in bytes that `CopyGuard::ConditionalPut` may pass through the client.
    pub put_limit: u64,
    /// The largest object in bytes that is written under a condition, in parts where it is large. Missing in
    /// what earlier versions kept, see [`Capabilities::largest_write`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_limit: Option<u64>,
    /// What a person should know, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

const fn stamped() -> bool {
    true
}

const fn told() -> bool {
    true
}

/// The largest file in bytes that earlier versions brought from one kind of store to another.
const EARLIER: u64 = 256 << 20;

/// How earlier versions began the note that tells that completing an upload in parts checks no condition.
const UNGUARDED_PARTS: [&str; 2] = ["objects above ", "objects over "];

impl Capabilities {
    /// The largest object in bytes that a guarded write takes. What a probe of an earlier version found tells less, so
    /// that what it allowed goes on to be allowed, where it found that a condition holds for parts.
    pub fn largest_write(&self) -> u64 {
        let unguarded = |note: &String| UNGUARDED_PARTS.iter().any(|begin| note.starts_with(begin));
        self.write_limit.unwrap_or(match self.copy {
            CopyGuard::ConditionalCopy if self.notes.iter().any(unguarded) => self.put_limit,
            CopyGuard::ConditionalCopy | CopyGuard::ConditionalComplete => self.put_limit.max(EARLIER),
            CopyGuard::ConditionalPut | CopyGuard::Observed | CopyGuard::None => self.put_limit,
        })
    }

    /// Whether anything is known of the store at all: one that must be probed claims nothing before.
    pub fn known(&self) -> bool {
        self.create || self.copy != CopyGuard::None
    }
}
