//! What `pin` and `unpin` have in common.

use crate::app::{App, Ended};
use crate::args::Changing;
use crate::page::{Page, Style, Text};
use promote_core::exit::ExitStatus;
use promote_core::ledger::LedgerError;
use promote_core::report::Document;
use promote_core::request::Wanted;
use promote_core::retention;
use serde::Serialize;

/// What became of it.
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

/// Pins a release or lifts its pin.
pub(crate) async fn run(
    app: &App<'_>,
    changing: &Changing,
    wanted: &Wanted,
    pin: bool,
    reason: Option<&str>,
) -> Ended {
    let project = app.project_to_write()?;
    let world = app.world(&project).await?;
    let view = world.view();
    promote_core::observe::genesis(&view, &project.config).await?;
    let commit = crate::release::published(&view, wanted).await?;
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
        let entry = view.ledger.release(&commit).await.map_err(LedgerError::looking)?;
        report.changed = entry.pinned() != pin || pin && entry.doomed();
        report.lifted = pin && entry.doomed();
        report.late = pin && entry.erasing();
    } else if pin {
        let done = retention::pin(&world, &project.config, &commit, reason, &app.actor()).await?;
        report.changed = done.changed || done.lifted;
        (report.lifted, report.late) = (done.lifted, done.late);
    } else {
        report.changed = retention::unpin(&world, &project.config, &commit, reason, &app.actor()).await?;
    }
    app.tell(report.changed && !report.dry_run, &report, || page(&report))?;
    Ok(ExitStatus::Ok)
}

fn page(report: &PinReport) -> Page {
    let mut page = Page::default();
    let short = report.sha.get(..7).unwrap_or(&report.sha);
    let (done, already) = match report.pinned {
        true => ("is kept, whatever retention says", "is pinned already"),
        false => ("is left to retention", "is not pinned"),
    };
    page.line(match (report.changed, report.dry_run) {
        (false, _) => Text::plain(format!("{short} {already}: nothing to do")),
        (true, true) => Text::plain(format!("{short} {done}, if this is done; nothing was changed")),
        (true, false) => Text::new("✓ ", Style::Good).and(format!("{short} {done}"), Style::Plain),
    });
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
