//! `promote hold`.

use crate::app::{App, Ended};
use crate::args::Changing;
use clap::Args;
use promote_core::admin::Saying;
use promote_core::names::EnvironmentName;

/// Make automation leave an environment alone
///
/// Publishing and schedules move nothing there until `promote unhold`; people still may.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote hold staging --reason \"load test\"")]
pub(crate) struct HoldArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: EnvironmentName,

    /// Why, which is needed; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: String,

    #[command(flatten)]
    changing: Changing,
}

pub(crate) async fn run(app: &App<'_>, args: &HoldArgs) -> Ended {
    let project = app.project_to_write()?;
    let reason = Some(args.reason.as_str());
    crate::saying::run(app, &project, &args.changing, &args.environment, &Saying::Hold, reason).await
}
