//! What is still to be told of a lane: the records since the newest one that was told, and what a receiver did not take
//! before. A few requests, however long the ledger is, and none where nobody is told.

use super::notice::Notice;
use super::receivers::receivers;
use super::recorded::{is_silent, recorded};
use crate::config::{Config, Environment};
use crate::ledger::told::{MOST, SCHEMA};
use crate::ledger::{Head, LedgerError, LedgerReader, Seq, Told, Untold};
use crate::names::LaneName;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// A notice that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedNotice {
    /// The record.
    pub seq: Seq,
    /// What is sent.
    pub notice: Notice,
    /// To whom.
    pub receivers: Vec<&'static str>,
}

/// What is to be told of a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Owed {
    /// The newest record of the lane.
    pub head: Head,
    /// What is to be sent, oldest first.
    pub notices: Vec<OwedNotice>,
    /// Whether everything was told up to the head before, so that there is nothing to write down.
    pub settled: bool,
}

impl Owed {
    /// What to write down once those were sent that could be.
    pub fn told(&self, mut missing: Vec<Untold>, at: DateTime<Utc>) -> Told {
        missing.sort();
        let kept = missing.split_off(missing.len().saturating_sub(MOST));
        let record = &self.head.record;
        Told {
            schema: SCHEMA.to_owned(),
            ledger: record.ledger.clone(),
            lane: record.lane.clone(),
            through: record.seq,
            record: self.head.id,
            missing: kept,
            at,
        }
    }
}

/// What is to be told of a lane; `None` of a lane without records. `since` is the first record that this run wrote: where
/// nothing was told of the lane before, nothing before it is told.
///
/// # Errors
/// When the ledger can't be read.
pub async fn owed(
    ledger: &LedgerReader,
    config: &Config,
    lane: &LaneName,
    since: Option<Seq>,
) -> Result<Option<Owed>, LedgerError> {
    let (told, head) = futures_util::future::try_join(ledger.told(lane), ledger.head(lane)).await?;
    let Some(head) = head else { return Ok(None) };
    let newest = head.record.seq;
    let first = since.unwrap_or(newest).min(newest);
    let (through, missing) = told.unwrap_or_else(|| (Seq(first.0.saturating_sub(1)), Vec::new()));
    let mut wanted: BTreeMap<Seq, Vec<String>> = BTreeMap::new();
    for Untold { seq, receiver } in missing {
        wanted.entry(seq).or_default().push(receiver);
    }
    let fresh = newest.0.saturating_sub(through.0);
    let fresh = usize::try_from(fresh).unwrap_or(MOST).min(MOST);
    let mut heads = match fresh {
        0 => Vec::new(),
        1 => vec![head.clone()],
        more => ledger.page(lane, None, more).await?,
    };
    for seq in wanted.keys() {
        heads.extend(ledger.record_at_once(lane, *seq).await?);
    }
    heads.sort_by_key(|head| head.record.seq);
    heads.dedup_by_key(|head| head.record.seq);
    let mut notices = Vec::new();
    for found in heads.iter().filter(|found| !is_silent(&found.record)) {
        let seq = found.record.seq;
        let all = recorded(config, found);
        let Some(environment) = all.first().and_then(|one| environment(config, one)) else { continue };
        let on = &environment.notify.on;
        let Some(notice) = all.into_iter().find(|one| on.iter().any(|name| name == one.event.as_str()))
        else {
            continue;
        };
        let missed = wanted.get(&seq);
        let receivers = receivers(environment)
            .into_iter()
            .filter(|name| seq > through || missed.is_some_and(|all| all.iter().any(|one| one == name)))
            .collect::<Vec<_>>();
        if !receivers.is_empty() {
            notices.push(OwedNotice { seq, notice, receivers });
        }
    }
    // What was looked at and leads to nothing need not be written down: it leads to nothing the next time.
    let settled = notices.is_empty();
    Ok(Some(Owed { head, notices, settled }))
}

fn environment<'c>(config: &'c Config, notice: &Notice) -> Option<&'c Environment> {
    config.environments.values().find(|one| one.name.as_str() == notice.environment)
}
