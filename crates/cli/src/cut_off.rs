//! A promotion that was interrupted: it is withdrawn where nothing was written, what is known of it is recorded where the
//! ledger has a place for it, and said.

use crate::app::signal::Signal;
use crate::app::{App, Stop};
use crate::interrupt::signalled;
use crate::progress::Progress;
use promote_core::config::Config;
use promote_core::cut_off::{Reached, Recorded, Underway, failure};
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::mirror::Closing;
use promote_core::request::{Request, Wanted};
use promote_core::world::World;
use promote_providers::Mirror;

/// What is left to do after a signal, until the next one.
struct Left<'a> {
    app: &'a App<'a>,
    progress: &'a Progress,
    mirror: &'a Mirror,
}

impl Left<'_> {
    /// Withdraws a promotion that wrote nothing, or records an interrupted deployment as such, and tells the forge.
    async fn done(
        &self,
        underway: Option<&Underway>,
        reached: &mut Reached,
    ) -> Option<Result<Recorded, Failure>> {
        let mut recorded = None;
        let rest = async {
            if let Some(underway) = underway.filter(|_| reached.is_untouched()) {
                reached.aborted = matches!(underway.withdraw(reached).await, Ok(true));
                self.progress.rest();
            }
            if let Some(underway) = underway.filter(|_| reached.is_deploying()) {
                recorded = Some(underway.record(reached).await);
            }
            self.mirror.finish(Closing::CutOff).await;
        };
        let again = signalled(self.app.env, rest).await;
        self.app.said(self.mirror.told(again.map(Signal::exit)));
        recorded
    }
}

/// Says how far a promotion got, withdraws one that wrote nothing, and records an interrupted deployment as such.
pub(crate) async fn cut_off(
    app: &App<'_>,
    progress: &Progress,
    mirror: &Mirror,
    signal: Signal,
    underway: &Underway,
) -> Stop {
    progress.rest();
    app.screen.message("\n");
    let mut reached = progress.reached();
    let recorded = Left { app, progress, mirror }.done(Some(underway), &mut reached).await;
    Stop::Failure(failure(signal.exit(), underway, &reached, recorded))
}

/// The same where several promotions come one after the other. Where none was under way, it is to be run again.
pub(crate) async fn one_of_several(
    app: &App<'_>,
    progress: &Progress,
    mirror: &Mirror,
    signal: Signal,
    (world, config, actor): (&World, &Config, &Actor),
) -> Stop {
    let mut reached = progress.reached();
    match &reached.environment {
        Some(environment) if reached.is_left() => {
            let request = Request::promote(environment.clone(), Wanted::Unnamed, actor.clone());
            let underway = Underway { world: world.clone(), config: config.clone(), request };
            cut_off(app, progress, mirror, signal, &underway).await
        }
        _ => {
            progress.rest();
            Left { app, progress, mirror }.done(None, &mut reached).await;
            let again = "run the same command again: it goes on where it stopped";
            Stop::Failure(Failure::new(signal.exit(), signal.exit().stopped()).hint(again))
        }
    }
}
