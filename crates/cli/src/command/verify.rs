//! `promote verify`.

use crate::app::{App, Ended};
use crate::copied;
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::names::EnvironmentName;
use promote_core::report;
use std::path::PathBuf;

/// Do targets and ledger agree?
///
/// Compares every target with what the ledger put there. With `--ledger`, every record of the whole ledger is checked:
/// each names the one before by its hash, and states what follows from it. Ends with 10 when something differs, with
/// another code when it could not be found out. Reads only; made for a schedule.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote verify\n  promote verify prod\n  promote verify --ledger\n  \
                        promote verify --offline ./copy-of-the-ledger")]
pub(crate) struct VerifyArgs {
    /// The environments; all of them when none is named
    #[arg(value_name = "ENV")]
    environments: Vec<EnvironmentName>,

    /// Check the whole chain of records as well
    #[arg(long)]
    ledger: bool,

    /// Check a copy of a ledger in this folder instead: no configuration, no network
    #[arg(long, value_name = "DIR", conflicts_with_all = ["environments", "ledger"])]
    offline: Option<PathBuf>,
}

pub(crate) async fn run(app: &App<'_>, args: &VerifyArgs) -> Ended {
    let (found, zone) = match &args.offline {
        Some(folder) => (copied::check(&app.env.folder.join(folder))?, chrono_tz::UTC),
        None => {
            let project = app.project()?;
            let view = app.world(&project).await?.view();
            let found = report::verify(&view, &project.config, &args.environments, args.ledger).await?;
            (found, project.config.timezone)
        }
    };
    app.show(&found, || crate::view::verify::page(&found, zone))?;
    Ok(if found.matches { ExitStatus::Ok } else { ExitStatus::Differs })
}
