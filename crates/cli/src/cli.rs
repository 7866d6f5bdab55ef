//! The whole command line: the flags that mean the same everywhere, and one of the commands.

use crate::args::Global;
use crate::command::{self, Typing};
use crate::overview;
use clap::{CommandFactory, FromArgMatches, Parser};
use std::ffi::OsString;

/// Promote finished builds between environments
///
/// `promote` moves a release that is already built from one environment to the next, checks that it may, and keeps
/// a record of what is where, who moved it and why, beside the artifacts. It reads `promote.toml`.
#[derive(Debug, Parser)]
#[command(
    name = "promote",
    version,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Without a command, the status of the project. Begin with `promote demo` or `promote init`.\n\
                  Topics: `promote help rules`, `releases`, `exit-codes`, `environment`, `formats`, `completion`."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Typing>,
}

/// The whole command line as data, for completions, manual pages and the book.
pub fn command_line() -> clap::Command {
    Cli::command()
}

/// Reads what was typed; `columns` is how wide its help may be.
pub(crate) fn parsed(arguments: &[OsString], columns: usize) -> Result<Cli, clap::Error> {
    let mut line = overview::grouped(command_line(), &command::groups(), columns);
    let matches = line.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut line))
}
