//! The store itself, in blocking calls: finding, writing, copying and removing objects.
//!
//! A write prepares everything durably, then makes the object appear by one link or rename, then makes that durable
//! before it answers. A process that is killed anywhere leaves the old object or the new one. Readers look under a
//! shared lock, so that nobody acts on what a power failure could take back.

use crate::description::{Description, Dress};
use crate::digests::Digests;
use crate::draft::{Draft, sweep};
use crate::empty;
use crate::error::{Outcome, Trouble};
use crate::file_system;
use crate::folder::{Entry, Folder};
use crate::metadata_dir::MetadataDir;
use crate::open_object::OpenObject;
use crate::path::{make_parent, parent, tidy, why_not};
use crate::stamp::Stamp;
use crate::steps::Steps;
use promote_port::digest::Digest;
use promote_port::location::{Key, StoreId};
use promote_port::port::{
    Body, Checksums, Condition, ErrorKind, Headers, Metadata, Object, PinnedSource, Precondition, Token,
    VersionId,
};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often a state that was there before is avoided by another time of change.
const ATTEMPTS: u32 = 16;

/// From which length on, in bytes, the digest of a file that was placed by hand is worth keeping.
const LARGE: u64 = 1 << 20;

/// A folder of objects.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    steps: Steps,
    digests: Digests,
    swept: AtomicBool,
}

impl Store {
    pub(crate) fn new(root: PathBuf, steps: Steps) -> Self {
        Self { root, steps, digests: Digests::default(), swept: AtomicBool::new(false) }
    }

