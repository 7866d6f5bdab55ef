//! `promote status`.

use crate::app::{App, Ended};
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::names::EnvironmentName;
use promote_core::report;

/// What runs where, and what could move
///
/// Shows every environment's release, since when it is there and whether it was verified; promotions that have not
/// ended, drift, freezes and holds; and which release may move next. Reads only.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "Examples:\n  promote status\n  promote status prod\n  promote status --json=environments"
)]
pub(crate) struct StatusArgs {
    /// The environments; all of them when none is named
    #[arg(value_name = "ENV")]
    environments: Vec<EnvironmentName>,
}

pub(crate) async fn run(app: &App<'_>, args: &StatusArgs) -> Ended {
    let project = app.project()?;
    let world = app.world(&project).await?;
    let mut found = report::status(&world.view(), &project.config, &args.environments, &app.actor()).await?;
    found.file = project.shown(app);
    app.show(&found, || crate::view::status::page(&found, project.config.timezone))?;
    Ok(ExitStatus::Ok)
}
