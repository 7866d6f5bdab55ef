//! The commands: one file each, with the arguments (their doc comments are the help) and a `run` function.

mod status;

use crate::app::{App, Ended, Stop};
use clap::Subcommand;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::report::{Document, StatusReport};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Status(status::StatusArgs),
}

/// Runs a command. A runtime is only made for those that reach the outside.
pub(crate) fn dispatch(app: &App<'_>, command: &Command) -> Ended {
    if let Some(status) = fields(app, command)? {
        return Ok(status);
    }
    match command {
        Command::Status(args) => block_on(status::run(app, args)),
    }
}

/// Checks the fields that `--json=FIELDS` names, or lists them, before anything else is done.
fn fields(app: &App<'_>, command: &Command) -> Result<Option<ExitStatus>, Stop> {
    let known: &'static [&'static str] = match command {
        Command::Status(_) => StatusReport::FIELDS,
    };
    let wish = app.wish();
    wish.check(known)?;
    if wish == crate::document::Wish::Names {
        app.screen.data(&format!("{}\n", known.join("\n")))?;
        return Ok(Some(ExitStatus::Ok));
    }
    Ok(None)
}

/// Runs a future to its end. One thread is enough: commands wait far more than they compute.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitStatus::Failed, "the runtime can't be started").caused_by(error))?;
    runtime.block_on(future)
}
