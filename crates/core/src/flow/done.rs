//! What a promotion that was carried out came to, as data, and what the way back from it depends on. Where it leads is told
//! by `ways`.

use crate::exit::ExitStatus;
use crate::ledger::{Head, OutcomeResult, PromotionId, ReleaseRef, Restored, StepRecord};
use crate::lookout::Lost;
use crate::observe::adopted;
use crate::observe::undoing::lasting;
use crate::plan::Plan;
use crate::ports::Ports;

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
        }
    }

    /// The same with what the way back depends on. That it can't be told makes nothing of what was done undone.
    pub(crate) async fn looked_back(mut self, ports: &Ports) -> Self {
        let lane = &self.head.record.lane;
        self.adopted = adopted(&ports.view(), lane, Some(self.head.state())).await.unwrap_or_default();
        let stays = lasting(ports.ledger.reader(), lane, Some(&self.head)).await.unwrap_or_default();
        self.first = stays.is_some();
        self.stays = stays.unwrap_or_default();
        self
    }
}
