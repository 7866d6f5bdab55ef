//! What is known to go wrong after a move, looked for before it: a pipeline that is not there, that takes nothing from
//! what is about to be written, or whose bucket keeps no versions. Only a release on its way forward is held up by that: going back is urgent.

use crate::config::{Environment, StepAction};
use crate::context::PromotionContext;
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::follow::{plain, unversioned};
use crate::ledger::{Action, PromotionId};
use crate::location::StoreId;
use crate::plan::Plan;
use crate::port::{Bucket, ErrorKind, ProviderError, StepContext, StepTarget, Token};
use crate::steps::context;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Asks of each step that follows whether it can go well.
///
/// # Errors
/// What is wrong with the first that can't.
pub(crate) async fn look(promotion: PromotionContext<'_>) -> Result<(), Failure> {
    let PromotionContext { ports, plan, .. } = promotion;
    if plan.action != Action::Promote || !plan.follows {
        return Ok(());
    }
    let nobody = PromotionId(String::new());
    for moved in promotion.moved() {
        let context = context(promotion, moved, &nobody, None);
        let context = StepContext { targets: planned(plan), ..context };
        let steps = |phase, steps| std::iter::repeat(phase).zip(steps);
        for (phase, step) in steps("deploy", &moved.deploy).chain(steps("verify", &moved.verify)) {
            if let Some(error) = ports.steps.unfit(step, &context).await {
                return Err(fails(moved, error));
            }
            let StepAction::CodePipeline { names, .. } = &step.action else { continue };
            let names = names.iter().filter_map(|name| name.render(&context.values).ok());
            let names = names.map(|name| plain(&name)).collect::<Vec<_>>().join(", ");
            match versions(&ports.stores, &context.targets, &names).await {
                Versions::Kept => {}
                Versions::Lacking(error) => return Err(fails(moved, error)),
                Versions::Untold(bucket) => ports.events.hear(&Event::StepNote {
                    phase: phase.to_owned(),
                    note: format!(
                        "whether `{bucket}` keeps versions may not be asked (`s3:GetBucketVersioning`): without them, {names} can take nothing from it"
                    ),
                }),
            }
        }
    }
    Ok(())
}

fn fails(moved: &Environment, mut error: ProviderError) -> Failure {
    let missing = error.kind == ErrorKind::NotFound;
    let exit = if missing { ExitStatus::Missing } else { ExitStatus::Usage };
    let what = format!("what follows the move to {} would fail", moved.name);
    let mut failure = Failure::new(exit, what).state("Nothing was changed.");
    failure.hints.append(&mut error.hints);
    failure.caused_by(error)
}

/// Whether there are versions for a pipeline to take.
enum Versions {
    /// At least one bucket of the targets keeps them, or none of them is one that a pipeline takes from.
    Kept,
    /// None does.
    Lacking(ProviderError),
    /// This bucket does not tell, and no other keeps them.
    Untold(String),
}

/// Asks the buckets of the targets anew: what the ledger knows of them may be years old.
async fn versions(
    connected: &BTreeMap<StoreId, Arc<dyn Bucket>>,
    targets: &[StepTarget],
    pipelines: &str,
) -> Versions {
    let (mut lacking, mut untold) = (None, None);
    let stores: BTreeSet<&StoreId> = targets.iter().map(|target| &target.location.store).collect();
    for id in stores {
        let StoreId::S3(bucket) = id else { continue };
        let told = match connected.get(id) {
            Some(store) => store.versioning().await.ok().flatten(),
            None => None,
        };
        match told {
            Some(true) => return Versions::Kept,
            Some(false) => {
                let (what, hint) = unversioned(bucket, pipelines);
                lacking = Some(ProviderError::new(ErrorKind::Invalid, id, bucket, what).hint(hint));
            }
            None => untold = Some(bucket.clone()),
        }
    }
    match (untold, lacking) {
        (Some(bucket), _) => Versions::Untold(bucket),
        (None, Some(error)) => Versions::Lacking(error),
        (None, None) => Versions::Kept,
    }
}

/// The targets as they will be, as far as that is known.
fn planned(plan: &Plan) -> Vec<StepTarget> {
    let one = |target: &crate::ledger::TargetMove| StepTarget {
        artifact: target.artifact.clone(),
        location: target.target.clone(),
        version: None,
        token: Token(String::new()),
        digest: Some(target.source.sha256),
        commit: plan.release.commit.clone(),
        committed_at: plan.taken_at,
    };
    plan.targets.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use promote_testing::decorator::{Fault, FaultPlan, Faulty};
    use promote_testing::memory::{MemoryKind, MemoryWorld};

    /// What is found of pipelines behind these buckets: whether each keeps versions, and may be asked.
    fn found(buckets: &[(&str, bool, bool)]) -> String {
        let ports = MemoryWorld::default();
        let (mut connected, mut targets) = (BTreeMap::<_, Arc<dyn Bucket>>::new(), Vec::new());
        for (name, kept, told) in buckets {
            let id = StoreId::S3((*name).to_owned());
            let mut kind = MemoryKind::s3_like();
            kind.truth.versioned = *kept;
            let refused = FaultPlan::new().with(1, Fault::RequestLost(ErrorKind::Denied));
            let faults = if *told { FaultPlan::new() } else { refused };
            connected.insert(id.clone(), Arc::new(Faulty::around(Arc::new(ports.bucket(id, kind)), faults)));
            targets.push(StepTarget {
                artifact: None,
                location: format!("s3://{name}/prod.zip").parse().unwrap(),
                version: None,
                token: Token(String::new()),
                digest: None,
                commit: "a".repeat(40).parse().unwrap(),
                committed_at: chrono::DateTime::UNIX_EPOCH,
            });
        }
        match futures_executor::block_on(versions(&connected, &targets, "shop-prod")) {
            Versions::Kept => "kept".to_owned(),
            Versions::Untold(bucket) => format!("untold by {bucket}"),
            Versions::Lacking(error) => error.message,
        }
    }

    #[test]
    fn a_pipeline_needs_a_bucket_that_keeps_versions_now() {
        let none = "the bucket `plain` keeps no versions, so shop-prod can take nothing from it";
        assert_eq!(found(&[("acme", true, true)]), "kept");
        assert_eq!(found(&[("plain", false, true)]), none);
        assert_eq!(
            found(&[("acme", true, true), ("plain", false, true)]),
            "kept",
            "it may take from the other"
        );
        assert_eq!(found(&[("plain", false, false)]), "untold by plain");
        assert_eq!(found(&[("acme", true, false), ("plain", false, true)]), "untold by acme");
        assert_eq!(found(&[]), "kept", "no bucket that a pipeline takes from");
    }
}
