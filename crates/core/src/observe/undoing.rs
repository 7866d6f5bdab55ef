//! What undoing a first promotion can't take back: what its targets held before nobody keeps, and a folder's files are not
//! taken back one by one. Told before anything is undone, by whoever hints at it or plans it.

use super::barred::is_barred;
use crate::config::Environment;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Before, Head, LedgerError, LedgerReader, ReleaseRef, State};
use crate::location::Location;
use crate::names::{LaneName, escape};
use crate::port::{Capabilities, Object};
use crate::ports::ReadPorts;
use crate::snapshot::Seen;
use crate::undo::onward;
use std::collections::BTreeMap;

/// What was before the promotions that would be undone: those that took over from each other, or that moved the first
/// release, once more and again.
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    /// What each target held then.
    pub(crate) befores: BTreeMap<Location, Option<Before>>,
    /// Whether one of them, or an adoption before them, left something that is not undone: a release that was verified
    /// and moved again since, or what was there already. The newest state alone does not tell it.
    pub(crate) stands: bool,
}

/// Reads the ledger back to where the lane held nothing.
///
/// # Errors
/// What the store answered.
pub(crate) async fn beginning(
    ledger: &LedgerReader,
    lane: &LaneName,
    newest: &Head,
) -> Result<Beginning, Failure> {
    let mut found = Beginning::default();
    // The page begins with the newest record, which may have come after the plan by now.
    let mut at = Some(newest.record.seq.next());
    loop {
        let page = ledger.page(lane, at, 8).await.map_err(LedgerError::read_failure)?;
        let Some(last) = page.last() else { return Ok(found) };
        at = Some(last.record.seq);
        for head in &page {
            let state = head.state();
            if state.open.is_none() && state.release().is_none() {
                return Ok(found);
            }
            let there = state.current.as_ref().filter(|there| there.release.is_some());
            found.stands |= there.is_some_and(|there| there.verified.is_some() || there.promotion.is_none());
            let targets = head.record.intent.iter().flat_map(|intent| &intent.targets);
            found.befores.extend(targets.map(|one| (one.target.clone(), one.before.clone())));
        }
    }
}

/// Why what was written over this can't be taken back.
pub(crate) fn overwritten(before: &Before) -> String {
    match &before.version {
        Some(version) => format!(
            "what it held before was overwritten; the store keeps that as version {}",
            escape(&version.0)
        ),
        None => "what it held before was overwritten, and the store keeps no versions".to_owned(),
    }
}

/// Why the files of a folder stay.
pub(crate) const FILES: &str = "it is a folder, whose files are not taken back one by one";

/// Why a folder stays of which nobody knows how much was written.
pub(crate) const BEGUN: &str = "it is a folder, and files of it may have been written; they are not deleted";

/// Why what is there stays that no promotion wrote which would be undone.
pub(crate) const FOREIGN: &str = "it has what this promotion did not write";

/// Why what was there before can't come back.
pub(crate) const LOST: &str = "what it held before the promotion is gone";

fn sentence(place: &Location, why: &str) -> String {
    format!("`{place}` stays as it is: {why}")
}

/// What would stay of the first release of a lane, or of the promotion that would have been the first, one sentence each: for
/// hints, from the ledger alone. `None` where nothing is to be undone: what is there is another one, or was verified, or
/// nothing is.
///
/// # Errors
/// What the store answered.
pub(crate) async fn lasting(
    ledger: &LedgerReader,
    lane: &LaneName,
    head: Option<&Head>,
) -> Result<Option<Vec<String>>, Failure> {
    let Some(head) = head else { return Ok(None) };
    let state = head.state();
    let begun = state.open.is_some() && state.release().is_none();
    if !begun && (state.open.is_some() || !state.is_first()) {
        return Ok(None);
    }
    let Beginning { befores, stands } = beginning(ledger, lane, head).await?;
    if begun {
        // What became of its objects so far the ledger does not tell, and they are deleted where they can be.
        let folders = befores.keys().filter(|target| target.folder().is_some());
        return Ok(Some(folders.map(|target| sentence(target, BEGUN)).collect()));
    }
    if stands {
        return Ok(None);
    }
    let there = head.state().current.iter().flat_map(|current| &current.targets);
    let stays = there.filter_map(|target| {
        let before = befores.get(&target.target).and_then(Option::as_ref);
        let why = match target.target.folder() {
            Some(_) => Some(FILES.to_owned()),
            None => before.map(overwritten),
        };
        why.map(|why| sentence(&target.target, &why))
    });
    Ok(Some(stays.collect()))
}

