//! The stays of a release in a lane that ended by being undone. The lane's state does not keep them: it is as it was.

use crate::commit::CommitId;
use crate::failure::Failure;
use crate::ledger::{Head, LedgerError, LedgerReader, PromotionId};
use crate::names::LaneName;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// How many records are asked for at once.
const PAGE: usize = 100;

/// How many pages of a lane are read: what was undone before them is in the history only.
const PAGES: usize = 10;

/// A promotion that was undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undone {
    /// When the release was moved, or began to be.
    pub(super) since: DateTime<Utc>,
    /// When it was undone.
    pub(super) until: DateTime<Utc>,
}

/// What was undone of a release, newest first, and whether the whole lane was read.
///
/// # Errors
/// What the store answered.
pub(super) async fn undone(
    ledger: &LedgerReader,
    lane: &LaneName,
    commit: &CommitId,
) -> Result<(Vec<Undone>, bool), Failure> {
    let (mut found, mut at) = (Undoings::default(), None);
    for _ in 0..PAGES {
        let page = ledger.page(lane, at, PAGE).await.map_err(LedgerError::read_failure)?;
        page.iter().for_each(|head| found.take(head, commit));
        match page.last() {
            Some(last) if page.len() == PAGE => at = Some(last.record.seq),
            _ => return Ok((found.all, true)),
        }
    }
    Ok((found.all, false))
}

/// What the records that were read so far tell, from the newest to the oldest.
#[derive(Default)]
struct Undoings {
    all: Vec<Undone>,
    /// When the undoings ended whose intent was not met yet, by the id of that intent.
    ended: BTreeMap<crate::digest::Digest, DateTime<Utc>>,
    /// What is being undone, with the end: until the promotion is met that began it.
    undoing: Option<(Vec<PromotionId>, DateTime<Utc>)>,
}

impl Undoings {
    fn take(&mut self, head: &Head, commit: &CommitId) {
        let record = &head.record;
        if let Some(abort) = record.abort.as_ref().filter(|abort| abort.restored.is_some()) {
            self.ended.insert(abort.of, head.stored_at);
        }
        let Some(intent) = &record.intent else { return };
        let open = record.state.open.as_ref().map(|open| open.stamps.clone()).unwrap_or_default();
        if let Some(until) = self.ended.remove(&head.id).filter(|_| intent.release.commit == *commit) {
            let there = record.state.current.as_ref().and_then(|there| there.promotion.clone());
            let stamps = there.into_iter().chain(open).filter(|id| *id != intent.promotion);
            self.undoing = Some((stamps.collect(), until));
            return;
        }
        let begun = self.undoing.as_ref().is_some_and(|(stamps, _)| stamps.contains(&intent.promotion));
        if begun && let Some((_, until)) = self.undoing.take() {
            self.all.push(Undone { since: head.stored_at, until });
        }
    }
}
