//! `promote unhold`.

use crate::app::{App, Ended};
use crate::args::Changing;
use clap::Args;
use promote_core::admin::Saying;
use promote_core::names::EnvironmentName;

/// Let automation move an environment again
///
/// A rollback of an automatic environment leaves a hold behind, so that the same release does not come straight back.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote unhold staging")]
pub(crate) struct UnholdArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: EnvironmentName,

    /// Why; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: Option<String>,

    #[command(flatten)]
    changing: Changing,
}

pub(crate) async fn run(app: &App<'_>, args: &UnholdArgs) -> Ended {
    let project = app.project_to_write()?;
    let reason = args.reason.as_deref();
    crate::saying::run(app, &project, &args.changing, &args.environment, &Saying::Unhold, reason).await
}
