//! What a page in full has beyond what a terminal shows: what runs where, and who asked.

use crate::app::App;
use crate::args::Format;
use promote::Project;
use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::report::{DecisionReport, OutcomeReport, StatusReport};
use promote_view::{Page, Told, decision, outcome, words};

/// What pages of a promotion are made with.
pub(crate) struct InFull {
    status: Option<StatusReport>,
    by: String,
}

impl InFull {
    /// Looks at what runs where, for Markdown alone: a picture is worth two more rounds of requests, and never a failure.
    pub(crate) async fn look(app: &App<'_>, project: &Project) -> Self {
        let status = match app.screen.format {
            Format::Markdown => project.status(&[]).await.ok(),
            _ => None,
        };
        Self { status, by: words::by(project.actor()) }
    }

    /// The page of a decision.
    pub(crate) fn decided(&self, report: &DecisionReport, config: &Config) -> Page {
        decision::page(&self.told(report, report.exit, config))
    }

    /// The page of an outcome.
    pub(crate) fn done(&self, decision: &DecisionReport, report: &OutcomeReport, config: &Config) -> Page {
        outcome::page(&self.told(decision, report.exit, config), report)
    }

    fn told<'a>(&'a self, decision: &'a DecisionReport, exit: ExitStatus, config: &Config) -> Told<'a> {
        Told { decision, exit, status: self.status.as_ref(), by: &self.by, zone: config.timezone }
    }
}
