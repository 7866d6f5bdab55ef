//! `promote block`, `unblock`, `pin` and `unpin`: something is said about a release, and nothing moves.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::ConfirmArgs;
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::LedgerError;
use promote_core::names::EnvironmentName;
use promote_core::report::Document;
use promote_core::request::{Request, Wanted};
use promote_core::retention;
use promote_view::words::marked;
use promote_view::{Page, Style, Text};
use serde::Serialize;

/// Say that a release may go no further
///
/// It is refused in every environment from now on, also by automation. Where it runs, it stays.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote block a93be01 --reason \"loses invoices\"")]
pub(crate) struct BlockArgs {
    #[command(flatten)]
    mark: MarkArgs,
}

/// Lift the block of a release
///
/// It may move again wherever the rules let it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote unblock a93be01")]
pub(crate) struct UnblockArgs {
    #[command(flatten)]
    lift: LiftArgs,
}

/// Keep a release, whatever retention says
///
/// `promote prune` deletes none of its artifacts. Where it had doomed the release, that is lifted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote pin a93be01 --reason \"the audit of 2026\"")]
pub(crate) struct PinArgs {
    #[command(flatten)]
    mark: MarkArgs,
}

/// Leave a release to retention again
///
/// `promote prune` may delete it once nothing else needs it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote unpin a93be01")]
pub(crate) struct UnpinArgs {
    #[command(flatten)]
    lift: LiftArgs,
}

/// Which release is marked, and why.
#[derive(Debug, Args)]
#[command(mut_arg("yes", |yes| yes.help(crate::args::UNASKED)))]
pub(crate) struct MarkArgs {
    /// The release: a commit or the beginning of one, or a tag
    #[arg(value_name = "RELEASE")]
    release: Wanted,

    /// Why, which is needed; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: String,

    #[command(flatten)]
    changing: ConfirmArgs,
}

/// Which release's mark is lifted, and why.
#[derive(Debug, Args)]
#[command(mut_arg("yes", |yes| yes.help(crate::args::UNASKED)))]
pub(crate) struct LiftArgs {
    /// The release: a commit or the beginning of one, or a tag
    #[arg(value_name = "RELEASE")]
    release: Wanted,

    /// Why; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: Option<String>,

    #[command(flatten)]
    changing: ConfirmArgs,
}

/// What became of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BlockReport {
    schema: &'static str,
    /// The release.
    sha: String,
    /// Whether it is blocked now, or would be.
    blocked: bool,
    /// Whether the ledger changed, or would have.
    changed: bool,
    /// Whether nothing was written because of `--dry-run`.
    dry_run: bool,
    /// Why.
    reason: Option<String>,
}

impl Document for BlockReport {
    const SCHEMA: &'static str = "promote/block@1";
    const FIELDS: &'static [&'static str] = &["schema", "sha", "blocked", "changed", "dry_run", "reason"];
}

/// What became of a pin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PinReport {
    schema: &'static str,
    /// The release.
    sha: String,
    /// Whether it is pinned now, or would be.
    pinned: bool,
    /// Whether the ledger changed, or would have.
    changed: bool,
    /// Whether the doom that was on it was lifted, or would have been.
    lifted: bool,
    /// Whether deleting had been announced before, so that a run that is under way may still delete it.
    late: bool,
    /// Whether nothing was written because of `--dry-run`.
    dry_run: bool,
    /// Why.
    reason: Option<String>,
}

impl Document for PinReport {
    const SCHEMA: &'static str = "promote/pin@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "sha", "pinned", "changed", "lifted", "late", "dry_run", "reason"];
}

impl Command for BlockArgs {
    const NAME: &'static str = "block";
    const DOCUMENTS: &'static [Shape] = &[shape::<BlockReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| block(app, self))
    }
}

async fn block(app: &App<'_>, args: &BlockArgs) -> CommandResult {
    mark_blocked(app, &args.mark.changing, &args.mark.release, true, Some(&args.mark.reason)).await
}

impl Command for UnblockArgs {
    const NAME: &'static str = "unblock";
    const DOCUMENTS: &'static [Shape] = &[shape::<BlockReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| unblock(app, self))
    }
}

async fn unblock(app: &App<'_>, args: &UnblockArgs) -> CommandResult {
    mark_blocked(app, &args.lift.changing, &args.lift.release, false, args.lift.reason.as_deref()).await
}

impl Command for PinArgs {
    const NAME: &'static str = "pin";
    const DOCUMENTS: &'static [Shape] = &[shape::<PinReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| pin(app, self))
    }
}

async fn pin(app: &App<'_>, args: &PinArgs) -> CommandResult {
    mark_pinned(app, &args.mark.changing, &args.mark.release, true, Some(&args.mark.reason)).await
}

