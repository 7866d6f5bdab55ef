//! What is left to do when the runner cancels the job: the ledger is told that a deployment was not waited for, the forge
//! that its deployment was stopped, and the log how things stand. The runner allows seconds for it; its second signal
//! ends it.

use crate::heard::Heard;
use crate::log::Log;
use crate::run::Connect;
use crate::shown::warned;
use futures_util::future::{Either, select};
use promote_core::cut_off::{self, Underway};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::mirror::Closing;
use promote_providers::Mirror;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

/// What was under way.
#[derive(Debug, Default)]
pub(crate) struct Stopping {
    underway: Mutex<Option<Underway>>,
    mirror: Mutex<Option<Arc<Mirror>>>,
}

impl Stopping {
    /// Remembers a promotion that is about to be carried out.
    pub(crate) fn begins(&self, underway: Underway) {
        *self.underway.lock().unwrap_or_else(PoisonError::into_inner) = Some(underway);
    }

    /// Remembers who tells the forge.
    pub(crate) fn telling(&self, mirror: &Arc<Mirror>) {
        *self.mirror.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(mirror));
    }

    /// Does what is left to do, and says how things stand.
    pub(crate) async fn failure(
        &self,
        exit: ExitStatus,
        heard: &Heard,
        log: &Log,
        connect: &dyn Connect,
    ) -> Failure {
        let mut reached = heard.reached();
        let underway = self.underway.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mirror = self.mirror.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(underway) = underway.as_ref().filter(|_| reached.is_untouched()) {
            let withdrawn = before_the_next(connect, underway.withdraw(&reached)).await;
            reached.aborted = matches!(withdrawn, Some(Ok(true)));
        }
        let mut recorded = None;
        if let Some(underway) = underway.as_ref().filter(|_| reached.is_deploying()) {
            recorded = before_the_next(connect, underway.record(&reached)).await;
        }
        if let Some(mirror) = mirror {
            before_the_next(connect, async { warned(log, &mirror.close(Closing::CutOff).await) }).await;
        }
        if let Some(underway) = underway {
            return cut_off::failure(exit, &underway, &reached, recorded);
        }
        let failure = Failure::new(exit, "the job was cancelled");
        match (&reached.promotion, &reached.environment) {
            (Some(promotion), Some(name)) if reached.is_left() => {
                failure.state(format!("Promotion {promotion} of {name} is unfinished.")).hint(format!(
                    "run the job again, or `promote resume {name}`, to go on; `promote rollback {name}` goes back"
                ))
            }
            _ => failure.state("No promotion is open because of it."),
        }
    }
}

/// Ends what is done when the next signal comes.
async fn before_the_next<T>(connect: &dyn Connect, rest: impl Future<Output = T>) -> Option<T> {
    match select(pin!(rest), connect.cancelled()).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}
