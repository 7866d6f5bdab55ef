//! A promotion that was interrupted: it is withdrawn where nothing was written, what is known of it is recorded where the
//! ledger has a place for it, and said.

use crate::app::signal::Signal;
use crate::app::{App, Stop};
use crate::interrupt::signalled;
use crate::progress::Progress;
use promote_core::config::Config;
use promote_core::failure::Failure;
use promote_core::interruption::{Checkpoint, InFlight, Recorded, failure};
use promote_core::ledger::Actor;
use promote_core::mirror::Closing;
use promote_core::ports::Ports;
use promote_core::request::{Request, Wanted};
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
        in_flight: Option<&InFlight>,
        checkpoint: &mut Checkpoint,
    ) -> Option<Result<Recorded, Failure>> {
        let mut recorded = None;
        let rest = async {
            if let Some(in_flight) = in_flight.filter(|_| checkpoint.is_untouched()) {
                checkpoint.aborted = matches!(in_flight.withdraw(checkpoint).await, Ok(true));
                self.progress.rest();
            }
            if let Some(in_flight) = in_flight.filter(|_| checkpoint.is_deploying()) {
                recorded = Some(in_flight.record(checkpoint).await);
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
    in_flight: &InFlight,
) -> Stop {
    progress.rest();
    app.screen.message("\n");
    let mut checkpoint = in_flight.checkpoint(progress.checkpoint());
    let recorded = Left { app, progress, mirror }.done(Some(in_flight), &mut checkpoint).await;
    Stop::Failure(failure(signal.exit(), in_flight, &checkpoint, recorded))
}

/// The same where several promotions come one after the other. Where none was under way, it is to be run again.
pub(crate) async fn one_of_several(
    app: &App<'_>,
    progress: &Progress,
    mirror: &Mirror,
    signal: Signal,
    (ports, config, actor): (&Ports, &Config, &Actor),
) -> Stop {
    let mut checkpoint = progress.checkpoint();
    let left = checkpoint.environment.clone().filter(|_| checkpoint.is_left());
    match left.or_else(|| InFlight::opening(ports)) {
        Some(environment) => {
            let request = Request::promote(environment, Wanted::Unnamed, actor.clone());
            let in_flight = InFlight { ports: ports.clone(), config: config.clone(), request };
            cut_off(app, progress, mirror, signal, &in_flight).await
        }
        _ => {
            progress.rest();
            Left { app, progress, mirror }.done(None, &mut checkpoint).await;
            let again = "run the same command again: it goes on where it stopped";
            Stop::Failure(Failure::new(signal.exit(), signal.exit().stopped()).hint(again))
        }
    }
}
