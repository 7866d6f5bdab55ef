//! Before somebody else's promotion is taken over that may still be under way: a person is asked, automation waits.

use crate::app::question::{ask, forbidden, is_yes, terminal};
use crate::app::{App, Stop};
use crate::args::ConfirmArgs;
use crate::interrupt::or_signal;
use crate::progress::Progress;
use promote_core::event::{Event, Events};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::lease::{HINT, TooEarly};
use promote_core::ledger::Action;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is refused, with the ways on.
    No,
    /// The person says that it is to be taken over.
    Confirmed,
    /// It may be old enough now.
    Waited,
}

/// Asks, waits, or neither where somebody said `--yes` without having been told of the age.
pub(crate) async fn take_over(
    app: &App<'_>,
    progress: &Progress,
    changing: &ConfirmArgs,
    early: &TooEarly,
    action: Action,
) -> Result<Taken, Stop> {
    if !terminal(app) {
        return wait(app, progress, early).await;
    }
    if changing.yes || forbidden(app) {
        return Ok(Taken::No);
    }
    let question = match action {
        Action::Rollback => "Really undo it now? [y/N]",
        _ => "Really take it over now? [y/N]",
    };
    let lines = [
        format!("Not ended yet: {}.", early.what),
        "Its process may still be running; its steps will be stopped.".to_owned(),
    ];
    match is_yes(&ask(app, &lines, question)?) {
        true => Ok(Taken::Confirmed),
        false => Err(Failure::new(ExitStatus::Interrupted, "it was not taken over")
            .state("Nothing was changed.")
            .hint(format!("nobody is asked once it has given no sign of life for {} s", HINT.num_seconds()))
            .into()),
    }
}

async fn wait(app: &App<'_>, progress: &Progress, early: &TooEarly) -> Result<Taken, Stop> {
    let why = format!("{}; its process may still be at work until then", early.what);
    let waiting = Event::Waiting { until: early.opens, seconds: early.left.as_secs().max(1), why };
    let clock = app.connect.clock();
    let flow = async {
        // Signals are listened for before anybody reads that there is something to stop.
        tokio::task::yield_now().await;
        progress.hear(&waiting);
        clock.sleep(early.left).await;
    };
    match or_signal(app.env, progress, flow).await {
        Ok(()) => Ok(Taken::Waited),
        Err(signal) => {
            progress.rest();
            app.screen.message("\n");
            let exit = signal.exit();
            Err(Failure::new(exit, format!("{} while waiting to take over", exit.stopped()))
                .state("Nothing was changed.")
                .into())
        }
    }
}
