//! Where what was carried out leads: back, or on where a rollback failed. What it depends on in the lane was read by the
//! flow. Whether a release may move that a way leads to is looked up as it is told, by whoever tells it: it may be blocked
//! while steps run, and nobody waits for it who only moves.

use super::done::Done;
use crate::commit::CommitId;
use crate::ledger::{Action, OutcomeResult};
use crate::lookout::Loss;
use crate::observe::{barred, is_barred};
use crate::ports::ReadPorts;
use crate::undo::{self, Way};
use std::collections::{BTreeMap, BTreeSet};

/// Where it leads, as it may be told now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ways {
    /// What goes back from what is there now; `None` when nothing that may come back was there before, the release that was
    /// is there again and runs, or another one came. After a rollback that did not succeed: further back.
    pub back: Option<Way>,
    /// What there is to do where a rollback did not succeed: further back, or on; `None` where none failed.
    pub onward: Option<String>,
}

impl Done {
    /// Where it leads, past what may not move. That this can't be told makes nothing of what was done undone.
    pub async fn ways(&self, view: &ReadPorts) -> Ways {
        let (ledger, unlisted) = (&view.ledger, BTreeMap::new());
        let to = |barred: &_| self.way_past(barred).and_then(|way| way.to);
        let past = barred(ledger, &unlisted, to).await.unwrap_or_default();
        let back = self.way_past(&past);
        let onward = match (self.is_stuck(), &back) {
            (false, _) => None,
            (true, Some(Way { line, to: Some(to) })) => {
                Some(format!("`{line}` goes further back, to {}", to.short(7)))
            }
            (true, _) => {
                let again = match self.there() {
                    Some(there) => !is_barred(ledger, there, &unlisted).await.unwrap_or_default(),
                    None => true,
                };
                Some(undo::onward(self.plan.environment.as_str(), again))
            }
        };
        Ways { back, onward }
    }

    /// The way back that passes these releases by.
    fn way_past(&self, barred: &BTreeSet<CommitId>) -> Option<Way> {
        if let Some(Ok(back)) = &self.undone {
            return back.way_past(barred);
        }
        let back = match self.plan.action {
            Action::Undo => true,
            Action::Rollback => self.result == OutcomeResult::Succeeded,
            _ => false,
        };
        let from = self.plan.from.as_ref();
        let moved = from.is_some_and(|from| from.commit != self.plan.release.commit) || self.first;
        let superseded = self.lost.as_ref().is_some_and(|lost| lost.how == Loss::Superseded);
        (moved && !back && !superseded)
            .then(|| {
                let (environment, include) = (&self.plan.environment, &self.plan.terms.include);
                let (state, adopted) = (self.head.state(), self.adopted.as_ref());
                undo::way(state, environment, include, adopted, self.first, barred)
            })
            .flatten()
    }

    /// Whether what is there now, after a rollback, did not succeed either.
    fn is_stuck(&self) -> bool {
        match &self.undone {
            Some(Ok(back)) => back.is_stuck(),
            _ => {
                self.plan.action == Action::Rollback
                    && self.lost.is_none()
                    && self.result != OutcomeResult::Succeeded
            }
        }
    }

    /// The release that is there now.
    fn there(&self) -> Option<&CommitId> {
        match &self.undone {
            Some(Ok(back)) => back.there(),
            _ => self.head.state().release().map(|release| &release.commit),
        }
    }
}
