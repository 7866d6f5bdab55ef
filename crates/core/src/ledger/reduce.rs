//! Which record may follow a state, and what it makes of it: the reducer, one function for writers and for the verifier,
//! who computes every state anew. What a state is made of is told beside it.

use super::allowed::Marked;
use super::deployed::{Deployed, Frozen, Hold, Moment, OpenIntent, PastDeployment, Rerun, TargetState};
use super::gates::InForce;
use super::record::Record;
use super::requests::Requests;
use super::state::{ROLLED_BACK, State, TRAIL};
use super::statement::{Intent, Outcome};
use super::terms::{Action, Kind, OutcomeResult, ReleaseRef};
use super::trail;
use crate::commit::CommitId;
use crate::names::ArtifactName;
use crate::promotion::PromotionId;
use chrono::{DateTime, TimeDelta, Utc};

/// How many characters of a reason a state repeats; the record of the freeze or hold has all of it.
const REASON: usize = 500;
/// By how much a writer's clock may differ from the store's (the rule `clock`), by which the writer decided.
const SLACK: TimeDelta = TimeDelta::seconds(300);

/// Why a record may not follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// An intent must take over from what is open, and from nothing when nothing is.
    #[error("the intent does not take over from the promotion that is open")]
    Supersedes,
    /// An intent starts from what is there.
    #[error("the intent starts from another release than the one that is there")]
    From,
    /// The lane is frozen, and no override is named.
    #[error("the lane is frozen")]
    Frozen,
    /// A commit or abort closes what is open.
    #[error("it closes another promotion than the one that is open")]
    NotOpen,
    /// A superseding intent can't be aborted: writes of the first may be on their way.
    #[error("a promotion that took over from another can't be aborted")]
    Unabortable,
    /// A commit names the intent's targets.
    #[error("the commit's targets are not the intent's")]
    Targets,
    /// An outcome belongs to the last commit.
    #[error("the outcome is of another commit than the last one")]
    NotLast,
    /// Other records wait until nothing is open.
    #[error("a promotion is open")]
    Busy,
}

impl State {
    /// The state after `record`, when it may follow. `self` must be sealed.
    ///
    /// # Errors
    /// When the record may not follow.
    pub fn after(&self, record: &Record) -> Result<Self, TransitionError> {
        let now = Moment { seq: record.seq, at: record.at, stored: None };
        let by = record.actor.name.clone();
        let reason = || record.why.reason.iter().flat_map(|text| text.chars()).take(REASON).collect();
        let mut next = self.clone();
        let quiet = matches!(record.kind, Kind::Intent | Kind::Commit | Kind::Abort);
        if !quiet && self.open.is_some() {
            return Err(TransitionError::Busy);
        }
        match record.kind {
            Kind::Intent => {
                let Some(intent) = &record.intent else { return Err(TransitionError::NotOpen) };
                next.open = Some(self.opened(record, intent, now)?);
                let (earlier, open) = (self.requests.as_ref(), self.open.as_ref());
                next.requests = Requests::begun(earlier, open, intent, now, record.prev_stored_at);
                next.mark(Some(&intent.release), &intent.allowed);
            }
            Kind::Commit => self.commit(record, now, &mut next)?,
            Kind::Abort => {
                let (Some(abort), Some(open)) = (&record.abort, &self.open) else {
                    return Err(TransitionError::NotOpen);
                };
                if open.id != Some(abort.of) {
                    return Err(TransitionError::NotOpen);
                }
                // Only what undoes may be over after having taken over: it ends by saying what became of each target.
                let undoes = open.action == Action::Undo;
                if undoes != abort.restored.is_some() || (open.superseding && !undoes) {
                    return Err(TransitionError::Unabortable);
                }
                next.open = None;
                if let Some(requests) = &mut next.requests {
                    requests.ended(open.since.seq, now);
                    if undoes {
                        requests.take_back(open.release.clone());
                    }
                }
                if undoes && let Some(bad) = self.release() {
                    next.rolled_back_from(&bad.commit);
                    (next.current, next.committed, next.committed_seq) = (None, None, None);
                    next.unclean = false;
                }
            }
            Kind::Outcome => {
                let Some(outcome) = &record.outcome else { return Err(TransitionError::NotLast) };
                self.outcome(outcome, now, &mut next)?;
            }
            Kind::Observe => {
                let Some(seen) = &record.observe else { return Err(TransitionError::Busy) };
                next.leave(now, seen.since);
                next.mark(seen.release.as_ref(), &seen.allowed);
                next.current = Some(Deployed {
                    release: seen.release.clone(),
                    promotion: None,
                    action: None,
                    by,
                    since: now,
                    claimed: seen.since,
                    verified: None,
                    outcome: None,
                    follows: false,
                    targets: seen.targets.clone(),
                });
                // How the deployment of what was there before ends says nothing about these bytes.
                next.committed = None;
                next.committed_seq = None;
            }
            Kind::Freeze => {
                let until = record.freeze.as_ref().and_then(|freeze| freeze.until);
                next.frozen = Some(Frozen { until, reason: reason(), by, since: now });
            }
            Kind::Unfreeze => next.frozen = None,
            Kind::Hold => next.held = Some(Hold { reason: reason(), by, since: now }),
            Kind::Unhold => next.held = None,
            Kind::Mark => {
                let sign = record.mark.as_ref().filter(|mark| self.ended(&mark.of));
                if let Some(sign) = sign.and_then(|mark| mark.sign.as_ref()) {
                    next.again = Some(Rerun { by, since: now, limit_s: sign.limit_s });
                }
            }
        }
        if matches!(record.kind, Kind::Commit | Kind::Outcome | Kind::Observe) || next.current.is_none() {
            next.again = None;
        }
        Ok(next)
    }

