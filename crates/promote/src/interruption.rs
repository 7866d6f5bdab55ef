//! What is left to do when somebody stops what is under way: the ledger is told how far it got, where it has a place for that,
//! the forge that its deployment was stopped, and whoever called how things stand.

use crate::Error;
use crate::events::Listeners;
use crate::question::Questions;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use promote_core::advance::Watch;
use promote_core::config::Config;
use promote_core::event::{Event, Events};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::interruption::{self, Checkpoint, InFlight};
use promote_core::ledger::Actor;
use promote_core::mirror::Closing;
use promote_core::plan::{Plan, Refusal};
use promote_core::ports::Ports;
use promote_core::request::{Request, Wanted};
use promote_providers::Mirror;
use promote_providers::mirror::MirrorOutcome as Shown;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

/// Waits for a wish to stop. Asked again for the next one once the first was heard: see [`next`].
pub(crate) type Stop<'p> = Box<dyn Fn() -> BoxFuture<'p, ExitStatus> + Send + Sync + 'p>;

/// Nobody stops it.
pub(crate) fn never<'p>() -> Stop<'p> {
    Box::new(|| Box::pin(std::future::pending()))
}

/// What was heard of what is under way, passed on to whoever listens.
#[derive(Debug)]
struct CheckpointListener {
    listeners: Arc<Listeners>,
    checkpoint: Mutex<Checkpoint>,
}

impl Events for CheckpointListener {
    fn hear(&self, event: &Event) {
        locked(&self.checkpoint).hear(event);
        self.listeners.hear(event);
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is under way: which promotion, how far it got, and who tells the forge of it.
#[derive(Debug)]
pub(crate) struct Tracker {
    listener: Arc<CheckpointListener>,
    in_flight: Mutex<Option<InFlight>>,
    mirror: Mutex<Option<Arc<Mirror>>>,
}

impl Tracker {
    pub(crate) fn new(listeners: &Arc<Listeners>) -> Self {
        let listener = CheckpointListener { listeners: Arc::clone(listeners), checkpoint: Mutex::default() };
        Self { listener: Arc::new(listener), in_flight: Mutex::default(), mirror: Mutex::default() }
    }

    /// Whom to tell what happens.
    pub(crate) fn events(&self) -> Arc<dyn Events> {
        Arc::clone(&self.listener) as Arc<dyn Events>
    }

    /// Remembers who tells the forge.
    pub(crate) fn telling(&self, mirror: &Arc<Mirror>) {
        *locked(&self.mirror) = Some(Arc::clone(mirror));
    }

    /// Tells others of what was refused, where anybody is told.
    pub(crate) fn refused(&self, refusal: &Refusal, by: &Actor) {
        if let Some(teller) = self.mirror().as_ref().and_then(|mirror| mirror.teller()) {
            teller.refused(refusal, by);
        }
    }

    /// Remembers a promotion that is about to be carried out. What was heard of the one before is forgotten.
    pub(crate) fn begins(&self, ports: &Ports, config: &Config, request: &Request) {
        let in_flight = InFlight { ports: ports.clone(), config: config.clone(), request: request.clone() };
        *locked(&self.listener.checkpoint) = Checkpoint::default();
        *locked(&self.in_flight) = Some(in_flight);
    }

    /// The promotion that was carried out has ended, one way or the other: nothing is under way until the next one begins.
    pub(crate) fn ends(&self) {
        *locked(&self.in_flight) = None;
    }

    /// Tells the forge the rest once the work has ended by itself, unless somebody stops that; says then with what exit status.
    pub(crate) async fn close(
        &self,
        how: Closing,
        stop: &Stop<'_>,
        questions: &dyn Questions,
    ) -> (Shown, Option<ExitStatus>) {
        let Some(mirror) = self.mirror() else { return Default::default() };
        let (told, stopped) = mirror.close(how, stop()).await;
        told.warnings.iter().for_each(|warning| questions.warned(warning));
        (told, stopped)
    }

    /// Does what is left to do after the work was let go, until the next wish to stop, and says how things stand.
    pub(crate) async fn stopped(
        &self,
        exit: ExitStatus,
        stop: &Stop<'_>,
        questions: &dyn Questions,
    ) -> Error {
        let heard = locked(&self.listener.checkpoint).clone();
        let in_flight = locked(&self.in_flight).take();
        let mut checkpoint = match &in_flight {
            Some(in_flight) => in_flight.checkpoint(heard),
            None => heard,
        };
        let (mirror, mut recorded) = (self.mirror(), None);
        let rest = async {
            if let Some(in_flight) = in_flight.as_ref().filter(|_| checkpoint.is_untouched()) {
                checkpoint.aborted = matches!(in_flight.withdraw(&checkpoint).await, Ok(true));
            }
            if let Some(in_flight) = in_flight.as_ref().filter(|_| checkpoint.is_deploying()) {
                recorded = Some(in_flight.record(&checkpoint).await);
            }
            if let Some(mirror) = &mirror {
                mirror.finish(Closing::CutOff).await;
            }
        };
        let again = match select(pin!(rest), pin!(next(stop))).await {
            Either::Left(_) => None,
            Either::Right((exit, _)) => Some(exit),
        };
        let told = mirror.as_ref().map(|mirror| mirror.told(again)).unwrap_or_default();
        told.warnings.iter().for_each(|warning| questions.warned(warning));
        match in_flight {
            Some(in_flight) => interruption::failure(exit, &in_flight, &checkpoint, recorded).into(),
            None => Error::Stopped(exit),
        }
    }

    fn mirror(&self) -> Option<Arc<Mirror>> {
        locked(&self.mirror).clone()
    }
}

/// The next wish to stop after the first. A state that stays, such as a token that was cancelled, is over at once whenever it
/// is asked: that is the first wish still, and ends nothing more.
async fn next(stop: &Stop<'_>) -> ExitStatus {
    let mut again = tokio::task::unconstrained(stop());
    let at_once = poll_fn(|context| Poll::Ready(again.poll_unpin(context).is_ready())).await;
    if at_once { pending().await } else { again.await }
}

/// Runs work until somebody stops it; then it is let go.
pub(crate) async fn until<T>(
    work: impl Future<Output = Result<T, Failure>>,
    stop: &Stop<'_>,
) -> Result<Result<T, Failure>, ExitStatus> {
    match select(pin!(work), stop()).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right((exit, _)) => Err(exit),
    }
}

/// Remembers which of several promotions is under way.
pub(crate) struct TrackedMoves<'a> {
    pub(crate) tracker: &'a Tracker,
    pub(crate) ports: &'a Ports,
    pub(crate) config: &'a Config,
    pub(crate) actor: &'a Actor,
    pub(crate) questions: &'a dyn Questions,
}

