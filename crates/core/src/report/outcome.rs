//! What a promotion, rollback or redeployment came to, as a document.

use super::{Document, ReleaseReport};
use crate::exit::ExitStatus;
use crate::flow::{Done, Ways};
use crate::ledger::{Action, OutcomeResult, Restored, StepRecord};
use crate::lookout::{Loss, Lost};
use crate::mirror::Mirrored;
use crate::port::StepEnd;
use crate::undo;
use serde::Serialize;
use std::collections::BTreeMap;

/// `promote to`, `promote rollback` and `promote resume`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeReport {
    /// What this is.
    pub schema: &'static str,
    /// The exit status, by name.
    pub exit: ExitStatus,
    /// The exit status, as a number.
    pub code: u8,
    /// The project.
    pub project: String,
    /// Where to.
    pub environment: String,
    /// What for.
    pub action: Action,
    /// The promotion.
    pub promotion: String,
    /// The record that the ledger ends with.
    pub entry: u64,
    /// The release that moved.
    pub release: ReleaseReport,
    /// The release that was there.
    pub from: Option<ReleaseReport>,
    /// How the deployment ended; `None` when it was not waited for.
    pub result: Option<OutcomeResult>,
    /// By whom, and for which release, it was superseded while it was deployed; in words.
    pub superseded_by: Option<String>,
    /// Where a promotion was undone: what became of each target.
    pub restored: Vec<Restored>,
    /// The steps that ran.
    pub steps: Vec<StepReport>,
    /// The rollback that a failure led to.
    pub undone: Option<Box<OutcomeReport>>,
    /// Why there was no rollback, although one was wanted.
    pub not_undone: Option<String>,
    /// The command line that goes back from what is there now; `None` when nothing was there before, or it is back and runs.
    pub undo: Option<String>,
    /// The release that it puts back, which is not always the one that was there last: for the words alone.
    #[serde(skip)]
    pub undo_to: Option<String>,
    /// Where a rollback did not succeed, so that what is running is unknown: what there is to do, in words.
    pub onward: Option<String>,
    /// What that can't take back of a first release, one sentence each.
    pub stays: Vec<String>,
    /// Whole seconds from the confirmation to the end.
    pub took_s: i64,
    /// Identifies the plan that was carried out.
    pub plan: String,
    /// Where a forge shows it.
    pub deployments: Vec<Mirrored>,
}

impl Document for OutcomeReport {
    const SCHEMA: &'static str = "promote/outcome@1";
    const FIELDS: &'static [&'static str] = &[
        "schema",
        "exit",
        "code",
        "project",
        "environment",
        "action",
        "promotion",
        "entry",
        "release",
        "from",
        "result",
        "superseded_by",
        "restored",
        "steps",
        "undone",
        "not_undone",
        "undo",
        "onward",
        "stays",
        "took_s",
        "plan",
        "deployments",
    ];
}

/// A step that ran.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepReport {
    /// `prepare`, `deploy` or `verify`.
    pub phase: String,
    /// What it is.
    pub name: String,
    /// How it ended.
    pub end: StepEnd,
    /// One line about that. Foreign text.
    pub summary: String,
    /// The last lines of its output. Foreign text.
    pub tail: String,
    /// What it wrote to `$PROMOTE_OUTPUT`.
    pub outputs: BTreeMap<String, String>,
    /// Whole seconds it took.
    pub took_s: u64,
}

impl StepReport {
    /// The report of one step.
    pub fn of(step: &StepRecord) -> Self {
        Self {
            phase: step.phase.clone(),
            name: step.name.clone(),
            end: step.report.end,
            summary: step.report.summary.clone(),
            tail: step.report.tail.clone(),
            outputs: step.report.outputs.clone(),
            took_s: step.report.took_s,
        }
    }
}

impl OutcomeReport {
    /// The same, with those of these deployments that are its own; its rollback gets those of the rollback.
    #[must_use]
    pub fn shown(mut self, all: &[Mirrored]) -> Self {
        self.deployments = all.iter().filter(|one| one.promotion == self.promotion).cloned().collect();
        self.undone = self.undone.map(|back| Box::new(back.shown(all)));
        self
    }

    /// The same, leading there; so does its rollback.
    #[must_use]
    pub fn leading(mut self, ways: &Ways) -> Self {
        self.undo = ways.back.as_ref().map(|way| way.line.to_string());
        self.undo_to = ways.back.as_ref().and_then(|way| way.to.as_ref()).map(ToString::to_string);
        self.onward.clone_from(&ways.onward);
        self.undone = self.undone.map(|back| Box::new(back.leading(ways)));
        self
    }

