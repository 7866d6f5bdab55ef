//! What identifies the steps around a move, so that a plan that somebody looked at is carried out with the steps that it
//! showed. How long the whole may be waited for is not among it: that is said with the command.

use crate::config::{Config, Environment};
use crate::digest::Digest;
use crate::names::EnvironmentName;

/// The digest of all that is run for these environments, and of what becomes of a failure; `None` where nothing is run.
/// Another version of promote may have another digest of the same.
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
    let all: Vec<_> = moved
        .into_iter()
        .map(|one| (&one.name, &one.prepare, &one.deploy, &one.verify, one.on_failure, &one.workdir))
        .collect();
    // As it is shown to programmers: everything that a step has counts, also what it may get later.
    Some(Digest::of(format!("{all:?}").as_bytes()))
}
