//! Reading what was heard of whoever is at a lane, and giving those who were there before the time to hear of it.

use super::heard::Heard;
use super::term::HEARD;
use crate::config::Config;
use crate::deploying::Deploying;
use crate::event::Event;
use crate::failure::Failure;
use crate::ledger::{Head, Kind, LedgerError};
use crate::ports::{Ports, ReadPorts};

/// How many records are read at once to find the newest of those who are at a lane.
const PAGE: usize = 8;

/// What was heard of those who are at what is open or being deployed after this record; `None` where nothing is. One
/// request, and more only where others have written into the lane since.
///
/// # Errors
/// When the ledger can't be read.
pub async fn heard(view: &ReadPorts, config: &Config, head: Option<&Head>) -> Result<Option<Heard>, Failure> {
    let Some(head) = head else { return Ok(None) };
    let Some((begun, word)) = head.state().begun().zip(word(view, head).await?) else { return Ok(None) };
    // Nobody runs what was left for later.
    if head.state().open.is_none() && Deploying::of(config, head, &word).is_none_or(|it| it.left) {
        return Ok(Some(Heard { word, sign: None }));
    }
    let found = view.ledger.alive(&head.record.lane, begun).await.map_err(LedgerError::read_failure)?;
    Ok(Some(Heard { word, sign: found.map(|sign| sign.stored_at) }))
}

/// The newest record, up to this one, of those who are at what goes on after it; `None` where nothing does.
///
/// # Errors
/// When the ledger can't be read.
pub async fn word(view: &ReadPorts, head: &Head) -> Result<Option<Head>, Failure> {
    let Some(begun) = head.state().begun() else { return Ok(None) };
    if is_theirs(head) {
        return Ok(Some(head.clone()));
    }
    let mut before = head.record.seq;
    while before > begun {
        let page = view.ledger.page(&head.record.lane, Some(before), PAGE).await;
        let page = page.map_err(LedgerError::read_failure)?;
        let Some(last) = page.last() else { break };
        before = last.record.seq;
        if let Some(found) = page.into_iter().find(is_theirs) {
            return Ok(Some(found));
        }
    }
    // What began it is their own record, so this lane lacks one: then nothing older is taken for their word.
    Ok(Some(head.clone()))
}

/// Whether whoever is at the lane wrote this record.
fn is_theirs(head: &Head) -> bool {
    match head.record.kind {
        Kind::Intent | Kind::Commit | Kind::Outcome | Kind::Abort => true,
        Kind::Mark => head.record.mark.as_ref().is_some_and(|mark| mark.sign.is_some()),
        Kind::Observe | Kind::Freeze | Kind::Unfreeze | Kind::Hold | Kind::Unhold => false,
    }
}

/// Waits until what an earlier process may still run has heard that it was taken over.
pub(crate) async fn until_heard(ports: &Ports, why: &str) {
    let until = ports.clock.now() + HEARD;
    ports.events.hear(&Event::Waiting { until, seconds: HEARD.as_secs(), why: why.to_owned() });
    ports.clock.sleep(HEARD).await;
}
