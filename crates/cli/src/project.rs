//! Finding and reading `promote.toml`.

use crate::app::{App, Stop};
use crate::diagnostic;
use crate::document::Wish;
use promote_core::config::{Config, Diagnostic, ReadContext, read};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::report::FailureReport;
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

impl Project {
    /// Finds the file, reads it, and shows what is wrong with it.
    pub(crate) fn load(app: &App<'_>) -> Result<Self, Stop> {
        let file = find(app)?;
        let text = config_file::text(&file, "`--config PATH` names another")?;
        Self::read(app, file, text)
    }

    /// The project, where there is one that can be read; nothing is said when not.
    pub(crate) fn quietly(app: &App<'_>) -> Option<Self> {
        let file = find(app).ok()?;
        let text = config_file::text(&file, "").ok()?;
        Self::parsed(app, file, text).ok()
    }

    /// Reads a text as the content of `file`, and shows what is wrong with it.
    pub(crate) fn read(app: &App<'_>, file: PathBuf, text: String) -> Result<Self, Stop> {
        Self::parsed(app, file.clone(), text.clone()).map_err(|found| refused(app, &file, &text, &found))
    }

    fn parsed(app: &App<'_>, file: PathBuf, text: String) -> Result<Self, Vec<Diagnostic>> {
        let base = file.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        let variables = |name: &str| app.env.variables.get(name).cloned();
        let version = semver::Version::parse(env!("CARGO_PKG_VERSION"));
        // Asking git takes longer than everything else here, so it is only asked where the file may name no project.
        let named = text.lines().any(|line| line.trim_start().starts_with("project"));
        let context = ReadContext {
            default_project: if named { None } else { app.connect.project_name(&base) },
            variables: &variables,
            version: version.unwrap_or(semver::Version::new(0, 0, 0)),
            schemes: &[],
        };
        let (mut config, remarks) = read(&text, &context)?;
        config.frozen = app.env.variables.iter().collect::<Variables>().frozen();
        Ok(Self { config, file, base, text, remarks })
    }

    /// Refuses to write as long as the file asks for what this version does not do, and shows each place.
    pub(crate) fn to_write(&self, app: &App<'_>) -> Result<(), Stop> {
        match self.config.unacted.as_slice() {
            [] => Ok(()),
            found => Err(refused(app, &self.file, &self.text, found)),
        }
    }

    /// The file's name for messages.
    pub(crate) fn shown(&self, app: &App<'_>) -> String {
        shown(app, &self.file)
    }
}

/// Relative to the current folder where it lies below that.
fn shown(app: &App<'_>, file: &Path) -> String {
    file.strip_prefix(&app.env.folder).unwrap_or(file).display().to_string()
}

fn refused(app: &App<'_>, file: &Path, text: &str, found: &[Diagnostic]) -> Stop {
    let path = shown(app, file);
    app.screen.message(diagnostic::shown(&path, text, found, app.screen.err_colour).trim_end());
    app.screen.message("\n");
    if app.wish() != Wish::None {
        let report = FailureReport::of(&diagnostic::failure(&path, found));
        if let Err(failure) = Wish::Whole.text(&report).and_then(|text| app.screen.data(&text)) {
            return Stop::Failure(failure);
        }
    }
    Stop::Shown(ExitStatus::Usage)
}

/// The file that is named, or the nearest one upwards that nobody else can have put there.
fn find(app: &App<'_>) -> Result<PathBuf, Failure> {
    let named = app.global.config.clone().or_else(|| app.env.variable("PROMOTE_CONFIG").map(PathBuf::from));
    if let Some(path) = named {
        return Ok(app.env.folder.join(path));
    }
    let found = config_file::find(&app.env.folder).ok_or_else(|| {
        Failure::new(ExitStatus::Usage, format!("there is no {FILE} here or above"))
            .hint("`promote init` writes one, `--config PATH` names one")
    })?;
    config_file::trusted(&found)?;
    Ok(found)
}
