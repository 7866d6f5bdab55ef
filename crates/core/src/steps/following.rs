//! Following the pipelines of what is in a lane already: which steps that are, and what they are told. Nothing is moved and
//! no pipeline is started.

use super::targets;
use crate::config::{Config, Environment, Step, StepAction};
use crate::ledger::{Deployed, ReleaseRef};
use crate::port::StepContext;
use crate::template::Values;

/// The steps of an environment that wait for pipelines, never starting anything; none where it has no such step.
pub fn pipelines(settings: &Environment) -> Vec<Step> {
    let all = settings.deploy.iter().chain(&settings.verify);
    all.filter_map(|step| match &step.action {
        StepAction::CodePipeline { names, .. } => Some(Step {
            action: StepAction::CodePipeline { names: names.clone(), start: false },
            ..step.clone()
        }),
        _ => None,
    })
    .collect()
}

/// What these steps are told of `current`, which brought `release`.
pub fn context(
    config: &Config,
    settings: &Environment,
    current: &Deployed,
    release: &ReleaseRef,
) -> StepContext {
    let promotion = current.promotion.as_ref().map(|id| id.0.clone()).unwrap_or_default();
    let variables = [("PROMOTE_ENV", settings.name.to_string()), ("PROMOTE_ID", promotion)];
    StepContext {
        variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        values: Values {
            sha: Some(release.commit.clone()),
            version: release.version.clone(),
            env: Some(settings.name.clone()),
            project: Some(config.project.clone()),
            at: None,
        },
        targets: targets(current),
    }
}
