//! What identifies the steps around a move, so that a plan that somebody looked at is carried out with the steps that it
//! showed. How long the whole may be waited for is not among it: that is said with the command.

use crate::config::{Config, Environment, OnFailure, Step};
use crate::digest::Digest;
use crate::names::EnvironmentName;

/// The digest of all that is run for these environments, and of what becomes of a failure; `None` where nothing is run.
pub(super) fn steps(
    config: &Config,
    environment: &Environment,
    include: &[EnvironmentName],
) -> Option<Digest> {
    let moved = config.moved(environment, include);
    let runs =
        |one: &&Environment| !(one.prepare.is_empty() && one.deploy.is_empty() && one.verify.is_empty());
    if !moved.iter().any(runs) {
        return None;
    }
    let told: Vec<Told<'_>> = moved.iter().map(|one| Told::of(one)).collect();
    // Everything that a step has counts, also what it may get later, and nobody compares digests of two versions.
    Some(Digest::of(format!("{told:?}").as_bytes()))
}

/// What an environment runs.
#[derive(Debug)]
#[allow(dead_code, reason = "what is shown is what counts")]
struct Told<'c> {
    name: &'c EnvironmentName,
    prepare: &'c [Step],
    deploy: &'c [Step],
    verify: &'c [Step],
    on_failure: OnFailure,
    workdir: Option<&'c crate::template::Template>,
}

impl<'c> Told<'c> {
    fn of(environment: &'c Environment) -> Self {
        Self {
            name: &environment.name,
            prepare: &environment.prepare,
            deploy: &environment.deploy,
            verify: &environment.verify,
            on_failure: environment.on_failure,
            workdir: environment.workdir.as_ref(),
        }
    }
}
