//! The commands: their arguments (whose doc comments are the help), and a function that runs each. One file holds one
//! command, or those that say and unsay the same.

mod adopt;
pub(crate) mod advance;
mod check;
mod ci;
pub(crate) mod completions;
mod config;
mod demo;
mod diff;
mod doctor;
mod environment_marks;
mod explain;
pub(crate) mod help;
mod history;
mod iam;
mod import;
mod init;
mod man;
mod pack;
mod plan;
mod prune;
pub(crate) mod publish;
mod release_marks;
mod resume;
mod rollback;
mod saved;
mod schema;
mod show;
pub(crate) mod status;
mod to;
mod verify;
mod verify_archive;
mod version;
mod watch;

use crate::app::json::JsonSelection;
use crate::app::{App, CommandResult, Stop};
use crate::args::ConfirmArgs;
use crate::demonstration::DemoReport;
use crate::health::DoctorReport;
use crate::watch_report::WatchReport;
use clap::Subcommand;
use environment_marks::SaidReport;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::report::{
    AdvanceReport, DecisionReport, DiffReport, Document, HistoryReport, OutcomeReport, PruneReport,
    PublishReport, StatusReport, VerifyReport,
};
use release_marks::{BlockReport, PinReport};

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
    Freeze(environment_marks::FreezeArgs),
    Unfreeze(environment_marks::UnfreezeArgs),
    Hold(environment_marks::HoldArgs),
    Unhold(environment_marks::UnholdArgs),
    Block(release_marks::BlockArgs),
    Unblock(release_marks::UnblockArgs),
    Pin(release_marks::PinArgs),
    Unpin(release_marks::UnpinArgs),
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

/// What a command is to whoever runs it.
struct Row<'a> {
    /// The fields of the document that it prints with `--json`.
    fields: &'static [&'static str],
    /// Runs it.
    run: Box<dyn FnOnce() -> CommandResult + 'a>,
}

/// What prints text for another program; there is no document of it.
const TEXT: &[&str] = &[];

/// A command that reaches the outside, for which a runtime is made.
fn outside<'a, F: Future<Output = CommandResult>>(
    fields: &'static [&'static str],
    make: impl FnOnce() -> F + 'a,
) -> Row<'a> {
    Row { fields, run: Box::new(|| block_on(make)) }
}

/// A command that needs no runtime, or whose parts make their own.
fn inside<'a>(fields: &'static [&'static str], run: impl FnOnce() -> CommandResult + 'a) -> Row<'a> {
    Row { fields, run: Box::new(run) }
}

/// What moves a release ends in an outcome, and in a decision where it only looks.
const fn moves(changing: &ConfirmArgs) -> &'static [&'static str] {
    if changing.dry_run { DecisionReport::FIELDS } else { OutcomeReport::FIELDS }
}

