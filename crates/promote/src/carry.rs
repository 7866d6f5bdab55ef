//! From a promotion that is asked for to its ending: decide, wait for whoever may still be at it, ask, move, and do what
//! is left to do when somebody stops it.

use crate::events::listening;
use crate::interruption::{Stop, Tracker, until};
use crate::promotion::{Purpose, Wait};
use crate::question::{Asked, Early, Question, Questions};
use crate::{Ended, Ending, Error, Project, Promotion, mirroring, runtime};
use futures_util::future::join;
use promote_core::config::Config;
use promote_core::deploying::Deploying;
use promote_core::event::Event;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::{Ways, carry_out, decide, finish, resuming};
use promote_core::lease::{self, TooEarly};
use promote_core::ledger::{Action, Actor};
use promote_core::mirror::Closing;
use promote_core::observe::{environment, wanted_by_moving};
use promote_core::plan::{Decision, saved};
use promote_core::ports::Ports;
use promote_core::remember::remember;
use promote_core::report::{DecisionReport, OutcomeReport};
use promote_core::request::{Request, TakeOver, Wanted};
use promote_core::snapshot::Snapshot;
use promote_core::standing;
use std::sync::Arc;

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) project: &'a Project,
    pub(crate) promotion: &'a Promotion,
    pub(crate) purpose: Purpose,
    pub(crate) dry_run: bool,
}

impl Asking<'_> {
    /// Whether it is told what would be done, and nothing else.
    fn is_told(&self) -> bool {
        self.dry_run || self.purpose.is_told()
    }
}

/// Runs it to its end, or until it is stopped.
pub(crate) async fn run(
    asking: Asking<'_>,
    questions: &dyn Questions,
    stop: &Stop<'_>,
) -> Result<Ending, Error> {
    runtime::whole()?;
    let project = asking.project;
    let tracker = Tracker::new(&project.site().listeners);
    let work = carry(asking, questions, &tracker);
    match until(listening(Arc::clone(&project.site().listeners), work), stop).await {
        Ok(Ok(mut ending)) => {
            let view = project.site().ports.view();
            let looked = async {
                let done = ending.done.as_deref()?;
                until(async { Ok(done.ways(&view).await) }, stop).await.ok()?.ok()
            };
            // Side by side, so that nobody waits for both.
            let ((told, stopped), ways) = join(tracker.close(Closing::Done, stop, questions), looked).await;
            let ways = ways.unwrap_or_default();
            ending.outcome = ending.outcome.map(|outcome| outcome.leading(&ways).shown(&told.deployments));
            (ending.deployments, ending.warnings) = (told.deployments, told.warnings);
            ending.exit = ending.exit.or_stopped(stopped);
            Ok(ending)
        }
        Ok(Err(failure)) => {
            tracker.close(Closing::Failed, stop, questions).await;
            Err(failure.into())
        }
        // What was under way is let go before the ledger is told of it.
        Err(exit) => Err(tracker.stopped(exit, stop, questions).await),
    }
}

/// One promotion, with all that it is carried out with.
struct Carried<'a> {
    asking: Asking<'a>,
    questions: &'a dyn Questions,
    tracker: &'a Tracker,
    config: Config,
    ports: Ports,
}

async fn carry(asking: Asking<'_>, questions: &dyn Questions, tracker: &Tracker) -> Result<Ending, Failure> {
    let Asking { project, promotion, purpose, .. } = asking;
    let site = project.site();
    let config = promotion.timed(&site.config);
    environment(&config, &promotion.request.environment)?;
    let mut actor = site.actor.clone();
    let mut events = tracker.events();
    if !purpose.is_told() {
        config.to_write()?;
        actor = project.identified().await?;
        let mirror = mirroring::mirror(site, &actor, events);
        tracker.telling(&mirror);
        events = mirror;
    }
    let ports = site.ports.of_run(events);
    let carried = Carried { asking, questions, tracker, config, ports };
    let mut request = Request { actor, ..promotion.request.clone() };
    if purpose == Purpose::Resume {
        request = resuming(&carried.ports.view(), &carried.config, request).await?;
    }
    if promotion.settles {
        request = carried.settled(request).await?;
    }
    Box::pin(carried.to_the_end(request)).await
}

