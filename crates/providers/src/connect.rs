//! From a configuration to what it names: opened stores, the ledger, and the [`Ports`] of the core around them.
//! Nothing is sent and no file is read before the first request.

pub use brought::{Brought, Credentials, Opener, Stores};

use crate::Trust;
use crate::config_file::FILE;
use promote_core::config::{Config, LedgerPlace, StoreSettings};
use promote_core::decorator::{Limit, Limited, RetryPolicy, Retrying};
use promote_core::event::Events;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Ledger;
use promote_core::location::StoreId;
use promote_core::port::{Bucket, Clock, Entropy, History, StepRunner};
use promote_core::ports::{People, Ports, stores_of};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use unsupported::unsupported;

/// The variable that names the remote which holds a ledger's branch.
pub const LEDGER_REMOTE: &str = "PROMOTE_LEDGER_REMOTE";

/// All ports but the stores and the ledger.
#[derive(Debug, Clone)]
pub struct Services {
    /// This machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The repository, where one is at hand.
    pub history: Option<Arc<dyn History>>,
    /// Who vouches for people, and the key of whoever acts.
    pub people: People,
    /// Runs steps.
    pub steps: Arc<dyn StepRunner>,
    /// Hears what happens.
    pub events: Arc<dyn Events>,
    /// The remote that holds a ledger's branch, where [`LEDGER_REMOTE`] names one.
    pub ledger_remote: Option<String>,
}

/// Everything that `config` names, as far as `trust` goes. `base` is the folder of `promote.toml`.
///
/// # Errors
/// `Denied` when the file sends credentials to a host that nobody allows, `Usage` when a store is of a kind that this version
/// can't reach, or has a setting that it can't keep to.
pub fn connect(config: &Config, base: &Path, trust: &Trust, services: Services) -> Result<Ports, Failure> {
    connect_with(config, base, trust, &Brought::default(), services)
}

/// The same with what a program brings along.
///
/// # Errors
/// As [`connect`], and `Usage` when what is brought along does not fit the configuration.
pub fn connect_with(
    config: &Config,
    base: &Path,
    trust: &Trust,
    brought: &Brought,
    services: Services,
) -> Result<Ports, Failure> {
    let stores = open(config, base, trust, brought, &services)?;
    ports(config, stores, services)
}

/// Opens the stores that `config` names: the ledger's, and those of all sources and targets. Buckets share one limit
/// of calls; reads are sent again when they got no answer.
///
/// # Errors
/// As [`connect`].
pub fn open(
    config: &Config,
    base: &Path,
    trust: &Trust,
    brought: &Brought,
    services: &Services,
) -> Result<Stores, Failure> {
    trust.check(config, base, FILE)?;
    // Looking at the world sends up to a dozen requests side by side; a smaller limit would make a round of it two.
    let limit = Arc::new(Limit::of(16, Arc::clone(&services.clock), Arc::clone(&services.entropy)));
    let mut stores = Stores::new();
    let registries = images::Registries::trusting(trust);
    for id in stores_of(config) {
        if let Some(bucket) = brought.opened(&id) {
            stores.insert(id, bucket);
            continue;
        }
        let bucket = match &id {
            StoreId::Local => local(base)?,
            StoreId::S3(name) => {
                retrying(s3(&id, name, &settings(config, name)?, brought)?, &limit, services)
            }
            StoreId::Gcs(name) => {
                retrying(gcs(&id, name, &google_settings(config, name, base)?, brought)?, &limit, services)
            }
            StoreId::Image(name) => {
                retrying(registries.repository(&id, name, config, base)?, &limit, services)
            }
            StoreId::Git(branch) => git(base, branch, services.ledger_remote.as_ref())?,
            StoreId::Memory(_) => return Err(unsupported(&id, "stores in memory")),
            StoreId::Other { scheme, name } => retrying(brought.open(&id, scheme, name)?, &limit, services),
        };
        stores.insert(id, bucket);
    }
    brought.all_used(&stores)?;
    Ok(stores)
}

/// A store whose reads are sent again, within the limit that all share.
fn retrying(bucket: Arc<dyn Bucket>, limit: &Arc<Limit>, services: &Services) -> Arc<dyn Bucket> {
    let limited = Arc::new(Limited::around(bucket, Arc::clone(limit)));
    let (clock, entropy) = (Arc::clone(&services.clock), Arc::clone(&services.entropy));
    // Somebody waits for the answer: a store that can't be reached is said to be so within seconds.
    let policy = RetryPolicy { deadline: Duration::from_secs(10), ..RetryPolicy::default() };
    Arc::new(Retrying::around(limited, clock, entropy, policy))
}

/// The ports, with these stores.
///
/// # Errors
/// `Usage` when the ledger's place is of a kind that this version can't keep, `Failed` when its store is not among
/// `stores`.
pub fn ports(config: &Config, stores: Stores, services: Services) -> Result<Ports, Failure> {
    let LedgerPlace { store, prefix } = &config.ledger;
    let bucket = stores.get(store).ok_or_else(|| {
        Failure::new(ExitStatus::Failed, format!("the ledger's store `{store}` was not connected"))
    })?;
    let ledger = Ledger::new(Arc::clone(bucket), prefix.clone(), Arc::clone(&services.clock));
    let Services { clock, entropy, history, people, steps, events, ledger_remote: _ } = services;
    Ok(Ports { stores, ledger, clock, entropy, history, people, steps, events })
}

