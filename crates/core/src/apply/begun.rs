//! Beginning: the deployment that is overtaken is recorded as such, then the intent is written, and whoever listens is told.

use super::write::Writer;
use super::{intent, overtake};
use crate::config::Config;
use crate::event::{Event, TakenOver};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Action, Head, PromotionId, ReleaseRef};
use crate::plan::Plan;
use crate::snapshot::Snapshot;

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
pub(super) async fn begin(
    writer: &Writer<'_>,
    config: &Config,
    plan: &Plan,
    snapshot: &Snapshot,
) -> Result<Begun, Failure> {
    let before = overtake::overtake(writer, config, plan, snapshot).await?;
    let intent = intent::open(writer, config, plan, before.head.as_ref(), snapshot).await?;
    let Some(promotion) = intent.record.intent.as_ref().map(|intent| intent.promotion.clone()) else {
        return Err(Failure::new(ExitStatus::Failed, "the intent that was written says nothing"));
    };
    let environment = writer.environment;
    let moved = config.moved(environment, &plan.terms.include);
    writer.ports.events.hear(&Event::Intent {
        promotion: promotion.clone(),
        environment: environment.name.clone(),
        action: plan.action,
        seq: intent.record.seq,
        release: plan.release.commit.clone(),
        moves: moved.into_iter().map(|moved| moved.name.clone()).collect(),
        follows: plan.follows,
        over: over(snapshot, &before, plan),
    });
    Ok(Begun { before, intent, promotion })
}

/// The promotion that is taken over or overtaken, for whoever shows promotions elsewhere. What is overtaken by its own
/// release is a deployment of its own.
fn over(snapshot: &Snapshot, before: &overtake::Before, plan: &Plan) -> Option<TakenOver> {
    if let Some(open) = snapshot.state().open {
        return Some(TakenOver { promotions: open.stamps, release: open.release.commit });
    }
    let overtaken = before.overtaken.as_ref()?;
    let another =
        |release: &&ReleaseRef| plan.action == Action::Undo || release.commit != plan.release.commit;
    let release = overtaken.release.as_ref().filter(another)?;
    Some(TakenOver { promotions: vec![overtaken.promotion.clone()], release: release.commit.clone() })
}