    pub(crate) fn root(&self) -> Outcome<Folder> {
        let root = Folder::root(&self.root, self.steps.clone()).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                Trouble { cause: Some(cause), ..Trouble::new(ErrorKind::NotFound, "there is no such folder") }
            }
            _ => cause.into(),
        })?;
        file_system::check(&root)?;
        Ok(root)
    }

    /// The description of the object as it is now.
    pub(crate) fn head(&self, key: &Key) -> Outcome<Option<Object>> {
        let Some(found) = self.open(key, None)? else { return Ok(None) };
        self.object(key, &found).map(Some)
    }

    /// Up to `limit` versions of an object, newest first.
    pub(crate) fn versions(&self, key: &Key, limit: usize) -> Outcome<Vec<Object>> {
        let mut found: Vec<Object> = self.head(key)?.into_iter().collect();
        let root = self.root()?;
        let Some(dir) = MetadataDir::find(&root)? else { return Ok(found) };
        let _lock = dir.lock_shared()?;
        for state in dir.states(key)? {
            let Some(description) = dir.describe(key, &state)? else { continue };
            if found.iter().any(|object| object.token.0 == state) {
                continue;
            }
            found.push(Object {
                key: key.clone(),
                size: description.size,
                token: Token(state.clone()),
                version: Some(VersionId(state)),
                sha256: Some(description.sha256),
                stored_at: description.stored_at,
                headers: description.headers,
                metadata: description.metadata,
                checksums: Checksums::new(),
            });
        }
        found.sort_by_key(|object| std::cmp::Reverse(object.stored_at));
        found.truncate(limit);
        Ok(found)
    }

    /// The object or one of its versions, held open, so that it can be read while others replace it.
    pub(crate) fn open(&self, key: &Key, version: Option<&VersionId>) -> Outcome<Option<OpenObject>> {
        let root = self.root()?;
        let dir = MetadataDir::find(&root)?;
        let _lock = dir.as_ref().map(MetadataDir::lock_shared).transpose()?;
        self.find(&root, dir.as_ref(), key, version)
    }

    /// All that is known about an open object.
    pub(crate) fn object(&self, key: &Key, found: &OpenObject) -> Outcome<Object> {
        let described = found.description.as_ref();
        let sha256 = match found.sha256() {
            Some(digest) => digest,
            None => self.by_hand(key, found)?,
        };
        let state = found.state();
        Ok(Object {
            key: key.clone(),
            size: found.stamp.size,
            token: Token(state.clone()),
            version: Some(VersionId(state)),
            sha256: Some(sha256),
            stored_at: found.stamp.changed_at(),
            headers: described.map(|it| it.headers.clone()).unwrap_or_default(),
            metadata: described.map(|it| it.metadata.clone()).unwrap_or_default(),
            checksums: Checksums::new(),
        })
    }

    /// The digest of a file that was placed by hand. That of a large one is kept beside the objects, where anything was
    /// ever written: as long as the time at which the file was last touched stays, nobody wrote into it.
    fn by_hand(&self, key: &Key, found: &OpenObject) -> Outcome<Digest> {
        if found.stamp.size < LARGE {
            return Ok(self.digests.of(&found.file, &found.stamp)?);
        }
        let root = self.root()?;
        let dir = MetadataDir::find(&root)?;
        let state = found.state();
        let known = dir.as_ref().and_then(|dir| dir.describe(key, &state).ok().flatten());
        if let Some(known) = known.filter(|known| known.is_of_hand(&found.stamp)) {
            return Ok(known.sha256);
        }
        let sha256 = self.digests.of(&found.file, &found.stamp)?;
        if let Some(dir) = dir.filter(|_| found.stamp.is_settled()) {
            let (headers, metadata) = (Headers::default(), Metadata::new());
            let dress = Dress { key, headers: &headers, metadata: &metadata, by_hand: true };
            // Where that can't be kept it is read again, and nothing else is lost.
            if dir.note(&state, &Description::new(&dress, &found.stamp, sha256)).is_ok() {
                dir.untouched(key, &state, found.stamp.touched);
            }
        }
        Ok(sha256)
    }

    fn find(
        &self,
        root: &Folder,
        dir: Option<&MetadataDir>,
        key: &Key,
        version: Option<&VersionId>,
    ) -> Outcome<Option<OpenObject>> {
        let current = match parent(root, key)? {
            Some((folder, name)) => self.find_in(&folder, name, dir, key)?,
            None => None,
        };
        let Some(version) = version else { return Ok(current) };
        if current.as_ref().is_some_and(|found| found.answers_to(version)) {
            return Ok(current);
        }
        let known =
            !version.0.is_empty() && version.0.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let Some(dir) = dir.filter(|_| known) else { return Ok(None) };
        let (Some(file), Some(description)) = (dir.version(key, &version.0)?, dir.describe(key, &version.0)?)
        else {
            return Ok(None);
        };
        let stamp = Stamp::of(&file)?;
        let expected = Some(description.sha256);
        Ok(Some(OpenObject { file, stamp, description: Some(description), expected }))
    }

    /// The object of this name in its folder.
    pub(crate) fn find_in(
        &self,
        folder: &Folder,
        name: &str,
        dir: Option<&MetadataDir>,
        key: &Key,
    ) -> Outcome<Option<OpenObject>> {
        let file = match folder.open(name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(why_not(folder, name, error)),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            let what = if metadata.is_dir() { "it is a folder" } else { "it is no regular file" };
            return Err(Trouble::odd(what));
        }
        let stamp = Stamp::from(&metadata);
        let description = match dir {
            Some(dir) => dir.describe(key, &stamp.name())?,
            None => None,
        };
        let expected = description.as_ref().filter(|it| it.inode == stamp.inode && !it.by_hand);
        let expected = expected.filter(|it| it.size == stamp.size).map(|it| it.sha256);
        let known = |it: &Description| it.inode == stamp.inode && it.untouched_since == stamp.touched;
        let described = match description {
            Some(it) if it.by_hand || it.size != stamp.size => None,
            Some(it) if known(&it) => Some(it),
            // Its bytes tell whether somebody wrote into it and set the time of change back, or only moved it, changed
            // its rights, or copied the whole store.
            Some(it) if it.sha256 == self.digests.of(&file, &stamp)? => {
                if let Some(dir) = dir.filter(|_| it.inode == stamp.inode) {
                    dir.untouched(key, &stamp.name(), stamp.touched);
                }
                Some(it)
            }
            _ => None,
        };
        let expected = described.as_ref().map(|it| it.sha256).or(expected);
        Ok(Some(OpenObject { file, stamp, description: described, expected }))
    }

    fn draft(&self, dir: &MetadataDir) -> Outcome<Draft> {
        let drafts = dir.drafts()?;
        if !self.swept.swap(true, Ordering::Relaxed) {
            // What can't be swept is in nobody's way.
            drop(sweep(&drafts));
        }
        Draft::new(drafts)
    }

    pub(crate) fn write(
        &self,
        key: &Key,
        body: &Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Outcome<Object> {
        let root = self.root()?;
        let dir = MetadataDir::make(&root)?;
        let mut draft = self.draft(&dir)?;
        let sha256 = draft.fill(body)?;
        let dress = Dress { key, headers, metadata, by_hand: false };
        self.commit(&root, &dir, draft, sha256, &dress, condition)
    }

    pub(crate) fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Outcome<Object> {
        if from.location.store != StoreId::Local {
            return Err(Trouble::new(ErrorKind::Unsupported, "a copy from another store is not possible"));
        }
        let source = &from.location.key;
        let mut found = self.pinned(from)?;
        let root = self.root()?;
        let dir = MetadataDir::make(&root)?;
        let mut draft = self.draft(&dir)?;
        let sha256 = draft.fill_by_copy(&mut found.file)?;
        if sha256 != from.sha256 {
            let message = format!("the source `{source}` has another digest than its release says");
            return Err(Trouble::new(ErrorKind::Corrupt, message));
        }
        let dress = Dress { key: to, headers: &from.headers, metadata, by_hand: false };
        self.commit(&root, &dir, draft, sha256, &dress, condition)
    }

    /// Makes a draft an object, when everything holds that must hold.
    fn commit(
        &self,
        root: &Folder,
        dir: &MetadataDir,
        draft: Draft,
        sha256: Digest,
        dress: &Dress<'_>,
        condition: &Condition,
    ) -> Outcome<Object> {
        // Most of the time goes into making the bytes durable, so that happens before the lock.
        let (key, mut stamp) = (dress.key, draft.seal(0)?);
        let _lock = dir.lock()?;
        if let Some(fence) = &condition.fence
            && self.find(root, Some(dir), &fence.slot, None)?.is_some()
        {
            return Err(Trouble::conflict(format!("the ledger has moved on to `{}`", fence.slot)));
        }
        empty::make_way(root, key, dress.metadata, &condition.when)?;
        let current = self.find(root, Some(dir), key, None)?;
        check(&condition.when, current.as_ref())?;
        let (folder, name) = make_parent(root, key)?;
        let mut attempt = 0;
        while dir.describe(key, &stamp.name())?.is_some() && attempt < ATTEMPTS {
            attempt += 1;
            stamp = draft.seal(attempt)?;
        }
        let description = Description::new(dress, &stamp, sha256);
        dir.note(&stamp.name(), &description)?;
        let appeared = match &current {
            None => draft.link(&folder, name).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Trouble::conflict("it exists already"),
                _ => error.into(),
            }),
            Some(old) => self
                .keep(dir, &folder, name, key, old)
                .and_then(|()| draft.replace(&folder, name).map_err(Trouble::from)),
        };
        appeared.inspect_err(|_| dir.forget(key, &stamp.name()))?;
        if let Some(touched) = folder.open(name).ok().and_then(|file| Stamp::of(&file).ok()) {
            dir.untouched(key, &stamp.name(), touched.touched);
        }
        folder.sync().map_err(Trouble::unsure)?;
        let state = stamp.name();
        Ok(Object {
            key: key.clone(),
            size: stamp.size,
            token: Token(state.clone()),
            version: Some(VersionId(state)),
            sha256: Some(sha256),
            stored_at: stamp.changed_at(),
            headers: description.headers,
            metadata: description.metadata,
            checksums: Checksums::new(),
        })
    }

    /// Keeps what is about to be replaced or removed as a version. A file that was placed by hand is described now.
    fn keep(
        &self,
        dir: &MetadataDir,
        folder: &Folder,
        name: &str,
        key: &Key,
        old: &OpenObject,
    ) -> Outcome<()> {
        let state = old.state();
        let known =
            || Ok::<_, Trouble>(dir.describe(key, &state)?.is_some_and(|it| it.is_of_hand(&old.stamp)));
        if old.description.is_none() && !known()? {
            let sha256 = self.digests.of(&old.file, &old.stamp)?;
            let (headers, metadata) = (Headers::default(), Metadata::new());
            let dress = Dress { key, headers: &headers, metadata: &metadata, by_hand: true };
            dir.note(&state, &Description::new(&dress, &old.stamp, sha256))?;
        }
        dir.keep(key, &state, folder, name)
    }

    pub(crate) fn delete(&self, key: &Key, when: &Precondition) -> Outcome<()> {
        let root = self.root()?;
        let dir = MetadataDir::make(&root)?;
        let _lock = dir.lock()?;
        if let (Precondition::Matches(token), Some((folder, name))) = (when, parent(&root, key)?)
            && let entry = folder.unnamable(name)?.unwrap_or_else(|| Entry::named(name))
            && folder.odd_entry(&entry)?.is_some_and(|odd| odd.state == token.0)
        {
            // A link or a pipe that was listed, or a name that no key has: what a link led to stays, and no bytes are kept.
            folder.remove_entry(&entry)?;
            folder.sync().map_err(Trouble::unsure)?;
            tidy(&root, key);
            return Ok(());
        }
        let current = self.find(&root, Some(&dir), key, None)?;
        check(when, current.as_ref())?;
        let (Some(old), Some((folder, name))) = (current, parent(&root, key)?) else { return Ok(()) };
        self.keep(&dir, &folder, name, key, &old)?;
        folder.remove(name)?;
        folder.sync().map_err(Trouble::unsure)?;
        tidy(&root, key);
        Ok(())
    }

    /// Tries what everything else rests on: locks, hard links, and that a link does not replace.
    pub(crate) fn probe(&self) -> Outcome<()> {
        let root = self.root()?;
        let dir = MetadataDir::make(&root)?;
        let _lock = dir.lock()?;
        let drafts = dir.drafts()?;
        let name = format!("probe-{}", std::process::id());
        let draft = Draft::new(dir.drafts()?)?;
        draft.seal(0)?;
        let linked = draft.link(&drafts, &name);
        let again = Draft::new(dir.drafts()?)?.link(&drafts, &name);
        drop(drafts.remove(&name));
        linked.map_err(|cause| Trouble {
            cause: Some(cause),
            ..Trouble::new(ErrorKind::Unsupported, "the file system has no hard links")
        })?;
        match again {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(Trouble::new(ErrorKind::Unsupported, "a hard link replaces an existing file")),
        }
    }
}

fn check(when: &Precondition, current: Option<&OpenObject>) -> Outcome<()> {
    match (when, current) {
        (Precondition::Any, _) | (Precondition::Absent, None) => Ok(()),
        (Precondition::Absent, Some(_)) => Err(Trouble::conflict("it exists already")),
        (Precondition::Matches(token), Some(found)) if found.state() == token.0 => Ok(()),
        (Precondition::Matches(_), Some(_)) => Err(Trouble::conflict("it was changed")),
        (Precondition::Matches(_), None) => Err(Trouble::conflict("it is gone")),
    }
}