impl Carried<'_> {
    async fn to_the_end(&self, request: Request) -> Result<Ending, Failure> {
        let (ports, config) = (&self.ports, &self.config);
        let settings = environment(config, &request.environment)?;
        let (mut request, snapshot, decision) = self.decided(request).await?;
        let ends = self.asking.is_told() || !matches!(decision, Decision::Allowed(_));
        if ends && self.asking.purpose != Purpose::Explain {
            // What is carried out remembers by itself.
            remember(ports, &snapshot, &request.actor).await;
        }
        let report = DecisionReport::of(&ports.view(), config, settings, &decision).await;
        let question =
            |request| Question { report: &report, decision: &decision, snapshot: &snapshot, request };
        self.questions.decided(&question(&request))?;
        if let Some(saved) = &self.asking.promotion.saved {
            saved::unchanged(saved, &decision)?;
        }
        let wait = self.asking.promotion.wait;
        let waits = wait == Wait::Yes;
        let nothing = match &decision {
            Decision::Refused(refusal) => {
                if !self.asking.is_told() {
                    self.tracker.refused(refusal, &request.actor);
                }
                let exit = refusal.exit;
                return Ok(Self::ending((Ended::Refused, exit, request.actor), report, decision, &snapshot));
            }
            _ if self.asking.is_told() => {
                let ended = match &decision {
                    Decision::NothingToDo(_) => Ended::Unchanged,
                    _ => Ended::Planned,
                };
                return Ok(Self::ending((ended, ExitStatus::Ok, request.actor), report, decision, &snapshot));
            }
            Decision::NothingToDo(nothing) if self.finishes() && nothing.pending && waits => Some(nothing),
            Decision::NothingToDo(_) => {
                // Who runs again what ran before ends as that did, whether or not it was waited for then.
                let exit = standing::exit(&snapshot.state(), waits && !self.asking.promotion.rejoin);
                return Ok(Self::ending(
                    (Ended::Unchanged, exit, request.actor),
                    report,
                    decision,
                    &snapshot,
                ));
            }
            Decision::Allowed(_) => None,
        };
        if self.questions.go_ahead(&question(&request))? == Asked::Person {
            request.asked = true;
        }
        self.tracker.begins(ports, config, &request);
        let plan = decision.plan();
        self.questions.begins(plan);
        let begun = ports.clock.steady();
        let done = match nothing {
            Some(nothing) => finish(ports, config, nothing, &snapshot, &request).await,
            None => carry_out(ports, config, plan, &snapshot, &request, wait).await,
        };
        let done = done.inspect_err(|failure| self.questions.failed(failure))?;
        self.tracker.ends();
        self.questions.done(&done);
        let took = ports.clock.steady().saturating_sub(begun).as_secs();
        let waited = waits || !done.plan.follows;
        let outcome =
            OutcomeReport::of(&done, &Ways::default(), waited, i64::try_from(took).unwrap_or(i64::MAX));
        let ended = if done.exit == ExitStatus::Ok { Ended::Moved } else { Ended::Failed };
        let exit = done.exit;
        let ending = Self::ending((ended, exit, request.actor), report, decision, &snapshot);
        Ok(Ending { outcome: Some(outcome), done: Some(Box::new(done)), ..ending })
    }

    /// The commit in the place of a name that moves.
    async fn settled(&self, request: Request) -> Result<Request, Failure> {
        let found = wanted_by_moving(&self.ports.view(), &self.config, &request.wanted).await?;
        let Some((name, now)) = found else { return Ok(request) };
        let Ok(commit) = now.id.as_str().parse() else { return Ok(request) };
        self.questions.settled(&name, &now);
        Ok(Request { wanted: Wanted::Commit(commit), ..request })
    }

    fn finishes(&self) -> bool {
        self.asking.purpose == Purpose::Resume || self.asking.promotion.rejoin
    }

    fn ending(
        (ended, exit, by): (Ended, ExitStatus, Actor),
        report: DecisionReport,
        decision: Decision,
        snapshot: &Snapshot,
    ) -> Ending {
        Ending {
            by,
            ended,
            exit,
            deployments: Vec::new(),
            warnings: Vec::new(),
            decision: report,
            decided: decision,
            outcome: None,
            done: None,
            before: snapshot.state(),
        }
    }

    /// Decides, and decides anew once whoever may still be at it was waited for, or taken over.
    async fn decided(&self, asked: Request) -> Result<(Request, Snapshot, Decision), Failure> {
        let (ports, config) = (&self.ports, &self.config);
        let (view, planned) = (ports.view(), self.asking.is_told());
        let mut request = asked;
        loop {
            let mut tried = request.clone();
            let mut found = Box::pin(decide(&view, config, &tried)).await?;
            let same = self.asking.promotion.rejoin && tried.action == Action::Promote && !planned;
            if same && Deploying::same(config, &found.0) {
                tried.take_over = TakeOver::WhenStale;
                found = Box::pin(decide(&view, config, &tried)).await?;
            }
            let early = lease::too_early(&found.1, &tried).filter(|_| self.is_held_up(&found.0));
            let Some(early) = early else { return Ok((tried, found.0, found.1)) };
            match self.questions.early(&early, &tried, self.asking.purpose == Purpose::Resume)? {
                Early::Leave => return Ok((tried, found.0, found.1)),
                Early::TakeOver => request = Request { take_over: TakeOver::Confirmed, ..tried },
                Early::Wait => {
                    self.wait(&early).await;
                    if self.asking.purpose == Purpose::Resume {
                        // Whoever was at it may have ended it meanwhile.
                        request = resuming(&view, config, request).await?;
                    }
                }
            }
        }
    }

    /// Whether this waits for, or asks about, somebody who may still be at it.
    fn is_held_up(&self, snapshot: &Snapshot) -> bool {
        // What was moved already is left alone: nobody is taken over from. A job that runs again finds its release in place once
        // nothing was heard of the first one.
        let Promotion { wait, rejoin, .. } = self.asking.promotion;
        let leaves = *wait == Wait::No && !rejoin && snapshot.state().open.is_none();
        !leaves && !self.asking.is_told()
    }

    async fn wait(&self, early: &TooEarly) {
        let why = format!("{}; its process may still be at work until then", early.what);
        let seconds = early.left.as_secs().max(1);
        // Whoever may stop this is listened to before anybody reads that there is something to stop.
        tokio::task::yield_now().await;
        self.ports.events.hear(&Event::Waiting { until: early.opens, seconds, why });
        self.ports.clock.sleep(early.left).await;
    }
}
