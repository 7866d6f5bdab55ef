//! What a project can be asked without changing anything.

use crate::events::listening;
use crate::{Error, Project, runtime};
use promote_core::commit::CommitId;
use promote_core::names::EnvironmentName;
use promote_core::observe;
use promote_core::remember::remember_all;
use promote_core::report::{self, Depth, HistoryReport, StatusReport, VerifyReport};
use std::sync::Arc;

/// Names of environments.
pub(crate) fn names(names: &[&str]) -> Result<Vec<EnvironmentName>, Error> {
    names.iter().map(|name| crate::promotion::environment(name)).collect()
}

impl Project {
    /// What runs in these environments (in all of them when none is named), since when, and what could move.
    ///
    /// # Errors
    /// When an environment is not there, or the ledger can't be read. Targets that can't be looked at are no error.
    pub async fn status(&self, environments: &[&str]) -> Result<StatusReport, Error> {
        runtime::whole()?;
        let site = self.site();
        let names = names(environments)?;
        let mut found = report::status(&site.ports.view(), &site.config, &names, &site.actor).await?;
        found.file.clone_from(&site.name);
        Ok(found)
    }

    /// The newest `limit` entries of the ledger, newest first, of one environment or of all; those before the entry `before`
    /// of the one environment.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
    /// let project = promote::open(".").build()?;
    /// for entry in project.history(Some("prod"), None, 20).await?.entries {
    ///     println!("{} {:?} {:?} by {}", entry.at, entry.result, entry.sha, entry.by);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the environment is not there, or the ledger can't be read.
    pub async fn history(
        &self,
        environment: Option<&str>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<HistoryReport, Error> {
        runtime::whole()?;
        let names = names(environment.as_slice())?;
        let site = self.site();
        Ok(report::history(&site.ports.view(), &site.config, &names, before, limit).await?)
    }

    /// The full reference of the image that an environment holds, by the ledger, when it holds this release: what the next step
    /// of a pipeline deploys. `None` where it holds none.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn image(&self, environment: &str, release: &CommitId) -> Result<Option<String>, Error> {
        runtime::whole()?;
        let site = self.site();
        Ok(observe::image(&site.ports.view(), &site.config, environment, release).await?)
    }

    /// Whether the targets of these environments (of all when none is named) hold what the ledger put there, and the sources
    /// what was published. What reading bytes finds out is written down beside the release, where that is allowed.
    ///
    /// ```no_run
    /// use promote::report::Depth;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
    /// let project = promote::open(".").build()?;
    /// let depth = Depth { chains: true, bytes: false };
    /// assert!(project.verify(&[], depth).await?.matches);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When an environment is not there, or a store does not answer: then nothing is known, which is not a difference.
    pub async fn verify(&self, environments: &[&str], depth: Depth) -> Result<VerifyReport, Error> {
        runtime::whole()?;
        let site = self.site();
        let names = names(environments)?;
        let view = site.ports.view();
        let look = report::verify_and_learn(&view, &site.config, &names, depth);
        let (found, learned) = listening(Arc::clone(&site.listeners), look).await?;
        remember_all(&site.ports, &learned, &site.actor).await;
        Ok(found)
    }
}
