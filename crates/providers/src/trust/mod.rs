//! Whom a person or a pipeline lets credentials be sent to: `PROMOTE_TRUST_HOSTS`, the person's own configuration file, and
//! what the pipeline's server says of itself. What is asked here is whether a project's file keeps to that; the rules for
//! single hosts are the core's.

mod google_file;
mod named;

use crate::{Variables, config_file};
use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::trust::{Allowed, Host, Unreadable, added, read};
use reqwest::Url;
use std::path::{Path, PathBuf};

pub use named::Sending;

/// The variable that lists hosts.
pub const HOSTS: &str = "PROMOTE_TRUST_HOSTS";

/// Whom credentials may be sent to beside their vendors. The default allows nobody.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    allowed: Allowed,
    variables: Variables,
    /// The person's own file; `None` where there is no home.
    file: Option<PathBuf>,
}

impl Trust {
    /// What the surroundings allow.
    ///
    /// # Errors
    /// `Usage` when the variable or the file has what is no host.
    pub fn of(variables: &Variables) -> Result<Self, Failure> {
        let listed = variables.get(HOSTS).unwrap_or_default();
        let mut allowed = Allowed::listed(listed).map_err(|(entry, why)| {
            Failure::new(ExitStatus::Usage, format!("`{HOSTS}` has `{entry}`: {why}"))
                .hint("hosts with commas between them: `minio.acme.example:9000,*.corp.example`")
        })?;
        let file = own_file(variables);
        if let Some(text) = file.as_deref().map(text).transpose()?.flatten() {
            allowed = allowed.and(read(&text).map_err(|wrong| unreadable(file.as_deref(), &wrong))?);
        }
        Ok(Self { allowed, variables: variables.clone(), file })
    }

    /// The hosts that are allowed for all credentials.
    pub fn allowed(&self) -> Allowed {
        self.allowed.clone()
    }

    /// The same and one more host.
    #[must_use]
    pub fn and_host(self, host: &Host) -> Self {
        Self { allowed: self.allowed.and_host(host), ..self }
    }

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

    /// The person's own file, and its text with one more host. `None` where there is no home.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn remembering(&self, host: &Host) -> Result<Option<(PathBuf, String)>, Failure> {
        let Some(file) = &self.file else { return Ok(None) };
        let before = text(file)?.unwrap_or_default();
        let after = added(&before, host).map_err(|wrong| unreadable(Some(file), &wrong))?;
        Ok(Some((file.clone(), after)))
    }

    /// Whether the server that runs this job names the host in one of these variables. Only in a job of its own.
    fn is_the_jobs(&self, host: &Host, marker: &str, names: &[&str]) -> bool {
        let named = |name: &&str| address(self.variables.get(name)?).map(|(host, _)| host);
        self.variables.is_on(marker) && names.iter().filter_map(named).any(|known| known == *host)
    }
}

/// The host of an address, and the whole of it.
fn address(text: &str) -> Option<(Host, Url)> {
    let url = Url::parse(text).ok()?;
    let host = host(&url)?;
    Some((host, url))
}

/// The host that an address leads to.
pub(crate) fn host(url: &Url) -> Option<Host> {
    Some(Host::new(url.host_str()?, url.port_or_known_default()?))
}

/// `promote/config.toml` where the person's configuration lies: <https://specifications.freedesktop.org/basedir-spec/>.
fn own_file(variables: &Variables) -> Option<PathBuf> {
    let folder = |name: &str| variables.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(folder.join("promote").join("config.toml"))
}

/// The text of the person's file, where there is one.
fn text(file: &Path) -> Result<Option<String>, Failure> {
    match std::fs::metadata(file) {
        Err(error) if error.kind() != std::io::ErrorKind::PermissionDenied => Ok(None),
        _ => config_file::regular(file).map(Some),
    }
}

fn unreadable(file: Option<&Path>, wrong: &Unreadable) -> Failure {
    let (line, column) = wrong.place;
    let file = file.unwrap_or(Path::new("")).display();
    Failure::new(ExitStatus::Usage, format!("`{file}`, line {line}, column {column}: {}", wrong.message))
        .hint("all that it may say: `trust-hosts = [\"minio.acme.example:9000\", \"*.corp.example\"]`")
}

#[cfg(test)]
mod tests;
