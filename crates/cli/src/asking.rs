//! What a promotion asks on its way: answered as the flags say, and by the person at the terminal.

use crate::app::App;
use crate::app::confirm::confirm;
use crate::app::question::{ask, forbidden, is_yes, terminal};
use crate::args::{ConfirmArgs, Waiting};
use crate::gitlab::Facts;
use crate::moving;
use crate::underway::Underway;
use promote::{Asked, Early, Question, Questions};
use promote_core::config::{Environment, Tier};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::Done;
use promote_core::lease::{HINT, TooEarly};
use promote_core::ledger::Action;
use promote_core::plan::{Decision, Plan};
use promote_core::port::Commit;
use promote_core::report::DecisionReport;
use promote_core::request::{Request, TakeOver};
use promote_core::snapshot::Snapshot;
use promote_view::decision as decision_view;
use promote_view::words::span;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was found out on the way.
pub(crate) struct Found<'a> {
    /// What later jobs are told.
    pub(crate) facts: &'a mut Facts,
    /// What was decided, with the command as it was typed.
    pub(crate) report: Option<DecisionReport>,
}

/// Whoever answers.
pub(crate) struct Asking<'a> {
    pub(crate) app: &'a App<'a>,
    pub(crate) settings: &'a Environment,
    pub(crate) zone: chrono_tz::Tz,
    pub(crate) changing: &'a ConfirmArgs,
    pub(crate) waiting: &'a Waiting,
    pub(crate) underway: &'a Underway<'a>,
    pub(crate) found: Mutex<Found<'a>>,
}

impl<'a> Asking<'a> {
    fn found(&self) -> MutexGuard<'_, Found<'a>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this waits for, or asks about, somebody who may still be at it. What else refuses a `resume` may have
    /// changed when the wait is over; a person is not asked where that refuses it anyway.
    fn is_worth_it(&self, early: &TooEarly, resuming: bool) -> bool {
        early.alone || (resuming && !terminal(self.app))
    }
}

impl Questions for &Asking<'_> {
    fn settled(&self, name: &str, now: &Commit) {
        moving::say(self.app, name, now);
    }

    /// A person is asked, automation waits, and who said `--yes` without having been told of the age is refused.
    fn early(&self, early: &TooEarly, request: &Request, resuming: bool) -> Result<Early, Failure> {
        self.underway.progress.rest();
        if !self.is_worth_it(early, resuming) {
            return Ok(Early::Leave);
        }
        if !terminal(self.app) {
            self.underway.waits();
            return Ok(Early::Wait);
        }
        if self.changing.yes || forbidden(self.app) {
            return Ok(Early::Leave);
        }
        let question = match request.action {
            Action::Rollback => "Really undo it now? [y/N]",
            _ => "Really take it over now? [y/N]",
        };
        let lines = [
            format!("Not ended yet: {}.", early.what),
            "Its process may still be running; its steps will be stopped.".to_owned(),
        ];
        match is_yes(&ask(self.app, &lines, question)?) {
            true => Ok(Early::TakeOver),
            false => Err(Failure::new(ExitStatus::Interrupted, "it was not taken over")
                .state("Nothing was changed.")
                .hint(format!(
                    "nobody is asked once it has given no sign of life for {} s",
                    HINT.num_seconds()
                ))),
        }
    }

    fn decided(&self, question: &Question<'_>) -> Result<(), Failure> {
        self.underway.progress.rest();
        let mut report = question.report.clone();
        let taken = question.request.take_over == TakeOver::Confirmed;
        report.command = report.command.map(|line| self.waiting.typed(line)).map(|line| match taken {
            true => format!("{line} --take-over"),
            false => line,
        });
        let mut found = self.found();
        found.facts.decided(self.settings, question.snapshot, question.decision, self.changing.dry_run);
        found.report = Some(report);
        Ok(())
    }

    fn go_ahead(&self, question: &Question<'_>) -> Result<Asked, Failure> {
        let found = self.found();
        let report = found.report.as_ref().unwrap_or(question.report);
        let page = match question.decision {
            Decision::Allowed(plan) => {
                let production = self.settings.tier == Tier::Production;
                let listed = self.changing.asks() && terminal(self.app) && production;
                decision_view::summary(report, self.zone, past(question.snapshot, plan), listed)
            }
            _ => decision_view::again(report),
        };
        self.app.screen.note(&page);
        Ok(match confirm(self.app, self.changing, self.settings, question.request.goes_back())? {
            true => Asked::Person,
            false => Asked::Nobody,
        })
    }

    fn begins(&self, plan: &Plan) {
        self.underway.begins(plan);
    }

    fn done(&self, done: &Done) {
        self.found().facts.done(done);
        self.underway.done();
    }

    fn failed(&self, _: &Failure) {
        self.underway.cut();
    }

    fn warned(&self, warning: &str) {
        self.app.warn(warning);
    }
}

/// What is taken over; for a rollback, that the release ran here before, and for how long.
fn past(snapshot: &Snapshot, plan: &Plan) -> Option<String> {
    if let Some(open) = snapshot.state().open {
        let back = matches!(plan.action, Action::Rollback | Action::Undo);
        let what = match (back, open.action) {
            (true, Action::Rollback) => "puts back what was there before rollback",
            (true, _) => "undoes promotion",
            (false, _) => "goes on with promotion",
        };
        return Some(format!("{what} {} of {} by {}", open.promotion, open.release.commit.short(7), open.by));
    }
    let state = snapshot.state();
    if let Some(there) = state.current.as_ref().filter(|_| plan.action == Action::Undo) {
        return Some(format!("undoes the first release here, moved by {}", there.by));
    }
    if plan.action != Action::Rollback {
        return None;
    }
    let past = state.trail.iter().find(|past| past.release.commit == plan.release.commit)?;
    let ran = span((past.until.time() - past.since.time()).num_seconds().max(0));
    let verified = if past.verified.is_some() { " and was verified" } else { "" };
    Some(format!("which ran here for {ran}{verified}"))
}
