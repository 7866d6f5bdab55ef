//! What every command has at hand: flags, surroundings, the screen; with [`loading`] and [`outside`] the project and its ports.

pub(crate) mod command;
pub(crate) mod confirm;
pub(crate) mod connect;
pub(crate) mod dimensions;
pub(crate) mod env;
pub(crate) mod json;
mod loading;
mod opening;
mod outside;
mod pager;
pub(crate) mod project;
pub(crate) mod question;
pub(crate) mod screen;
pub(crate) mod shape;
pub(crate) mod signal;
mod terms;
pub(crate) mod writing;

use crate::app::connect::Connect;
use crate::app::env::Env;
use crate::app::json::JsonSelection;
use crate::app::screen::{Screen, Stream};
use crate::args::Global;
use promote_core::exit::ExitStatus;
use promote_core::failure::{Failure, causes};
use promote_core::report::{Document, FailureReport};
use promote_providers::Trust;
use promote_view::{Page, Style, Text};
use std::ffi::OsString;
use std::sync::OnceLock;

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A failure, not shown yet.
    Failure(Failure),
    /// Everything was said.
    AlreadyReported(ExitStatus),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// How a command ends.
pub(crate) type CommandResult = Result<ExitStatus, Stop>;

/// The program as a whole, for commands that speak of it. It stands above them, so they are given it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// The command line as data.
    pub(crate) line: fn() -> clap::Command,
    /// The names of the commands, in groups.
    pub(crate) groups: fn() -> Vec<(&'static str, Vec<&'static str>)>,
    /// The documents that they print.
    pub(crate) documents: fn() -> Vec<shape::Shape>,
    /// Runs one command line.
    pub(crate) run: fn(Vec<OsString>, &Env, &Stream, &Stream, &dyn Connect) -> ExitStatus,
}

/// What every command has at hand.
pub(crate) struct App<'a> {
    /// The flags.
    pub(crate) global: &'a Global,
    /// The surroundings.
    pub(crate) env: &'a Env,
    /// Where output goes.
    pub(crate) screen: Screen,
    /// The way to the outside.
    pub(crate) connect: &'a dyn Connect,
    /// Whom credentials may be sent to, once somebody was asked.
    pub(crate) trust: OnceLock<Trust>,
    /// What the command is one of.
    pub(crate) program: Program,
}

impl App<'_> {
    /// The document that is asked for with `--json`.
    pub(crate) fn json(&self) -> JsonSelection {
        JsonSelection::of(self.global)
    }

    /// Shows a document: as JSON where that was asked for, else as the page that `page` makes of it.
    pub(crate) fn show<D: Document>(&self, document: &D, page: impl FnOnce() -> Page) -> Result<(), Failure> {
        match self.json() {
            JsonSelection::None => self.screen.page(&page()),
            wish => self.screen.data(&wish.text(document)?),
        }
    }

    /// Shows what came of something. Where it was `done`, that it can't be shown is said, and changes nothing about how
    /// the command ends: a script that reads the exit status is told of the act.
    pub(crate) fn tell<D: Document>(
        &self,
        done: bool,
        document: &D,
        page: impl FnOnce() -> Page,
    ) -> Result<(), Failure> {
        match self.show(document, page) {
            Err(failure) if done => {
                self.unshown(&failure);
                Ok(())
            }
            shown => shown,
        }
    }

    /// Says that what came of something could not be shown.
    pub(crate) fn unshown(&self, failure: &Failure) {
        let why = causes(failure).last().map_or_else(String::new, |cause| format!(" ({cause})"));
        let text = format!("{failure}{why}; the changes were made; the exit status gives the result");
        self.screen.say(&Text::new("warning: ", Style::Warn).and(text, Style::Plain));
    }

    /// Says what could not be done beside it.
    pub(crate) fn warn(&self, warning: &str) {
        self.screen.say(&Text::new("warning: ", Style::Warn).and(warning, Style::Plain));
    }

    /// Refuses `--json` where what is printed is text for people or for a shell, and no document.
    ///
    /// # Errors
    /// `Usage`, when a document was asked for.
    pub(crate) fn prints_text(&self, command: &str, what: &str) -> Result<(), Failure> {
        if self.json() == JsonSelection::None {
            return Ok(());
        }
        Err(Failure::new(ExitStatus::Usage, format!("`promote {command}` prints {what}, not JSON"))
            .hint("leave out `--json`; `promote schema documents` lists the JSON documents"))
    }

    /// Shows why a command ended early, and gives its exit status.
    pub(crate) fn stopped(&self, stop: Stop) -> ExitStatus {
        let failure = match stop {
            Stop::AlreadyReported(status) => return status,
            Stop::Failure(failure) => failure,
        };
        let page = promote_view::failure::page(&FailureReport::of(&failure));
        let _ = self.screen.complain_of(&page);
        if self.json() != JsonSelection::None {
            // A script that reads the document gets one in this case, too; its schema says which.
            if let Ok(text) = JsonSelection::Whole.text(&FailureReport::of(&failure)) {
                let _ = self.screen.data(&text);
            }
        }
        failure.exit
    }
}
