//! A promotion that somebody stops: how far it got is remembered from what was heard, said in words, and recorded where the
//! ledger has a place for it. The same for every frontend.

use crate::apply::{Writer, not_appended};
use crate::config::Config;
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::flow::outcome;
use crate::invocation::{Invocation, others};
use crate::ledger::{
    Abort, Action, AppendError, Head, Kind, LedgerError, OutcomeResult, PromotionId, Record,
};
use crate::location::Location;
use crate::names::EnvironmentName;
use crate::observe::undoing::lasting;
use crate::observe::{adopted, barred, environment, genesis};
use crate::ports::Ports;
use crate::request::Request;
use crate::undo::way;
use futures_util::future::join;
use std::collections::BTreeMap;

/// How far a promotion got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The promotion, once its intent is written.
    pub promotion: Option<PromotionId>,
    /// The environment that was asked for.
    pub environment: Option<EnvironmentName>,
    /// A target that may be half written.
    pub moving: Option<Location>,
    /// The targets that have the release.
    pub moved: Vec<Location>,
    /// Whether the commit is written.
    pub committed: bool,
    /// Whether the outcome is written.
    pub ended: bool,
    /// Whether the intent was withdrawn.
    pub aborted: bool,
}

impl Checkpoint {
    /// Remembers what happened. What is put back begins anew.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Intent { promotion, environment, .. } => {
                *self = Self {
                    promotion: Some(promotion.clone()),
                    environment: Some(environment.clone()),
                    ..Self::default()
                };
            }
            Event::Again { promotion, moves, .. } => {
                *self = Self {
                    promotion: Some(promotion.clone()),
                    environment: moves.first().cloned(),
                    committed: true,
                    ..Self::default()
                };
            }
            Event::Moving { target } => self.moving = Some(target.clone()),
            Event::Moved { target, .. } => {
                self.moving = None;
                self.moved.push(target.clone());
            }
            Event::Committed { .. } => self.committed = true,
            Event::Aborted { .. } => self.aborted = true,
            Event::Outcome { .. } | Event::Undone { .. } => self.ended = true,
            Event::RollingBack { .. } => *self = Self::default(),
            _ => {}
        }
    }

    /// Whether a promotion is left that goes on or back only when somebody asks for it.
    pub const fn is_left(&self) -> bool {
        self.promotion.is_some() && !self.ended && !self.aborted
    }

    /// Whether it is known that nothing was sent to any target: then a promotion need not stay open, also one whose intent
    /// was being written.
    pub const fn is_untouched(&self) -> bool {
        let begun = self.moving.is_some() || !self.moved.is_empty() || self.committed;
        !self.ended && !self.aborted && !begun
    }

    /// Whether it is known that the deployment of what was moved has no end yet: then that is to be recorded.
    pub const fn is_deploying(&self) -> bool {
        self.committed && !self.ended && !self.aborted
    }
}

/// What was under way: one promotion, or several of which one comes after the other.
#[derive(Debug, Clone)]
pub struct InFlight {
    /// The outside.
    pub ports: Ports,
    /// The configuration.
    pub config: Config,
    /// What was asked. Of several promotions, which environment it was is known from what was heard.
    pub request: Request,
}

/// What came of recording that a deployment was not waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Whether that was written: it is left out when no steps follow, or when somebody was faster.
    pub written: bool,
    /// The command line that puts back what was there before.
    pub undo: Option<Invocation>,
}

