//! Who is asked before something is taken over or written. A program that asks nobody gives nothing; one that asks a person
//! gives a closure; one that shows more on the way gives all of it.

use promote_core::failure::Failure;
use promote_core::flow::Done;
use promote_core::lease::TooEarly;
use promote_core::plan::{Decision, Plan};
use promote_core::port::Commit;
use promote_core::report::{DecisionReport, PublishReport};
use promote_core::request::Request;
use promote_core::snapshot::Snapshot;

/// What may be done once it is answered.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Question<'a> {
    /// What would be written, every rule with its answer, and the steps that follow.
    pub report: &'a DecisionReport,
    /// The same as the core has it.
    pub decision: &'a Decision,
    /// What it was decided from.
    pub snapshot: &'a Snapshot,
    /// What is asked for.
    pub request: &'a Request,
}

/// What to do about somebody who may still be at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Early {
    /// It is waited for until nothing was heard of them for a minute.
    Wait,
    /// It is taken over at once: somebody was told how old it is, and said so.
    TakeOver,
    /// It is left alone, and the promotion refused.
    Leave,
}

/// Asked on the way. Every method has an answer for a program that asks nobody.
pub trait Questions: Send + Sync {
    /// The release was wanted by a name that moves, and this is the commit that it is now: see
    /// [`Promotion::settling_names`](crate::Promotion::settling_names).
    fn settled(&self, name: &str, now: &Commit) {
        let _ = (name, now);
    }

    /// Somebody else's promotion may still be under way. `resuming`: it is the very one that is to be gone on with, whatever
    /// else is in the way.
    ///
    /// # Errors
    /// To end it here; nothing was changed.
    fn early(&self, early: &TooEarly, request: &Request, resuming: bool) -> Result<Early, Failure> {
        let _ = request;
        // Whoever waits for what is refused anyway waits for nothing.
        Ok(if early.alone || resuming { Early::Wait } else { Early::Leave })
    }

    /// The world was looked at, and this is what it came to, whatever that is.
    ///
    /// # Errors
    /// To end it here; nothing was changed.
    fn decided(&self, question: &Question<'_>) -> Result<(), Failure> {
        let _ = question;
        Ok(())
    }

    /// Whether to go ahead with what may be done, and whether a person was asked. Called only where something would be
    /// written.
    ///
    /// # Errors
    /// To end it here; nothing was changed.
    fn go_ahead(&self, question: &Question<'_>) -> Result<Asked, Failure> {
        let _ = question;
        Ok(Asked::Nobody)
    }

    /// This is about to be carried out.
    fn begins(&self, plan: &Plan) {
        let _ = plan;
    }

    /// One of several promotions, which follow by themselves, is about to be carried out.
    fn moves(&self, plan: &Plan) {
        let _ = plan;
    }

    /// One of several promotions ended, one way or the other.
    fn ends(&self) {}

    /// This is in place now, before anything moves by itself.
    fn published(&self, report: &PublishReport) {
        let _ = report;
    }

    /// A line that a build says. Foreign text.
    fn line(&self, line: &str) {
        let _ = line;
    }

    /// This was carried out.
    fn done(&self, done: &Done) {
        let _ = done;
    }

    /// This could not be carried out to its end; the forge is told next.
    fn failed(&self, failure: &Failure) {
        let _ = failure;
    }

    /// Something beside it could not be done, in one sentence: the forge, or somebody whom the project tells what happens, could not be told.
    fn warned(&self, warning: &str) {
        let _ = warning;
    }
}

/// Whether somebody was asked, which takes any time, so that the world is looked at once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asked {
    /// Nobody.
    Nobody,
    /// A person, who agreed.
    Person,
}

/// Asks nobody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nobody;

impl Questions for Nobody {}

/// Asks by a closure.
pub(crate) struct Confirm<F>(pub(crate) F);

impl<F: Fn(&Question<'_>) -> bool + Send + Sync> Questions for Confirm<F> {
    fn go_ahead(&self, question: &Question<'_>) -> Result<Asked, Failure> {
        use promote_core::exit::ExitStatus;
        match (self.0)(question) {
            true => Ok(Asked::Person),
            false => Err(Failure::new(
                ExitStatus::Interrupted,
                format!("{} was not confirmed", question.report.environment),
            )
            .state("Nothing was changed.")),
        }
    }
}
