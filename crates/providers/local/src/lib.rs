//! A folder as object store and ledger: the embedded default, and the one store whose fence is atomic.
//!
//! Objects are plain files that anybody can read; what a file can't say about itself lies in `.promote-store` beside
//! them, together with older versions. A file that was placed or changed by hand is an object like others, with a
//! token of its own, so that the change shows. Works on Unix, on file systems with hard links that are local to the
//! machine. Where file names ignore case, two keys that differ in case only are one object.

mod bucket;
mod description;
mod digests;
mod draft;
mod empty;
mod error;
mod file_system;
mod folder;
mod metadata_dir;
mod open_object;
mod path;
mod pinned;
mod stamp;
mod steps;
mod store;
mod walk;

#[cfg(test)]
mod stops;

pub use bucket::LocalBucket;
