//! A promotion that was interrupted: what is known of it is recorded where the ledger has a place for it, and said.

use super::Errand;
use crate::app::Stop;
use crate::env::Signal;
use crate::interrupt::last_words;
use crate::progress::Progress;
use promote_core::cut_off::{Underway, failure};

/// Says how far things got, and records an interrupted deployment as such.
pub(super) async fn cut_off(errand: &Errand<'_>, progress: &Progress, signal: Signal) -> Stop {
    progress.rest();
    errand.app.screen.message("\n");
    let reached = progress.reached();
    let mut recorded = None;
    if reached.is_deploying() {
        let underway = Underway {
            world: errand.world.clone(),
            config: errand.config.clone(),
            snapshot: errand.snapshot.clone(),
            request: errand.request.clone(),
        };
        recorded = last_words(errand.app.env, underway.record(&reached)).await;
    }
    Stop::Failure(failure(signal.exit(), &errand.settings.name, &reached, recorded))
}
