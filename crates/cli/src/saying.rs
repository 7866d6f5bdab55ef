//! What `freeze`, `unfreeze`, `hold` and `unhold` have in common: something is said about an environment, and nothing
//! moves.

use crate::app::{App, Ended};
use crate::args::Changing;
use crate::page::{Page, Style, Text};
use crate::project::Project;
use chrono::{DateTime, Utc};
use promote_core::admin::{Saying, say};
use promote_core::exit::ExitStatus;
use promote_core::ledger::LedgerError;
use promote_core::names::EnvironmentName;
use promote_core::observe::environment;
use promote_core::report::Document;
use promote_core::request::{Request, Wanted};
use serde::Serialize;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SaidReport {
    schema: &'static str,
    /// The environment.
    environment: String,
    /// `freeze`, `unfreeze`, `hold` or `unhold`.
    said: &'static str,
    /// Whether the ledger changed, or would have.
    changed: bool,
    /// Whether nothing was written because of `--dry-run`.
    dry_run: bool,
    /// The end of a freeze.
    until: Option<DateTime<Utc>>,
    /// Why.
    reason: Option<String>,
    /// The ledger's entry.
    entry: Option<String>,
}

impl Document for SaidReport {
    const SCHEMA: &'static str = "promote/said@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "environment", "said", "changed", "dry_run", "until", "reason", "entry"];
}

/// Says it, or with `--dry-run` looks whether there is anything to say.
pub(crate) async fn run(
    app: &App<'_>,
    project: &Project,
    changing: &Changing,
    name: &EnvironmentName,
    saying: &Saying,
    reason: Option<&str>,
) -> Ended {
    let settings = environment(&project.config, name)?;
    let request = Request {
        reason: reason.map(str::to_owned),
        ..Request::promote(name.clone(), Wanted::Unnamed, app.identified().await?)
    };
    // What makes an environment take less needs no second thought; what makes it take more does.
    let loosens = matches!(saying, Saying::Unfreeze | Saying::Unhold);
    if loosens && !changing.dry_run {
        crate::confirm::confirm(app, changing, settings, false)?;
    }
    let world = app.world(project).await?;
    let (changed, entry) = if changing.dry_run {
        let view = world.view();
        promote_core::observe::genesis(&view, &project.config).await?;
        let head = view.ledger.head(&settings.lane).await.map_err(LedgerError::looking)?;
        let state = head.map(|head| head.state().clone()).unwrap_or_default();
        let changes = match saying {
            Saying::Freeze(_) => true,
            Saying::Unfreeze => state.frozen.is_some(),
            Saying::Hold => state.held.is_none(),
            Saying::Unhold => state.held.is_some(),
        };
        (changes, None)
    } else {
        let head = say(&world, &project.config, &request, saying).await?;
        (head.is_some(), head.map(|head| head.record.seq.to_string()))
    };
    let report = SaidReport {
        schema: SaidReport::SCHEMA,
        environment: name.to_string(),
        said: word(saying),
        changed,
        dry_run: changing.dry_run,
        until: if let Saying::Freeze(until) = saying { *until } else { None },
        reason: request.reason,
        entry,
    };
    app.tell(report.changed && !report.dry_run, &report, || page(&report))?;
    Ok(ExitStatus::Ok)
}

const fn word(saying: &Saying) -> &'static str {
    match saying {
        Saying::Freeze(_) => "freeze",
        Saying::Unfreeze => "unfreeze",
        Saying::Hold => "hold",
        Saying::Unhold => "unhold",
    }
}

fn page(report: &SaidReport) -> Page {
    let mut page = Page::default();
    let name = &report.environment;
    let until = report.until.map_or_else(
        || "until it is lifted".to_owned(),
        |at| format!("until {}", at.format("%Y-%m-%d %H:%M UTC")),
    );
    let (done, already) = match report.said {
        "freeze" => (format!("is frozen {until}"), "is frozen"),
        "unfreeze" => ("is no longer frozen".to_owned(), "is not frozen"),
        "hold" => ("is left alone by automation".to_owned(), "is held already"),
        _ => ("is open to automation again".to_owned(), "is not held"),
    };
    let text = match (report.changed, report.dry_run) {
        (false, _) => Text::plain(format!("{name} {already}: nothing to do")),
        (true, true) => Text::plain(format!("{name} {done}, if this is done; nothing was changed")),
        (true, false) => Text::new("✓ ", Style::Good).and(format!("{name} {done}"), Style::Plain),
    };
    let text = match &report.entry {
        Some(entry) => text.and(format!(" (ledger entry {entry})"), Style::Dim),
        None => text,
    };
    page.line(text);
    match report.said {
        "freeze" if !report.dry_run => page.hint(format!("`promote unfreeze {name}` lifts it")),
        "hold" if !report.dry_run => page.hint(format!("`promote unhold {name}` lifts it")),
        _ => {}
    }
    page
}
