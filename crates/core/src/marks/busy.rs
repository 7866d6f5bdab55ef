//! Nothing is said of an environment while a promotion is open there: its records follow each other. Who is at it, whether
//! they may still be at work, and what to do then.

use crate::config::{Config, Environment};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::lease;
use crate::ledger::{Head, OpenIntent};
use crate::observe::is_barred;
use crate::ports::ReadPorts;
use crate::span::Span;
use std::collections::BTreeMap;

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
    let ways = ways(view, config, settings, head).await?;
    let Some(last) = heard.map(|heard| heard.last()).filter(|last| lease::is_fresh(*last, now)) else {
        return Err(refused(settings, open).hint(ways));
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
            "wait for its end (`promote status {}`); when its process is gone, {ways}",
            settings.name
        )))
}

/// The same, where it was begun in this very moment.
pub(super) fn idle(settings: &Environment, head: Option<&Head>) -> Result<(), Failure> {
    match head.and_then(|head| head.state().open.as_ref()) {
        None => Ok(()),
        Some(open) => Err(refused(settings, open)
            .hint(format!("wait for its end: `promote status {}` shows how it stands", settings.name))),
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

/// What ends it: neither goes to a release that may not move.
async fn ways(
    view: &ReadPorts,
    config: &Config,
    settings: &Environment,
    head: Option<&Head>,
) -> Result<String, Failure> {
    let Some((state, open)) = head.and_then(|head| Some((head.state(), head.state().open.as_ref()?))) else {
        return Ok(String::new());
    };
    let (name, known) = (&settings.name, BTreeMap::new());
    let on = match is_barred(&view.ledger, &open.release.commit, &known).await? {
        true => None,
        false => Some(format!("`promote resume {name}` finishes it")),
    };
    let there = state.release().map(|release| &release.commit);
    let back = match there {
        Some(there) if is_barred(&view.ledger, there, &known).await? => None,
        _ => {
            let line = Invocation::along("rollback", config, settings);
            Some(format!("`{line}` {}", lease::going_back(open.action)))
        }
    };
    let ways: Vec<String> = on.into_iter().chain(back).collect();
    Ok(match ways.is_empty() {
        true => format!("`promote status {name}` shows how it stands"),
        false => ways.join(", "),
    })
}
