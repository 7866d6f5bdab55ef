//! Bringing a folder of an environment to what a release's folder holds. It is not atomic: new and changed files come
//! first, deletions after them, the manifest last. Whoever runs it again does only what is left.
//!
//! Each file is written under the condition that it is still what was listed, so that nothing is written over what
//! nobody saw. What is not fenced: a late *creation*, by a promotion that was taken over, of a file that the new
//! release lacks. It shows as a stray file in [`check`](super::check).

use super::IN_FLIGHT;
use super::copier::{CopyOutcome, FileCopier, copies};
use super::difference::{Difference, Write, difference};
use super::listing::list;
use super::manifest::{FolderFile, FolderManifest, LIMIT, SCHEMA};
use super::obstructed::obstructed;
use super::removable::removable;
use super::source::Pin;
use super::standing::{Standing, Watch};
use crate::ledger::TargetMove;
use crate::location::{FOLDER, Key, Location};
use crate::port::{
    Body, Bucket, BucketReader, Clock, Condition, ErrorKind, Headers, Metadata, Object, PinnedSource,
    Precondition, ProviderError, Token,
};
use crate::relay::SMALL;
use futures_util::future::try_join;
use futures_util::{StreamExt as _, stream};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How often the target is listed, when somebody else writes there meanwhile.
const ROUNDS: usize = 4;

type Manifest<'m> = Cow<'m, FolderManifest>;

/// A folder to be brought to a release.
#[derive(Debug, Clone, Copy)]
pub struct FolderSync<'a> {
    /// The store of the release's folder.
    pub from: &'a dyn BucketReader,
    /// The store of the target.
    pub to: &'a dyn Bucket,
    /// The planned write; `source` and `target` are folders.
    pub moved: &'a TargetMove,
    /// What is written beside the manifest. Each file gets the commit, the promotion and its own digest of it.
    pub metadata: &'a Metadata,
    /// `when` must hold of the target's manifest from the beginning to the end; `way` and `fence` hold for each file.
    pub condition: &'a Condition,
    /// Whether what the release lacks is removed: what was found there when the move was planned and lies there as it did
    /// then, and what a promotion put there since. Whatever else came since stays.
    pub prune: bool,
    /// Whether files that are right are written again, so that no late request of an earlier promotion fits them.
    pub everything: bool,
    /// The clock that pauses are slept on.
    pub clock: &'a dyn Clock,
    /// What was read of the two folders before.
    pub known: ReadBefore<'a>,
    /// Whom to ask whether the promotion still stands. It is asked after each listing and at least every
    /// [`PAUSE_S`](super::PAUSE_S) seconds of writing; without it, nothing is tried again that somebody else changed.
    pub standing: Option<&'a dyn Standing>,
    /// Counts what took effect of all that is sent, for whoever judges whether it goes on.
    pub done: Option<&'a AtomicUsize>,
}

/// Manifests that were read before, so that they need not be read again. One that is not what it has to be is of no
/// use, and does no harm.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadBefore<'a> {
    /// The manifest of the release's folder, with those tokens alone at which its files are known to be right.
    pub source: Option<&'a FolderManifest>,
    /// The files of the release's folder that were looked at and found right.
    pub pins: Option<&'a BTreeMap<Key, Pin>>,
    /// The target's, with the token that its object had.
    pub target: Option<(&'a Token, &'a FolderManifest)>,
    /// All that lay in the target, with paths inside the folder as keys, where what the release lacks is removed.
    pub there: Option<&'a [Object]>,
    /// Whether that was listed just now, and the intent was written after it: then it is not listed again at first.
    pub just_now: bool,
}

