//! `promote freeze`.

use crate::app::{App, Ended};
use crate::args::Changing;
use clap::Args;
use promote_core::admin::Saying;
use promote_core::failure::Failure;
use promote_core::names::EnvironmentName;

/// Block promotions to an environment
///
/// Promotions to it are refused until then, by hand and automatic; rollbacks are not. A freeze that recurs belongs
/// into `promote.toml` as `freeze`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote freeze prod --until 2h --reason \"INC-88\"\n  promote freeze prod --until \"2026-12-24 12:00\" --reason holidays\n  promote freeze prod --reason \"until we know more\""
)]
pub(crate) struct FreezeArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: EnvironmentName,

    /// When it ends: `2h`, `2026-11-21 18:00` in the project's time zone, or RFC 3339; left out, when it is lifted
    #[arg(long, value_name = "TIME")]
    until: Option<String>,

    /// Why, which is needed; kept in the ledger and shown to everyone who is refused
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: String,

    #[command(flatten)]
    changing: Changing,
}

pub(crate) async fn run(app: &App<'_>, args: &FreezeArgs) -> Ended {
    let project = app.project_to_write()?;
    let until = match args.until.as_deref() {
        None => None,
        Some(text) => {
            // A span is counted from the store's time, by which the freeze ends.
            let store = app.world(&project).await?;
            let asked = store.ledger.bucket().now().await;
            let now = asked.map_err(|error| Failure::looking("asking for the time", error))?;
            Some(crate::moment::after(text, &project.config.timezone, now)?)
        }
    };
    let (saying, reason) = (Saying::Freeze(until), Some(args.reason.as_str()));
    crate::saying::run(app, &project, &args.changing, &args.environment, &saying, reason).await
}
