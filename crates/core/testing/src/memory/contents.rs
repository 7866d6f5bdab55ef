//! What one bucket holds, and the critical sections that change it. Ordinary synchronous code: the bucket calls it
//! under the world's lock, so that a check and its write are one step.

use super::kind::{MemoryKind, Tokens};
use bytes::Bytes;
use chrono::{DateTime, SubsecRound, Utc};
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::order::by_parts;
use promote_port::port::{
    Checksums, Condition, CopyGuard, ErrorKind, FenceClass, Headers, Metadata, Object, Page, PinnedSource,
    Precondition, Token, VersionId,
};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Why a request is refused: the kind and a message without the store's name.
pub(super) type Refusal = (ErrorKind, String);

/// One object with its bytes.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) object: Object,
    pub(super) bytes: Bytes,
}

/// A bucket's objects and their older versions.
#[derive(Debug, Clone)]
pub(super) struct Contents {
    pub(super) kind: MemoryKind,
    pub(super) live: BTreeMap<Key, Stored>,
    versions: BTreeMap<(Key, VersionId), Stored>,
    writes: u64,
}

/// How many objects of a listing are few enough that it tells their contents.
const FEW: usize = 50;

/// What is about to be written.
pub(super) struct Fresh<'a> {
    pub(super) bytes: Bytes,
    pub(super) headers: &'a Headers,
    pub(super) metadata: &'a Metadata,
}

impl Contents {
    pub(super) fn new(kind: MemoryKind) -> Self {
        Self { kind, live: BTreeMap::new(), versions: BTreeMap::new(), writes: 0 }
    }

    /// The time as this store tells it.
    pub(super) fn stamp(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        if self.kind.whole_seconds { now.trunc_subsecs(0) } else { now.trunc_subsecs(3) }
    }

    /// An object, or one of its versions.
    pub(super) fn find(&self, key: &Key, version: Option<&VersionId>) -> Option<&Stored> {
        match version {
            Some(version) if self.kind.truth.versioned => self.versions.get(&(key.clone(), version.clone())),
            _ => self.live.get(key),
        }
    }

    /// Up to `limit` versions of an object, newest first.
    pub(super) fn versions(&self, key: &Key, limit: usize) -> Vec<Object> {
        let kept = self.versions.iter().filter(|((of, _), _)| of == key);
        let mut found: Vec<Object> = kept.map(|(_, stored)| stored.object.clone()).collect();
        // A version's name ends with the number of its write.
        let number = |object: &Object| {
            object.version.as_ref().and_then(|version| version.0.trim_start_matches('v').parse::<u64>().ok())
        };
        found.sort_by_key(|object| std::cmp::Reverse(number(object)));
        found.truncate(limit);
        found
    }

    /// The object that a copy is pinned to.
    pub(super) fn pinned(&self, from: &PinnedSource) -> Result<Bytes, Refusal> {
        let key = &from.location.key;
        let gone = || (ErrorKind::Conflict, format!("the source `{key}` is not the one that was checked"));
        let stored = self.find(key, from.version.as_ref()).ok_or_else(gone)?;
        if self.kind.truth.source_pin && stored.object.token != from.token {
            return Err(gone());
        }
        if self.kind.vouches && stored.object.sha256 != Some(from.sha256) {
            return Err((
                ErrorKind::Corrupt,
                format!("the source `{key}` has another digest than its release says"),
            ));
        }
        Ok(stored.bytes.clone())
    }

    /// Whether a write may happen now: a put with `copy == false`, or a copy.
    pub(super) fn admit(&self, key: &Key, condition: &Condition, copy: bool) -> Result<(), Refusal> {
        if let (FenceClass::Atomic, Some(fence)) = (self.kind.truth.fence, &condition.fence)
            && self.live.contains_key(&fence.slot)
        {
            return Err((ErrorKind::Conflict, format!("the ledger has moved on to `{}`", fence.slot)));
        }
        let truth = &self.kind.truth;
        let honoured = match (copy, &condition.when) {
            (false, Precondition::Absent) => truth.create,
            (false, _) => truth.replace,
            (true, _) => match condition.way {
                CopyGuard::None => false,
                CopyGuard::ConditionalPut => truth.replace,
                guarded => truth.copy >= guarded,
            },
        };
        if honoured { self.check(key, &condition.when) } else { Ok(()) }
    }

