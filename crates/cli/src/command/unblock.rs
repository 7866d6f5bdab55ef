//! `promote unblock`.

use crate::app::{App, Ended};
use crate::args::Changing;
use clap::Args;
use promote_core::request::Wanted;

/// Lift the block of a release
///
/// It may move again wherever the rules let it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote unblock a93be01")]
pub(crate) struct UnblockArgs {
    /// The release: a commit or the beginning of one, or a tag
    #[arg(value_name = "RELEASE")]
    release: Wanted,

    /// Why; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: Option<String>,

    #[command(flatten)]
    changing: Changing,
}

pub(crate) async fn run(app: &App<'_>, args: &UnblockArgs) -> Ended {
    crate::blocking::run(app, &args.changing, &args.release, false, args.reason.as_deref()).await
}
