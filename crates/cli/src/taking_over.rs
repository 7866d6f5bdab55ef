//! Before somebody else's promotion is taken over that may still be under way: a person is asked, automation waits.

use crate::app::{App, Stop};
use crate::args::Changing;
use crate::interrupt::or_signal;
use crate::page::Text;
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
    changing: &Changing,
    early: &TooEarly,
    action: Action,
) -> Result<Taken, Stop> {
    let terminal = app.env.input_terminal && app.env.error_terminal && !app.env.is_ci();
    if !terminal {
        return wait(app, progress, early).await;
    }
    if changing.yes || app.global.no_input || app.env.variable("PROMOTE_NO_INPUT").is_some() {
        return Ok(Taken::No);
    }
    let verb = if action == Action::Rollback { "undo" } else { "take over" };
    let question =
        format!("\n{}.\nWhoever began it may still be at work. Really {verb} it now? [y/N] ", early.what);
    app.screen.message(&Text::plain(question).shown(false));
    let answer = app
        .env
        .keyboard
        .line()
        .map_err(|error| Failure::new(ExitStatus::Failed, "the answer can't be read").caused_by(error))?;
    if answer.is_none() {
        app.screen.message("\n");
    }
    match answer.unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(Taken::Confirmed),
        _ => Err(Failure::new(ExitStatus::Interrupted, "it was not taken over")
            .state("Nothing was changed.")
            .hint(format!("{} s after its last record it may be taken over unasked", HINT.num_seconds()))
            .into()),
    }
}

async fn wait(app: &App<'_>, progress: &Progress, early: &TooEarly) -> Result<Taken, Stop> {
    let why = format!("{}; whoever began it may still be at work until then", early.what);
    progress.hear(&Event::Waiting { until: early.opens, seconds: early.left.as_secs().max(1), why });
    let clock = app.connect.clock();
    match or_signal(app.env, progress, clock.sleep(early.left)).await {
        Ok(()) => Ok(Taken::Waited),
        Err(signal) => {
            progress.rest();
            app.screen.message("\n");
            Err(Failure::new(signal.exit(), "interrupted while waiting to take over")
                .state("Nothing was changed.")
                .into())
        }
    }
}
