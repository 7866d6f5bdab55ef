//! `promote verify-archive`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::archive_page;
use clap::Args;
use promote_artifacts::ready;
use promote_core::exit::ExitStatus;
use promote_core::report::Document;
use promote_view::Page;
use serde::Serialize;
use std::path::PathBuf;

/// Check a finished archive as `publish` does, and print its digests
///
/// Reads the whole file. It is accepted when every common reader unpacks the same members with the same bytes, and
/// nothing leads out of the archive. Needs no project; nothing is uploaded or unpacked.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote verify-archive build.zip\n  promote verify-archive build.zip --json=digest"
)]
pub(crate) struct VerifyArchiveArgs {
    /// The archive
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// An archive that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ArchiveReport {
    schema: &'static str,
    /// The file.
    file: String,
    /// Its digest.
    digest: String,
    /// The digest of what is in it.
    content: String,
    /// Its length in bytes.
    size: u64,
    /// How many files and links it has.
    members: u64,
    /// Their length together, unpacked, in bytes.
    unpacked: u64,
    /// What is worth telling.
    warnings: Vec<String>,
}

impl Document for ArchiveReport {
    const SCHEMA: &'static str = "promote/archive@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "file", "digest", "content", "size", "members", "unpacked", "warnings"];
}

impl Command for VerifyArchiveArgs {
    const NAME: &'static str = "verify-archive";
    const DOCUMENTS: &'static [Shape] = &[shape::<ArchiveReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &VerifyArchiveArgs) -> CommandResult {
    let verified = ready::verified(app.env.folder.join(&args.file)).await?;
    let report = ArchiveReport {
        schema: ArchiveReport::SCHEMA,
        file: args.file.display().to_string(),
        digest: verified.digest.to_string(),
        content: verified.content.to_string(),
        size: verified.size,
        members: verified.members,
        unpacked: verified.unpacked,
        warnings: verified.warnings.iter().map(ToString::to_string).collect(),
    };
    app.show(&report, || page(&report))?;
    Ok(ExitStatus::Ok)
}

fn page(report: &ArchiveReport) -> Page {
    let ArchiveReport { digest, file, members, size, unpacked, content, warnings, .. } = report;
    let about = format!("{size} bytes, {unpacked} unpacked, contents {content}");
    archive_page::page(digest, file, *members, &about, warnings)
}
