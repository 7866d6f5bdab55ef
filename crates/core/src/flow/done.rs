//! What may be said of a promotion that was carried out beside what it came to: the way back.

use super::Done;
use crate::invocation::Invocation;
use crate::ledger::{Action, OutcomeResult};
use crate::lookout::Loss;
use crate::observe::adopted;
use crate::observe::undoing::lasting;
use crate::undo::{self, Way};
use crate::world::World;

impl Done {
    /// What goes back from what is there now; `None` when nothing was there before, the release that was is there again
    /// and runs, or another one came.
    pub fn undo(&self) -> Option<Invocation> {
        self.way_back().map(|way| way.line)
    }

    /// The same with the release that it goes back to. After a rollback that did not end well: further back.
    pub fn way_back(&self) -> Option<Way> {
        if let Some(Ok(back)) = &self.undone {
            return back.way_back();
        }
        let back = match self.plan.action {
            Action::Undo => true,
            Action::Rollback => self.result == OutcomeResult::Succeeded,
            _ => false,
        };
        let from = self.plan.from.as_ref();
        let moved =
            from.is_some_and(|from| from.commit != self.plan.release.commit) || self.head.state().is_first();
        let superseded = self.lost.as_ref().is_some_and(|lost| lost.how == Loss::Superseded);
        (moved && !back && !superseded)
            .then(|| {
                let (environment, include) = (&self.plan.environment, &self.plan.terms.include);
                undo::way(self.head.state(), environment, include, self.adopted.as_ref())
            })
            .flatten()
    }

    /// Whether what is there now, after a rollback, did not end well either.
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

    /// What there is to do where a rollback did not end well: further back, or on; `None` where none failed.
    pub fn onward(&self) -> Option<String> {
        self.is_stuck().then(|| match self.way_back() {
            Some(Way { line, to: Some(to) }) => format!("`{line}` goes further back, to {}", to.short(7)),
            _ => undo::onward(self.plan.environment.as_str()),
        })
    }

    /// The same with what the way back depends on. That it can't be told makes nothing of what was done undone.
    pub(crate) async fn looked_back(mut self, world: &World) -> Self {
        let lane = &self.head.record.lane;
        self.adopted = adopted(&world.view(), lane, Some(self.head.state())).await.unwrap_or_default();
        self.stays = lasting(world.ledger.reader(), lane, Some(&self.head)).await.unwrap_or_default();
        self
    }
}
