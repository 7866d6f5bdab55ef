//! Where a probe writes: keys that no other run has, marks by which its objects are known again, what it wrote, and whether
//! the store's answers agreed with what it then had. Requests are not made here.

use crate::digest::Digest;
use crate::location::{Key, Location, StoreId};
use crate::port::{ErrorKind, Headers, Metadata, Object, PinnedSource, ProviderError, VersionId};
use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the probe's objects contain: of two lengths, so that a description tells which it is.
pub const CONTENTS: [&[u8]; 2] = [b"one", b"another"];

/// The metadata that every object of a probe has, with a number of its own.
const MARK: &str = "promote-probe";

/// Where a probe writes, and what it has seen.
#[derive(Debug)]
pub struct Scratch {
    store: StoreId,
    root: Key,
    run: i64,
    count: AtomicU64,
    disagreed: AtomicBool,
    sources: Mutex<Vec<PinnedSource>>,
    made: Mutex<BTreeSet<(Key, Option<VersionId>)>>,
}

impl Scratch {
    /// Below `root` of this store. `run` tells the probe from others, for example the store's time in milliseconds.
    pub fn new(store: StoreId, root: Key, run: i64) -> Self {
        Self {
            store,
            root,
            run,
            count: AtomicU64::new(0),
            disagreed: AtomicBool::new(false),
            sources: Mutex::new(Vec::new()),
            made: Mutex::new(BTreeSet::new()),
        }
    }

    /// A key of this run, for one way to write. Another run's leavings don't disturb it.
    ///
    /// # Errors
    /// When the key would be too long.
    pub fn key(&self, how: impl Debug, name: impl Display) -> Result<Key, ProviderError> {
        self.root
            .join(&format!("{}/{how:?}-{name}", self.run))
            .map_err(|bad| self.unusable("can't probe below this key").caused_by(bad))
    }

    fn unusable(&self, why: &str) -> ProviderError {
        ProviderError::new(ErrorKind::Invalid, &self.store, &self.root, why)
    }

    /// Metadata that no other write of this probe has.
    pub fn mark(&self) -> Metadata {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        Metadata::from([(MARK.to_owned(), number.to_string())])
    }

    /// The source of a copy: this object with its bytes.
    pub fn pin(&self, object: &Object, content: &[u8]) -> PinnedSource {
        PinnedSource {
            location: Location { store: self.store.clone(), key: object.key.clone() },
            token: object.token.clone(),
            version: object.version.clone(),
            sha256: Digest::of(content),
            size: content.len() as u64,
            headers: Headers::default(),
        }
    }

    /// Keeps what the next of [`CONTENTS`] is copied from.
    pub fn add_source(&self, source: PinnedSource) {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    /// What the copies of this one of [`CONTENTS`] copy.
    ///
    /// # Errors
    /// When it was not written.
    pub fn source(&self, variant: usize) -> Result<PinnedSource, ProviderError> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.get(variant).cloned().ok_or_else(|| self.unusable("the probe has no such source"))
    }

    /// Remembers an attempt to write, so that what it wrote can be deleted.
    pub fn remember(&self, key: &Key, object: Option<&Object>) {
        let version = object.and_then(|object| object.version.clone());
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert((key.clone(), version));
    }

    /// Whether some write was given a version.
    pub fn saw_versions(&self) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.iter().any(|(_, version)| version.is_some())
    }

    /// What was written, or tried, since this was asked last.
    pub fn take_made(&self) -> BTreeSet<(Key, Option<VersionId>)> {
        std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers when what is there is not the object that was expected.
    pub fn compare(&self, there: Option<&Object>, expected: Option<&Object>) {
        let agree = match (there, expected) {
            (None, None) => true,
            (Some(there), Some(expected)) => {
                there.token == expected.token && there.metadata.get(MARK) == expected.metadata.get(MARK)
            }
            _ => false,
        };
        if !agree {
            self.disagreed.store(true, Ordering::Relaxed);
        }
    }

    /// Whether every answer so far was true.
    pub fn agreed(&self) -> bool {
        !self.disagreed.load(Ordering::Relaxed)
    }
}
