//! `promote pin`.

use crate::app::{App, Ended};
use crate::args::Changing;
use clap::Args;
use promote_core::request::Wanted;

/// Keep a release, whatever retention says
///
/// `promote prune` deletes none of its artifacts. Where it had doomed the release, that is lifted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote pin a93be01 --reason \"the audit of 2026\"")]
pub(crate) struct PinArgs {
    /// The release: a commit or the beginning of one, or a tag
    #[arg(value_name = "RELEASE")]
    release: Wanted,

    /// Why, which is needed; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: String,

    #[command(flatten)]
    changing: Changing,
}

pub(crate) async fn run(app: &App<'_>, args: &PinArgs) -> Ended {
    crate::pinning::run(app, &args.changing, &args.release, true, Some(&args.reason)).await
}
