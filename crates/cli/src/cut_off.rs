//! A promotion that was interrupted: it is withdrawn where nothing was written, what is known of it is recorded where the
//! ledger has a place for it, and said.

use crate::app::signal::Signal;
use crate::app::{App, Stop};
use crate::interrupt::finish_unless_signalled;
use crate::progress::Progress;
use promote_core::config::Config;
use promote_core::cut_off::{Underway, failure};
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::request::{Request, Wanted};
use promote_core::world::World;

/// Says how far a promotion got, withdraws one that wrote nothing, and records an interrupted deployment as such.
pub(crate) async fn cut_off(app: &App<'_>, progress: &Progress, signal: Signal, underway: &Underway) -> Stop {
    progress.rest();
    app.screen.message("\n");
    let mut reached = progress.reached();
    if reached.is_untouched() {
        let withdrawn = finish_unless_signalled(app.env, underway.withdraw(&reached)).await;
        reached.aborted = matches!(withdrawn, Some(Ok(true)));
        progress.rest();
    }
    let mut recorded = None;
    if reached.is_deploying() {
        recorded = finish_unless_signalled(app.env, underway.record(&reached)).await;
    }
    Stop::Failure(failure(signal.exit(), underway, &reached, recorded))
}

/// The same where several promotions come one after the other. Where none was under way, `again` is what to do.
pub(crate) async fn one_of_several(
    app: &App<'_>,
    progress: &Progress,
    signal: Signal,
    world: &World,
    config: &Config,
    actor: &Actor,
    again: &str,
) -> Stop {
    let reached = progress.reached();
    match &reached.environment {
        Some(environment) if reached.is_left() => {
            let request = Request::promote(environment.clone(), Wanted::Unnamed, actor.clone());
            let underway = Underway { world: world.clone(), config: config.clone(), request };
            cut_off(app, progress, signal, &underway).await
        }
        _ => {
            progress.rest();
            Stop::Failure(Failure::new(signal.exit(), signal.exit().stopped()).hint(again))
        }
    }
}
