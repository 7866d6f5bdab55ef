//! Beginning: the deployment that is overtaken is recorded as such, then the intent is written, and whoever listens is told.

use super::{intent, overtake};
use crate::context::PromotionContext;
use crate::event::{Event, TakenOver};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Action, Head, PromotionId, ReleaseRef};

/// A promotion whose intent is written.
pub(super) struct Begun {
    /// What it followed, and what it overtook.
    pub(super) before: overtake::Before,
    /// Its intent.
    pub(super) intent: Head,
    /// Its id.
    pub(super) promotion: PromotionId,
}

/// Begins what was planned.
pub(super) async fn begin(context: PromotionContext<'_>) -> Result<Begun, Failure> {
    let plan = context.plan;
    let before = overtake::overtake(context).await?;
    let intent = intent::open(context, before.head.as_ref()).await?;
    let Some(promotion) = intent.record.intent.as_ref().map(|intent| intent.promotion.clone()) else {
        return Err(Failure::new(ExitStatus::Failed, "the intent that was written says nothing"));
    };
    context.ports.events.hear(&Event::Intent {
        promotion: promotion.clone(),
        environment: context.environment.name.clone(),
        action: plan.action,
        seq: intent.record.seq,
        release: plan.release.commit.clone(),
        moves: context.moved().into_iter().map(|moved| moved.name.clone()).collect(),
        follows: plan.follows,
        over: over(context, &before),
    });
    Ok(Begun { before, intent, promotion })
}

/// The promotion that is taken over or overtaken, for whoever shows promotions elsewhere. What is overtaken by its own
/// release is a deployment of its own.
fn over(context: PromotionContext<'_>, before: &overtake::Before) -> Option<TakenOver> {
    let PromotionContext { plan, snapshot, .. } = context;
    if let Some(open) = snapshot.state().open {
        return Some(TakenOver { promotions: open.stamps, release: open.release.commit });
    }
    let overtaken = before.overtaken.as_ref()?;
    let another =
        |release: &&ReleaseRef| plan.action == Action::Undo || release.commit != plan.release.commit;
    let release = overtaken.release.as_ref().filter(another)?;
    Some(TakenOver { promotions: vec![overtaken.promotion.clone()], release: release.commit.clone() })
}
