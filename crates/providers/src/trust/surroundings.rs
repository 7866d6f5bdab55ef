//! What the surroundings allow: `PROMOTE_TRUST_HOSTS`, the person's own configuration file, and what the pipeline's server
//! says of itself.

use super::address::address;
use crate::{Variables, config_file};
use promote_core::config::ForgeKind;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::trust::{Allowed, Host, Vendor};
use promote_core::trusted_hosts::{Unreadable, added, read};
use std::path::{Path, PathBuf};

/// The variable that lists hosts.
pub const HOSTS: &str = "PROMOTE_TRUST_HOSTS";

/// Whom credentials may be sent to beside their vendors. The default allows nobody.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    pub(super) allowed: Allowed,
    pub(super) variables: Variables,
    /// The person's own file; `None` where there is no home.
    pub(super) file: Option<PathBuf>,
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

    /// The same and those that somebody else allows.
    #[must_use]
    pub fn and(self, others: Allowed) -> Self {
        Self { allowed: self.allowed.and(others), ..self }
    }

    /// The same and one more host.
    #[must_use]
    pub fn and_host(self, host: &Host) -> Self {
        Self { allowed: self.allowed.and_host(host), ..self }
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
    pub(super) fn is_the_jobs(&self, host: &Host, marker: &str, names: &[&str]) -> bool {
        let named = |name: &&str| address(self.variables.get(name)?).map(|(host, _)| host);
        self.variables.is_on(marker) && names.iter().filter_map(named).any(|known| known == *host)
    }

    /// Whether the token for a forge may be sent to the host.
    pub(crate) fn takes_forge(&self, kind: ForgeKind, host: &Host) -> bool {
        let (vendor, marker, names) = match kind {
            ForgeKind::Github => (Vendor::Github, "GITHUB_ACTIONS", ["GITHUB_API_URL"]),
            ForgeKind::Gitlab => (Vendor::Gitlab, "GITLAB_CI", ["CI_API_V4_URL"]),
        };
        vendor.owns(host) || self.is_the_jobs(host, marker, &names) || self.allowed.has(host)
    }
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
