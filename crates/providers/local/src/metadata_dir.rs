//! The folder `.promote-store` beside the objects: the lock, drafts, descriptions and older versions.
//!
//! ```text
//! lock                                what every writer holds; dies with its process
//! tmp/                                drafts; each is locked by the one who writes it
//! objects/<aa>/<key>.<state>.json     describes that state of the object
//! objects/<aa>/<key>.<state>          the bytes of that state, once it was replaced or removed
//! ```
//! `<key>` is the start of the key's SHA-256, `<aa>` the start of that.

use crate::description::{Description, LIMIT};
use crate::draft::Draft;
use crate::error::{Outcome, Trouble};
use crate::folder::Folder;
use crate::stamp::{Stamp, moment};
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::{Body, ErrorKind};
use rustix::fs::FileType;
use std::fs::{File, TryLockError};
use std::io::{self, Read};
use std::time::{Duration, Instant};

/// The name of the folder. No key begins with it.
pub(crate) const NAME: &str = ".promote-store";
/// How long a writer waits for the others before it gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The metadata folder, held open.
#[derive(Debug)]
pub(crate) struct MetadataDir {
    folder: Folder,
}

/// Where the states of one object are kept.
#[derive(Debug)]
pub(crate) struct StatePath {
    shelf: String,
    stem: String,
}

impl StatePath {
    pub(crate) fn of(key: &Key) -> Self {
        let stem: String = Digest::of(key.as_str().as_bytes()).hex().chars().take(32).collect();
        Self { shelf: stem.chars().take(2).collect(), stem }
    }

    fn version(&self, state: &str) -> String {
        format!("{}.{state}", self.stem)
    }

    fn description(&self, state: &str) -> String {
        format!("{}.{state}.json", self.stem)
    }
}