    /// Whether `when` holds.
    pub(super) fn check(&self, key: &Key, when: &Precondition) -> Result<(), Refusal> {
        match (when, self.live.get(key)) {
            (Precondition::Any, _) | (Precondition::Absent, None) => Ok(()),
            (Precondition::Absent, Some(_)) => Err((ErrorKind::Conflict, "it exists already".to_owned())),
            (Precondition::Matches(token), Some(stored)) if stored.object.token == *token => Ok(()),
            (Precondition::Matches(_), Some(_)) => Err((ErrorKind::Conflict, "it was changed".to_owned())),
            (Precondition::Matches(_), None) => Err((ErrorKind::Conflict, "it is gone".to_owned())),
        }
    }

    /// Stores unconditionally.
    pub(super) fn store(&mut self, key: &Key, fresh: Fresh<'_>, now: DateTime<Utc>) -> Object {
        self.writes += 1;
        let digest = Digest::of(&fresh.bytes);
        let token = match self.kind.tokens {
            Tokens::Unique => self.writes.to_string(),
            Tokens::Content => format!("\"{}\"", digest.hex().get(..32).unwrap_or_default()),
        };
        let version = self.kind.truth.versioned.then(|| VersionId(format!("v{}", self.writes)));
        let object = Object {
            key: key.clone(),
            size: fresh.bytes.len() as u64,
            token: Token(token),
            version: version.clone(),
            sha256: self.kind.vouches.then_some(digest),
            stored_at: self.stamp(now),
            headers: fresh.headers.clone(),
            metadata: fresh.metadata.clone(),
            checksums: Checksums::new(),
        };
        let stored = Stored { object: object.clone(), bytes: fresh.bytes };
        if let Some(version) = version {
            self.versions.insert((key.clone(), version), stored.clone());
        }
        self.live.insert(key.clone(), stored);
        object
    }

    /// Removes an object; its versions stay readable.
    pub(super) fn remove(&mut self, key: &Key) {
        self.live.remove(key);
    }

    /// One page of a listing.
    pub(super) fn page(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Page {
        if self.kind.by_parts {
            let mut below: Vec<_> =
                self.live.iter().filter(|(key, _)| key.as_str().starts_with(prefix)).collect();
            below.sort_by(|(one, _), (two, _)| by_parts(one.as_str(), two.as_str()));
            let follows =
                |key: &Key| after.is_none_or(|after| by_parts(key.as_str(), after.as_str()).is_gt());
            return self.filled(below.into_iter().filter(|(key, _)| follows(key)), limit);
        }
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let matching = self
            .live
            .range::<Key, _>((start, Bound::Unbounded))
            .skip_while(|(key, _)| key.as_str() < prefix)
            .take_while(|(key, _)| key.as_str().starts_with(prefix));
        self.filled(matching, limit)
    }

    /// A page of the first ones of these.
    fn filled<'a>(&self, mut matching: impl Iterator<Item = (&'a Key, &'a Stored)>, limit: usize) -> Page {
        let mut page = Page::default();
        for (key, stored) in matching.by_ref().take(limit) {
            page.objects.push(Object {
                headers: Headers::default(),
                metadata: Metadata::new(),
                version: None,
                sha256: None,
                ..stored.object.clone()
            });
            if self.kind.tells_contents && limit <= FEW {
                page.contents.insert(key.clone(), stored.bytes.clone());
            }
        }
        page.more = matching.next().is_some();
        page
    }
}
