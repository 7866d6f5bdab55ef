//! Opening a promotion: the create of the intent is the only lock there is.

use super::write::{Writer, named};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::record::RecordError;
use crate::ledger::{AppendError, Head, Intent, Kind, PromotionId};
use crate::plan::Plan;
use crate::snapshot::Snapshot;

pub(super) async fn open(writer: &Writer<'_>, plan: &Plan, snapshot: &Snapshot) -> Result<Head, Failure> {
    let name = &writer.environment.name;
    let world = writer.world;
    let promotion = PromotionId::new(world.clock.now(), world.entropy.nonce());
    let intent = Intent {
        promotion,
        action: plan.action,
        environment: plan.environment.clone(),
        release: plan.release.clone(),
        from: plan.from.as_ref().map(|from| from.commit.clone()),
        supersedes: plan.supersedes,
        targets: plan.targets.clone(),
        follows: plan.follows,
        findings: plan.findings.clone(),
        plan: plan.digest(),
    };
    let record = writer.after(snapshot.head.as_ref(), Kind::Intent, |record| record.intent = Some(intent))?;
    match world.ledger.append(&record).await {
        Ok(head) => Ok(head),
        Err(AppendError::Lost { found, .. }) => Err(Failure::new(
            ExitStatus::Conflict,
            format!("{name} was changed in the meantime {}", named(&found)),
        )
        .state("Nothing was written by this promotion.")
        .hint(format!("`promote plan {name}` shows what would happen now"))),
        Err(AppendError::Refused { source, .. }) => {
            Err(Failure::looking("writing the intent", source)
                .state("Nothing was written by this promotion."))
        }
        Err(error @ AppendError::Unknown { .. }) => Err(Failure::new(
            ExitStatus::Unfinished,
            format!("whether the promotion of {name} was begun is not known"),
        )
        .state("No target was written.")
        .hint(format!("`promote status {name}` shows whether it is open; `promote resume {name}` goes on"))
        .caused_by(error)),
        Err(error @ AppendError::Record(RecordError::TooLarge(_))) => {
            Err(Failure::new(ExitStatus::Usage, "the intent does not fit a record of the ledger")
                .state("Nothing was written by this promotion.")
                .hint("give shorter notes and reasons")
                .caused_by(error))
        }
        Err(error) => Err(Failure::new(ExitStatus::Failed, "the intent can't be written")
            .state("Nothing was written by this promotion.")
            .caused_by(error)),
    }
}
