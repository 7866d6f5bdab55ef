//! Nothing is said of an environment while a promotion is open there: its records follow each other. Who is at it, whether
//! they may still be at work, and what to do then.

use crate::config::{Config, Environment};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::lease;
use crate::ledger::{Head, OpenIntent};
use crate::ports::ReadPorts;
use crate::span::Span;

/// Refuses where a promotion is open, and says when it was heard of last.
pub(super) async fn free(
    view: &ReadPorts,
    config: &Config,
    settings: &Environment,
    head: Option<&Head>,
) -> Result<(), Failure> {
    let Some(open) = head.and_then(|head| head.state().open.as_ref()) else { return Ok(()) };
    let heard = lease::heard(view, config, head).await?;
    let now = view.ledger.bucket().now().await;
    let now = now.map_err(|error| Failure::from_read("asking for the time", error))?;
    let Some(last) = heard.map(|heard| heard.last()).filter(|last| lease::is_fresh(*last, now)) else {
        return Err(refused(settings, open).hint(ways(config, settings, open)));
    };
    let since = open.since.time();
    Err(refused(settings, open)
        .state(format!(
            "It was begun at {} ({} ago), and {}: its process is likely at work.",
            since.format("%Y-%m-%d %H:%M:%S UTC"),
            Span::between(since, now),
            lease::words(last, now)
        ))
        .state("Nothing was recorded.")
        .hint(format!(
            "wait for its end (`promote status {}`); when its process is gone, {}",
            settings.name,
            ways(config, settings, open)
        )))
}

/// The same, where it was begun in this very moment.
pub(super) fn idle(config: &Config, settings: &Environment, head: Option<&Head>) -> Result<(), Failure> {
    match head.and_then(|head| head.state().open.as_ref()) {
        None => Ok(()),
        Some(open) => Err(refused(settings, open).hint(format!(
            "wait for its end (`promote status {}`); when its process is gone, {}",
            settings.name,
            ways(config, settings, open)
        ))),
    }
}

fn refused(settings: &Environment, open: &OpenIntent) -> Failure {
    Failure::new(
        ExitStatus::Conflict,
        format!(
            "promotion {} of {} by {} is open in {}",
            open.promotion,
            open.release.commit.short(7),
            open.by,
            settings.name
        ),
    )
}

fn ways(config: &Config, settings: &Environment, open: &OpenIntent) -> String {
    format!(
        "`promote resume {}` finishes it, `{}` {}",
        settings.name,
        Invocation::along("rollback", config, settings),
        lease::going_back(open.action)
    )
}
