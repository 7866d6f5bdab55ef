//! Finding and reading `promote.toml`. What is wrong with it is handed to whoever asked, and shown elsewhere.

use crate::app::connect::Connect;
use crate::app::env::Env;
use promote_core::config::{Config, Diagnostic, ReadContext, read};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
pub(crate) use promote_providers::config_file::FILE;
use promote_providers::{Variables, config_file};
use std::path::{Path, PathBuf};

/// A project's configuration and where it lies.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// What it means.
    pub(crate) config: Config,
    /// The file.
    pub(crate) file: PathBuf,
    /// The folder it lies in: plain locations and commands are relative to it.
    pub(crate) base: PathBuf,
    /// Its text.
    pub(crate) text: String,
    /// What could be better about it. Shown by `promote check` only.
    pub(crate) remarks: Vec<Diagnostic>,
}

/// Why there is no project to work with.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// The file is not there, or can't be read.
    Failure(Failure),
    /// It says what it must not.
    Refused(Refused),
}

/// What is wrong with a file's text.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The file's name for messages.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Each place in it.
    pub(crate) found: Vec<Diagnostic>,
}

impl From<Failure> for Unusable {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Project {
    /// Finds the file, `named` or the nearest one upwards, and reads it.
    pub(crate) fn load(named: Option<&Path>, env: &Env, connect: &dyn Connect) -> Result<Self, Unusable> {
        let file = find(named, env)?;
        let text = config_file::text(&file, "`--config PATH` names another")?;
        Self::read(file, text, env, connect)
    }

    /// The project, where there is one that can be read.
    pub(crate) fn quietly(named: Option<&Path>, env: &Env, connect: &dyn Connect) -> Option<Self> {
        let file = find(named, env).ok()?;
        let text = config_file::text(&file, "").ok()?;
        Self::read(file, text, env, connect).ok()
    }

    /// Reads a text as the content of `file`.
    pub(crate) fn read(
        file: PathBuf,
        text: String,
        env: &Env,
        connect: &dyn Connect,
    ) -> Result<Self, Unusable> {
        let base = file.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        let variables = |name: &str| env.variables.get(name).cloned();
        let version = semver::Version::parse(promote::VERSION);
        // Asking git takes longer than everything else here, so it is only asked where the file may name no project.
        let names_one = text.lines().any(|line| line.trim_start().starts_with("project"));
        let context = ReadContext {
            default_project: if names_one { None } else { connect.project_name(&base) },
            variables: &variables,
            version: version.unwrap_or(semver::Version::new(0, 0, 0)),
            schemes: &[],
        };
        let (mut config, remarks) = match read(&text, &context) {
            Ok(read) => read,
            Err(found) => return Err(Unusable::Refused(Refused { path: shown(&file, env), text, found })),
        };
        promote_providers::signers::read(&mut config, &base)?;
        config.frozen = env.variables.iter().collect::<Variables>().frozen();
        Ok(Self { config, file, base, text, remarks })
    }

    /// Refuses to write as long as the file asks for what this version does not do.
    pub(crate) fn to_write(&self, env: &Env) -> Result<(), Unusable> {
        match self.config.unacted.as_slice() {
            [] => Ok(()),
            found => Err(Unusable::Refused(Refused {
                path: self.shown(env),
                text: self.text.clone(),
                found: found.to_vec(),
            })),
        }
    }

    /// The file's name for messages.
    pub(crate) fn shown(&self, env: &Env) -> String {
        shown(&self.file, env)
    }
}

/// Relative to the current folder where it lies below that.
fn shown(file: &Path, env: &Env) -> String {
    file.strip_prefix(&env.folder).unwrap_or(file).display().to_string()
}

/// The file that `--config` or the variable names.
fn named(given: Option<&Path>, env: &Env) -> Option<PathBuf> {
    let named = given.or_else(|| env.variable("PROMOTE_CONFIG").map(Path::new));
    named.map(|path| env.folder.join(path))
}

/// The file that commands here read, whosever it is and whatever it says. `given` is what `--config` names.
pub(crate) fn in_use(given: Option<&Path>, env: &Env) -> Option<PathBuf> {
    named(given, env).or_else(|| config_file::find(&env.folder))
}

/// The file that is named, or the nearest one upwards that nobody else can have put there.
fn find(given: Option<&Path>, env: &Env) -> Result<PathBuf, Failure> {
    if let Some(path) = named(given, env) {
        return Ok(path);
    }
    let found = config_file::find(&env.folder).ok_or_else(|| {
        Failure::new(ExitStatus::Usage, format!("there is no {FILE} here or above"))
            .hint("`promote init` writes one, `--config PATH` names one")
    })?;
    config_file::trusted(&found)?;
    Ok(found)
}
