//! `promote block`.

use crate::app::{App, Ended};
use crate::args::Changing;
use clap::Args;
use promote_core::request::Wanted;

/// Say that a release may go no further
///
/// It is refused in every environment from now on, also by automation. Where it runs, it stays.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote block a93be01 --reason \"loses invoices\"")]
pub(crate) struct BlockArgs {
    /// The release: a commit or the beginning of one, or a tag
    #[arg(value_name = "RELEASE")]
    release: Wanted,

    /// Why, which is needed; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: String,

    #[command(flatten)]
    changing: Changing,
}

pub(crate) async fn run(app: &App<'_>, args: &BlockArgs) -> Ended {
    crate::blocking::run(app, &args.changing, &args.release, true, Some(&args.reason)).await
}
