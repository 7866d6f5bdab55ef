//! `promote diff`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::names::EnvironmentName;
use promote_core::report::{self, DiffReport};

/// Commits and artifacts between two environments
///
/// Compares what the ledger says runs in both. The commits come from the git repository that the command runs in.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote diff uat prod\n  promote diff staging uat --json=left,right")]
pub(crate) struct DiffArgs {
    /// The first environment
    #[arg(value_name = "ENV")]
    left: EnvironmentName,

    /// The second environment
    #[arg(value_name = "ENV")]
    right: EnvironmentName,
}

impl Command for DiffArgs {
    const NAME: &'static str = "diff";
    const ELSEWHERE: &'static [&'static str] = &["compare", "changes"];
    const DOCUMENTS: &'static [Shape] = &[shape::<DiffReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &DiffArgs) -> CommandResult {
    let project = app.project()?;
    let view = app.ports(&project).await?.view();
    let found = report::diff(&view, &project.config, &args.left, &args.right).await?;
    app.show(&found, || promote_view::diff::page(&found))?;
    Ok(ExitStatus::Ok)
}
