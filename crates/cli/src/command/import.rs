//! `promote import`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::ConfirmArgs;
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::import::{ImportPlan, Imported, LanePlan, REASON, carry_out, survey};
use promote_core::names::EnvironmentName;
use promote_core::observe::environment;
use promote_core::report::Document;
use promote_view::words::count;
use promote_view::{Page, Style, Text};
use serde::Serialize;

/// How many of the things that were left out are named, before the rest is only counted.
const NAMED: usize = 10;

/// Fill a new ledger from what is there already
///
/// Reads the versions of targets that are overwritten, the names of targets that get a new name each time, what a moved
/// tag names, and what folders say of themselves, and writes down which release was there since when. Releases that were never published here are recorded from what
/// is at their source. Nothing is moved, and what is imported does not count as verified. An environment with a
/// history in the ledger is refused; one whose import was cut off goes on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote import --dry-run\n  promote import prod --limit 20 --yes")]
pub(crate) struct ImportArgs {
    /// The environments; all of them when left out
    #[arg(value_name = "ENV")]
    environments: Vec<EnvironmentName>,

    /// How many entries each environment gets at most, the newest ones
    #[arg(long, value_name = "NUMBER", default_value_t = 100, allow_negative_numbers = true, value_parser = crate::args::number::<u16>(1, 1000))]
    limit: u16,

    #[command(flatten)]
    changing: ConfirmArgs,
}

/// What was found and written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ImportReport {
    schema: &'static str,
    /// Environment by environment, in their order.
    environments: Vec<ImportedPast>,
    /// The releases that become known.
    releases: Vec<String>,
    /// How many entries were written, or would be.
    entries: usize,
    /// Whether nothing was written because of `--dry-run`.
    dry_run: bool,
}

/// The past of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ImportedPast {
    environment: String,
    /// Oldest first.
    entries: Vec<ImportedEntry>,
    /// How many of them were in the ledger before.
    already: usize,
    /// What could not be taken over.
    left_out: Vec<LeftOut>,
}

/// A release that was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ImportedEntry {
    /// Since when; `null` when it is only known to be there now.
    since: Option<String>,
    /// `null` for what is there now and is of no release that is known.
    sha: Option<String>,
    /// Where that is known from.
    from: String,
    /// What a person should know of it.
    warning: Option<String>,
}

/// Something that no release is known for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LeftOut {
    what: String,
    why: String,
}

impl Document for ImportReport {
    const SCHEMA: &'static str = "promote/import@1";
    const FIELDS: &'static [&'static str] = &["schema", "environments", "releases", "entries", "dry_run"];
}

impl Command for ImportArgs {
    const NAME: &'static str = "import";
    const DOCUMENTS: &'static [Shape] = &[shape::<ImportReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &ImportArgs) -> CommandResult {
    let Writing { project, actor } = app.to_write().await?;
    let config = &project.config;
    let names: Vec<EnvironmentName> = match args.environments.is_empty() {
        true => config.stages.iter().flatten().cloned().collect(),
        false => args.environments.clone(),
    };
    let ports = app.ports(&project).await?;
    let plan = survey(&ports.view(), config, &names, &actor, usize::from(args.limit)).await?;
    let report = report(&plan, args.changing.dry_run);
    if args.changing.dry_run || plan.to_write() == 0 {
        app.show(&report, || page(&report, None))?;
        return Ok(ExitStatus::Ok);
    }
    // The most dangerous of them decides how it is asked; the plan is seen before.
    let settings = plan.lanes.iter().map(|lane| environment(config, &lane.environment));
    let settings = settings.collect::<Result<Vec<_>, _>>()?;
    if let Some(settings) = settings.into_iter().min_by_key(|settings| settings.tier) {
        if !args.changing.yes {
            app.screen.page(&page(&report, None))?;
        }
        crate::app::confirm::confirm(app, &args.changing, settings, false)?;
    }
    let done = carry_out(&ports, config, &plan, &actor).await?;
    app.tell(true, &report, || page(&report, Some(done)))?;
    Ok(ExitStatus::Ok)
}

fn report(plan: &ImportPlan, dry_run: bool) -> ImportReport {
    ImportReport {
        schema: ImportReport::SCHEMA,
        environments: plan.lanes.iter().map(past).collect(),
        releases: plan.releases().map(ToString::to_string).collect(),
        entries: plan.to_write(),
        dry_run,
    }
}

fn past(lane: &LanePlan) -> ImportedPast {
    let entry = |record: &promote_core::import::Planned| ImportedEntry {
        since: record.since.map(|since| since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        sha: record.release.as_ref().map(|release| release.commit.to_string()),
        from: record.told.strip_prefix(REASON).unwrap_or(&record.told).to_owned(),
        warning: record.warning.clone(),
    };
    ImportedPast {
        environment: lane.environment.to_string(),
        entries: lane.records.iter().map(entry).collect(),
        already: lane.already,
        left_out: lane.left.iter().map(|it| LeftOut { what: it.what.clone(), why: it.why.clone() }).collect(),
    }
}

fn page(report: &ImportReport, done: Option<Imported>) -> Page {
    let mut page = Page::default();
    for one in &report.environments {
        let count = one.entries.len();
        let already = match one.already {
            0 => String::new(),
            some => format!(", {some} of them recorded already"),
        };
        page.line(
            Text::new(&one.environment, Style::Strong).and(format!(": {count} found{already}"), Style::Plain),
        );
        for entry in &one.entries {
            let sha = entry.sha.as_deref().map_or("unknown", |sha| sha.get(..7).unwrap_or(sha));
            let since = entry.since.as_deref().unwrap_or("now");
            page.line(Text::plain(format!("  {since:<20}  {sha}  ")).and(&entry.from, Style::Dim));
            if let Some(warning) = &entry.warning {
                page.line(Text::new(format!("  {:<20}  {warning}", ""), Style::Warn));
            }
        }
        for left in one.left_out.iter().take(NAMED) {
            page.line(Text::new(format!("  left out: {}: {}", left.what, left.why), Style::Dim));
        }
        if one.left_out.len() > NAMED {
            page.line(format!("  left out: {} more", one.left_out.len() - NAMED));
        }
    }
    page.line(match (done, report.entries) {
        (Some(done), _) => Text::new("✓ ", Style::Good).and(
            format!("{} recorded, {} made known", done.records, count(done.releases, "release")),
            Style::Plain,
        ),
        (None, 0) => Text::plain("nothing to import"),
        (None, entries) => Text::plain(format!(
            "{entries} to be recorded, {} to be made known; nothing was changed yet",
            count(report.releases.len(), "release")
        )),
    });
    for one in report.environments.iter().filter(|one| !one.left_out.is_empty()) {
        // Only in a ledger that was begun can anything be recorded.
        match done.is_some() || report.environments.iter().any(|one| one.already > 0) {
            true => page.hint(format!(
                "`promote adopt {} --reason TEXT` records what {} holds now, whatever that is",
                one.environment, one.environment
            )),
            false => page
                .hint("`promote publish` begins the ledger; what an environment holds can be recorded then"),
        }
    }
    page
}
