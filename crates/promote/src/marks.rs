//! What is said about an environment or a release without moving anything.

use crate::{Error, Project, promotion, runtime};
use chrono::{DateTime, Utc};
use promote_core::commit::CommitId;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::marks::{self, EnvironmentMark, ProjectMark};
use promote_core::ports::ReadPorts;
use promote_core::request::{Request, Wanted};
use promote_core::retention;

/// What is said. Environments and releases are named as in [`Promotion`](crate::Promotion).
///
/// ```no_run
/// use promote::Mark;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
/// let project = promote::open(".").build()?;
/// project.mark(Mark::Freeze { environment: "prod", until: None }, Some("the year's end")).await?;
/// project.mark(Mark::Block { release: "4c1d9e2" }, Some("leaks connections")).await?;
/// assert!(!project.mark(Mark::Unhold { environment: "prod" }, None).await?, "it was not held");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mark<'a> {
    /// The environment takes nothing until then, or until it is lifted. Needs a reason.
    Freeze {
        /// The environment.
        environment: &'a str,
        /// Its end.
        until: Option<DateTime<Utc>>,
    },
    /// The freeze is lifted.
    Unfreeze {
        /// The environment.
        environment: &'a str,
    },
    /// Every environment takes nothing until then, or until it is lifted. Needs a reason.
    FreezeAll {
        /// Its end.
        until: Option<DateTime<Utc>>,
        /// The page that says more of it.
        link: Option<&'a str>,
    },
    /// The freeze of everything is lifted.
    UnfreezeAll,
    /// Automation leaves the environment alone. Needs a reason.
    Hold {
        /// The environment.
        environment: &'a str,
    },
    /// The hold is lifted.
    Unhold {
        /// The environment.
        environment: &'a str,
    },
    /// The release goes nowhere any more. Needs a reason.
    Block {
        /// A commit or the beginning of one, or a tag.
        release: &'a str,
    },
    /// The block is lifted.
    Unblock {
        /// A commit or the beginning of one, or a tag.
        release: &'a str,
    },
    /// The release is kept, whatever retention says. Needs a reason.
    Pin {
        /// A commit or the beginning of one, or a tag.
        release: &'a str,
    },
    /// The release is left to retention again.
    Unpin {
        /// A commit or the beginning of one, or a tag.
        release: &'a str,
    },
}

impl Project {
    /// Says something about an environment or a release, with the reason that is recorded. Gives whether that is new: `false`
    /// when it was so already.
    ///
    /// # Errors
    /// `Usage` when a reason is needed and says nothing; `Denied` when who acts has to be proven and is not; `Conflict` when a
    /// promotion is open; and when the ledger does not take it.
    pub async fn mark(&self, mark: Mark<'_>, reason: Option<&str>) -> Result<bool, Error> {
        runtime::whole()?;
        let (ports, config) = (&self.site().ports, &self.site().config);
        config.to_write()?;
        let actor = self.identified().await?;
        let said = |environment: &str, mark| (environment.to_owned(), mark);
        let (environment, mark) = match mark {
            Mark::Freeze { environment, until } => said(environment, EnvironmentMark::Freeze(until)),
            Mark::Unfreeze { environment } => said(environment, EnvironmentMark::Unfreeze),
            Mark::FreezeAll { until, link } => {
                let mark = ProjectMark::Freeze { until, link: link.map(str::to_owned) };
                return Ok(marks::say_of_all(ports, config, &actor, &mark, reason).await?.is_some());
            }
            Mark::UnfreezeAll => {
                let said = marks::say_of_all(ports, config, &actor, &ProjectMark::Unfreeze, reason).await?;
                return Ok(said.is_some());
            }
            Mark::Hold { environment } => said(environment, EnvironmentMark::Hold),
            Mark::Unhold { environment } => said(environment, EnvironmentMark::Unhold),
            Mark::Block { release } => return Ok(self.block(release, true, reason, actor).await?),
            Mark::Unblock { release } => return Ok(self.block(release, false, reason, actor).await?),
            Mark::Pin { release } => {
                let commit = published(&ports.view(), release).await?;
                let pinned = retention::pin(ports, config, &commit, reason, &actor).await?;
                return Ok(pinned.changed || pinned.lifted);
            }
            Mark::Unpin { release } => {
                let commit = published(&ports.view(), release).await?;
                return Ok(retention::unpin(ports, config, &commit, reason, &actor).await?);
            }
        };
        let environment = promotion::environment(&environment)?;
        let request = Request {
            reason: reason.map(str::to_owned),
            ..Request::promote(environment, Wanted::Unnamed, actor)
        };
        Ok(marks::say(ports, config, &request, &mark).await?.is_some())
    }

    async fn block(
        &self,
        release: &str,
        block: bool,
        reason: Option<&str>,
        actor: Actor,
    ) -> Result<bool, Failure> {
        let (ports, config) = (&self.site().ports, &self.site().config);
        let commit = published(&ports.view(), release).await?;
        // Whose environment it is about does not matter: a block is about the release.
        let Some(environment) = config.environments.keys().next().cloned() else { return Ok(false) };
        let request = Request {
            reason: reason.map(str::to_owned),
            ..Request::promote(environment, Wanted::Unnamed, actor)
        };
        marks::block(ports, config, &commit, block, &request).await
    }
}

/// The published release that is meant by a commit or a tag.
async fn published(view: &ReadPorts, release: &str) -> Result<CommitId, Failure> {
    let wanted: Wanted = release.parse().map_err(|error: promote_core::request::WantedError| {
        Failure::new(ExitStatus::Usage, error.to_string())
    })?;
    promote_core::observe::published(view, &wanted).await
}