impl InFlight {
    /// Withdraws a promotion of which nothing was sent to any target, so that nobody has to wait for its end: also one whose
    /// intent was being written, of which nobody knows whether it arrived. One that took over from another stays open: the
    /// other's writes may be on their way. Says whether it was withdrawn.
    ///
    /// # Errors
    /// When the ledger can't be read or written.
    pub async fn withdraw(&self, checkpoint: &Checkpoint) -> Result<bool, Failure> {
        let ports = &self.ports;
        let may = |record: &Record| {
            let intent = record.intent.as_ref();
            intent.is_some_and(|intent| intent.action != Action::Undo && intent.supersedes.is_none())
        };
        if !checkpoint.is_untouched() {
            return Ok(false);
        }
        let intent = match (ports.ledger.opening(), &checkpoint.promotion) {
            // Sent once more, it is there, or can't arrive any more.
            (Some(record), _) if may(&record) => match ports.ledger.append(&record).await {
                Ok(head) => Some(head),
                Err(AppendError::Lost { .. }) => None,
                Err(error) => return Err(not_appended(error, self.name(checkpoint).as_str())),
            },
            (None, Some(promotion)) => {
                let settings = environment(&self.config, self.name(checkpoint))?;
                let head =
                    ports.ledger.reader().head(&settings.lane).await.map_err(LedgerError::read_failure)?;
                head.filter(|head| {
                    let intent = head.record.intent.as_ref();
                    intent.is_some_and(|intent| intent.promotion == *promotion) && may(&head.record)
                })
            }
            _ => None,
        };
        match intent {
            Some(intent) => self.abort(&intent).await,
            None => Ok(false),
        }
    }

    async fn abort(&self, intent: &Head) -> Result<bool, Failure> {
        let ports = &self.ports;
        let name = intent.record.intent.as_ref().map_or(&self.request.environment, |it| &it.environment);
        let settings = environment(&self.config, name)?;
        let genesis = genesis(&ports.view(), &self.config).await?;
        let why = "it was stopped before the first target was written";
        let writer = Writer::new(ports, &genesis, settings, &self.request);
        let record = writer.record(intent, Kind::Abort, |record| {
            record.abort = Some(Abort { of: intent.id, reason: why.to_owned(), restored: None });
        })?;
        match ports.ledger.append(&record).await {
            Ok(_) => {
                ports.events.hear(&Event::Aborted { why: why.to_owned() });
                Ok(true)
            }
            // Somebody took over in this very moment, unless it was being withdrawn when it was stopped.
            Err(AppendError::Lost { found, .. }) => {
                let found = Record::from_bytes(&found).ok().and_then(|record| record.abort);
                Ok(found.is_some_and(|abort| abort.of == intent.id))
            }
            Err(error) => Err(not_appended(error, name.as_str())),
        }
    }

    /// The environment that was asked for.
    fn name<'a>(&'a self, checkpoint: &'a Checkpoint) -> &'a EnvironmentName {
        checkpoint.environment.as_ref().unwrap_or(&self.request.environment)
    }

    /// How far the promotion got that was stopped, of what was heard: of one whose intent was being written, nothing was.
    pub fn checkpoint(&self, heard: Checkpoint) -> Checkpoint {
        match self.ports.ledger.opening() {
            Some(_) => Checkpoint::default(),
            None => heard,
        }
    }

    /// The environment to which a promotion may have been opened when it was stopped, of several that come one after the
    /// other.
    pub fn opening(ports: &Ports) -> Option<EnvironmentName> {
        Some(ports.ledger.opening()?.intent?.environment)
    }

