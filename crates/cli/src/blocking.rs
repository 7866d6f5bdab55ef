//! What `block` and `unblock` have in common.

use crate::app::{App, Ended};
use crate::args::Changing;
use crate::page::{Page, Style, Text};
use promote_core::exit::ExitStatus;
use promote_core::ledger::LedgerError;
use promote_core::names::EnvironmentName;
use promote_core::report::Document;
use promote_core::request::{Request, Wanted};
use serde::Serialize;

/// What became of it.
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

/// Blocks a release or lifts its block.
pub(crate) async fn run(
    app: &App<'_>,
    changing: &Changing,
    wanted: &Wanted,
    block: bool,
    reason: Option<&str>,
) -> Ended {
    let project = app.project_to_write()?;
    let world = app.world(&project).await?;
    let view = world.view();
    promote_core::observe::genesis(&view, &project.config).await?;
    let commit = crate::release::published(&view, wanted).await?;
    let changed = if changing.dry_run {
        view.ledger.release(&commit).await.map_err(LedgerError::looking)?.blocked() != block
    } else {
        let environment: Option<&EnvironmentName> = project.config.stages.iter().flatten().next();
        let Some(environment) = environment else {
            return Err(promote_core::failure::Failure::new(
                ExitStatus::Usage,
                "`promote.toml` has no environment",
            )
            .into());
        };
        let request = Request {
            reason: reason.map(str::to_owned),
            ..Request::promote(environment.clone(), Wanted::Unnamed, app.identified().await?)
        };
        promote_core::admin::block(&world, &project.config, &commit, block, &request).await?
    };
    let report = BlockReport {
        schema: BlockReport::SCHEMA,
        sha: commit.to_string(),
        blocked: block,
        changed,
        dry_run: changing.dry_run,
        reason: reason.map(str::to_owned),
    };
    app.tell(report.changed && !report.dry_run, &report, || page(&report))?;
    Ok(ExitStatus::Ok)
}

fn page(report: &BlockReport) -> Page {
    let mut page = Page::default();
    let short = report.sha.get(..7).unwrap_or(&report.sha);
    let (done, already) = match report.blocked {
        true => ("may go no further", "is blocked already"),
        false => ("may move again", "is not blocked"),
    };
    page.line(match (report.changed, report.dry_run) {
        (false, _) => Text::plain(format!("{short} {already}: nothing to do")),
        (true, true) => Text::plain(format!("{short} {done}, if this is done; nothing was changed")),
        (true, false) => Text::new("✓ ", Style::Good).and(format!("{short} {done}"), Style::Plain),
    });
    if report.blocked && !report.dry_run {
        page.line("  Where it runs, it stays.");
        page.hint(format!("`promote unblock {short}` lifts it"));
    }
    page
}
