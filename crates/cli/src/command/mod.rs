//! The commands: one file each, with the arguments (their doc comments are the help) and a `run` function.

mod adopt;
mod block;
mod check;
mod completions;
mod config;
mod demo;
mod doctor;
mod freeze;
mod hold;
mod init;
mod man;
mod pack;
pub(crate) mod publish;
mod status;
mod unblock;
mod unfreeze;
mod unhold;

use crate::app::{App, Ended, Stop};
use clap::Subcommand;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::report::{Document, StatusReport};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Status(status::StatusArgs),
    Publish(publish::PublishArgs),
    Pack(pack::PackArgs),
    Freeze(freeze::FreezeArgs),
    Unfreeze(unfreeze::UnfreezeArgs),
    Hold(hold::HoldArgs),
    Unhold(unhold::UnholdArgs),
    Block(block::BlockArgs),
    Unblock(unblock::UnblockArgs),
    Adopt(adopt::AdoptArgs),
    Check(check::CheckArgs),
    Config(config::ConfigArgs),
    Doctor(doctor::DoctorArgs),
    Init(init::InitArgs),
    Demo(demo::DemoArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Runs a command. A runtime is only made for those that reach the outside.
pub(crate) fn dispatch(app: &App<'_>, command: &Command) -> Ended {
    if let Some(status) = fields(app, command)? {
        return Ok(status);
    }
    match command {
        Command::Status(args) => block_on(status::run(app, args)),
        Command::Publish(args) => block_on(publish::run(app, args)),
        Command::Pack(args) => block_on(pack::run(app, args)),
        Command::Freeze(args) => block_on(freeze::run(app, args)),
        Command::Unfreeze(args) => block_on(unfreeze::run(app, args)),
        Command::Hold(args) => block_on(hold::run(app, args)),
        Command::Unhold(args) => block_on(unhold::run(app, args)),
        Command::Block(args) => block_on(block::run(app, args)),
        Command::Unblock(args) => block_on(unblock::run(app, args)),
        Command::Adopt(args) => block_on(adopt::run(app, args)),
        Command::Check(args) => block_on(check::run(app, args)),
        Command::Config(args) => config::run(app, args),
        Command::Doctor(args) => block_on(doctor::run(app, args)),
        Command::Init(args) => block_on(init::run(app, args)),
        // It runs whole command lines, each with a runtime of its own.
        Command::Demo(args) => demo::run(app, args),
        Command::Completions(args) => completions::run(app, args),
        Command::Man(args) => man::run(app, args),
    }
}

/// Checks the fields that `--json=FIELDS` names, or lists them, before anything else is done.
fn fields(app: &App<'_>, command: &Command) -> Result<Option<ExitStatus>, Stop> {
    let known: &'static [&'static str] = match command {
        Command::Status(_) => StatusReport::FIELDS,
        Command::Publish(_) => crate::publication::PublishReport::FIELDS,
        Command::Pack(_) => pack::PackReport::FIELDS,
        Command::Freeze(_) | Command::Unfreeze(_) | Command::Hold(_) | Command::Unhold(_) => {
            crate::saying::SaidReport::FIELDS
        }
        Command::Block(_) | Command::Unblock(_) => crate::blocking::BlockReport::FIELDS,
        Command::Adopt(_) => adopt::AdoptReport::FIELDS,
        Command::Check(_) => check::CheckReport::FIELDS,
        Command::Config(_) => config::ConfigReport::FIELDS,
        Command::Doctor(_) => crate::health::DoctorReport::FIELDS,
        Command::Init(_) => init::InitReport::FIELDS,
        Command::Demo(_) => crate::demonstration::DemoReport::FIELDS,
        // These print what another program reads; there is no document of it.
        Command::Completions(_) | Command::Man(_) => &[],
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