    /// Records that the deployment was not waited for.
    ///
    /// # Errors
    /// When the ledger can't be read or written.
    pub async fn record(&self, checkpoint: &Checkpoint) -> Result<Recorded, Failure> {
        let name = checkpoint.environment.as_ref().unwrap_or(&self.request.environment);
        let settings = environment(&self.config, name)?;
        let head =
            self.ports.ledger.reader().head(&settings.lane).await.map_err(LedgerError::read_failure)?;
        let Some(head) = head else { return Ok(Recorded::default()) };
        let waits = head.state().current.as_ref().is_some_and(|current| {
            current.promotion == checkpoint.promotion && current.follows && current.outcome.is_none()
        });
        let adopted = adopted(&self.ports.view(), &settings.lane, Some(head.state())).await;
        let adopted = adopted.unwrap_or_default();
        let others = others(&self.config, settings);
        let stays = lasting(self.ports.ledger.reader(), &settings.lane, Some(&head)).await;
        let first = stays.is_ok_and(|stays| stays.is_some());
        let way = |head: &Head, barred: &_| way(head.state(), name, &others, adopted.as_ref(), first, barred);
        let to = |barred: &_| way(&head, barred).and_then(|way| way.to);
        let (reader, unlisted) = (self.ports.ledger.reader(), BTreeMap::new());
        let barred = async { barred(reader, &unlisted, to).await.unwrap_or_default() };
        let undo = |head: &Head, barred: &_| way(head, barred).map(|way| way.line);
        if !waits {
            return Ok(Recorded { written: false, undo: undo(&head, &barred.await) });
        }
        let (ports, request, result) = (&self.ports, &self.request, OutcomeResult::Interrupted);
        let genesis = genesis(&ports.view(), &self.config).await?;
        let writer = Writer::new(ports, &genesis, settings, request);
        // Side by side: neither keeps the other from being done before a second signal.
        let (ended, barred) = join(outcome(&writer, head.clone(), result, &[]), barred).await;
        Ok(Recorded { written: true, undo: undo(&ended?, &barred) })
    }
}

/// What is said of a promotion that was cut off. `recorded`: what came of [`InFlight::record`], where that was tried and
/// not cut off itself.
pub fn failure(
    exit: ExitStatus,
    in_flight: &InFlight,
    checkpoint: &Checkpoint,
    recorded: Option<Result<Recorded, Failure>>,
) -> Failure {
    let name = checkpoint.environment.as_ref().unwrap_or(&in_flight.request.environment);
    let failure = Failure::new(exit, format!("{} while promoting to {name}", exit.stopped()));
    if checkpoint.aborted {
        return failure.state("No target was written, and the promotion was withdrawn.");
    }
    if checkpoint.ended {
        return failure
            .state(format!(
                "The promotion was carried out and its end is recorded; {name} may be going back."
            ))
            .hint(format!("`promote status {name}` shows its state"));
    }
    if checkpoint.committed {
        let undo = recorded.as_ref().and_then(|done| done.as_ref().ok()?.undo.clone());
        let back = undo.map_or_else(String::new, |back| format!(", `{back}` goes back"));
        return failure
            .state(format!("The targets of {name} have the release, and that is recorded."))
            .state(match recorded {
                Some(Ok(Recorded { written: true, .. })) => {
                    "The ledger also records that promote stopped waiting for its deployment.".to_owned()
                }
                Some(Ok(_)) => "The result of its deployment is not recorded.".to_owned(),
                Some(Err(why)) => {
                    format!("That promote stopped waiting for its deployment could not be recorded: {why}.")
                }
                None => "That promote stopped waiting for its deployment is not recorded.".to_owned(),
            })
            .hint(format!("`promote resume {name}` runs the steps again and records how they end{back}"));
    }
    let settings = environment(&in_flight.config, name);
    let back = settings.map(|settings| Invocation::along("rollback", &in_flight.config, settings));
    let back = back.map_or_else(|_| String::new(), |back| format!(", `{back}` goes back"));
    match &checkpoint.promotion {
        Some(promotion) => unfinished(failure, checkpoint)
            .state(format!("Promotion {promotion} is open."))
            .hint(format!("`promote resume {name}` goes on{back}")),
        None if in_flight.ports.ledger.opening().is_some() => failure
            .state("No target was written. The promotion may have been opened.")
            .hint(format!("`promote status {name}` shows whether it is open")),
        None => failure
            .state("No target was written, and no promotion was begun.")
            .hint("run the same command again"),
    }
}

fn unfinished(mut failure: Failure, checkpoint: &Checkpoint) -> Failure {
    for target in &checkpoint.moved {
        failure = failure.state(format!("`{target}` has the release."));
    }
    match &checkpoint.moving {
        Some(target) => failure.state(format!("`{target}` may or may not have the release.")),
        None if checkpoint.moved.is_empty() => failure.state("No target was written."),
        None => failure,
    }
}
