//! What a command that writes begins with. Nothing else hands out who acts for a record, so none can forget to ask whether that
//! has to be proven.

use crate::app::project::Project;
use crate::app::{App, Stop};
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_providers::identity;

/// A project that may be written to, and by whom.
#[derive(Debug)]
pub(crate) struct Writing {
    /// The project.
    pub(crate) project: Project,
    /// Who acts, with what the pipeline's server vouches for.
    pub(crate) actor: Actor,
}

impl App<'_> {
    /// Reads the configuration for a command that writes, whether it writes this time or only shows what it would. A
    /// configuration that asks for what this version does not do is shown and refused.
    ///
    /// # Errors
    /// `Denied`, when a proof of who acts is asked for and there is none.
    pub(crate) async fn to_write(&self) -> Result<Writing, Stop> {
        let project = self.load()?;
        project.to_write(self.env).map_err(|unusable| self.unusable(unusable))?;
        Ok(Writing { project, actor: self.identified().await? })
    }

    /// Who acts, with what the pipeline's server vouches for.
    ///
    /// # Errors
    /// `Denied`, when that is asked for and nothing does.
    pub(crate) async fn identified(&self) -> Result<Actor, Failure> {
        let found = self.connect.identity(self.env).await;
        let actor = identity::evidence(self.claimed(), &found);
        identity::required(&self.env.variables.iter().collect(), &actor)?;
        Ok(actor)
    }
}
