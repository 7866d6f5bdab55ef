//! What GitLab's jobs understand: a file of variables for later jobs, links on the job's page, folded parts of the log,
//! and the project's freeze. <https://docs.gitlab.com/ci/yaml/artifacts_reports/>

mod annotations;
mod dotenv;
mod facts;
pub(crate) mod sections;

pub(crate) use facts::Facts;

use crate::app::env::Env;

/// The file of variables that a job leaves, unless another is named.
const DOTENV: &str = "promote.env";
/// The file of links that a job leaves, unless another is named.
const ANNOTATIONS: &str = "promote-annotations.json";

/// Whether this is a job of GitLab.
pub(crate) fn in_job(env: &Env) -> bool {
    env.variable("GITLAB_CI").is_some_and(|value| value != "false")
}

/// Whether the pipeline's owner asked for everything that can be said.
pub(crate) fn debugging(env: &Env) -> bool {
    let on = |name: &str| env.variable(name).is_some_and(|value| value == "true" || value == "1");
    on("CI_DEBUG_TRACE") || on("RUNNER_DEBUG")
}