#[cfg(feature = "local")]
#[allow(clippy::unnecessary_wraps)] // Without the feature it fails.
fn local(base: &Path) -> Result<Arc<dyn Bucket>, Failure> {
    Ok(Arc::new(promote_local::LocalBucket::open(base)))
}

#[cfg(not(feature = "local"))]
fn local(_base: &Path) -> Result<Arc<dyn Bucket>, Failure> {
    Err(unsupported(&StoreId::Local, "folders"))
}

#[cfg(feature = "s3")]
fn s3(
    id: &StoreId,
    name: &str,
    settings: &StoreSettings,
    brought: &Brought,
) -> Result<Arc<dyn Bucket>, Failure> {
    use promote_s3::{S3Bucket, SignIn};
    let given = brought.of(id, name, |given| match given {
        Credentials::Aws(provider) => Some(SignIn::Provider(provider.clone())),
        #[allow(unreachable_patterns)] // Without other vendors there is no other.
        _ => None,
    })?;
    Ok(match given {
        Some(sign_in) => Arc::new(S3Bucket::sign_in(name, settings, sign_in)),
        None => Arc::new(S3Bucket::connect(name, settings)),
    })
}

#[cfg(not(feature = "s3"))]
fn s3(
    id: &StoreId,
    _name: &str,
    _settings: &StoreSettings,
    _brought: &Brought,
) -> Result<Arc<dyn Bucket>, Failure> {
    Err(unsupported(id, "S3"))
}

#[cfg(feature = "gcs")]
fn gcs(
    id: &StoreId,
    name: &str,
    settings: &StoreSettings,
    brought: &Brought,
) -> Result<Arc<dyn Bucket>, Failure> {
    use promote_gcs::GcsBucket;
    let given = brought.of(id, name, |given| match given {
        Credentials::Google(sign_in) => Some(sign_in.clone()),
        #[allow(unreachable_patterns)] // Without other vendors there is no other.
        _ => None,
    })?;
    Ok(match given {
        Some(sign_in) => Arc::new(GcsBucket::sign_in(name, settings, sign_in)),
        None => Arc::new(GcsBucket::connect(name, settings)),
    })
}

#[cfg(not(feature = "gcs"))]
fn gcs(
    id: &StoreId,
    _name: &str,
    _settings: &StoreSettings,
    _brought: &Brought,
) -> Result<Arc<dyn Bucket>, Failure> {
    Err(unsupported(id, "Google Cloud Storage"))
}

#[cfg(feature = "git")]
#[allow(clippy::unnecessary_wraps)] // Without the feature it fails.
fn git(base: &Path, branch: &str, remote: Option<&String>) -> Result<Arc<dyn Bucket>, Failure> {
    Ok(Arc::new(promote_git::GitBucket::open(base, branch, remote.cloned())))
}

#[cfg(not(feature = "git"))]
fn git(_base: &Path, branch: &str, _remote: Option<&String>) -> Result<Arc<dyn Bucket>, Failure> {
    Err(unsupported(&StoreId::Git(branch.to_owned()), "ledgers on a branch"))
}

/// How to reach one bucket. A setting that would not be kept to is refused: without it, somebody else's rights would
/// be used.
fn settings(config: &Config, bucket: &str) -> Result<StoreSettings, Failure> {
    let settings = config.stores.get(bucket).cloned().unwrap_or_default();
    if settings.credentials.is_none() {
        return Ok(settings);
    }
    Err(Failure::new(
        ExitStatus::Usage,
        format!(
            "`credentials` of `{bucket}`: this version of promote can't read files of credentials for S3"
        ),
    )
    .hint("name a profile of your AWS settings: `profile = \"NAME\"`"))
}

/// The same for Google. A path of a file of credentials is relative to `promote.toml`.
fn google_settings(config: &Config, bucket: &str, base: &Path) -> Result<StoreSettings, Failure> {
    let mut settings = config.stores.get(bucket).cloned().unwrap_or_default();
    if settings.profile.is_some() {
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("`profile` of `{bucket}`: Google Cloud Storage knows no profiles"),
        )
        .hint("name a file: `credentials = \"$NAME\"` of a variable that holds its path"));
    }
    if let Some(path) = settings.credentials.as_deref().filter(|text| !text.starts_with('$')) {
        let file = base.join(path);
        let name = file.to_str().ok_or_else(|| {
            let message = format!("`credentials` of `{bucket}`: the path `{}` is not UTF-8", file.display());
            Failure::new(ExitStatus::Usage, message)
                .hint("name a file elsewhere: `credentials = \"$NAME\"` of a variable that holds its path")
        })?;
        settings.credentials = Some(name.to_owned());
    }
    Ok(settings)
}

mod brought;
mod images;
mod unsupported;

#[cfg(test)]
mod tests;