    /// Whether this promotion brought what is there, and an end of its steps is recorded.
    fn ended(&self, promotion: &PromotionId) -> bool {
        let there = self.current.as_ref().filter(|there| there.promotion.as_ref() == Some(promotion));
        there.is_some_and(|there| there.outcome.is_some())
    }

    fn opened(&self, record: &Record, intent: &Intent, now: Moment) -> Result<OpenIntent, TransitionError> {
        let open_id = self.open.as_ref().map(|open| open.id);
        if intent.supersedes != open_id.flatten() || (self.open.is_some() && intent.supersedes.is_none()) {
            return Err(TransitionError::Supersedes);
        }
        if intent.from.as_ref() != self.release().map(|release| &release.commit) {
            return Err(TransitionError::From);
        }
        let undone = self.undoable().is_some_and(|release| release.commit == intent.release.commit);
        if intent.action == Action::Undo && !undone {
            return Err(TransitionError::NotOpen);
        }
        let named = |rule: &str| record.why.overrides.iter().any(|one| one.rule == rule);
        let passes = matches!(intent.action, Action::Rollback | Action::Undo)
            || self.open.is_some()
            || named("freeze")
            || (named("clock") && self.frozen.as_ref().is_some_and(|frozen| frozen.until.is_some()));
        let at = record.at.checked_add_signed(SLACK).unwrap_or(record.at);
        if self.frozen_at(at).is_some() && !passes {
            return Err(TransitionError::Frozen);
        }
        let mut stamps = self.open.as_ref().map(|open| open.stamps.clone()).unwrap_or_default();
        if stamps.len() >= TRAIL {
            stamps.remove(0);
        }
        stamps.push(intent.promotion.clone());
        Ok(OpenIntent {
            id: None,
            since: now,
            promotion: intent.promotion.clone(),
            stamps,
            action: intent.action,
            environment: intent.environment.clone(),
            release: intent.release.clone(),
            superseding: self.open.is_some(),
            follows: intent.follows,
            by: record.actor.name.clone(),
            gates: intent.gates.as_ref().map(|gates| gates.digest),
        })
    }

    fn commit(&self, record: &Record, now: Moment, next: &mut Self) -> Result<(), TransitionError> {
        let (Some(commit), Some(open)) = (&record.commit, &self.open) else {
            return Err(TransitionError::NotOpen);
        };
        if open.id != Some(commit.of) {
            return Err(TransitionError::NotOpen);
        }
        let targets = commit
            .targets
            .iter()
            .map(|landed| {
                let name = landed.artifact.as_ref().map_or("main", ArtifactName::as_str);
                TargetState {
                    artifact: landed.artifact.clone(),
                    target: landed.target.clone(),
                    token: landed.token.clone(),
                    version: landed.version.clone(),
                    sha256: open.release.digest(name, &open.environment),
                    size: landed.size,
                }
            })
            .collect();
        let before = self.release().map(|release| release.commit.clone());
        let stays = before.as_ref() == Some(&open.release.commit);
        if !stays {
            next.leave(now, None);
        }
        if open.action == Action::Rollback
            && !stays
            && let Some(bad) = before
        {
            next.rolled_back_from(&bad);
        }
        next.rolled_back.retain(|commit| *commit != open.release.commit);
        next.current = Some(Deployed {
            release: Some(open.release.clone()),
            promotion: Some(open.promotion.clone()),
            action: Some(open.action),
            by: open.by.clone(),
            since: now,
            claimed: None,
            verified: (!open.follows).then_some(now),
            outcome: (!open.follows).then_some(OutcomeResult::Succeeded),
            follows: open.follows,
            targets,
        });
        next.gates = open.gates.map(|digest| InForce { digest, seq: open.since.seq }).or(self.gates);
        next.open = None;
        next.requests.iter_mut().for_each(|requests| requests.ended(open.since.seq, now));
        next.unclean = !commit.clean;
        next.committed = None;
        next.committed_seq = Some(record.seq);
        Ok(())
    }

    fn rolled_back_from(&mut self, bad: &CommitId) {
        self.rolled_back.retain(|commit| commit != bad);
        self.rolled_back.insert(0, bad.clone());
        self.rolled_back.truncate(ROLLED_BACK);
    }

    fn outcome(&self, outcome: &Outcome, now: Moment, next: &mut Self) -> Result<(), TransitionError> {
        if self.committed != Some(outcome.of) {
            return Err(TransitionError::NotLast);
        }
        if let Some(current) = &mut next.current {
            current.outcome = Some(outcome.result);
            current.verified = match outcome.result {
                OutcomeResult::Succeeded => current.verified.or(Some(now)),
                _ => None,
            };
        }
        Ok(())
    }

    /// Moves what is there to the trail.
    fn leave(&mut self, now: Moment, claimed_until: Option<DateTime<Utc>>) {
        if let Some(Deployed { release: Some(release), since, claimed, verified, .. }) = self.current.take() {
            self.trail
                .insert(0, PastDeployment { release, since, claimed, until: now, claimed_until, verified });
            self.trail.truncate(TRAIL);
            trail::shorten(&mut self.trail);
        }
    }

    /// Remembers what was let through for a release. Nothing is forgotten but the oldest: a writer that knows nothing of
    /// this carries on what is there.
    fn mark(&mut self, release: Option<&ReleaseRef>, what: &[String]) {
        let Some(commit) = release.map(|release| &release.commit).filter(|_| !what.is_empty()) else {
            return;
        };
        self.allowed.retain(|marked| marked.commit != *commit);
        self.allowed.insert(0, Marked { commit: commit.clone(), what: what.to_vec() });
        self.allowed.truncate(TRAIL);
    }
}
