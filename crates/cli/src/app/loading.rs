//! The project of a command: the way from `promote.toml` to what may be read and written, and showing what is wrong with it.

use crate::app::json::JsonSelection;
use crate::app::project::{Project, Refused, Unusable};
use crate::app::{App, Stop};
use promote::Mistakes;
use promote_core::exit::ExitStatus;
use promote_core::report::FailureReport;
use promote_view::{Style, Text};
use std::path::PathBuf;

impl App<'_> {
    /// Reads the configuration, and shows what is wrong with it.
    pub(crate) fn load(&self) -> Result<Project, Stop> {
        let loaded = Project::load(self.global.config.as_deref(), self.env, self.connect);
        loaded.map_err(|unusable| self.unusable(unusable))
    }

    /// The project, where there is one that can be read; nothing is said when not.
    pub(crate) fn quiet_project(&self) -> Option<Project> {
        Project::quietly(self.global.config.as_deref(), self.env, self.connect)
    }

    /// Reads a text as the content of `file` for a command that writes, and shows what is wrong with it.
    pub(crate) fn read_to_write(&self, file: PathBuf, text: String) -> Result<Project, Stop> {
        let read = Project::read(file, text, self.env, self.connect);
        let checked = read.and_then(|project| project.to_write(self.env).map(|()| project));
        checked.map_err(|unusable| self.unusable(unusable))
    }

    /// Reads the configuration for a command that only looks, and says what keeps the others from writing.
    pub(crate) fn project(&self) -> Result<Project, Stop> {
        let project = self.load()?;
        for what in project.config.unacted() {
            let text =
                format!("{}: {what}; nothing can be written until it is taken out", project.shown(self.env));
            self.screen.say(&Text::new("warning: ", Style::Warn).and(&text, Style::Plain));
        }
        Ok(project)
    }

    /// Shows each place that is wrong.
    pub(super) fn unusable(&self, unusable: Unusable) -> Stop {
        let Refused { path, text, found } = match unusable {
            Unusable::Failure(failure) => return failure.into(),
            Unusable::Refused(refused) => refused,
        };
        let mistakes = Mistakes::new(path, text, found);
        self.screen.message(mistakes.drawn(self.screen.err_colour).trim_end());
        self.screen.message("\n");
        if self.json() != JsonSelection::None {
            let report = FailureReport::of(&mistakes.into_failure());
            if let Err(failure) = JsonSelection::Whole.text(&report).and_then(|text| self.screen.data(&text))
            {
                return failure.into();
            }
        }
        Stop::AlreadyReported(ExitStatus::Usage)
    }
}
