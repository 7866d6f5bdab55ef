//! What a project can be asked without changing anything.

use crate::{Error, Project, runtime};
use promote_core::commit::CommitId;
use promote_core::names::EnvironmentName;
use promote_core::observe;
use promote_core::report::{self, HistoryReport, StatusReport};

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
}
