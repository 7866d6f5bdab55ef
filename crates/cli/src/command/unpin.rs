//! `promote unpin`.

use crate::app::{App, Ended};
use crate::args::Changing;
use clap::Args;
use promote_core::request::Wanted;

/// Leave a release to retention again
///
/// `promote prune` may delete it once nothing else needs it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote unpin a93be01")]
pub(crate) struct UnpinArgs {
    /// The release: a commit or the beginning of one, or a tag
    #[arg(value_name = "RELEASE")]
    release: Wanted,

    /// Why; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: Option<String>,

    #[command(flatten)]
    changing: Changing,
}

pub(crate) async fn run(app: &App<'_>, args: &UnpinArgs) -> Ended {
    crate::pinning::run(app, &args.changing, &args.release, false, args.reason.as_deref()).await
}