/// `None` for what is not there.
fn present<T>(end: io::Result<T>) -> io::Result<Option<T>> {
    match end {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why the metadata folder can't be opened or made.
fn none(root: &Folder, error: io::Error) -> Trouble {
    match root.kind(NAME) {
        Ok(FileType::Directory) | Err(_) => error.into(),
        Ok(kind) => {
            let message = match kind {
                FileType::Symlink => {
                    "it is a symbolic link, and the store's own folder has to lie here itself"
                }
                _ => "it is not a folder, and the store's own folder has to be",
            };
            Trouble {
                hint: Some("put the store's own folder back, or remove what lies there if there was none"),
                way: Some(NAME.to_owned()),
                // Waiting mends nothing here, so it is not one of the faults that are tried again.
                ..Trouble::new(ErrorKind::Invalid, message)
            }
        }
    }
}

impl MetadataDir {
    /// The metadata folder, if anything was ever written here.
    pub(crate) fn find(root: &Folder) -> Outcome<Option<Self>> {
        Ok(present(root.sub(NAME)).map_err(|error| none(root, error))?.map(|folder| Self { folder }))
    }

    /// The metadata folder, made when it is not there.
    pub(crate) fn make(root: &Folder) -> Outcome<Self> {
        Ok(Self { folder: root.make(NAME).map_err(|error| none(root, error))? })
    }

    /// The folder of drafts.
    pub(crate) fn drafts(&self) -> Outcome<Folder> {
        Ok(self.folder.make("tmp")?)
    }

    /// Waits until nobody else writes or reads. The lock goes with the answer.
    pub(crate) fn lock(&self) -> Outcome<File> {
        let file = self.folder.open_or_create("lock")?;
        wait(&file, File::try_lock)?;
        Ok(file)
    }

    /// Waits until nobody writes, so that only what is durable is seen. `None` when nobody ever wrote.
    pub(crate) fn lock_shared(&self) -> Outcome<Option<File>> {
        let Some(file) = present(self.folder.open("lock"))? else { return Ok(None) };
        wait(&file, File::try_lock_shared)?;
        Ok(Some(file))
    }

    /// The description of one state of an object.
    pub(crate) fn describe(&self, key: &Key, state: &str) -> Outcome<Option<Description>> {
        let place = StatePath::of(key);
        let Some(shelf) = self.shelf(&place)? else { return Ok(None) };
        let Some(file) = present(shelf.open(&place.description(state)))? else { return Ok(None) };
        let untouched_since = Stamp::of(&file)?.changed();
        let mut bytes = Vec::new();
        file.take(LIMIT).read_to_end(&mut bytes)?;
        let mut found = Description::from_bytes(&bytes, key)?;
        found.untouched_since = untouched_since;
        Ok(Some(found))
    }

    /// Keeps when an object was touched whose bytes are those of this state: as long as that is the last time, they
    /// need not be read to know it. Nothing but time is lost where that can't be kept.
    pub(crate) fn untouched(&self, key: &Key, state: &str, touched: i128) {
        let place = StatePath::of(key);
        let mark = || -> Outcome<()> {
            let Some(shelf) = self.shelf(&place)? else { return Ok(()) };
            let file = shelf.open(&place.description(state))?;
            if let Some(time) = moment(touched) {
                file.set_modified(time)?;
            }
            Ok(())
        };
        drop(mark());
    }

    /// Durably writes a description, whole or not at all: that of a state made by hand can be met again by whoever
    /// comes after one who was killed.
    pub(crate) fn note(&self, state: &str, description: &Description) -> Outcome<()> {
        let place = StatePath::of(&description.key);
        let mut draft = Draft::new(self.drafts()?)?;
        draft.fill(&Body::Bytes(description.to_bytes()?.into()))?;
        draft.seal(0)?;
        let shelf = self.folder.make("objects")?.make(&place.shelf)?;
        draft.replace(&shelf, &place.description(state))?;
        Ok(shelf.sync()?)
    }

    /// Takes back a description whose object did not come to be.
    pub(crate) fn forget(&self, key: &Key, state: &str) {
        let place = StatePath::of(key);
        if let Ok(Some(shelf)) = self.shelf(&place) {
            drop(shelf.remove(&place.description(state)));
        }
    }

    /// The bytes of an older state.
    pub(crate) fn version(&self, key: &Key, state: &str) -> Outcome<Option<File>> {
        let place = StatePath::of(key);
        let Some(shelf) = self.shelf(&place)? else { return Ok(None) };
        Ok(present(shelf.open(&place.version(state)))?)
    }

    /// The older states of an object, in no order.
    pub(crate) fn states(&self, key: &Key) -> Outcome<Vec<String>> {
        let place = StatePath::of(key);
        let Some(shelf) = self.shelf(&place)? else { return Ok(Vec::new()) };
        let start = format!("{}.", place.stem);
        let names =
            shelf.entries()?.into_iter().filter(|entry| !entry.is_folder && !entry.name.ends_with(".json"));
        Ok(names.filter_map(|entry| entry.name.strip_prefix(&start).map(str::to_owned)).collect())
    }

    /// Durably keeps the file `name` in `folder` as an older state.
    pub(crate) fn keep(&self, key: &Key, state: &str, folder: &Folder, name: &str) -> Outcome<()> {
        let place = StatePath::of(key);
        let shelf = self.folder.make("objects")?.make(&place.shelf)?;
        match folder.link(name, &shelf, &place.version(state)) {
            Ok(()) => {}
            // One who kept it was killed before it could replace it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        Ok(shelf.sync()?)
    }

    fn shelf(&self, place: &StatePath) -> Outcome<Option<Folder>> {
        let Some(objects) = present(self.folder.sub("objects"))? else { return Ok(None) };
        Ok(present(objects.sub(&place.shelf))?)
    }
}

/// Tries again and again, since a lock that is held by a stopped process must not stop everybody for ever.
fn wait(file: &File, lock: impl Fn(&File) -> Result<(), TryLockError>) -> Outcome<()> {
    let begun = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        match lock(file) {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {}
            Err(TryLockError::WouldBlock) => {
                let message = "another process has held the store's lock for a minute";
                return Err(Trouble::new(ErrorKind::Unavailable, message));
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}
