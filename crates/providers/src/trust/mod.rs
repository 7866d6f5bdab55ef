//! Whom a person or a pipeline lets credentials be sent to, and whether a project's file keeps to that. What the surroundings
//! allow is read by `surroundings`; the rules for single hosts are the core's.

mod address;
mod google_file;
mod named;
mod surroundings;

use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use std::path::Path;

#[cfg(any(feature = "forge", feature = "identity", feature = "http-step", feature = "notify"))]
pub(crate) use address::is_here;
pub(crate) use address::{host, trusted};
pub use named::Sending;
pub use surroundings::{HOSTS, Trust};

impl Trust {
    /// What the project's file would have sent to hosts that nobody allows, in the order of the file.
    ///
    /// # Errors
    /// When a file of credentials that it names can't be looked into.
    pub fn unknown(&self, config: &Config, base: &Path) -> Result<Vec<Sending>, Failure> {
        let mut found = named::all(self, config, base)?;
        found.retain(|sending| !self.allowed.has(&sending.host));
        found.sort_by_key(|sending| sending.line);
        Ok(found)
    }

    /// Refuses a project that would send credentials to a host that nobody allows. `file` is its name for messages.
    ///
    /// # Errors
    /// `Denied`, with the host, the line and the ways to allow it.
    pub fn check(&self, config: &Config, base: &Path, file: &str) -> Result<(), Failure> {
        match self.unknown(config, base)?.first() {
            Some(sending) => Err(self.refused(sending, file)),
            None => Ok(()),
        }
    }

    /// The refusal.
    pub fn refused(&self, sending: &Sending, file: &str) -> Failure {
        let Sending { host, .. } = sending;
        let failure = Failure::new(ExitStatus::Denied, sending.words(file)).state("Nothing was sent.");
        let before = self.variables.get(HOSTS).map(|list| format!("{list},")).unwrap_or_default();
        let failure = failure.hint(format!(
            "`export {HOSTS}='{before}{host}'` allows it, if you trust that host; in a pipeline, set the variable in the job"
        ));
        match &self.file {
            Some(own) => failure.hint(format!("for good: `trust-hosts = [\"{host}\"]` in {}", own.display())),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests;