/// What is undone, as its plan was read.
pub(crate) struct Undoing<'a> {
    pub(crate) view: &'a ReadPorts,
    pub(crate) environment: &'a Environment,
    pub(crate) head: &'a Head,
    pub(crate) release: &'a ReleaseRef,
    pub(crate) capabilities: &'a BTreeMap<crate::location::StoreId, Capabilities>,
}

impl Undoing<'_> {
    /// What would stay, one sentence each, as the targets are now.
    ///
    /// # Errors
    /// `Missing` where the release was verified before it was moved again, and what a store answered.
    pub(crate) async fn stays(&self, targets: &BTreeMap<String, Seen>) -> Result<Vec<String>, Failure> {
        let Beginning { befores, stands } =
            beginning(&self.view.ledger, &self.environment.lane, self.head).await?;
        if stands && self.head.state().open.is_none() {
            let name = &self.environment.name;
            let again = !is_barred(&self.view.ledger, &self.release.commit, &BTreeMap::new()).await?;
            return Err(Failure::new(
                ExitStatus::Missing,
                format!("{name} has no verified release to go back to"),
            )
            .state(format!(
                "{}, which is there, was there before it was moved again, so it is not undone.",
                self.release.commit.short(7)
            ))
            .hint(onward(name.as_str(), again)));
        }
        let mut all = Vec::new();
        for artifact in self.environment.artifacts.iter().filter(|artifact| !artifact.is_unmoved()) {
            let Some(seen) = targets.get(artifact.name()) else { continue };
            let before = befores.get(&seen.location).and_then(Option::as_ref);
            let why = match seen.location.folder() {
                Some(prefix) => self.folder(prefix, before, seen).await?,
                None => self.object(artifact.name(), before, seen),
            };
            all.extend(why.map(|why| sentence(&seen.location, &why)));
        }
        Ok(all)
    }

    fn object(&self, artifact: &str, before: Option<&Before>, seen: &Seen) -> Option<String> {
        match (before, &seen.object) {
            (None, None) => None,
            (Some(_), None) => Some(LOST.to_owned()),
            (Some(before), Some(object)) if before.token == object.token => None,
            (_, Some(object)) if !self.is_ours(artifact, seen, object) => Some(FOREIGN.to_owned()),
            (before, Some(_)) => before.map(overwritten),
        }
    }

    /// Whether one of the promotions that are undone wrote it.
    fn is_ours(&self, artifact: &str, seen: &Seen, object: &Object) -> bool {
        let state: &State = self.head.state();
        let there = || state.current.iter().filter(|there| there.release.is_some());
        let stamps = state.open.iter().flat_map(|open| &open.stamps);
        let mut stamps = stamps.chain(there().filter_map(|there| there.promotion.as_ref()));
        let stamp = object.metadata.get("promote-id");
        let marks = self.capabilities.get(&seen.location.store).is_none_or(|found| found.stamps);
        let held =
            object.sha256.is_some() && object.sha256 == self.release.digest(artifact, &self.environment.name);
        stamps.any(|id| Some(&id.0) == stamp)
            || there().flat_map(|there| &there.targets).any(|known| known.token == object.token)
            || (!marks && held)
    }

    async fn folder(
        &self,
        prefix: &str,
        before: Option<&Before>,
        seen: &Seen,
    ) -> Result<Option<String>, Failure> {
        if before.is_some() || seen.object.is_some() {
            return Ok(Some(FILES.to_owned()));
        }
        let page = self.view.store(&seen.location.store)?.list(prefix, None, 1).await;
        let page =
            page.map_err(|error| Failure::from_read(&format!("listing `{}`", seen.location), error))?;
        Ok(page.objects.first().map(|_| FILES.to_owned()))
    }
}
