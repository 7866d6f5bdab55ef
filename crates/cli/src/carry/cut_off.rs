//! A promotion that was interrupted: what is known of it is said, and recorded where the ledger has a place for it.

use super::Errand;
use crate::app::Stop;
use crate::env::Signal;
use crate::interrupt::last_words;
use crate::progress::{Progress, Reached};
use promote_core::failure::Failure;
use promote_core::flow::outcome;
use promote_core::ledger::OutcomeResult;

/// Says how far things got, and records an interrupted deployment as such.
pub(super) async fn cut_off(errand: &Errand<'_>, progress: &Progress, signal: Signal) -> Stop {
    progress.rest();
    errand.app.screen.message("\n");
    let name = &errand.settings.name;
    let reached = progress.reached();
    let word = match signal {
        Signal::Interrupt => "interrupted",
        Signal::Terminate => "terminated",
    };
    let mut failure = Failure::new(signal.exit(), format!("{word} while promoting to {name}"));
    if reached.aborted {
        failure = failure.state("No target was written, and the promotion was withdrawn.");
    } else if reached.ended {
        failure = failure
            .state(format!(
                "The promotion was carried out and its end is recorded; {name} may be going back."
            ))
            .hint(format!("`promote status {name}` shows how it stands"));
    } else if reached.committed {
        failure = failure.state(format!("The targets of {name} hold the release, and that is recorded."));
        let told = last_words(errand.app.env, record(errand, &reached)).await;
        failure = failure.state(match told {
            Some(Ok(true)) => "That its deployment was not waited for is recorded as well.".to_owned(),
            Some(Ok(false)) => "How its deployment ends is not recorded.".to_owned(),
            Some(Err(why)) => format!("That its deployment was not waited for could not be recorded: {why}."),
            None => "That its deployment was not waited for was not recorded.".to_owned(),
        });
        failure = failure.hint(format!(
            "`promote resume {name}` runs the steps again and records how they end, `promote rollback {name}` goes back"
        ));
    } else if let Some(promotion) = &reached.promotion {
        failure = unfinished(failure, &reached);
        failure = failure
            .state(format!("Promotion {promotion} is open."))
            .hint(format!("`promote resume {name}` goes on, `promote rollback {name}` goes back"));
    } else {
        failure = failure
            .state("No target was written. The promotion may have been opened.")
            .hint(format!("`promote status {name}` shows whether it is open"));
    }
    Stop::Failure(failure)
}

fn unfinished(failure: Failure, reached: &Reached) -> Failure {
    let mut failure = failure;
    for target in &reached.moved {
        failure = failure.state(format!("`{target}` holds the release."));
    }
    match &reached.moving {
        Some(target) => failure.state(format!("`{target}` may or may not hold the release.")),
        None if reached.moved.is_empty() => failure.state("No target was written."),
        None => failure,
    }
}

/// Whether the outcome was written. It is left out when no steps follow, or when somebody was faster.
async fn record(errand: &Errand<'_>, reached: &Reached) -> Result<bool, Failure> {
    let ledger = errand.world.ledger.reader();
    let head =
        ledger.head(&errand.settings.lane).await.map_err(promote_core::ledger::LedgerError::looking)?;
    let Some(head) = head else { return Ok(false) };
    let waits = head.state().current.as_ref().is_some_and(|current| {
        current.promotion == reached.promotion && current.follows && current.outcome.is_none()
    });
    if !waits {
        return Ok(false);
    }
    let (world, settings) = (errand.world, errand.settings);
    let result = OutcomeResult::Interrupted;
    outcome(world, settings, &errand.snapshot.genesis, errand.request, head, result, &[]).await.map(|_| true)
}
