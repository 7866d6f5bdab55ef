//! Which release it is that targets hold: what is recorded, what they say of themselves, what other environments have
//! or had, and in the end every manifest of the ledger. Bytes decide; a name alone never does.

use crate::commit::CommitId;
use crate::config::Environment;
use crate::failure::Failure;
use crate::ledger::{Head, LedgerError, Manifest, ReleaseRef, State, TargetState};
use crate::ports::ReadPorts;
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use std::cmp::Reverse;

/// How many manifests are asked for at once.
const AT_ONCE: usize = 32;

/// What targets hold, and what is known of it before the ledger is asked.
pub(super) struct TargetContents<'a> {
    /// The environment.
    pub(super) settings: &'a Environment,
    /// The targets, each with its digest.
    pub(super) targets: &'a [TargetState],
    /// The release that one of them says it is.
    pub(super) stamp: Option<CommitId>,
}

impl TargetContents<'_> {
    /// Whether a published release is just that.
    pub(super) fn is(&self, manifest: &Manifest) -> bool {
        self.targets.iter().all(|target| {
            let built = manifest.artifact(name(target), &self.settings.name);
            built.map(|(_, built)| built.sha256) == target.sha256
        })
    }

    /// Whether a release as records name it is just that.
    fn fits(&self, release: &ReleaseRef) -> bool {
        self.targets.iter().all(|target| {
            let digest = release.digest(name(target), &self.settings.name);
            digest.is_some() && digest == target.sha256
        })
    }

    /// The release: of several with the same bytes the one that is recorded here, then what the targets say, then what
    /// was here or is elsewhere, then the one that was published last.
    pub(super) async fn release(&self, view: &ReadPorts, here: &State) -> Result<Option<Manifest>, Failure> {
        let mut near: Vec<CommitId> = Vec::new();
        near.extend(self.among(here.release()));
        near.extend(self.stamp.clone());
        near.extend(self.among(here.trail.iter().map(|past| &past.release)));
        if let Some(found) = self.first(view, near).await? {
            return Ok(Some(found));
        }
        let heads = view.ledger.every_head().await.map_err(LedgerError::read_failure)?;
        let states = || heads.values().map(Head::state);
        let past = states().flat_map(|state| state.trail.iter().map(|past| &past.release));
        let elsewhere = self.among(states().filter_map(State::release).chain(past));
        if let Some(found) = self.first(view, elsewhere).await? {
            return Ok(Some(found));
        }
        let entries = view.ledger.every_release().await.map_err(LedgerError::read_failure)?;
        let mut all: Vec<(DateTime<Utc>, CommitId)> =
            entries.into_iter().filter_map(|(commit, entry)| Some((entry.published?, commit))).collect();
        all.sort_unstable_by_key(|(published, _)| Reverse(*published));
        self.first(view, all.into_iter().map(|(_, commit)| commit).collect()).await
    }

    fn among<'r>(&self, releases: impl IntoIterator<Item = &'r ReleaseRef>) -> Vec<CommitId> {
        releases.into_iter().filter(|one| self.fits(one)).map(|one| one.commit.clone()).collect()
    }

    /// The first of these whose manifest says that it is just that.
    async fn first(&self, view: &ReadPorts, commits: Vec<CommitId>) -> Result<Option<Manifest>, Failure> {
        for batch in commits.chunks(AT_ONCE) {
            let reads = batch.iter().map(|commit| view.ledger.manifest(commit));
            let found = try_join_all(reads).await.map_err(LedgerError::read_failure)?;
            if let Some(manifest) = found.into_iter().flatten().find(|manifest| self.is(manifest)) {
                return Ok(Some(manifest));
            }
        }
        Ok(None)
    }
}

fn name(target: &TargetState) -> &str {
    target.artifact.as_ref().map_or("main", |name| name.as_str())
}
