//! `promote version`.

use crate::app::command::Command;
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::report::Document;
use promote_view::Page;
use serde::Serialize;

/// Print the version
///
/// As `promote --version` does; with `--json`, for a script that asks what it has.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote version\n  promote version --json")]
pub(crate) struct VersionArgs {}

/// What this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct VersionReport {
    schema: &'static str,
    /// The version.
    version: &'static str,
    /// The operating system that it was built for.
    os: &'static str,
    /// The processor that it was built for.
    arch: &'static str,
}

impl Document for VersionReport {
    const SCHEMA: &'static str = "promote/version@1";
    const FIELDS: &'static [&'static str] = &["schema", "version", "os", "arch"];
}

impl Command for VersionArgs {
    const NAME: &'static str = "version";
    const DOCUMENTS: &'static [Shape] = &[shape::<VersionReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        run(app, self)
    }
}

fn run(app: &App<'_>, _args: &VersionArgs) -> CommandResult {
    let report = VersionReport {
        schema: VersionReport::SCHEMA,
        version: promote::VERSION,
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
    };
    app.show(&report, || {
        let mut page = Page::default();
        page.line(format!("promote {}", report.version));
        page
    })?;
    Ok(ExitStatus::Ok)
}
