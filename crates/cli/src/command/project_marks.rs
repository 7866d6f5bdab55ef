//! `promote freeze --all` and `promote unfreeze --all`: something is said about every environment of the project at once.

use super::said_report::SaidReport;
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::ConfirmArgs;
use promote_core::exit::ExitStatus;
use promote_core::ledger::LedgerError;
use promote_core::marks::{ProjectMark, say_of_all, says_frozen};
use promote_core::reason;
use promote_core::report::Document;
use promote_view::words::marked;
use promote_view::{Page, Style};

/// Says it, or with `--dry-run` looks whether there is anything to say.
pub(super) async fn mark(
    app: &App<'_>,
    Writing { project, actor }: &Writing,
    changing: &ConfirmArgs,
    what: &ProjectMark,
    given: Option<&str>,
) -> CommandResult {
    let (said, until, link) = match what {
        ProjectMark::Freeze { until, link } => ("freeze", *until, link.clone()),
        ProjectMark::Unfreeze => ("unfreeze", None, None),
    };
    // What makes environments take less needs no second thought; what makes them take more does.
    if *what == ProjectMark::Unfreeze && !changing.dry_run {
        crate::app::confirm::agree(app, changing, "the end of the freeze", (&[], "Go ahead? [y/N]"))?;
    }
    let ports = app.ports(project).await?;
    let (changed, entry) = if changing.dry_run {
        let view = ports.view();
        link.as_deref().map(reason::link).transpose()?;
        let (genesis, _) = promote_core::observe::genesis(&view, &project.config).await?;
        let last = view.ledger.standstill(Some(&genesis.ledger)).await.map_err(LedgerError::read_failure)?;
        (*what != ProjectMark::Unfreeze || says_frozen(last.as_ref()), None)
    } else {
        let entry = say_of_all(&ports, &project.config, actor, what, given).await?;
        (entry.is_some(), entry.map(|entry| entry.to_string()))
    };
    let report = SaidReport {
        schema: SaidReport::SCHEMA,
        environment: None,
        all: true,
        said,
        changed,
        dry_run: changing.dry_run,
        until,
        link,
        reason: given.map(str::to_owned),
        entry,
    };
    app.tell(report.changed && !report.dry_run, &report, || page(&report))?;
    Ok(ExitStatus::Ok)
}

fn page(report: &SaidReport) -> Page {
    let mut page = Page::default();
    let until = report.until.map_or_else(
        || "until it is lifted".to_owned(),
        |at| format!("until {}", at.format("%Y-%m-%d %H:%M UTC")),
    );
    let (done, already) = match report.said {
        "freeze" => (format!("is frozen {until}"), "is frozen"),
        _ => ("is no longer frozen".to_owned(), "is not frozen"),
    };
    let text = marked("everything", (&done, already), report.changed, report.dry_run);
    page.line(match &report.entry {
        Some(entry) => text.and(format!(" (ledger entry {entry})"), Style::Dim),
        None => text,
    });
    if report.said == "freeze" && !report.dry_run {
        page.hint("`promote unfreeze --all` lifts it");
    }
    page
}