impl Watch for TrackedMoves<'_> {
    fn begins(&self, plan: &Plan) {
        let request = Request::promote(plan.environment.clone(), Wanted::Unnamed, self.actor.clone());
        self.tracker.begins(self.ports, self.config, &request);
        self.questions.moves(plan);
    }

    fn ends(&self) {
        self.tracker.ends();
        self.questions.ends();
    }

    fn refused(&self, refusal: &Refusal) {
        self.tracker.refused(refusal, self.actor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Nobody;

    const FILE: &str = "project = \"shop\"\nenvironments = [\"staging\", \"prod\"]\nsource = \"r/{sha}.zip\"\n\
                        target = \"t/{env}.zip\"\n";

    /// Several promotions come one after the other, and one of them is withdrawn: that was told of the next one as well.
    #[tokio::test]
    async fn what_was_heard_of_one_promotion_is_not_told_of_the_next() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("promote.toml"), FILE).unwrap();
        let project = crate::open(folder.path()).build().unwrap();
        let site = project.site();
        let tracker = Tracker::new(&site.listeners);
        let begins = |name: &str| {
            let request =
                Request::promote(name.parse().unwrap(), Wanted::Unnamed, Actor::claimed("ann", "acme"));
            tracker.begins(&site.ports, &site.config, &request);
        };
        begins("staging");
        tracker.events().hear(&Event::Aborted { why: "somebody else was faster".to_owned() });
        tracker.ends();
        begins("prod");
        let told = tracker.stopped(ExitStatus::Interrupted, &never(), &Nobody).await;
        assert_eq!(told.to_string(), "interrupted while promoting to prod");
        assert_eq!(told.state(), ["No target was written, and no promotion was begun."]);
        begins("prod");
        tracker.ends();
        let told = tracker.stopped(ExitStatus::Interrupted, &never(), &Nobody).await;
        assert!(matches!(told, Error::Stopped(ExitStatus::Interrupted)), "{told}");
    }
}
