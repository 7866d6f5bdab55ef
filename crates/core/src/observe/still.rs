//! Whether a release still lies at its sources as the plan found it: asked once more before the first target is written,
//! when anything took place since. What was put there again with the same bytes is the release: then copies are pinned to
//! that. And whether it was blocked meanwhile.

use super::published::{self, Unread};
use super::sources::tells;
use crate::commit::CommitId;
use crate::content;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder::Pin;
use crate::folder::source::{self, Reads};
use crate::ledger::{LedgerError, Shape, TargetMove};
use crate::location::{FOLDER, Key};
use crate::port::{Object, PinnedSource, Token};
use crate::ports::Ports;
use crate::snapshot::{Snapshot, SourceFolder};
use std::collections::{BTreeMap, HashMap};

/// How often a folder is read in which somebody writes meanwhile.
const ROUNDS: u32 = 3;

/// What copies are pinned to where the same bytes were put at a source once more.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Anew {
    /// The object.
    Object(Box<PinnedSource>),
    /// The files of a folder.
    Files(BTreeMap<Key, Pin>),
}

/// Fails with `Conflict` when the source of `target` is not what the plan found there any more. Says where the same bytes
/// were put there again.
///
/// # Errors
/// Also what a store answered.
pub(crate) async fn still(
    ports: &Ports,
    snapshot: &Snapshot,
    target: &TargetMove,
) -> Result<Option<Anew>, Failure> {
    let folder = snapshot.files.get(target.name());
    match (&target.shape, folder) {
        (shape @ (Shape::Pointer { .. } | Shape::Folder { .. }), Some(folder)) => {
            let pins = Box::pin(files(ports, snapshot, folder)).await?;
            Ok(pins.filter(|_| matches!(shape, Shape::Folder { .. })).map(Anew::Files))
        }
        (Shape::Whole | Shape::Unmoved, _) => {
            let found = Box::pin(object(ports, snapshot, target)).await?;
            Ok(found.map(|now| {
                let PinnedSource { location, sha256, size, headers, .. } = target.source.clone();
                let Object { token, version, .. } = now;
                Anew::Object(Box::new(PinnedSource { location, token, version, sha256, size, headers }))
            }))
        }
        // What nobody looked at was not planned.
        (Shape::Pointer { .. } | Shape::Folder { .. }, None) => Err(changed(target)),
    }
}

/// Fails with `Blocked` when the release was blocked after the plan was made. Whoever went past a block knows of it.
///
/// # Errors
/// Also what the ledger answered.
pub(crate) async fn unblocked(ports: &Ports, snapshot: &Snapshot, commit: &CommitId) -> Result<(), Failure> {
    if snapshot.candidate.blocked.is_some() {
        return Ok(());
    }
    let entry = ports.ledger.reader().release(commit).await.map_err(LedgerError::read_failure)?;
    if !entry.blocked() {
        return Ok(());
    }
    let short = commit.short(7);
    Err(Failure::new(ExitStatus::Blocked, format!("{short} was blocked after it was checked"))
        .hint(format!("`promote show {short}` shows why, `promote unblock {short}` lifts it")))
}

fn changed(target: &TargetMove) -> Failure {
    let place = &target.source.location;
    Failure::new(ExitStatus::Conflict, format!("`{place}` changed after it was checked"))
}

/// A release's own folder: its manifest and those of its files that matter. What has another token is read, and then says
/// what the files are pinned to now.
async fn files(
    ports: &Ports,
    snapshot: &Snapshot,
    folder: &SourceFolder,
) -> Result<Option<BTreeMap<Key, Pin>>, Failure> {
    let SourceFolder { entry, location, stored, part, .. } = folder;
    let changed = || Failure::new(ExitStatus::Conflict, format!("`{location}` changed after it was checked"));
    let view = ports.view();
    let store = ports.store(&location.store)?;
    let tells = tells(&view, &snapshot.genesis.0, &snapshot.capabilities, &location.store)?;
    // All of them were found right, or nothing would have been allowed.
    let planned: HashMap<&str, &Token> =
        folder.objects.iter().map(|object| (object.key.as_str(), &object.token)).collect();
    let known = stored.noting(|path| planned.get(path.as_str()).filter(|_| tells).map(|it| (*it).clone()));
    let own = snapshot.candidate.sources.get(entry).and_then(Option::as_ref);
    let mut reads = Reads::new();
    for _ in 0..ROUNDS {
        let objects = source::objects(&**store, location, stored, part)
            .await
            .map_err(|error| Failure::of_place(&format!("listing `{location}`"), error))?;
        let there = objects.iter().find(|object| object.key.as_str() == FOLDER);
        let same = tells && there.zip(own).is_some_and(|(there, own)| there.token == own.token);
        // Of few files no listing is asked for, and the manifest is looked at by itself.
        if !same && !manifest_stands(ports, folder).await? {
            return Err(
                changed().state(format!("`{location}{FOLDER}` is not the manifest that was published."))
            );
        }
        let looked = source::judge(&known, part, &objects, &reads);
        if !looked.faults.is_empty() {
            let told = looked.faults.told(location);
            return Err(told.into_iter().fold(changed(), |failure, why| failure.state(format!("{why}."))));
        }
        if looked.unread.is_empty() {
            // Whatever had to be read may have other tokens than those that the copies name.
            return Ok((!reads.is_empty()).then_some(looked.pins));
        }
        let unread = Unread { entry: entry.clone(), location: location.clone(), files: looked.unread };
        let mut read = published::Read::new();
        Box::pin(published::read(&view, vec![unread], &mut read)).await?;
        reads.extend(read.remove(entry).unwrap_or_default());
    }
    Err(changed().state("Somebody writes there all the time."))
}

/// Whether the manifest in a release's own folder is the published one.
async fn manifest_stands(ports: &Ports, folder: &SourceFolder) -> Result<bool, Failure> {
    let store = ports.store(&folder.location.store)?;
    let found = super::targets::read(&**store, &folder.location.key)
        .await
        .map_err(|error| Failure::of_place(&format!("reading `{}`", folder.location), error))?;
    Ok(found.1.is_some_and(|found| found.identity() == folder.stored.identity()))
}

/// A release's own object. Another one is read: the very same bytes are the release, and what they are now is told. A
/// version that is kept can be copied all the same.
async fn object(ports: &Ports, snapshot: &Snapshot, target: &TargetMove) -> Result<Option<Object>, Failure> {
    let pinned = &target.source;
    let place = &pinned.location;
    // An image is named by its digest, which nobody can change.
    if place.is_image() {
        return Ok(None);
    }
    let view = ports.view();
    let store = ports.store(&place.store)?;
    let tells = tells(&view, &snapshot.genesis.0, &snapshot.capabilities, &place.store)?;
    let found = store.head(&place.key).await;
    let found = found.map_err(|error| Failure::of_place(&format!("looking at `{place}`"), error))?;
    let Some(found) = found else { return Err(changed(target).state(format!("`{place}` is gone."))) };
    let same = found.token == pinned.token && (tells || pinned.version.is_some());
    if same && found.version == pinned.version {
        return Ok(None);
    }
    let (found, holds) = match found.sha256 {
        Some(digest) => (found, digest),
        None => match content::digest(&**store, place, found, &*ports.events).await? {
            Some(read) => read,
            None => return Err(changed(target).state(format!("`{place}` is gone."))),
        },
    };
    if holds != pinned.sha256 {
        let told = format!("`{place}` contains {holds}, and was published as {}.", pinned.sha256);
        return Err(changed(target).state(told));
    }
    Ok((found.token != pinned.token || found.version != pinned.version).then_some(found))
}
