//! Whether a promotion is to be shown on the forge: not where the job that makes it is shown there by itself.

use crate::config::{Forge, ForgeKind, Mirroring};

/// What kind of job this is, as far as a forge would show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// None of a forge: a person's machine, or another pipeline.
    Elsewhere,
    /// A job of GitHub. Whether it has `environment:` is known only where the token says that GitHub signs for it.
    Github {
        /// Whether it has `environment:`.
        environment: Option<bool>,
    },
    /// A job of GitLab.
    Gitlab {
        /// Whether it has `environment:` with an action that makes a deployment.
        environment: bool,
    },
}

/// Whether promotions are to be shown.
pub const fn wanted(forge: &Forge, job: Job) -> bool {
    match (forge.deployments, forge.kind, job) {
        (Mirroring::Never, ..) => false,
        (Mirroring::Always, ..) => true,
        // Where that is not known, showing nothing is better than showing everything twice.
        (Mirroring::Auto, ForgeKind::Github, Job::Github { environment }) => {
            matches!(environment, Some(false))
        }
        (Mirroring::Auto, ForgeKind::Gitlab, Job::Gitlab { environment }) => !environment,
        (Mirroring::Auto, ..) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_is_shown_by_itself_is_not_shown_twice() {
        use {ForgeKind::*, Mirroring::*};
        let github = |environment| Job::Github { environment };
        let gitlab = |environment| Job::Gitlab { environment };
        for (deployments, kind, job, told) in [
            (Auto, Github, Job::Elsewhere, true),
            (Auto, Gitlab, Job::Elsewhere, true),
            (Auto, Github, github(Some(true)), false),
            (Auto, Github, github(None), false),
            (Auto, Github, github(Some(false)), true),
            (Auto, Gitlab, gitlab(true), false),
            (Auto, Gitlab, gitlab(false), true),
            // The other forge shows nothing of it.
            (Auto, Gitlab, github(Some(true)), true),
            (Auto, Github, gitlab(true), true),
            (Always, Github, github(Some(true)), true),
            (Always, Gitlab, gitlab(true), true),
            (Never, Github, Job::Elsewhere, false),
            (Never, Gitlab, gitlab(false), false),
        ] {
            let forge = Forge { kind, repository: None, api: None, deployments };
            assert_eq!(wanted(&forge, job), told, "{deployments:?} {kind:?} {job:?}");
        }
    }
}
