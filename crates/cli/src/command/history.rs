//! `promote history`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::names::EnvironmentName;
use promote_core::report::{self, HistoryReport};

/// The ledger, newest first
///
/// One line for each promotion: when, which release, what came of it, who, how long it took and why; and for what was
/// said about an environment: freezes, holds, adopted targets.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote history\n  promote history prod -n 50\n  promote history prod --before 120\n  \
                        promote history --format plain | cut -f3"
)]
pub(crate) struct HistoryArgs {
    /// Whose; everybody's when left out
    #[arg(value_name = "ENV")]
    environment: Option<EnvironmentName>,

    /// How many
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20, value_parser = crate::args::number::<u16>(1, 1000))]
    limit: u16,

    /// Only what is older than this ledger entry of the environment
    #[arg(long, value_name = "ENTRY", requires = "environment", value_parser = crate::args::number::<u64>(1, u64::MAX))]
    before: Option<u64>,
}

impl Command for HistoryArgs {
    const NAME: &'static str = "history";
    const ELSEWHERE: &'static [&'static str] = &["log", "logs", "ledger", "releases"];
    const DOCUMENTS: &'static [Shape] = &[shape::<HistoryReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &HistoryArgs) -> CommandResult {
    let project = app.project()?;
    let view = app.ports(&project).await?.view();
    let names: Vec<EnvironmentName> = args.environment.iter().cloned().collect();
    let limit = usize::from(args.limit);
    let found = report::history(&view, &project.config, &names, args.before, limit).await?;
    let one = args.environment.is_some();
    app.show(&found, || promote_view::history::page(&found, one, project.config.timezone))?;
    Ok(ExitStatus::Ok)
}
