//! `promote unfreeze`.

use crate::app::{App, Ended};
use crate::args::Changing;
use clap::Args;
use promote_core::admin::Saying;
use promote_core::names::EnvironmentName;

/// Lift the freeze of an environment
///
/// Freezes that `promote.toml` has as windows stay.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote unfreeze prod --reason \"the sale is over\"")]
pub(crate) struct UnfreezeArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: EnvironmentName,

    /// Why; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: Option<String>,

    #[command(flatten)]
    changing: Changing,
}

pub(crate) async fn run(app: &App<'_>, args: &UnfreezeArgs) -> Ended {
    let project = app.project_to_write()?;
    let reason = args.reason.as_deref();
    crate::saying::run(app, &project, &args.changing, &args.environment, &Saying::Unfreeze, reason).await
}
