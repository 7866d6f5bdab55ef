//! The commands: one file each, with the arguments (their doc comments are the help) and a `run` function.

mod adopt;
pub(crate) mod advance;
mod block;
mod check;
mod ci;
pub(crate) mod completions;
mod config;
mod demo;
mod diff;
mod doctor;
mod explain;
mod freeze;
pub(crate) mod help;
mod history;
mod hold;
mod iam;
mod import;
mod init;
mod man;
mod pack;
mod pin;
mod plan;
mod prune;
pub(crate) mod publish;
mod resume;
mod rollback;
mod saved;
mod schema;
mod show;
pub(crate) mod status;
mod to;
mod unblock;
mod unfreeze;
mod unhold;
mod unpin;
mod verify;
mod verify_archive;
mod version;
mod watch;

use crate::app::{App, Ended, Stop};
use crate::document::Wish;
use clap::Subcommand;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::report::{
    DecisionReport, DiffReport, Document, HistoryReport, OutcomeReport, PromotionReport, PruneReport,
    ReleaseShow, StatusReport, VerifyReport,
};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    To(to::ToArgs),
    Plan(plan::PlanArgs),
    Status(status::StatusArgs),
    History(history::HistoryArgs),
    Show(show::ShowArgs),
    Diff(diff::DiffArgs),
    Rollback(rollback::RollbackArgs),
    Advance(advance::AdvanceArgs),
    Resume(resume::ResumeArgs),
    Verify(verify::VerifyArgs),
    Watch(watch::WatchArgs),
    Explain(explain::ExplainArgs),
    Publish(publish::PublishArgs),
    Pack(pack::PackArgs),
    VerifyArchive(verify_archive::VerifyArchiveArgs),
    Freeze(freeze::FreezeArgs),
    Unfreeze(unfreeze::UnfreezeArgs),
    Hold(hold::HoldArgs),
    Unhold(unhold::UnholdArgs),
    Block(block::BlockArgs),
    Unblock(unblock::UnblockArgs),
    Pin(pin::PinArgs),
    Unpin(unpin::UnpinArgs),
    Prune(prune::PruneArgs),
    Adopt(adopt::AdoptArgs),
    Import(import::ImportArgs),
    Check(check::CheckArgs),
    Config(config::ConfigArgs),
    Ci(ci::CiArgs),
    Doctor(doctor::DoctorArgs),
    Iam(iam::IamArgs),
    Init(init::InitArgs),
    Demo(demo::DemoArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Version(version::VersionArgs),
    Help(help::HelpArgs),
}

/// Runs what is typed without a command: the status where there is a project, the first page of help elsewhere.
pub(crate) fn bare(app: &App<'_>) -> Ended {
    let named = app.global.config.is_some() || app.env.variable("PROMOTE_CONFIG").is_some();
    if named || app.wish() != Wish::None || promote_providers::config_file::find(&app.env.folder).is_some() {
        return dispatch(app, &Command::Status(status::StatusArgs::default()));
    }
    help::first(app)
}

/// Runs a command. A runtime is only made for those that reach the outside.
pub(crate) fn dispatch(app: &App<'_>, command: &Command) -> Ended {
    if let Some(status) = fields(app, command)? {
        return Ok(status);
    }
    match command {
        Command::To(args) => block_on(|| to::run(app, args)),
        Command::Plan(args) => block_on(|| plan::run(app, args)),
        Command::Status(args) => block_on(|| status::run(app, args)),
        Command::History(args) => block_on(|| history::run(app, args)),
        Command::Show(args) => block_on(|| show::run(app, args)),
        Command::Diff(args) => block_on(|| diff::run(app, args)),
        Command::Rollback(args) => block_on(|| rollback::run(app, args)),
        Command::Advance(args) => block_on(|| advance::run(app, args)),
        Command::Resume(args) => block_on(|| resume::run(app, args)),
        Command::Verify(args) => block_on(|| verify::run(app, args)),
        Command::Watch(args) => block_on(|| watch::run(app, args)),
        Command::Explain(args) => block_on(|| explain::run(app, args)),
        Command::Publish(args) => block_on(|| publish::run(app, args)),
        Command::Pack(args) => block_on(|| pack::run(app, args)),
        Command::VerifyArchive(args) => block_on(|| verify_archive::run(app, args)),
        Command::Freeze(args) => block_on(|| freeze::run(app, args)),
        Command::Unfreeze(args) => block_on(|| unfreeze::run(app, args)),
        Command::Hold(args) => block_on(|| hold::run(app, args)),
        Command::Unhold(args) => block_on(|| unhold::run(app, args)),
        Command::Block(args) => block_on(|| block::run(app, args)),
        Command::Unblock(args) => block_on(|| unblock::run(app, args)),
        Command::Pin(args) => block_on(|| pin::run(app, args)),
        Command::Unpin(args) => block_on(|| unpin::run(app, args)),
        Command::Prune(args) => block_on(|| prune::run(app, args)),
        Command::Adopt(args) => block_on(|| adopt::run(app, args)),
        Command::Import(args) => block_on(|| import::run(app, args)),
        Command::Check(args) => block_on(|| check::run(app, args)),
        Command::Config(args) => config::run(app, args),
        Command::Ci(args) => ci::run(app, args),
        Command::Doctor(args) => block_on(|| doctor::run(app, args)),
        Command::Iam(args) => iam::run(app, args),
        Command::Init(args) => block_on(|| init::run(app, args)),
        // It runs whole command lines, each with a runtime of its own.
        Command::Demo(args) => demo::run(app, args),
        Command::Schema(args) => schema::run(app, args),
        Command::Completions(args) => completions::run(app, args),
        Command::Man(args) => man::run(app, args),
        Command::Version(args) => version::run(app, args),
        Command::Help(args) => help::run(app, args),
    }
}

