//! `promote verify`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::copied;
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::names::EnvironmentName;
use promote_core::remember::remember_all;
use promote_core::report::{self, VerifyReport};
use std::path::PathBuf;
use std::sync::Arc;

/// Do targets and ledger agree?
///
/// Compares every target with what the ledger put there, and every source of what runs with what was published, by what
/// the stores say of them. A source that somebody wrote again is read, once: that its bytes are the same is written down
/// beside the release, where that is allowed. `--bytes` reads and hashes all of them. With `--ledger`, everything in the whole ledger is
/// checked: each record names the one before by its hash and states what follows from it, manifests and words about
/// releases are those that records name, and nothing else is there. What such a check can't find is said with it. Ends
/// with 10 when something differs, with
/// another code when it could not be found out. Changes no target, no source and no record; made for a schedule.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote verify\n  promote verify prod\n  promote verify --bytes\n  promote verify --ledger\n  \
                        promote verify --offline ./copy-of-the-ledger"
)]
pub(crate) struct VerifyArgs {
    /// The environments; all of them when none is named
    #[arg(value_name = "ENV")]
    environments: Vec<EnvironmentName>,

    /// Check the whole ledger as well
    #[arg(long)]
    ledger: bool,

    /// Read the bytes of targets and sources as well, and compare their digests
    #[arg(long)]
    bytes: bool,

    /// Check a copy of a ledger in this folder instead: no configuration, no network
    #[arg(long, value_name = "DIR", conflicts_with_all = ["environments", "ledger", "bytes"])]
    offline: Option<PathBuf>,
}

impl Command for VerifyArgs {
    const NAME: &'static str = "verify";
    const ELSEWHERE: &'static [&'static str] = &["audit", "drift"];
    const DOCUMENTS: &'static [Shape] = &[shape::<VerifyReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &VerifyArgs) -> CommandResult {
    let (found, zone) = match &args.offline {
        Some(folder) => (copied::check(&app.env.folder.join(folder)).await?, chrono_tz::UTC),
        None => {
            let project = app.project()?;
            let progress = app.progress();
            let ports = app.ports_with(&project, Arc::new(progress.clone())).await?;
            let depth = report::Depth { chains: args.ledger, bytes: args.bytes };
            let found =
                report::verify_and_learn(&ports.view(), &project.config, &args.environments, depth).await;
            progress.rest();
            let (found, learned) = found?;
            remember_all(&ports, &learned, &app.claimed()).await;
            let teller = app.teller(&project, &ports);
            teller.drifted(&found, ports.clock.now());
            app.told(&teller).await;
            (found, project.config.timezone)
        }
    };
    app.show(&found, || promote_view::verify::page(&found, zone))?;
    Ok(if found.matches { ExitStatus::Ok } else { ExitStatus::Differs })
}
