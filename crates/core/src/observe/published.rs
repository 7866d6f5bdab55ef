//! Whether the files of a release's own folder are those that were published: told by what the store says and the
//! tokens that are known, else by the bytes, which are read once. What was found out is left in the snapshot, to be
//! remembered by whoever may write.

use super::sources::{remembered, tells};
use crate::event::{Event, Events};
use crate::failure::Failure;
use crate::folder::source::{self, Part, Reads};
use crate::folder::{FolderFile, FolderManifest, SourceFindings};
use crate::ledger::{Genesis, SeenArtifacts};
use crate::location::{Key, Location, StoreId};
use crate::port::{Capabilities, Token};
use crate::ports::ReadPorts;
use crate::snapshot::{Candidate, SourceFolder};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Files of a folder of which only the bytes can tell.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) entry: String,
    pub(super) location: Location,
    pub(super) files: Vec<FolderFile>,
}

/// What was read, by the name of the folder's entry in the release's manifest.
pub(super) type Read = HashMap<String, Reads>;

/// After how many bytes it is told how far the reading has come.
const STEP: u64 = 16 << 20;

/// Judges folders of a release, `files`. `capabilities`: what was found out of stores that the genesis does not name;
/// `read`: what was read before. Returns the files whose bytes must be read.
///
/// # Errors
/// What the store answered, when what is remembered of the release is asked for.
pub(super) async fn settle(
    view: &ReadPorts,
    (genesis, capabilities): (&Genesis, &BTreeMap<StoreId, Capabilities>),
    candidate: &mut Candidate,
    files: &mut BTreeMap<String, SourceFolder>,
    read: &Read,
) -> Result<Vec<Unread>, Failure> {
    let (mut unread, none) = (Vec::new(), Reads::new());
    for folder in files.values_mut() {
        let Some(built) = candidate.manifest.artifacts.get(&folder.entry) else { continue };
        let stored = built.folder.and_then(|folder| folder.stored);
        let tells = tells(view, genesis, capabilities, &folder.location.store)?;
        let trusted = tells && stored == Some(folder.stored.digest());
        let reads = read.get(&folder.entry).unwrap_or(&none);
        let mut looked = judge(folder, trusted, &BTreeMap::new(), reads);
        if tells && !looked.unread.is_empty() {
            remembered(view, &candidate.manifest.commit, &mut candidate.findings).await?;
            if let Some(later) = candidate.findings.before.folders.get(&folder.entry) {
                looked = judge(folder, trusted, later, reads);
            }
        }
        let files = std::mem::take(&mut looked.unread);
        if !files.is_empty() {
            unread.push(Unread { entry: folder.entry.clone(), location: folder.location.clone(), files });
        }
        // What the store's tokens don't tell is not known the next time either.
        let right = tells.then(|| right(&folder.stored, reads)).filter(|right| !right.is_empty());
        if let Some(right) = right {
            candidate.findings.fresh.folders.insert(folder.entry.clone(), right);
        }
        folder.looked = Some(looked);
    }
    Ok(unread)
}

/// Judges one folder, whose manifest has those tokens alone afterwards at which its files are known to be right.
fn judge(
    folder: &mut SourceFolder,
    trusted: bool,
    later: &BTreeMap<Key, Token>,
    reads: &Reads,
) -> SourceFindings {
    let known = source::known(&folder.stored, trusted, later);
    let looked = source::judge(&known, &folder.part, &folder.objects, reads);
    folder.manifest = Arc::new(known);
    looked
}

/// The tokens of those files that were read and are the published ones.
fn right(stored: &FolderManifest, reads: &Reads) -> BTreeMap<Key, Token> {
    let right = stored.files.iter().filter_map(|file| {
        let read = reads.get(&file.path).filter(|read| read.sha256 == file.sha256)?;
        Some((file.path.clone(), read.token.clone()))
    });
    right.collect()
}

/// Reads files, and keeps what was found of them in `read`.
///
/// # Errors
/// What a store answered.
pub(super) async fn read(view: &ReadPorts, unread: Vec<Unread>, read: &mut Read) -> Result<(), Failure> {
    for Unread { entry, location, files } in unread {
        let store = view.store(&location.store)?;
        let progress = Progress::new(&*view.events, &location, &files);
        let found = source::read(&**store, &location, files, &|bytes| progress.more(bytes)).await;
        let found = found.map_err(|error| Failure::of_place(&format!("reading `{location}`"), error))?;
        read.entry(entry).or_default().extend(found);
    }
    Ok(())
}

