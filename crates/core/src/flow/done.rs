//! What a promotion that was carried out came to, as data, and the way back from it.

use crate::commit::CommitId;
use crate::exit::ExitStatus;
use crate::invocation::Invocation;
use crate::ledger::{Action, Head, OutcomeResult, PromotionId, ReleaseRef, Restored, StepRecord};
use crate::lookout::{Loss, Lost};
use crate::observe::undoing::lasting;
use crate::observe::{adopted, barred, is_barred};
use crate::plan::Plan;
use crate::ports::Ports;
use crate::undo::{self, Way};
use std::collections::{BTreeMap, BTreeSet};

/// A promotion whose move was committed, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The plan that was carried out.
    pub plan: Plan,
    /// The promotion.
    pub promotion: PromotionId,
    /// The lane's newest record afterwards.
    pub head: Head,
    /// How the deployment ended; a move without steps succeeds by being made.
    pub result: OutcomeResult,
    /// The steps that ran.
    pub steps: Vec<StepRecord>,
    /// The rollback that a failure led to, or why there was none.
    pub undone: Option<Result<Box<Done>, String>>,
    /// The exit status.
    pub exit: ExitStatus,
    /// Who came instead while it was deployed, or was done with its steps first.
    pub lost: Option<Lost>,
    /// For what was undone: what became of each target.
    pub restored: Vec<Restored>,
    /// What was adopted here before, where a rollback has nothing verified to go back to.
    pub adopted: Option<ReleaseRef>,
    /// Whether it is the first release of the lane and nothing verified it, so that undoing it leaves no release there.
    pub first: bool,
    /// What undoing it can't take back, one sentence each.
    pub stays: Vec<String>,
    /// The releases that a way back passes by, since they may not move, and what is there, where that may not.
    pub barred: BTreeSet<CommitId>,
}

impl Done {
    /// What a plan came to that is carried out, as far as this record says; nothing that follows is run yet.
    pub(super) fn new(plan: &Plan, promotion: PromotionId, head: Head, steps: Vec<StepRecord>) -> Self {
        Self {
            plan: plan.clone(),
            promotion,
            head,
            result: OutcomeResult::Succeeded,
            steps,
            undone: None,
            exit: ExitStatus::Ok,
            lost: None,
            restored: Vec::new(),
            adopted: None,
            first: false,
            stays: Vec::new(),
            barred: BTreeSet::new(),
        }
    }

    /// What goes back from what is there now; `None` when nothing was there before, the release that was is there again
    /// and runs, or another one came.
    pub fn undo(&self) -> Option<Invocation> {
        self.way_back().map(|way| way.line)
    }

    /// The same with the release that it goes back to. After a rollback that did not succeed: further back.
    pub fn way_back(&self) -> Option<Way> {
        self.way_past(&self.barred)
    }

    /// The same that passes these releases by.
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

    /// What there is to do where a rollback did not succeed: further back, or on; `None` where none failed.
    pub fn onward(&self) -> Option<String> {
        self.is_stuck().then(|| match self.way_back() {
            Some(Way { line, to: Some(to) }) => format!("`{line}` goes further back, to {}", to.short(7)),
            _ => {
                let again = self.there().is_none_or(|there| !self.barred.contains(there));
                undo::onward(self.plan.environment.as_str(), again)
            }
        })
    }

    /// The same with what the way back depends on. That it can't be told makes nothing of what was done undone.
    pub(crate) async fn looked_back(mut self, ports: &Ports) -> Self {
        let lane = &self.head.record.lane;
        self.adopted = adopted(&ports.view(), lane, Some(self.head.state())).await.unwrap_or_default();
        let stays = lasting(ports.ledger.reader(), lane, Some(&self.head)).await.unwrap_or_default();
        self.first = stays.is_some();
        self.stays = stays.unwrap_or_default();
        let (ledger, unlisted) = (ports.ledger.reader(), BTreeMap::new());
        let to = |barred: &_| self.way_past(barred).and_then(|way| way.to);
        let mut past = barred(ledger, &unlisted, to).await.unwrap_or_default();
        if self.is_stuck()
            && let Some(there) = self.there()
            && is_barred(ledger, there, &unlisted).await.unwrap_or_default()
        {
            past.insert(there.clone());
        }
        self.barred = past;
        self
    }
}
