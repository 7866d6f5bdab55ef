//! What a command of the action has at hand: the project, what was asked, and where to say what came of it.

use crate::input::Inputs;
use crate::log::Log;
use crate::options::Options;
use crate::surroundings::Surroundings;
use crate::workflow::Kind;
use promote::{Asked, Early, Failure, Project, Question, Questions};
use promote_core::lease::TooEarly;
use promote_core::plan::Plan;
use promote_core::report::PublishReport;
use promote_core::request::Request;

/// Everything that a command needs.
pub(crate) struct Site<'a> {
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) inputs: &'a Inputs<'a>,
    pub(crate) log: &'a Log,
    pub(crate) options: Options,
    pub(crate) project: Project,
}

/// Nobody can be asked in a job: what is waited for and what begins is said.
pub(crate) struct Unattended<'a>(pub(crate) &'a Site<'a>);

impl Questions for Unattended<'_> {
    /// Waited for, whatever else is in the way: it may have changed by then.
    fn early(&self, _: &TooEarly, _: &Request, _: bool) -> Result<Early, Failure> {
        Ok(Early::Wait)
    }

    fn go_ahead(&self, _: &Question<'_>) -> Result<Asked, Failure> {
        Ok(Asked::Nobody)
    }

    fn moves(&self, plan: &Plan) {
        self.0.log.say(&format!("{}: moves to {}", plan.environment, plan.release.commit.short(7)));
    }

    fn ends(&self) {
        self.0.log.end_group();
    }

    fn line(&self, line: &str) {
        self.0.log.foreign(line);
    }

    fn published(&self, report: &PublishReport) {
        let log = self.0.log;
        for said in report.allowed.said.iter().chain(&report.warnings) {
            log.annotate(Kind::Warning, "publish", said, None);
        }
        let says = match report.status() {
            "planned" => "would be published",
            "published" => "is published",
            _ => "was published before",
        };
        log.say(&format!("{} {says}", report.commit.short(7)));
    }

    fn warned(&self, warning: &str) {
        self.0.log.annotate(Kind::Warning, "promote", warning, None);
    }
}
