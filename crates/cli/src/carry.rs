//! A promotion that is carried out: asked on the way, and said what came of it. The same for `to`, `rollback` and `resume`.

use crate::app::json::JsonSelection;
use crate::app::writing::Writing;
use crate::app::{App, CommandResult, Stop};
use crate::args::{ConfirmArgs, Format, Waiting};
use crate::asking::{Asking, Found};
use crate::gitlab::Facts;
use crate::in_full::InFull;
use crate::underway::Underway;
use promote::{Ended, Error, Project, Promotion, Running};
use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::EnvironmentName;
use promote_core::observe::environment;
use promote_core::report::{DecisionReport, OutcomeReport};
use promote_view::Page;
use promote_view::decision as decision_view;
use std::sync::{Arc, Mutex, PoisonError};

/// What is to be carried out, and how.
pub(crate) struct Move<'a> {
    /// Where.
    pub(crate) environment: &'a EnvironmentName,
    /// What is asked.
    pub(crate) promotion: Promotion,
    /// What is done with it.
    pub(crate) run: for<'p> fn(&'p Project, Promotion) -> Running<'p>,
    /// Whether to ask, and whether to do it at all.
    pub(crate) changing: &'a ConfirmArgs,
    /// How long to wait.
    pub(crate) waiting: &'a Waiting,
}

/// Carries it out, and gathers for later jobs what came of it.
pub(crate) async fn carry(
    app: &App<'_>,
    writing: Writing,
    wanted: Move<'_>,
    facts: &mut Facts,
) -> CommandResult {
    let Writing { project, actor } = writing;
    let Move { changing, waiting, .. } = wanted;
    facts.concern(wanted.environment);
    let (config, settings) = (&project.config, environment(&project.config, wanted.environment)?);
    let progress = app.progress();
    let project = app.open(&project, Some(actor), Arc::new(progress.clone())).await?;
    let underway = &Underway::new(app, &progress);
    let found = Mutex::new(Found { facts, report: None });
    let asking = Asking { app, settings, zone: config.timezone, changing, waiting, underway, found };
    let running = (wanted.run)(&project, waiting.asked(wanted.promotion)).dry_run(changing.dry_run);
    let ended = running.asking(&asking).until(|| underway.stopped()).await;
    progress.rest();
    let ending = ended.map_err(stopped)?;
    let found = asking.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut report = found.report.unwrap_or_else(|| ending.decision().clone());
    if !changing.dry_run && ending.ended == Ended::Unchanged {
        report.exit = ending.exit;
    }
    let in_full = InFull::look(app, &project).await;
    match (ending.outcome(), ending.ended) {
        (Some(outcome), _) => {
            told(app, outcome, in_full.done(&report, outcome, config))?;
            Ok(ending.exit)
        }
        (None, _) if changing.dry_run => {
            app.show(&report, || in_full.decided(&report, config))?;
            Ok(report.exit)
        }
        (None, Ended::Refused) => refused(app, &report, &in_full.decided(&report, config), config),
        (None, _) => unchanged(app, &report, &in_full.decided(&report, config)),
    }
}

/// Only what is waited for is stopped before anything is open.
fn stopped(error: Error) -> Failure {
    match error {
        Error::Stopped(exit) => Failure::new(exit, format!("{} while waiting to take over", exit.stopped()))
            .state("Nothing was changed."),
        other => other.into_failure(),
    }
}

/// Says what came of it.
fn told(app: &App<'_>, report: &OutcomeReport, page: Page) -> Result<(), Failure> {
    if report.exit == ExitStatus::Ok {
        return app.tell(true, report, || page);
    }
    app.screen.message("\n");
    if let Err(failure) = app.screen.complain_of(&page) {
        app.unshown(&failure);
    }
    match app.json() {
        JsonSelection::None => Ok(()),
        _ => app.tell(true, report, Page::default),
    }
}

fn refused(app: &App<'_>, report: &DecisionReport, whole: &Page, config: &Config) -> CommandResult {
    app.screen.complain(&decision_view::refused(report, config.timezone));
    match app.json() {
        JsonSelection::None if app.screen.format == Format::Markdown => app.screen.page(whole)?,
        JsonSelection::None => {}
        wish => app.screen.data(&wish.text(report)?)?,
    }
    Err(Stop::AlreadyReported(report.exit))
}

/// The release is there already. That its deployment failed is not passed over.
fn unchanged(app: &App<'_>, report: &DecisionReport, page: &Page) -> CommandResult {
    match app.json() {
        JsonSelection::None => app.screen.page(page)?,
        wish => app.screen.data(&wish.text(report)?)?,
    }
    Ok(report.exit)
}
