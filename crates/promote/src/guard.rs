//! What keeps a program from promoting as it keeps the command from it: which guards are on, and what each refuses. All are
//! on unless somebody leaves one out by name.

use promote_core::config::Config;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_providers::{Variables, identity};

/// Which guards are on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guards {
    /// The pipeline's server may declare a freeze.
    pub(crate) freeze: bool,
    /// Who acts may have to be proven.
    pub(crate) identity: bool,
    /// Nothing is written while the file asks for what is not done.
    pub(crate) unacted: bool,
}

impl Default for Guards {
    fn default() -> Self {
        Self { freeze: true, identity: true, unacted: true }
    }
}

impl Guards {
    /// The configuration as the guards have it.
    ///
    /// # Errors
    /// `Usage` when no reader would take it.
    pub(crate) fn settle(self, config: &mut Config, variables: &Variables) -> Result<(), Failure> {
        config.check()?;
        if self.freeze {
            config.frozen = variables.frozen().or(config.frozen.take());
        }
        if !self.unacted {
            config.unacted.clear();
        }
        Ok(())
    }

    /// Refuses an actor that nothing vouches for, where the surroundings ask for that.
    ///
    /// # Errors
    /// `Denied`, with the reason.
    pub(crate) fn identified(self, variables: &Variables, actor: &Actor) -> Result<(), Failure> {
        match self.identity {
            true => identity::required(variables, actor),
            false => Ok(()),
        }
    }
}