    /// What it came to, in one line.
    pub fn headline(&self) -> String {
        let (name, sha) = (&self.environment, self.release.short());
        let (back, plain) = (self.action == Action::Rollback, self.steps.is_empty());
        if self.exit == ExitStatus::Ok {
            return match (self.action, self.result) {
                (Action::Undo, _) => format!("{name} is as it was before {sha}"),
                (_, None) => format!("{name} is on {sha}; the steps that follow have not run yet"),
                _ if back && plain => format!("{name} is back on {sha}"),
                _ if back => format!("{name} runs {sha} again"),
                _ if plain => format!("{name} is on {sha}"),
                _ => format!("{name} runs {sha}"),
            };
        }
        if self.action == Action::Undo {
            return format!(
                "the promotion of {sha} to {name} is closed, but not all of it could be taken back"
            );
        }
        let undone = if self.exit == ExitStatus::RolledBack { " and was rolled back" } else { "" };
        let how = match self.result {
            _ if self.superseded_by.is_some() => "was superseded",
            Some(OutcomeResult::Errored) if back => {
                return format!("could not tell whether {name} was rolled back to {sha}");
            }
            Some(OutcomeResult::Errored) => {
                return format!(
                    "could not tell whether {sha} was deployed to {name}{}",
                    undone.replace(" and", "; it")
                );
            }
            Some(OutcomeResult::Failed) => "failed",
            Some(OutcomeResult::TimedOut) => "timed out",
            Some(OutcomeResult::Superseded) => "was replaced by a newer one",
            Some(OutcomeResult::Interrupted) => "was interrupted",
            Some(OutcomeResult::Succeeded) | None => "ended",
        };
        match back {
            true => format!("the rollback of {name} to {sha} {how}{undone}"),
            false => format!("the deployment of {sha} to {name} {how}{undone}"),
        }
    }

    /// What leads on from a deployment that did not succeed, the likeliest first: sentences that name commands which
    /// work now.
    pub fn ways(&self) -> Vec<String> {
        // Who came instead decides what comes next, and what was undone is closed.
        let left = self.superseded_by.is_some() || self.action == Action::Undo;
        if self.exit == ExitStatus::Ok || left {
            return Vec::new();
        }
        let ended = self.undone.is_none();
        let back = match (&self.onward, &self.undo) {
            (Some(onward), _) => Some(onward.clone()),
            (None, Some(undo)) if ended => match self.undo_to.as_ref().filter(|_| self.from.is_some()) {
                Some(to) => Some(format!("`{undo}` puts {} back", to.get(..7).unwrap_or(to))),
                None => Some(undo::first(undo, &self.stays)),
            },
            _ => None,
        };
        let again = (ended && self.result != Some(OutcomeResult::Failed)).then(|| {
            format!("`promote resume {}` runs its steps again and records how they end", self.environment)
        });
        back.into_iter().chain(again).collect()
    }

    /// The report of a promotion that was carried out. `ways`: where it leads ([`Done::ways`]); `waited`: whether its
    /// deployment was waited for.
    pub fn of(done: &Done, ways: &Ways, waited: bool, took_s: i64) -> Self {
        let mut release = ReleaseReport::of(&done.plan.release);
        release.subject.clone_from(&done.plan.subject);
        release.allowed.clone_from(&done.plan.let_through);
        let (undone, not_undone) = match &done.undone {
            Some(Ok(back)) => (Some(Box::new(Self::of(back, ways, true, 0))), None),
            Some(Err(why)) => (None, Some(why.clone())),
            None => (None, None),
        };
        let way = ways.back.as_ref();
        Self {
            schema: Self::SCHEMA,
            exit: done.exit,
            code: done.exit.code(),
            project: done.plan.project.to_string(),
            environment: done.plan.environment.to_string(),
            action: done.plan.action,
            promotion: done.promotion.to_string(),
            entry: done.head.record.seq.0,
            release,
            from: done.plan.from.as_ref().map(ReleaseReport::of),
            result: waited.then_some(done.result),
            superseded_by: done.lost.as_ref().filter(|lost| lost.how == Loss::Superseded).map(Lost::words),
            restored: done.restored.clone(),
            steps: done.steps.iter().map(StepReport::of).collect(),
            undone,
            not_undone,
            undo: way.map(|way| way.line.to_string()),
            undo_to: way.and_then(|way| way.to.as_ref()).map(ToString::to_string),
            onward: ways.onward.clone(),
            stays: done.stays.clone(),
            took_s,
            plan: done.plan.digest().to_string(),
            deployments: Vec::new(),
        }
    }
}