impl Command for UnpinArgs {
    const NAME: &'static str = "unpin";
    const DOCUMENTS: &'static [Shape] = &[shape::<PinReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| unpin(app, self))
    }
}

async fn unpin(app: &App<'_>, args: &UnpinArgs) -> CommandResult {
    mark_pinned(app, &args.lift.changing, &args.lift.release, false, args.lift.reason.as_deref()).await
}

/// Blocks a release or lifts its block.
async fn mark_blocked(
    app: &App<'_>,
    changing: &ConfirmArgs,
    wanted: &Wanted,
    block: bool,
    reason: Option<&str>,
) -> CommandResult {
    let Writing { project, actor } = app.to_write().await?;
    let ports = app.ports(&project).await?;
    let view = ports.view();
    promote_core::observe::genesis(&view, &project.config).await?;
    let commit = promote_core::observe::published(&view, wanted).await?;
    let changed = if changing.dry_run {
        view.ledger.release(&commit).await.map_err(LedgerError::read_failure)?.blocked() != block
    } else {
        let environment: Option<&EnvironmentName> = project.config.stages.iter().flatten().next();
        let Some(environment) = environment else {
            return Err(Failure::new(ExitStatus::Usage, "`promote.toml` has no environment").into());
        };
        let request = Request {
            reason: reason.map(str::to_owned),
            ..Request::promote(environment.clone(), Wanted::Unnamed, actor)
        };
        promote_core::marks::block(&ports, &project.config, &commit, block, &request).await?
    };
    let report = BlockReport {
        schema: BlockReport::SCHEMA,
        sha: commit.to_string(),
        blocked: block,
        changed,
        dry_run: changing.dry_run,
        reason: reason.map(str::to_owned),
    };
    app.tell(report.changed && !report.dry_run, &report, || block_page(&report))?;
    Ok(ExitStatus::Ok)
}

fn block_page(report: &BlockReport) -> Page {
    let mut page = Page::default();
    let short = report.sha.get(..7).unwrap_or(&report.sha);
    let said = match report.blocked {
        true => ("may go no further", "is blocked already"),
        false => ("may move again", "is not blocked"),
    };
    page.line(marked(short, said, report.changed, report.dry_run));
    if report.blocked && !report.dry_run {
        page.line("  Where it runs, it stays.");
        page.hint(format!("`promote unblock {short}` lifts it"));
    }
    page
}

/// Pins a release or lifts its pin.
async fn mark_pinned(
    app: &App<'_>,
    changing: &ConfirmArgs,
    wanted: &Wanted,
    pin: bool,
    reason: Option<&str>,
) -> CommandResult {
    let Writing { project, actor } = app.to_write().await?;
    let ports = app.ports(&project).await?;
    let view = ports.view();
    promote_core::observe::genesis(&view, &project.config).await?;
    let commit = promote_core::observe::published(&view, wanted).await?;
    let mut report = PinReport {
        schema: PinReport::SCHEMA,
        sha: commit.to_string(),
        pinned: pin,
        changed: false,
        lifted: false,
        late: false,
        dry_run: changing.dry_run,
        reason: reason.map(str::to_owned),
    };
    if changing.dry_run {
        let entry = view.ledger.release(&commit).await.map_err(LedgerError::read_failure)?;
        report.changed = entry.pinned() != pin || pin && entry.doomed();
        report.lifted = pin && entry.doomed();
        report.late = pin && entry.erasing();
    } else if pin {
        let done = retention::pin(&ports, &project.config, &commit, reason, &actor).await?;
        report.changed = done.changed || done.lifted;
        (report.lifted, report.late) = (done.lifted, done.late);
    } else {
        report.changed = retention::unpin(&ports, &project.config, &commit, reason, &actor).await?;
    }
    app.tell(report.changed && !report.dry_run, &report, || pin_page(&report))?;
    Ok(ExitStatus::Ok)
}

fn pin_page(report: &PinReport) -> Page {
    let mut page = Page::default();
    let short = report.sha.get(..7).unwrap_or(&report.sha);
    let said = match report.pinned {
        true => ("is kept, whatever retention says", "is pinned already"),
        false => ("is left to retention", "is not pinned"),
    };
    page.line(marked(short, said, report.changed, report.dry_run));
    if report.lifted {
        let word = if report.dry_run { "would be" } else { "was" };
        page.line(format!("  Retention was about to delete it; that {word} lifted."));
    }
    if report.late {
        page.line(
            Text::new("  ! ", Style::Warn).and(
                "Deleting it had been announced; all its artifacts are there, but a run of",
                Style::Plain,
            ),
        );
        page.line("    `promote prune` that is under way just now may not have noticed.");
        page.hint(format!("`promote pin {short} --reason TEXT` looks again whether they are all there"));
    }
    if report.pinned && !report.dry_run {
        page.hint(format!("`promote unpin {short}` leaves it to retention again"));
    }
    page
}