impl FolderSync<'_> {
    /// Does it, and returns what the store says of the manifest.
    ///
    /// # Errors
    /// Any other kind than `Unknown` says that nothing was written and nothing is on its way. `Unknown` says that some
    /// files may have been, or that all is in place, the manifest too, but an answer was lost on the way: reading the
    /// manifest back tells which, and running it again does what is left.
    pub async fn run(&self) -> Result<Object, ProviderError> {
        let copier = FileCopier {
            from: self.from,
            store: &self.moved.source.location.store,
            to: self.to,
            metadata: self.metadata,
            condition: self.condition,
            clock: self.clock,
            watch: Watch::new(self.standing, self.to),
            below: self.prefix(&self.moved.source.location)?,
            above: self.prefix(&self.moved.target)?,
            done: self.done,
            touched: AtomicBool::new(false),
            doubt: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        };
        let end = self.carry_out(&copier).await;
        let unclear =
            |message: &str| ProviderError::new(ErrorKind::Unknown, self.to, &self.moved.target, message);
        match end {
            Ok(_) if copier.doubt.load(Ordering::Relaxed) => {
                Err(unclear("all of the folder is in place, but not every request was answered"))
            }
            Err(mut error) if error.kind != ErrorKind::Unknown && copier.touched.load(Ordering::Relaxed) => {
                let mut partly = unclear("only a part of the folder was written");
                partly.hints.append(&mut error.hints);
                Err(partly.caused_by(error))
            }
            // Only a read can have gone unanswered then.
            Err(mut error) if error.kind == ErrorKind::Unknown && !copier.touched.load(Ordering::Relaxed) => {
                error.kind = ErrorKind::Unavailable;
                Err(error)
            }
            end => end,
        }
    }

    fn prefix<'l>(&self, location: &'l Location) -> Result<&'l str, ProviderError> {
        location
            .folder()
            .ok_or_else(|| ProviderError::new(ErrorKind::Invalid, self.to, location, "it is not a folder"))
    }

    async fn carry_out(&self, copier: &FileCopier<'_>) -> Result<Object, ProviderError> {
        let (source, known) = self.manifests().await?;
        let mut landed: BTreeMap<Key, FolderFile> = BTreeMap::new();
        let planned = self.known.there.unwrap_or_default();
        let mut last = None;
        for round in 0..ROUNDS {
            // First the tokens, then the head of the ledger: the reverse order lets a late write through.
            let before = self.known.there.filter(|_| round == 0 && self.known.just_now);
            let listed = match before {
                Some(there) => there.to_vec(),
                None => list(self.to, copier.above, known.as_deref()).await?,
            };
            let manifest = listed.iter().find(|object| object.key.as_str() == FOLDER);
            self.replaces(manifest.map(|object| &object.token))?;
            match before {
                Some(_) => copier.watch.vouch().await?,
                None => copier.watch.renew().await,
            }
            let noted = with(known.as_deref(), &landed);
            let everything = self.everything && landed.is_empty();
            let goes = match self.prune {
                true => removable(self.to, copier.above, &source, planned, &listed).await?,
                false => HashSet::new(),
            };
            let goes = |object: &Object| goes.contains(&object.key);
            let mut todo = difference(&source, &listed, noted.as_deref(), &goes, everything);
            if todo.is_empty() {
                return self.finish(copier, todo.keep).await;
            }
            self.replaceable(copier, &source, &listed, &todo)?;
            copier.watch.check().await?;
            let pins = self.pins(copier, &source, &todo.write).await?;
            let mut refused = self.remove_all(copier, std::mem::take(&mut todo.clear)).await?;
            if refused.is_none() {
                refused = self.write_all(copier, todo.write, pins, &mut landed).await?;
            }
            if refused.is_none() {
                refused = self.remove_all(copier, todo.remove).await?;
            }
            let Some(error) = refused else {
                // What landed in an earlier round may have been listed in this one.
                todo.keep.retain(|file| !landed.contains_key(&file.path));
                todo.keep.extend(landed.into_values());
                return self.finish(copier, todo.keep).await;
            };
            if !copier.watch.can_ask() {
                return Err(error);
            }
            last = Some(error);
        }
        let message = "its files, or those of the source, are written by somebody else all the time";
        let error = ProviderError::new(ErrorKind::Conflict, self.to, &self.moved.target, message);
        Err(match last {
            Some(last) => error.caused_by(last),
            None => error,
        })
    }

    /// The release's manifest, and that of the target as it was left. When the target was brought to this very
    /// release before, its manifest is enough: the digest proves it.
    async fn manifests(&self) -> Result<(Manifest<'_>, Option<Manifest<'_>>), ProviderError> {
        let TargetMove { source: wanted, before, .. } = self.moved;
        let likely = before.as_ref().is_some_and(|before| before.sha256 == Some(wanted.sha256));
        let source = async {
            Ok(match self.known.source {
                Some(known) => Some(Cow::Borrowed(known)),
                None => {
                    // Nobody vouches for its tokens here.
                    let found = FolderManifest::read(self.from, &wanted.location).await?;
                    found.map(|(_, it)| Cow::Owned(it.source()))
                }
            })
        };
        let (left, source) = if likely && self.known.source.is_none() {
            let left = self.left().await?;
            let bare = left.as_ref().map(|left| left.source()).filter(|bare| bare.digest() == wanted.sha256);
            match bare {
                Some(bare) => (left, Some(Cow::Owned(bare))),
                None => (left, source.await?),
            }
        } else {
            try_join(self.left(), source).await?
        };
        let of_source = |kind, message: &str| ProviderError::new(kind, self.from, &wanted.location, message);
        let source =
            source.ok_or_else(|| of_source(ErrorKind::NotFound, "the release's folder has no manifest"))?;
        if source.identity() != wanted.sha256 {
            return Err(of_source(
                ErrorKind::Corrupt,
                "the folder's manifest is not the one that was published",
            ));
        }
        Ok((source, left))
    }

    /// The target's manifest as it was left. What is no manifest is as good as none, since all of the folder is
    /// compared anew.
    async fn left(&self) -> Result<Option<Manifest<'_>>, ProviderError> {
        match (&self.condition.when, self.known.target) {
            // Whether one has come since is told by the listing.
            (Precondition::Absent, _) => return Ok(None),
            (Precondition::Matches(wanted), Some((token, known))) if token == wanted => {
                return Ok(Some(Cow::Borrowed(known)));
            }
            _ => {}
        }
        match FolderManifest::read(self.to, &self.moved.target).await {
            Ok(Some((object, found))) => {
                self.replaces(Some(&object.token))?;
                Ok(Some(Cow::Owned(found)))
            }
            Ok(None) => self.replaces(None).map(|()| None),
            Err(error) if error.kind == ErrorKind::Corrupt => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the target's manifest, which has this token, is what may be replaced.
    fn replaces(&self, there: Option<&Token>) -> Result<(), ProviderError> {
        let changed = match (&self.condition.when, there) {
            (Precondition::Matches(wanted), Some(token)) if token != wanted => {
                "the folder's manifest was changed"
            }
            (Precondition::Matches(_), None) => "the folder's manifest is gone",
            (Precondition::Absent, Some(_)) => "the folder has a manifest already",
            _ => return Ok(()),
        };
        Err(ProviderError::new(ErrorKind::Conflict, self.to, &self.moved.target, changed))
    }

    /// Refuses before anything is written what no file can replace: a link, a pipe or a device in place of a file that is to
    /// be written, or of a folder of it; and what would have to go and can't be removed.
    fn replaceable(
        &self,
        copier: &FileCopier<'_>,
        source: &FolderManifest,
        listed: &[Object],
        todo: &Difference,
    ) -> Result<(), ProviderError> {
        let goes = |key: &Key| todo.clear.iter().any(|(path, _)| path == key);
        let in_place = |key: &Key| {
            todo.write.iter().any(|write| {
                let rest = write.file.path.as_str().strip_prefix(key.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let place = &self.moved.target;
        let keeps = self.to.capabilities().folders.then(|| obstructed(source, listed, self.prune)).flatten();
        if let Some(keeps) = keeps {
            let error = ProviderError::new(ErrorKind::Conflict, self.to, place, keeps);
            return Err(error.hint("remove it by hand, then run the same command again"));
        }
        let mut stays = listed.iter().filter(|object| object.is_unnamable_folder()).map(|object| &object.key);
        let gone = |key: &&Key| todo.clear.iter().chain(&todo.remove).any(|(path, _)| path == *key);
        if let Some(path) = stays.find(gone) {
            let message = "it is a folder whose name is not UTF-8, and can't be removed from here";
            return Err(copier
                .error(ErrorKind::Invalid, path, message.to_owned())
                .hint("remove that folder by hand, then run the same command again"));
        }
        let odd = listed.iter().find_map(|object| {
            let what = object.odd()?;
            (in_place(&object.key) && !goes(&object.key)).then_some((&object.key, what))
        });
        odd.map_or(Ok(()), |(path, what)| {
            let message = format!("it is {what}, and a file of the release belongs there");
            Err(copier
                .error(ErrorKind::Invalid, path, message)
                .hint("put a file in its place, or remove it, then run the same command again"))
        })
    }

    /// Writes files; `Some` when one was refused, since somebody else had changed it.
    async fn write_all(
        &self,
        copier: &FileCopier<'_>,
        writes: Vec<Write>,
        mut pins: BTreeMap<Key, PinnedSource>,
        landed: &mut BTreeMap<Key, FolderFile>,
    ) -> Result<Option<ProviderError>, ProviderError> {
        // Small files pass through this machine side by side, larger ones one at a time.
        let through = !copies(self.moved);
        let (large, small): (Vec<_>, Vec<_>) =
            writes.into_iter().partition(|write| through && write.file.size > SMALL);
        let mut ends = Vec::new();
        for (writes, at_once) in [(small, IN_FLIGHT), (large, 1)] {
            let carried = stream::iter(writes)
                .map(|write| {
                    let pin = pins.remove(&write.file.path);
                    copier.bring(write, pin)
                })
                .buffer_unordered(at_once);
            ends.extend(carried.collect::<Vec<_>>().await);
        }
        settle(ends, |file| {
            landed.insert(file.path.clone(), file);
        })
    }

    /// Removes files; `Some` when one was refused, since somebody else had changed it.
    async fn remove_all(
        &self,
        copier: &FileCopier<'_>,
        files: Vec<(Key, Token)>,
    ) -> Result<Option<ProviderError>, ProviderError> {
        let ends =
            stream::iter(files).map(|(path, token)| copier.remove(path, token)).buffer_unordered(IN_FLIGHT);
        settle(ends.collect().await, drop)
    }

    /// Writes the manifest. Nobody is asked before: its token is older than the intent, as that of any target.
    async fn finish(
        &self,
        copier: &FileCopier<'_>,
        mut files: Vec<FolderFile>,
    ) -> Result<Object, ProviderError> {
        files.sort_unstable_by(|one, two| one.path.cmp(&two.path));
        let manifest =
            FolderManifest { schema: SCHEMA.to_owned(), of: Some(self.moved.source.sha256), files };
        let bytes = manifest.to_bytes();
        if bytes.len() > LIMIT {
            let message = format!("the manifest of {} bytes would be longer than may be", bytes.len());
            return Err(ProviderError::new(ErrorKind::Unsupported, self.to, &self.moved.target, message));
        }
        let json = Headers { content_type: Some("application/json".to_owned()), ..Headers::default() };
        let key = &self.moved.target.key;
        let end = self.to.write(key, Body::Bytes(bytes.into()), &json, self.metadata, self.condition).await;
        if end.as_ref().err().is_none_or(|error| error.kind == ErrorKind::Unknown) {
            copier.touched.store(true, Ordering::Relaxed);
        }
        end
    }
}

/// The target's manifest with what was written since.
fn with<'m>(known: Option<&'m FolderManifest>, landed: &BTreeMap<Key, FolderFile>) -> Option<Manifest<'m>> {
    if landed.is_empty() {
        return known.map(Cow::Borrowed);
    }
    let before = known.iter().flat_map(|known| &known.files);
    let mut files: BTreeMap<Key, FolderFile> = before.map(|file| (file.path.clone(), file.clone())).collect();
    files.extend(landed.clone());
    let files = files.into_values().collect();
    Some(Cow::Owned(FolderManifest { schema: SCHEMA.to_owned(), of: None, files }))
}

/// The first error, or the first refusal; hears of what landed.
fn settle(
    ends: Vec<Result<CopyOutcome, ProviderError>>,
    mut hear: impl FnMut(FolderFile),
) -> Result<Option<ProviderError>, ProviderError> {
    let (mut failed, mut refused) = (None, None);
    for end in ends {
        match end {
            Ok(CopyOutcome::Landed(file)) => hear(file),
            Ok(CopyOutcome::Gone | CopyOutcome::Left) => {}
            Ok(CopyOutcome::Refused(error)) => refused = refused.or(Some(error)),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(refused),
    }
}
