//! The file that `signers` names: whose signatures count. It is read once, so that the text that a plan is judged by is the
//! one that the ledger remembers; and the key of whoever acts is found.

use crate::opened;
use promote_core::config::{Config, SignersFile};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::escape;
use promote_core::port::Signers;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

/// More than any list of signers has, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Reads the file, where the configuration names one. `base` is the folder of `promote.toml`.
///
/// # Errors
/// `Usage`, when it is not there, no regular file, too large, or no list of signers; each mistake with its line.
pub fn read(config: &mut Config, base: &Path) -> Result<(), Failure> {
    let Some(file) = config.signers.as_mut().filter(|file| file.text.is_none()) else { return Ok(()) };
    let mut text = String::new();
    let read = opened::regular(&base.join(&file.path))
        .and_then(|open| open.take(LARGEST + 1).read_to_string(&mut text));
    let shown = escape(&file.path);
    if let Err(error) = read {
        return Err(Failure::new(ExitStatus::Usage, format!("the file of signers `{shown}` can't be read"))
            .hint("`signers` in `promote.toml` names it, relative to that file")
            .caused_by(error));
    }
    if text.len() as u64 > LARGEST {
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("the file of signers `{shown}` is larger than 1 MiB"),
        ));
    }
    listed(&file.path, &text)?;
    file.text = Some(text);
    Ok(())
}

/// Whose signatures count, where the configuration says so and its file was read.
///
/// # Errors
/// `Usage`, when what stands in the file is no list of signers.
pub fn list(config: &Config) -> Result<Option<Arc<dyn Signers>>, Failure> {
    let Some(SignersFile { path, text: Some(text) }) = &config.signers else { return Ok(None) };
    listed(path, text).map(Some)
}

#[cfg(feature = "ssh")]
fn listed(path: &str, text: &str) -> Result<Arc<dyn Signers>, Failure> {
    let read = promote_ssh::AllowedSigners::read(text, path);
    let list = read.map_err(|wrong| {
        let failure = Failure::new(ExitStatus::Usage, format!("`{}` is no list of signers", escape(path)));
        wrong.to_string().lines().fold(failure, |failure, line| failure.state(line.to_owned()))
    })?;
    Ok(Arc::new(list))
}

#[cfg(not(feature = "ssh"))]
fn listed(_path: &str, _text: &str) -> Result<Arc<dyn Signers>, Failure> {
    Err(Failure::new(ExitStatus::Usage, "this build checks no signatures: its feature `ssh` is off"))
}

/// The key of whoever acts: the one that is `named`, else the one that is at hand and in the list. `notices` is told what a
/// person must do while it signs, such as touching a security key.
///
/// # Errors
/// `Denied` where there is none, with what was looked at and how to name one.
#[cfg(feature = "ssh")]
pub async fn key(
    signers: &Arc<dyn Signers>,
    named: Option<&str>,
    (variables, folder): (&crate::Variables, &Path),
    (namespace, at): (&str, chrono::DateTime<chrono::Utc>),
    notices: impl Fn(&str) + Send + Sync + 'static,
) -> Result<Arc<dyn promote_core::port::Signer>, Failure> {
    let wanted = promote_ssh::Wanted { key: named, namespace, at };
    let surroundings = promote_ssh::Surroundings::new(variables.iter(), folder);
    let found = promote_ssh::KeygenSigner::find(&wanted, &**signers, &surroundings).await;
    let key = found.map_err(|error| {
        let failure = Failure::new(ExitStatus::Denied, error.message).state("Nothing was recorded.");
        error.hints.iter().fold(failure, Failure::hint)
    })?;
    Ok(Arc::new(key.with_notices(notices)))
}

/// See above: this build has no keys.
///
/// # Errors
/// Always.
#[cfg(not(feature = "ssh"))]
pub async fn key(
    _signers: &Arc<dyn Signers>,
    _named: Option<&str>,
    _surroundings: (&crate::Variables, &Path),
    _for_what: (&str, chrono::DateTime<chrono::Utc>),
    _notices: impl Fn(&str) + Send + Sync + 'static,
) -> Result<Arc<dyn promote_core::port::Signer>, Failure> {
    Err(Failure::new(ExitStatus::Usage, "this build signs nothing: its feature `ssh` is off"))
}
