//! What is left to do when somebody stops what is under way: the ledger is told how far it got, where it has a place for that,
//! the forge that its deployment was stopped, and whoever called how things stand.

use crate::Error;
use crate::events::Listeners;
use crate::question::Questions;
use futures_util::future::{BoxFuture, Either, select};
use promote_core::advance::Watch;
use promote_core::config::Config;
use promote_core::cut_off::{self, Reached, Underway};
use promote_core::event::{Event, Events};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::mirror::Closing;
use promote_core::plan::Plan;
use promote_core::request::{Request, Wanted};
use promote_core::world::World;
use promote_providers::Mirror;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Waits for a wish to stop. Asked again for the next one once the first was heard.
pub(crate) type Stop<'p> = Box<dyn Fn() -> BoxFuture<'p, ExitStatus> + Send + Sync + 'p>;

/// Nobody stops it.
pub(crate) fn never<'p>() -> Stop<'p> {
    Box::new(|| Box::pin(std::future::pending()))
}

/// What was heard of what is under way, passed on to whoever listens.
#[derive(Debug)]
struct Track {
    listeners: Arc<Listeners>,
    reached: Mutex<Reached>,
}

impl Events for Track {
    fn hear(&self, event: &Event) {
        locked(&self.reached).hear(event);
        self.listeners.hear(event);
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is under way: which promotion, how far it got, and who tells the forge of it.
#[derive(Debug)]
pub(crate) struct InFlight {
    track: Arc<Track>,
    underway: Mutex<Option<Underway>>,
    mirror: Mutex<Option<Arc<Mirror>>>,
}

impl InFlight {
    pub(crate) fn new(listeners: &Arc<Listeners>) -> Self {
        let track = Track { listeners: Arc::clone(listeners), reached: Mutex::default() };
        Self { track: Arc::new(track), underway: Mutex::default(), mirror: Mutex::default() }
    }

    /// Whom to tell what happens.
    pub(crate) fn events(&self) -> Arc<dyn Events> {
        Arc::clone(&self.track) as Arc<dyn Events>
    }

    /// Remembers who tells the forge.
    pub(crate) fn telling(&self, mirror: &Arc<Mirror>) {
        *locked(&self.mirror) = Some(Arc::clone(mirror));
    }

    /// Remembers a promotion that is about to be carried out.
    pub(crate) fn begins(&self, world: &World, config: &Config, request: &Request) {
        let underway = Underway { world: world.clone(), config: config.clone(), request: request.clone() };
        *locked(&self.underway) = Some(underway);
    }

    /// Tells the forge the rest.
    pub(crate) async fn close(
        &self,
        how: Closing,
        questions: &dyn Questions,
    ) -> promote_providers::mirror::Told {
        let mirror = locked(&self.mirror).clone();
        let told = match mirror {
            Some(mirror) => mirror.close(how).await,
            None => Default::default(),
        };
        told.warnings.iter().for_each(|warning| questions.warned(warning));
        told
    }

    /// Does what is left to do after the work was let go, until the next wish to stop, and says how things stand. `several`:
    /// whether promotions come one after the other, so that one may have ended before the next one began.
    pub(crate) async fn stopped(
        &self,
        exit: ExitStatus,
        stop: &Stop<'_>,
        questions: &dyn Questions,
        several: bool,
    ) -> Error {
        let mut reached = locked(&self.track.reached).clone();
        let underway = locked(&self.underway).take();
        if let Some(underway) = underway.as_ref().filter(|_| reached.is_untouched()) {
            let withdrawn = before_the_next(stop, underway.withdraw(&reached)).await;
            reached.aborted = matches!(withdrawn, Some(Ok(true)));
        }
        let mut recorded = None;
        if let Some(underway) = underway.as_ref().filter(|_| reached.is_deploying()) {
            recorded = before_the_next(stop, underway.record(&reached)).await;
        }
        before_the_next(stop, self.close(Closing::CutOff, questions)).await;
        match underway.filter(|_| !several || reached.is_left() || reached.aborted) {
            Some(underway) => cut_off::failure(exit, &underway, &reached, recorded).into(),
            None => Error::Stopped(exit),
        }
    }
}

/// Ends what is done when the next wish to stop comes.
async fn before_the_next<T>(stop: &Stop<'_>, rest: impl Future<Output = T>) -> Option<T> {
    match select(pin!(rest), stop()).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
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
pub(crate) struct Told<'a> {
    pub(crate) flight: &'a InFlight,
    pub(crate) world: &'a World,
    pub(crate) config: &'a Config,
    pub(crate) actor: &'a Actor,
    pub(crate) questions: &'a dyn Questions,
}

impl Watch for Told<'_> {
    fn begins(&self, plan: &Plan) {
        let request = Request::promote(plan.environment.clone(), Wanted::Unnamed, self.actor.clone());
        self.flight.begins(self.world, self.config, &request);
        self.questions.moves(plan);
    }

    fn ends(&self) {
        self.questions.ends();
    }
}
