//! The ledger as people read it: one entry for each promotion, whatever number of records it has, newest first.

mod entry;
mod group;
mod standstill;

pub use entry::{Entry, EntryResult};
pub(super) use group::entries;
pub use standstill::AllFrozenEntry;

use super::Document;
use crate::config::Config;
use crate::failure::Failure;
use crate::ledger::{Head, LedgerError, PromotionId, Seq};
use crate::names::{EnvironmentName, LaneName};
use crate::observe::{begun, environment};
use crate::ports::ReadPorts;
use chrono::{DateTime, Utc};
use futures_util::future::{try_join_all, try_join3};
use serde::Serialize;

/// `promote history`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryReport {
    /// What this is.
    pub schema: &'static str,
    /// The project.
    pub project: String,
    /// What was said about all environments at once, newest first.
    pub freezes: Vec<AllFrozenEntry>,
    /// The entries, newest first.
    pub entries: Vec<Entry>,
    /// Whether there are older ones.
    pub more: bool,
}

impl Document for HistoryReport {
    const SCHEMA: &'static str = "promote/history@1";
    const FIELDS: &'static [&'static str] = &["schema", "project", "freezes", "entries", "more"];
}

/// The newest `limit` entries of these environments (of all when none is named), older than the record `before`.
///
/// # Errors
/// When an environment is not there, or the ledger can't be read.
pub async fn history(
    view: &ReadPorts,
    config: &Config,
    names: &[EnvironmentName],
    before: Option<u64>,
    limit: usize,
) -> Result<HistoryReport, Failure> {
    let mut lanes: Vec<&LaneName> = Vec::new();
    for name in names {
        lanes.push(&environment(config, name)?.lane);
    }
    if names.is_empty() {
        lanes.extend(config.lanes.iter().map(|lane| &lane.name));
    }
    lanes.sort();
    lanes.dedup();
    let reads = try_join_all(lanes.into_iter().map(|lane| lane_entries(view, lane, before, limit)));
    let freezes = async {
        // Beside older pages of one environment they would be told again and again.
        match before {
            None => view.ledger.standstills(None, limit).await.map_err(LedgerError::read_failure),
            Some(_) => Ok(Vec::new()),
        }
    };
    let (_, reads, freezes) = try_join3(begun(&view.ledger, config), reads, freezes).await?;
    let freezes = freezes.iter().map(AllFrozenEntry::of).collect();
    let mut lanes = Vec::new();
    let mut more = false;
    for (found, older) in reads {
        lanes.push(found);
        more |= older;
    }
    let mut entries = newest_first(lanes);
    more |= entries.len() > limit;
    entries.truncate(limit);
    let project = config.project.to_string();
    Ok(HistoryReport { schema: HistoryReport::SCHEMA, project, freezes, entries, more })
}

/// All entries, the newest first. Those of one lane stand by their numbers, whatever the clocks of their writers said;
/// those of several by the time, and by the number within the same one.
fn newest_first(lanes: Vec<Vec<Entry>>) -> Vec<Entry> {
    let mut all = Vec::new();
    for mut lane in lanes {
        lane.sort_by_key(|one| one.entry);
        let mut latest = None;
        for one in lane {
            let at = latest.map_or(one.at, |before: DateTime<Utc>| before.max(one.at));
            latest = Some(at);
            all.push((at, one));
        }
    }
    all.sort_by(|(one_at, one), (two_at, two)| two_at.cmp(one_at).then(two.entry.cmp(&one.entry)));
    all.into_iter().map(|(_, one)| one).collect()
}

async fn lane_entries(
    view: &ReadPorts,
    lane: &LaneName,
    before: Option<u64>,
    limit: usize,
) -> Result<(Vec<Entry>, bool), Failure> {
    let page = (limit.saturating_mul(3) + 4).clamp(16, 200);
    let mut heads: Vec<Head> = Vec::new();
    let mut at = before.map(Seq);
    loop {
        let found = view.ledger.page(lane, at, page).await.map_err(LedgerError::read_failure)?;
        let last = found.last().map(|head| head.record.seq);
        let end = found.len() < page || last == Some(Seq(1));
        heads.extend(found);
        let entries = entries(&heads);
        if end || entries.len() > limit {
            return Ok((entries.into_iter().take(limit + 1).collect(), !end));
        }
        at = last;
    }
}

/// Finds the records of a promotion, oldest first, in all lanes: from the newest back to the time in its id.
///
/// # Errors
/// When the ledger can't be read.
pub(super) async fn records_of(
    view: &ReadPorts,
    config: &Config,
    id: &PromotionId,
) -> Result<Vec<Head>, Failure> {
    for lane in &config.lanes {
        let mut at = None;
        let mut kept: Vec<Head> = Vec::new();
        loop {
            let found = view.ledger.page(&lane.name, at, 100).await.map_err(LedgerError::read_failure)?;
            let end = found.len() < 100;
            at = found.last().map(|head| head.record.seq);
            kept.extend(found);
            let own =
                |head: &&Head| head.record.intent.as_ref().is_some_and(|intent| intent.promotion == *id);
            if let Some(first) = kept.iter().find(own) {
                let intent = first.id;
                let commit = kept
                    .iter()
                    .find(|head| head.record.commit.as_ref().is_some_and(|commit| commit.of == intent));
                let commit = commit.map(|head| head.id);
                let belongs = |head: &&Head| {
                    let record = &head.record;
                    head.id == intent
                        || Some(head.id) == commit
                        || record.abort.as_ref().is_some_and(|abort| abort.of == intent)
                        || record.outcome.as_ref().is_some_and(|outcome| Some(outcome.of) == commit)
                        || record.mark.as_ref().is_some_and(|mark| mark.of == *id && mark.sign.is_none())
                };
                return Ok(kept.iter().rev().filter(belongs).cloned().collect());
            }
            if end {
                break;
            }
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(environment: &str, entry: u64, at: &str) -> Entry {
        Entry {
            environment: environment.to_owned(),
            entry,
            at: at.parse().unwrap(),
            result: EntryResult::Promoted,
            promotion: None,
            action: None,
            sha: None,
            from: None,
            by: String::new(),
            overrides: Vec::new(),
            took_s: None,
            why: None,
            version: None,
            allowed: Vec::new(),
        }
    }

    #[test]
    fn entries_of_the_same_second_stand_by_their_numbers() {
        let second = "2026-11-30T14:05:00Z";
        let uat = vec![entry("uat", 7, second), entry("uat", 4, second), entry("uat", 1, second)];
        // The second entry was written by a machine whose clock was behind.
        let prod = vec![
            entry("prod", 6, second),
            entry("prod", 3, "2026-11-30T14:04:58Z"),
            entry("prod", 2, second),
        ];
        let shown: Vec<u64> = newest_first(vec![uat, prod]).iter().map(|one| one.entry).collect();
        assert_eq!(shown, [7, 6, 4, 3, 2, 1]);
    }
}