/// Tells how far the reading of a folder has come.
struct Progress<'a> {
    events: &'a dyn Events,
    location: &'a Location,
    size: u64,
    done: AtomicU64,
    told: AtomicU64,
}

impl<'a> Progress<'a> {
    fn new(events: &'a dyn Events, location: &'a Location, files: &[FolderFile]) -> Self {
        let size = files.iter().fold(0, |sum: u64, file| sum.saturating_add(file.size));
        let progress = Self { events, location, size, done: AtomicU64::new(0), told: AtomicU64::new(0) };
        progress.tell(0);
        progress
    }

    fn tell(&self, done: u64) {
        self.events.hear(&Event::Reading { source: self.location.clone(), done, size: self.size });
    }

    fn more(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if done >= self.size || done.saturating_sub(self.told.load(Ordering::Relaxed)) >= STEP {
            self.told.store(done, Ordering::Relaxed);
            self.tell(done);
        }
    }
}

/// A release's own folder that is looked at by itself, whatever may move.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inspection<'a> {
    pub(crate) view: &'a ReadPorts,
    /// The release.
    pub(crate) candidate: &'a Candidate,
    /// The name of the folder's entry in its manifest.
    pub(crate) entry: &'a str,
    /// Whether other bytes have another token in its store.
    pub(crate) tells: bool,
    /// Whether all of its files are read, whatever the store says of them.
    pub(crate) bytes: bool,
}

impl Inspection<'_> {
    /// What is found of all of its files, and what that adds to what is known of the release; `None` when it has no
    /// manifest, or another one than was published. What somebody wrote again since is read.
    ///
    /// # Errors
    /// What a store answered.
    pub(crate) async fn run(&self) -> Result<Option<(SourceFindings, SeenArtifacts)>, Failure> {
        let Self { view, candidate, entry, tells, bytes } = *self;
        let (Some(built), Some(opened)) =
            (candidate.manifest.artifacts.get(entry), candidate.folders.get(entry))
        else {
            return Ok(None);
        };
        let (stored, location) = (&opened.manifest, &built.location);
        if stored.identity() != built.sha256 {
            return Ok(None);
        }
        let store = view.store(&location.store)?;
        let objects = match &opened.listed {
            Some(listed) => listed.to_vec(),
            None => source::objects(&**store, location, stored, &Part::Whole)
                .await
                .map_err(|error| Failure::of_place(&format!("listing `{location}`"), error))?,
        };
        let kept = built.folder.and_then(|folder| folder.stored);
        let trusted = tells && kept == Some(stored.digest());
        let later = candidate.findings.before.folders.get(entry).filter(|_| tells);
        let known = source::known(stored, trusted, later.unwrap_or(&BTreeMap::new()));
        let none = Reads::new();
        let mut looked = source::judge(&known, &Part::Whole, &objects, &none);
        // A release that an older version published has nothing to compare with, and is read when that is asked for.
        if !bytes && (looked.unread.is_empty() || kept.is_none()) {
            return Ok(Some((looked, SeenArtifacts::default())));
        }
        let unsure: Vec<Key> = looked.unread.iter().map(|file| file.path.clone()).collect();
        let (mut objects, mut known) = (objects, known);
        if bytes {
            // Nothing that the store says is believed then.
            objects.iter_mut().for_each(|object| object.sha256 = None);
            known = stored.source();
            looked = source::judge(&known, &Part::Whole, &objects, &none);
        }
        let unread = Unread { entry: entry.to_owned(), location: location.clone(), files: looked.unread };
        let mut found = Read::new();
        Box::pin(read(view, vec![unread], &mut found)).await?;
        let reads = found.remove(entry).unwrap_or_default();
        let looked = source::judge(&known, &Part::Whole, &objects, &reads);
        // What the store's tokens don't tell is not known the next time either.
        let mut fresh = right(stored, &reads);
        fresh.retain(|path, _| tells && unsure.contains(path));
        let mut learned = SeenArtifacts::default();
        if !fresh.is_empty() {
            learned.folders.insert(entry.to_owned(), fresh);
        }
        Ok(Some((looked, learned)))
    }
}