impl Command {
    /// All commands: what each prints, and how it runs.
    fn row<'a>(&'a self, app: &'a App<'_>) -> Row<'a> {
        match self {
            Self::To(args) => outside(moves(&args.changing), || to::run(app, args)),
            Self::Plan(args) => outside(DecisionReport::FIELDS, || plan::run(app, args)),
            Self::Status(args) => outside(StatusReport::FIELDS, || status::run(app, args)),
            Self::History(args) => outside(HistoryReport::FIELDS, || history::run(app, args)),
            Self::Show(args) => outside(args.fields(), || show::run(app, args)),
            Self::Diff(args) => outside(DiffReport::FIELDS, || diff::run(app, args)),
            Self::Rollback(args) => outside(moves(&args.changing), || rollback::run(app, args)),
            Self::Advance(args) => outside(AdvanceReport::FIELDS, || advance::run(app, args)),
            Self::Resume(args) => outside(moves(&args.changing), || resume::run(app, args)),
            Self::Verify(args) => outside(VerifyReport::FIELDS, || verify::run(app, args)),
            Self::Watch(args) => outside(WatchReport::FIELDS, || watch::run(app, args)),
            Self::Explain(args) => outside(DecisionReport::FIELDS, || explain::run(app, args)),
            Self::Publish(args) => outside(PublishReport::FIELDS, || publish::run(app, args)),
            Self::Pack(args) => outside(pack::PackReport::FIELDS, || pack::run(app, args)),
            Self::VerifyArchive(args) => {
                outside(verify_archive::ArchiveReport::FIELDS, || verify_archive::run(app, args))
            }
            Self::Freeze(args) => outside(SaidReport::FIELDS, || environment_marks::freeze(app, args)),
            Self::Unfreeze(args) => outside(SaidReport::FIELDS, || environment_marks::unfreeze(app, args)),
            Self::Hold(args) => outside(SaidReport::FIELDS, || environment_marks::hold(app, args)),
            Self::Unhold(args) => outside(SaidReport::FIELDS, || environment_marks::unhold(app, args)),
            Self::Block(args) => outside(BlockReport::FIELDS, || release_marks::block(app, args)),
            Self::Unblock(args) => outside(BlockReport::FIELDS, || release_marks::unblock(app, args)),
            Self::Pin(args) => outside(PinReport::FIELDS, || release_marks::pin(app, args)),
            Self::Unpin(args) => outside(PinReport::FIELDS, || release_marks::unpin(app, args)),
            Self::Prune(args) => outside(PruneReport::FIELDS, || prune::run(app, args)),
            Self::Adopt(args) => outside(adopt::AdoptReport::FIELDS, || adopt::run(app, args)),
            Self::Import(args) => outside(import::ImportReport::FIELDS, || import::run(app, args)),
            Self::Check(args) => outside(check::CheckReport::FIELDS, || check::run(app, args)),
            Self::Config(args) => inside(config::ConfigReport::FIELDS, || config::run(app, args)),
            Self::Ci(args) => inside(ci::CiReport::FIELDS, || ci::run(app, args)),
            Self::Doctor(args) => outside(DoctorReport::FIELDS, || doctor::run(app, args)),
            Self::Iam(args) => inside(iam::IamReport::FIELDS, || iam::run(app, args)),
            Self::Init(args) => outside(init::InitReport::FIELDS, || init::run(app, args)),
            Self::Demo(args) => inside(DemoReport::FIELDS, || demo::run(app, args)),
            Self::Schema(args) => inside(schema::SchemaReport::FIELDS, || schema::run(app, args)),
            Self::Completions(args) => inside(TEXT, || completions::run(app, args)),
            Self::Man(args) => inside(TEXT, || man::run(app, args)),
            Self::Version(args) => inside(version::VersionReport::FIELDS, || version::run(app, args)),
            Self::Help(args) => inside(TEXT, || help::run(app, args)),
        }
    }
}

/// Runs what is typed without a command: the status where there is a project, the first page of help elsewhere.
pub(crate) fn bare(app: &App<'_>) -> CommandResult {
    let named = app.global.config.is_some() || app.env.variable("PROMOTE_CONFIG").is_some();
    if named
        || app.json() != JsonSelection::None
        || promote_providers::config_file::find(&app.env.folder).is_some()
    {
        return dispatch(app, &Command::Status(status::StatusArgs::default()));
    }
    help::first(app)
}

/// Runs a command. The fields that `--json=FIELDS` names are checked, or listed, before anything else is done.
pub(crate) fn dispatch(app: &App<'_>, command: &Command) -> CommandResult {
    let (row, wish) = (command.row(app), app.json());
    wish.check(row.fields)?;
    if wish == JsonSelection::Names {
        app.screen.data(&format!("{}\n", row.fields.join("\n")))?;
        return Ok(ExitStatus::Ok);
    }
    (row.run)()
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
    let ended = runtime.block_on(crate::wire::watched(Box::pin(make())));
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