/// The fields of the document that a command prints with `--json`.
fn known(command: &Command) -> &'static [&'static str] {
    match command {
        Command::To(args) if args.changing.dry_run => DecisionReport::FIELDS,
        Command::Rollback(args) if args.changing.dry_run => DecisionReport::FIELDS,
        Command::Resume(args) if args.changing.dry_run => DecisionReport::FIELDS,
        Command::To(_) | Command::Rollback(_) | Command::Resume(_) => OutcomeReport::FIELDS,
        Command::Advance(_) => promote_core::report::AdvanceReport::FIELDS,
        Command::Plan(_) | Command::Explain(_) => DecisionReport::FIELDS,
        Command::Status(_) => StatusReport::FIELDS,
        Command::History(_) => HistoryReport::FIELDS,
        Command::Show(args) if args.is_promotion() => PromotionReport::FIELDS,
        Command::Show(_) => ReleaseShow::FIELDS,
        Command::Diff(_) => DiffReport::FIELDS,
        Command::Verify(_) => VerifyReport::FIELDS,
        Command::Watch(_) => crate::watch_report::WatchReport::FIELDS,
        Command::Publish(_) => promote_core::report::PublishReport::FIELDS,
        Command::Pack(_) => pack::PackReport::FIELDS,
        Command::VerifyArchive(_) => verify_archive::ArchiveReport::FIELDS,
        Command::Freeze(_) | Command::Unfreeze(_) | Command::Hold(_) | Command::Unhold(_) => {
            crate::saying::SaidReport::FIELDS
        }
        Command::Block(_) | Command::Unblock(_) => crate::blocking::BlockReport::FIELDS,
        Command::Pin(_) | Command::Unpin(_) => crate::pinning::PinReport::FIELDS,
        Command::Prune(_) => PruneReport::FIELDS,
        Command::Adopt(_) => adopt::AdoptReport::FIELDS,
        Command::Import(_) => import::ImportReport::FIELDS,
        Command::Check(_) => check::CheckReport::FIELDS,
        Command::Config(_) => config::ConfigReport::FIELDS,
        Command::Ci(_) => ci::CiReport::FIELDS,
        Command::Doctor(_) => crate::health::DoctorReport::FIELDS,
        Command::Iam(_) => iam::IamReport::FIELDS,
        Command::Init(_) => init::InitReport::FIELDS,
        Command::Demo(_) => crate::demonstration::DemoReport::FIELDS,
        Command::Schema(_) => schema::SchemaReport::FIELDS,
        // These print what another program reads; there is no document of it.
        Command::Completions(_) | Command::Man(_) | Command::Help(_) => &[],
        Command::Version(_) => version::VersionReport::FIELDS,
    }
}

/// Checks the fields that `--json=FIELDS` names, or lists them, before anything else is done.
fn fields(app: &App<'_>, command: &Command) -> Result<Option<ExitStatus>, Stop> {
    let wish = app.wish();
    if matches!(wish, Wish::None | Wish::Whole) {
        return Ok(None);
    }
    let known = known(command);
    wish.check(known)?;
    if wish == Wish::Names {
        app.screen.data(&format!("{}\n", known.join("\n")))?;
        return Ok(Some(ExitStatus::Ok));
    }
    Ok(None)
}

/// How long what still runs in threads is waited for when the command has ended.
const LEFT: std::time::Duration = std::time::Duration::from_secs(2);

/// Runs a future to its end. One thread is enough: commands wait far more than they compute. It is made here, so that the
/// stack holds the one that runs and not room for that of every command.
pub(crate) fn block_on<T, F: Future<Output = Result<T, Stop>>>(make: impl FnOnce() -> F) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitStatus::Failed, "the runtime can't be started").caused_by(error))?;
    let ended = runtime.block_on(make());
    // A thread may wait for something that never comes, such as a file system that is gone: after a signal, too, it is left.
    runtime.shutdown_timeout(LEFT);
    ended
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::time::Duration;

    #[test]
    fn a_command_ends_although_a_thread_of_it_is_stuck() {
        let (let_go, stuck) = channel::<()>();
        let (tell, told) = channel();
        let ended = block_on(async || {
            tokio::task::spawn_blocking(move || tell.send(stuck.recv_timeout(Duration::from_secs(60))));
            Ok(ExitStatus::Ok)
        });
        assert!(matches!(ended, Ok(ExitStatus::Ok)));
        drop(let_go);
        assert_eq!(told.recv().unwrap(), Err(RecvTimeoutError::Disconnected), "it was waited for");
    }
}
