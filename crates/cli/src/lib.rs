//! The command line of `promote`: parses, calls the core, renders. What may be done and how is the core's to
//! decide; reaching the outside is the providers'.
//!
//! [`run`] takes everything it needs as arguments, so that tests drive it in process. A runtime, the configuration
//! and the stores are only reached for by the commands that need them: `--help`, `--version` and wrong arguments
//! cost nothing.

mod allowed;
mod app;
mod archive_page;
mod args;
mod asking;
mod automatic;
mod carry;
mod cli;
mod command;
mod complete;
mod copied;
mod demonstration;
mod examples;
mod forge_health;
mod generate;
mod github_log;
mod gitlab;
mod health;
mod health_page;
mod iam;
mod ignoring;
mod in_full;
mod interrupt;
mod interruption;
mod known;
mod moment;
mod moving;
mod named;
mod overview;
mod pick;
mod pipeline_health;
mod progress;
mod rollback_stage;
mod store_health;
mod topic;
mod trust;
mod underway;
mod usage;
mod watch_report;
mod watching;
mod wire;
mod written;

pub use app::connect::{Connect, Providers, Site};
pub use app::dimensions::{Dimensions, Fixed};
pub use app::env::{Ask, Env, VARIABLES, Variable};
pub use app::screen::Stream;
pub use app::signal::{Signal, Signals};
pub use cli::command_line;
pub use complete::complete;
pub use promote_providers::fault;

use app::screen::Screen;
use app::{App, Program};
use promote_core::exit::ExitStatus;
use std::ffi::OsString;

/// Runs one command line. Data goes to `out`, everything else to `err`.
pub fn run(
    arguments: Vec<OsString>,
    env: &Env,
    out: &Stream,
    err: &Stream,
    connect: &dyn Connect,
) -> ExitStatus {
    let (out, err) = (&github_log::guarded(env, out), &github_log::guarded(env, err));
    let cli = match cli::parsed(&arguments, env.width()) {
        Ok(mut cli) => {
            if gitlab::debugging(env) && !cli.global.quiet {
                cli.global.verbose = cli.global.verbose.max(2);
            }
            cli
        }
        Err(error) => return usage::show(&error, &arguments, env, &Screen::early(&arguments, env, out, err)),
    };
    let screen = Screen::new(&cli.global, env, out, err);
    let _shown = wire::show(&cli.global, &screen);
    let program = Program { line: command_line, groups: command::groups, documents: command::documents, run };
    let trust = std::sync::OnceLock::new();
    let app = App { global: &cli.global, env, screen, connect, trust, program };
    let ended = match &cli.command {
        Some(command) => command::dispatch(&app, command),
        None => command::bare(&app),
    };
    match ended {
        Ok(status) => status,
        Err(stop) => app.stopped(stop),
    }
}
