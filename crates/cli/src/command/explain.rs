//! `promote explain`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::args::TermsArgs;
use crate::moving::Looking;
use clap::Args;
use promote::Error;
use promote_core::event::Silent;
use promote_core::exit::ExitStatus;
use promote_core::names::EnvironmentName;
use promote_core::observe::environment;
use promote_core::report::DecisionReport;
use promote_core::request::Wanted;
use std::sync::Arc;

/// Every rule, its evidence, and when it may open
///
/// Judges a release for an environment and shows of each rule what it demands, what it found and, where that is known,
/// when its answer may change by itself. Reads only, and ends with 0 whatever the answer.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote explain prod\n  promote explain prod a93be01 --json=rules")]
pub(crate) struct ExplainArgs {
    /// Where to; picked from a list at a terminal, when left out
    #[arg(value_name = "ENV")]
    environment: Option<EnvironmentName>,

    /// Which release; what runs in the environment before, when left out
    #[arg(value_name = "RELEASE")]
    release: Option<Wanted>,

    #[command(flatten)]
    terms: TermsArgs,
}

impl Command for ExplainArgs {
    const NAME: &'static str = "explain";
    const ELSEWHERE: &'static [&'static str] = &["why", "rules"];
    const DOCUMENTS: &'static [Shape] = &[shape::<DecisionReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &ExplainArgs) -> CommandResult {
    let project = app.project()?;
    let name = crate::pick::environment(app, &project, args.environment.as_ref(), "explain")?;
    let promotion = app.promotion(&name, args.release.as_ref(), &args.terms, true)?;
    environment(&project.config, &name)?;
    let opened = app.open(&project, None, Arc::new(Silent)).await?;
    let ending = opened.explain(promotion).asking(Looking(app)).await.map_err(Error::into_failure)?;
    let mut report = ending.decision().clone();
    report.exit = ExitStatus::Ok;
    app.show(&report, || promote_view::decision::explanation(&report, project.config.timezone))?;
    Ok(report.exit)
}
