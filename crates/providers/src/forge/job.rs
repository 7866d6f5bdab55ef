//! Whether this is a job of a forge: one that it shows on its environment pages by itself, and which forge it is.

use crate::Variables;
use promote_core::config::{Forge, ForgeKind, Mirroring};
use promote_core::ledger::Actor;
use promote_core::mirror::Job;

/// The variable by which a job of GitHub says that its `environment:` makes no deployment.
const DEPLOYS: &str = "PROMOTE_JOB_DEPLOYS";

/// What the surroundings and the checked token of the job tell.
pub fn job(variables: &Variables, actor: &Actor) -> Job {
    if variables.is_on("GITHUB_ACTIONS") {
        // GitHub tells a job's environment nowhere but in the token that it signs for it.
        let vouched = actor.strength.is_proven();
        // Nor does it tell anywhere that a job has `deployment: false`: whoever wrote that says it once more.
        if variables.get(DEPLOYS) == Some("false") {
            return Job::Github { environment: Some(false) };
        }
        let environment = vouched.then(|| actor.details.contains_key("oidc-environment"));
        return Job::Github { environment };
    }
    if variables.is_on("GITLAB_CI") {
        // `prepare`, `verify`, `access` and `stop` make no deployment.
        let starts = variables.get("CI_ENVIRONMENT_ACTION").is_none_or(|action| action == "start");
        return Job::Gitlab { environment: starts && variables.get("CI_ENVIRONMENT_NAME").is_some() };
    }
    Job::Elsewhere
}

/// The forge whose job this is, by what it tells its jobs.
pub fn of_job(variables: &Variables) -> Option<Forge> {
    let text = |name: &str| variables.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let (kind, repository, api) = if variables.is_on("GITHUB_ACTIONS") {
        (ForgeKind::Github, "GITHUB_REPOSITORY", "GITHUB_API_URL")
    } else if variables.is_on("GITLAB_CI") {
        (ForgeKind::Gitlab, "CI_PROJECT_PATH", "CI_API_V4_URL")
    } else {
        return None;
    };
    Some(Forge { kind, repository: Some(text(repository)?), api: text(api), deployments: Mirroring::Never })
}

#[cfg(test)]
mod tests {
    use super::*;
    use promote_core::ledger::{Proof, Strength};
    use std::collections::BTreeMap;

    #[test]
    fn what_a_job_makes_by_itself_is_told_by_its_surroundings() {
        let actor = |strength: Strength, names: &[&str]| Actor {
            strength,
            details: names
                .iter()
                .map(|name| ((*name).to_owned(), "x".to_owned()))
                .collect::<BTreeMap<_, _>>(),
            ..Actor::claimed("alice", "x")
        };
        let verified = || Strength::verified(&Proof::of_checked_signature());
        let (claimed, shown) =
            (actor(Strength::claimed(), &["oidc-environment"]), actor(verified(), &["oidc-environment"]));
        let bare = actor(verified(), &["oidc-repository"]);
        let github: &[(&str, &str)] = &[("GITHUB_ACTIONS", "true")];
        for (variables, actor, expected) in [
            (&[][..], &claimed, Job::Elsewhere),
            (&[("CI", "true"), ("CI_ENVIRONMENT_NAME", "prod")], &claimed, Job::Elsewhere),
            (github, &claimed, Job::Github { environment: None }),
            (github, &shown, Job::Github { environment: Some(true) }),
            (github, &bare, Job::Github { environment: Some(false) }),
            (
                &[("GITHUB_ACTIONS", "true"), (DEPLOYS, "false")],
                &shown,
                Job::Github { environment: Some(false) },
            ),
            (&[("GITLAB_CI", "true")], &shown, Job::Gitlab { environment: false }),
            (
                &[("GITLAB_CI", "true"), ("CI_ENVIRONMENT_NAME", "prod")],
                &claimed,
                Job::Gitlab { environment: true },
            ),
            (
                &[
                    ("GITLAB_CI", "true"),
                    ("CI_ENVIRONMENT_NAME", "prod"),
                    ("CI_ENVIRONMENT_ACTION", "verify"),
                ],
                &claimed,
                Job::Gitlab { environment: false },
            ),
        ] {
            let found = job(&variables.iter().copied().collect(), actor);
            assert_eq!(found, expected, "{variables:?}");
        }
    }
}
