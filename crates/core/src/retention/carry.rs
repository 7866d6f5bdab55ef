//! Carrying out what was judged: doom, lift, delete. Every step can be cut off and repeated.

use super::erase::{Erasure, artifact};
use super::judge::{Fate, Judged, judge};
use super::signs::{Swept, sweep};
use super::survey::{Survey, survey_knowing};
use super::write::{failed, place, put, say};
use super::{Policy, Root};
use crate::commit::CommitId;
use crate::config::Config;
use crate::digest::Digest;
use crate::event::Event;
use crate::failure::Failure;
use crate::ledger::{Actor, Block, LedgerError, ReleaseEntry, Word, key};
use crate::location::StoreId;
use crate::ports::Ports;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Releases that are doomed from now on.
    pub doomed: Vec<CommitId>,
    /// Releases whose doom was lifted, because something needs them again.
    pub lifted: Vec<CommitId>,
    /// Releases whose artifacts were deleted, or what of them was when it was cut off.
    pub erased: BTreeMap<CommitId, Vec<Erasure>>,
    /// Those of them that are done with.
    pub gone: Vec<CommitId>,
    /// What became of the signs of life of what has ended.
    pub signs: Swept,
}

/// `gone.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Gone {
    by: String,
    at: DateTime<Utc>,
    /// What of the release is still there, and why.
    left: Vec<String>,
    /// The digest of the entry under which it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<Digest>,
}

/// Carries out what [`judge`] said of this survey. What is to be deleted is judged once more after it was announced.
///
/// # Errors
/// When a store does not take it. The failure says what was deleted by then; running it again goes on.
pub async fn prune(
    ports: &Ports,
    config: &Config,
    policy: &Policy,
    actor: &Actor,
    survey: &Survey,
    judged: &BTreeMap<CommitId, Judged>,
) -> Result<Pruned, Failure> {
    config.to_write()?;
    let mut run = Run { ports, config, policy, actor, done: Pruned::default() };
    let end = run.carry_out(survey, judged).await;
    let done = run.done;
    match end {
        Ok(()) => Ok(done),
        Err(failure) => Err(told(failure, &done)),
    }
}

/// The failure with what was deleted before it.
fn told(failure: Failure, done: &Pruned) -> Failure {
    let mut failure = failure;
    if done.erased.values().flatten().all(|one| one.objects == 0) {
        return failure.state("Nothing was deleted.");
    }
    for (commit, erasures) in &done.erased {
        let short = commit.short(12);
        if done.gone.contains(commit) {
            failure = failure.state(format!("The artifacts of {short} were deleted."));
            continue;
        }
        for one in erasures.iter().filter(|one| one.objects > 0) {
            let what = match one.location.folder() {
                Some(_) => format!("{} objects of `{}`", one.objects, one.location),
                None => format!("`{}`", one.location),
            };
            failure = failure.state(format!("Of {short}, {what} was deleted."));
        }
    }
    failure
}

struct Run<'a> {
    ports: &'a Ports,
    config: &'a Config,
    policy: &'a Policy,
    actor: &'a Actor,
    done: Pruned,
}

impl Run<'_> {
    async fn carry_out(
        &mut self,
        survey: &Survey,
        judged: &BTreeMap<CommitId, Judged>,
    ) -> Result<(), Failure> {
        let with = |fate: fn(&Fate) -> bool| judged.iter().filter(move |(_, one)| fate(&one.fate));
        for (commit, one) in with(|fate| *fate == Fate::Lift) {
            self.lift(commit, survey.releases.get(commit), one).await?;
        }
        let due: Vec<&CommitId> = with(|fate| *fate == Fate::Delete).map(|(commit, _)| commit).collect();
        self.delete(survey, &due).await?;
        for (commit, _) in with(|fate| *fate == Fate::Doom) {
            let number = survey.releases.get(commit).map_or(0, |entry| entry.doom) + 1;
            let said = self.said("retention will remove it".to_owned());
            if say(self.ports, commit, Word::Doom, number, &said).await? {
                self.done.doomed.push(commit.clone());
            }
        }
        self.done.signs = sweep(self.ports, &survey.signs).await;
        Ok(())
    }

    fn said(&self, reason: String) -> Block {
        Block { reason, by: self.actor.name.clone(), at: self.ports.clock.now() }
    }

    async fn lift(
        &mut self,
        commit: &CommitId,
        entry: Option<&ReleaseEntry>,
        judged: &Judged,
    ) -> Result<(), Failure> {
        let Some(entry) = entry else { return Ok(()) };
        let why: Vec<String> = judged.roots.iter().map(Root::to_string).collect();
        let said = self.said(format!("it is needed: {}", why.join(", ")));
        if say(self.ports, commit, Word::Doom, entry.doom + 1, &said).await? {
            self.done.lifted.push(commit.clone());
        }
        Ok(())
    }

    async fn delete(&mut self, before: &Survey, due: &[&CommitId]) -> Result<(), Failure> {
        if due.is_empty() {
            return Ok(());
        }
        for commit in due {
            let Some(entry) = before.releases.get(*commit).filter(|entry| !entry.erasing()) else { continue };
            let said = self.said("its artifacts are deleted".to_owned());
            // Whoever announced it first deletes the same.
            say(self.ports, commit, Word::Erase, entry.doom, &said).await?;
        }
        // From here on nobody begins with them. What was begun before is in the ledger by now.
        let view = self.ports.view();
        let now = survey_knowing(&view, self.config, self.policy, &before.manifests).await?;
        let reachable = |store: &StoreId| self.ports.stores.contains_key(store);
        let judged = judge(self.config, self.policy, &now, reachable);
        for commit in due {
            let (Some(one), Some(entry)) = (judged.get(*commit), now.releases.get(*commit)) else { continue };
            match one.fate {
                Fate::Lift => self.lift(commit, Some(entry), one).await?,
                Fate::Delete if entry.erasing() => self.erase(commit, entry, &now).await?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Deletes the artifacts of one release, unless somebody pinned it meanwhile.
    async fn erase(&mut self, commit: &CommitId, seen: &ReleaseEntry, now: &Survey) -> Result<(), Failure> {
        let reader = self.ports.ledger.reader();
        let mut entry = reader.listed_release(commit).await.map_err(LedgerError::read_failure)?;
        reader.heed_one(commit, Word::Pin, &mut entry).await.map_err(LedgerError::read_failure)?;
        if entry != *seen {
            return Ok(());
        }
        let Some(manifest) = now.manifests.get(commit) else { return Ok(()) };
        let mut left = Vec::new();
        for (name, built) in &manifest.artifacts {
            let (erasure, end) = artifact(self.ports, commit, name, built).await;
            left.extend(erasure.left.iter().cloned());
            self.ports.events.hear(&Event::Erased {
                release: commit.clone(),
                location: erasure.location.clone(),
                left: match &end {
                    Ok(()) => erasure.left.first().cloned(),
                    Err(failure) => Some(failure.to_string()),
                },
            });
            self.done.erased.entry(commit.clone()).or_default().push(erasure);
            end?;
        }
        let under = place(Word::Erase.key(reader.root(), commit, seen.erase))?;
        let prev = reader.stored(&under).await.map_err(|error| failed("reading the ledger", error))?;
        let gone = Gone { by: self.actor.name.clone(), at: self.ports.clock.now(), left, prev };
        put(self.ports, &place(key::gone(reader.root(), commit))?, &gone).await?;
        self.done.gone.push(commit.clone());
        Ok(())
    }
}
