//! The reference implementation of the ports in memory: buckets that behave like a local folder, like S3, like
//! Google Cloud Storage, or worse than any of them, with a clock and a chance that a test controls. What goes wrong
//! on the way to a bucket is [`crate::decorator`]'s.

mod bucket;
mod chance;
mod clock;
mod contents;
mod kind;

pub use bucket::{MemoryBucket, MemoryWorld, Snapshot};
pub use chance::SeededEntropy;
pub use clock::VirtualClock;
pub use kind::{MemoryKind, Tokens};
