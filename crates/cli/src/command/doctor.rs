//! `promote doctor`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::health::{self, DoctorReport};
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::observe::genesis_to_write;

/// Check identity, permissions, clock and stores
///
/// Looks at everything a promotion needs and says what it found. Writes nothing, unless `--probe` is given: that tries
/// in each store which the ledger does not know yet which conditions it checks, and keeps what it found.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote doctor\n  promote doctor --probe\n  promote doctor --json=stores"
)]
pub(crate) struct DoctorArgs {
    /// Find out which conditional writes the stores support, where the ledger does not know yet; writes and deletes small objects beside the ledger
    #[arg(long)]
    probe: bool,
}

impl Command for DoctorArgs {
    const NAME: &'static str = "doctor";
    const ELSEWHERE: &'static [&'static str] = &["login", "whoami", "info"];
    const DOCUMENTS: &'static [Shape] = &[shape::<DoctorReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &DoctorArgs) -> CommandResult {
    let project = if args.probe { app.to_write().await?.project } else { app.project()? };
    let ports = app.ports(&project).await?;
    let mut probed = Vec::new();
    if args.probe {
        let (genesis, _) = genesis_to_write(&ports.view(), &project.config).await?;
        let found = promote_core::init_ledger::probe_missing(&ports, &project.config, &genesis).await?;
        probed = found.into_iter().map(|probed| probed.store.to_string()).collect();
    }
    let report: DoctorReport = health::look(app, &project, &ports, probed).await?;
    app.show(&report, || crate::health_page::page(&report))?;
    let pipelines = report.pipelines.iter().filter_map(|pipeline| pipeline.exit);
    let worst =
        report.stores.iter().filter_map(|store| store.exit).chain(report.ledger.exit).chain(pipelines).max();
    Ok(worst.unwrap_or(ExitStatus::Ok))
}
