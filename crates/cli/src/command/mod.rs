//! The commands: one file each, with the arguments (their doc comments are the help) and a `run` function.

mod diff;
mod explain;
mod history;
mod plan;
mod resume;
mod rollback;
mod saved;
mod show;
mod status;
mod to;
mod verify;

use crate::app::{App, Ended, Stop};
use crate::document::Wish;
use clap::Subcommand;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::report::{
    DecisionReport, DiffReport, Document, HistoryReport, OutcomeReport, PromotionReport, ReleaseShow,
    StatusReport, VerifyReport,
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
    Resume(resume::ResumeArgs),
    Verify(verify::VerifyArgs),
    Explain(explain::ExplainArgs),
}

/// Runs a command. A runtime is only made for those that reach the outside.
pub(crate) fn dispatch(app: &App<'_>, command: &Command) -> Ended {
    if let Some(status) = fields(app, command)? {
        return Ok(status);
    }
    match command {
        Command::To(args) => block_on(to::run(app, args)),
        Command::Plan(args) => block_on(plan::run(app, args)),
        Command::Status(args) => block_on(status::run(app, args)),
        Command::History(args) => block_on(history::run(app, args)),
        Command::Show(args) => block_on(show::run(app, args)),
        Command::Diff(args) => block_on(diff::run(app, args)),
        Command::Rollback(args) => block_on(rollback::run(app, args)),
        Command::Resume(args) => block_on(resume::run(app, args)),
        Command::Verify(args) => block_on(verify::run(app, args)),
        Command::Explain(args) => block_on(explain::run(app, args)),
    }
}

/// The fields of the document that a command prints with `--json`.
fn known(command: &Command) -> &'static [&'static str] {
    match command {
        Command::To(args) if args.changing.dry_run => DecisionReport::FIELDS,
        Command::Rollback(args) if args.changing.dry_run => DecisionReport::FIELDS,
        Command::Resume(args) if args.changing.dry_run => DecisionReport::FIELDS,
        Command::To(_) | Command::Rollback(_) | Command::Resume(_) => OutcomeReport::FIELDS,
        Command::Plan(_) | Command::Explain(_) => DecisionReport::FIELDS,
        Command::Status(_) => StatusReport::FIELDS,
        Command::History(_) => HistoryReport::FIELDS,
        Command::Show(args) if args.is_promotion() => PromotionReport::FIELDS,
        Command::Show(_) => ReleaseShow::FIELDS,
        Command::Diff(_) => DiffReport::FIELDS,
        Command::Verify(_) => VerifyReport::FIELDS,
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

/// Runs a future to its end. One thread is enough: commands wait far more than they compute.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Failure::new(ExitStatus::Failed, "the runtime can't be started").caused_by(error)
    })?;
    runtime.block_on(future)
}
