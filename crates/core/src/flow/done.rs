//! What may be said of a promotion that was carried out beside what it came to: the way back.

use super::Done;
use crate::invocation::Invocation;
use crate::ledger::Action;
use crate::lookout::Loss;
use crate::observe::adopted;
use crate::observe::undoing::lasting;
use crate::undo;
use crate::world::World;

impl Done {
    /// What puts back the release that was there; `None` when there was none, it is there again, or another one came.
    pub fn undo(&self) -> Option<Invocation> {
        let back = matches!(self.plan.action, Action::Rollback | Action::Undo)
            || self.undone.as_ref().is_some_and(Result::is_ok);
        let from = self.plan.from.as_ref();
        let moved =
            from.is_some_and(|from| from.commit != self.plan.release.commit) || self.head.state().is_first();
        let superseded = self.lost.as_ref().is_some_and(|lost| lost.how == Loss::Superseded);
        (moved && !back && !superseded)
            .then(|| {
                let (environment, include) = (&self.plan.environment, &self.plan.terms.include);
                undo::undo(self.head.state(), environment, include, self.adopted.as_ref())
            })
            .flatten()
    }

    /// The same with what the way back depends on. That it can't be told makes nothing of what was done undone.
    pub(crate) async fn looked_back(mut self, world: &World) -> Self {
        let lane = &self.head.record.lane;
        self.adopted = adopted(&world.view(), lane, Some(self.head.state())).await.unwrap_or_default();
        self.stays = lasting(world.ledger.reader(), lane, Some(&self.head)).await.unwrap_or_default();
        self
    }
}
