//! `promote adopt`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::ConfirmArgs;
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::LedgerError;
use promote_core::marks::{adopt, holding};
use promote_core::names::EnvironmentName;
use promote_core::observe::environment;
use promote_core::report::Document;
use promote_core::request::{Request, Wanted};
use promote_view::{Page, Style, Text};
use serde::Serialize;

/// Record what is in an environment now
///
/// For an environment that was in use before promote, and after a change that was made past it. The targets are read
/// and written down as they are; nothing is moved. The release is found by its bytes. Where the targets hold what is
/// recorded, there is nothing to adopt, and nothing is written. What was not verified by a promotion does not count as
/// verified.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote adopt prod --reason \"hotfix by hand\"\n  promote adopt prod --as 77f0d4a --reason INC-88"
)]
pub(crate) struct AdoptArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: EnvironmentName,

    /// The published release that its targets hold, which is checked; left out, the release is found by its bytes
    #[arg(long = "as", value_name = "RELEASE")]
    release: Option<Wanted>,

    /// Why, which is needed; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: String,

    #[command(flatten)]
    changing: ConfirmArgs,
}

/// What was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AdoptReport {
    schema: &'static str,
    /// The environment.
    environment: String,
    /// The release that the targets hold, when it is known.
    sha: Option<String>,
    /// What is there.
    targets: Vec<AdoptedTarget>,
    /// Whether the targets hold what is recorded, so that there was nothing to adopt.
    unchanged: bool,
    /// Whether nothing was written because of `--dry-run`.
    dry_run: bool,
    /// The ledger's entry.
    entry: Option<String>,
}

/// One target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct AdoptedTarget {
    location: String,
    size: Option<u64>,
    digest: Option<String>,
}

impl Document for AdoptReport {
    const SCHEMA: &'static str = "promote/adopt@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "environment", "sha", "targets", "unchanged", "dry_run", "entry"];
}

impl Command for AdoptArgs {
    const NAME: &'static str = "adopt";
    const DOCUMENTS: &'static [Shape] = &[shape::<AdoptReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &AdoptArgs) -> CommandResult {
    let Writing { project, actor } = app.to_write().await?;
    let name = &args.environment;
    let settings = environment(&project.config, name)?;
    let ports = app.ports(&project).await?;
    let view = ports.view();
    let manifest = match &args.release {
        None => None,
        Some(wanted) => {
            let commit = promote_core::observe::published(&view, wanted).await?;
            let found = view.ledger.manifest(&commit).await.map_err(LedgerError::read_failure)?;
            Some(found.ok_or_else(|| {
                Failure::new(
                    ExitStatus::Missing,
                    format!("release `{}` was never published", commit.short(12)),
                )
            })?)
        }
    };
    let found = Box::pin(holding(&view, &project.config, name, manifest.clone())).await?;
    let mut report = AdoptReport {
        schema: AdoptReport::SCHEMA,
        environment: name.to_string(),
        sha: found.release.map(|release| release.commit.to_string()),
        targets: found
            .targets
            .iter()
            .map(|target| AdoptedTarget {
                location: target.target.to_string(),
                size: Some(target.size),
                digest: target.sha256.map(|digest| digest.to_string()),
            })
            .collect(),
        unchanged: found.recorded,
        dry_run: args.changing.dry_run,
        entry: None,
    };
    if !args.changing.dry_run && !found.recorded {
        crate::app::confirm::confirm(app, &args.changing, settings, false)?;
        let request = Request {
            reason: Some(args.reason.clone()),
            ..Request::promote(name.clone(), Wanted::Unnamed, actor)
        };
        let adopted = Box::pin(adopt(&ports, &project.config, &request, manifest)).await?;
        report.sha = adopted.release.map(|release| release.commit.to_string());
        report.unchanged = adopted.head.is_none();
        if let Some(head) = &adopted.head {
            let teller = app.teller(&project, &ports);
            teller.look(name, Some(head.record.seq));
            app.told(&teller).await;
        }
        report.entry = adopted.head.map(|head| head.record.seq.to_string());
    }
    app.tell(report.entry.is_some(), &report, || page(&report))?;
    Ok(ExitStatus::Ok)
}

fn page(report: &AdoptReport) -> Page {
    let mut page = Page::default();
    let name = &report.environment;
    let what = match &report.sha {
        Some(sha) => sha.get(..7).unwrap_or(sha).to_owned(),
        None => "something that no release is known for".to_owned(),
    };
    page.line(match &report.entry {
        _ if report.unchanged => Text::new("✓ ", Style::Good)
            .and(format!("{name} has {what}, as recorded: nothing to adopt"), Style::Plain),
        Some(entry) => Text::new("✓ ", Style::Good)
            .and(format!("{name} has {what}, recorded now"), Style::Plain)
            .and(format!(" (ledger entry {entry})"), Style::Dim),
        None => Text::plain(format!("{name} has {what}, which would be recorded; nothing was changed")),
    });
    for target in &report.targets {
        let held = match (target.size, &target.digest) {
            (None, _) => "nothing".to_owned(),
            (Some(size), None) => format!("{size} bytes"),
            (Some(size), Some(digest)) => format!("{size} bytes, {digest}"),
        };
        page.line(format!("  {}: {held}", target.location));
    }
    page
}
