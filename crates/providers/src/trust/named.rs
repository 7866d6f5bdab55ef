//! The hosts that a project's file names for credentials to be sent to: endpoints of stores, the forge's API, the token
//! servers of registries, and what stands in files of credentials that it names. A registry itself is not among them:
//! its password is kept under its name, by the person.

use super::address::address;
use super::google_file;
use super::surroundings::Trust;
use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::location::StoreId;
use promote_core::ports::stores_of;
use promote_core::trust::{Host, Vendor, is_token_server};
use std::path::Path;

/// Something that would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// To whom.
    pub host: Host,
    /// What, such as `your credentials for AWS`.
    pub what: String,
    /// The key of the file that says so.
    pub key: String,
    /// Its line.
    pub line: Option<u32>,
}

impl Sending {
    /// What is wrong with it, for a person.
    pub fn words(&self, file: &str) -> String {
        let Self { host, what, key, line } = self;
        let line = line.map(|line| format!(" in line {line}")).unwrap_or_default();
        format!("`{file}` would send {what} to `{host}` (`{key}`{line}), and nobody has allowed that host")
    }
}

/// All that is not the vendor's own or that of the server which runs this job.
pub(super) fn all(trust: &Trust, config: &Config, base: &Path) -> Result<Vec<Sending>, Failure> {
    let mut found = Vec::new();
    for store in stores_of(config) {
        match &store {
            StoreId::S3(name) => endpoint(config, name, Vendor::Amazon, &mut found)?,
            StoreId::Gcs(name) => {
                endpoint(config, name, Vendor::Google, &mut found)?;
                credentials(trust, config, name, base, &mut found)?;
            }
            StoreId::Image(name) => sign_in(trust, config, name, &mut found)?,
            StoreId::Local | StoreId::Git(_) | StoreId::Memory(_) | StoreId::Other { .. } => {}
        }
    }
    forge(trust, config, &mut found)?;
    found.dedup();
    Ok(found)
}

fn line(config: &Config, key: &str) -> Option<u32> {
    config.effective.iter().find(|one| one.env.is_none() && one.key == key)?.line
}

fn sending(config: &Config, host: Host, what: String, key: String) -> Sending {
    let line = line(config, &key);
    Sending { host, what, key, line }
}

/// What can't be read as an address is sent nowhere.
fn read(text: &str, key: &str) -> Result<Host, Failure> {
    address(text).map(|(host, _)| host).ok_or_else(|| {
        Failure::new(ExitStatus::Usage, format!("`{key}` has no address: it names no host"))
            .hint("for example `https://host.example:9000`")
    })
}

fn endpoint(config: &Config, name: &str, vendor: Vendor, found: &mut Vec<Sending>) -> Result<(), Failure> {
    let Some(text) = config.stores.get(name).and_then(|store| store.endpoint.as_deref()) else {
        return Ok(());
    };
    let key = format!("store.{name}.endpoint");
    let host = read(text, &key)?;
    if !vendor.owns(&host) {
        found.push(sending(config, host, format!("your credentials for {}", vendor.name()), key));
    }
    Ok(())
}

fn credentials(
    trust: &Trust,
    config: &Config,
    name: &str,
    base: &Path,
    found: &mut Vec<Sending>,
) -> Result<(), Failure> {
    let Some(text) = config.stores.get(name).and_then(|store| store.credentials.as_deref()) else {
        return Ok(());
    };
    let path = match text.strip_prefix('$') {
        None => base.join(text),
        // What is not set is told by whoever needs it.
        Some(variable) => match trust.variables.get(variable.trim_matches(['{', '}'])) {
            Some(path) => Path::new(path).to_owned(),
            None => return Ok(()),
        },
    };
    for host in google_file::hosts(&path)? {
        let runner = || trust.is_the_jobs(&host, "GITHUB_ACTIONS", &["ACTIONS_ID_TOKEN_REQUEST_URL"]);
        if !Vendor::Google.owns(&host) && !google_file::is_machine(&host) && !runner() {
            let what = format!("what `{}` has for Google Cloud", path.display());
            found.push(sending(config, host, what, format!("store.{name}.credentials")));
        }
    }
    Ok(())
}

fn sign_in(trust: &Trust, config: &Config, name: &str, found: &mut Vec<Sending>) -> Result<(), Failure> {
    let text = config.stores.get(name).and_then(|store| store.sign_in.as_deref());
    let Some(text) = text.filter(|text| text.contains("://")) else { return Ok(()) };
    let registry = name.split('/').next().unwrap_or_default();
    let key = format!("store.{name}.sign-in");
    let host = read(text, &key)?;
    let own = is_token_server(registry, &host)
        || (trust.variables.get("CI_REGISTRY") == Some(registry)
            && trust.is_the_jobs(&host, "GITLAB_CI", &["CI_SERVER_URL"]));
    if !own {
        found.push(sending(config, host, format!("your password for `{registry}`"), key));
    }
    Ok(())
}

fn forge(trust: &Trust, config: &Config, found: &mut Vec<Sending>) -> Result<(), Failure> {
    let Some(forge) = &config.forge else { return Ok(()) };
    let Some(text) = forge.api.as_deref() else { return Ok(()) };
    let text = match text.strip_prefix('$') {
        None => text,
        Some(name) => match trust.variables.get(name) {
            Some(text) => text,
            None => return Ok(()),
        },
    };
    let key = "forge.api".to_owned();
    let host = read(text, &key)?;
    if !trust.takes_forge(forge.kind, &host) {
        found.push(sending(config, host, format!("your token for {}", forge.kind.name()), key));
    }
    Ok(())
}
