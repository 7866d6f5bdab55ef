//! `promote freeze`, `unfreeze`, `hold` and `unhold`: something is said about an environment, and nothing moves. What is
//! said of all environments at once is [`super::project_marks`]'s.

use super::project_marks;
use super::said_report::SaidReport;
use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::ConfirmArgs;
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::LedgerError;
use promote_core::marks::{EnvironmentMark, ProjectMark, say};
use promote_core::names::EnvironmentName;
use promote_core::observe::environment;
use promote_core::report::Document;
use promote_core::request::{Request, Wanted};
use promote_view::words::marked;
use promote_view::{Page, Style};

/// Block promotions to an environment
///
/// Promotions to it are refused until then, by hand and automatic; rollbacks are not. `--all` freezes every environment of
/// the project at once, and stops what is under way before it writes. A freeze that recurs belongs into `promote.toml` as
/// `freeze`.
#[derive(Debug, Args)]
#[command(mut_arg("yes", |yes| yes.help(crate::args::UNASKED)))]
#[command(
    after_help = "Examples:\n  promote freeze prod --until 2h --reason \"INC-88\"\n  promote freeze prod --until \"2026-12-24 12:00\" --reason holidays\n  promote freeze prod --reason \"until we know more\"\n  promote freeze --all --until 4h --reason \"INC-91\" --link https://status.example/91"
)]
pub(crate) struct FreezeArgs {
    /// The environment
    #[arg(value_name = "ENV", required_unless_present = "all", conflicts_with = "all")]
    environment: Option<EnvironmentName>,

    /// Every environment of the project
    #[arg(long)]
    all: bool,

    /// When it ends: `2h`, `2026-11-21 18:00` in the project's time zone, or RFC 3339; left out, when it is lifted
    #[arg(long, value_name = "TIME")]
    until: Option<String>,

    /// Why, which is needed; kept in the ledger and shown to everyone who is refused
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: String,

    /// With `--all`: the page that says more of it, such as that of an incident; kept in the ledger
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    #[command(flatten)]
    changing: ConfirmArgs,
}

/// Lift the freeze of an environment
///
/// Freezes that `promote.toml` has as windows stay. `--all` lifts the freeze of everything; environments that were frozen by
/// themselves stay so.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote unfreeze prod --reason \"the sale is over\"\n  promote unfreeze --all --reason \"INC-91 is closed\""
)]
pub(crate) struct UnfreezeArgs {
    /// The environment
    #[arg(value_name = "ENV", required_unless_present = "all", conflicts_with = "all")]
    environment: Option<EnvironmentName>,

    /// The freeze of everything
    #[arg(long)]
    all: bool,

    /// Why; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: Option<String>,

    #[command(flatten)]
    changing: ConfirmArgs,
}

/// Make automation leave an environment alone
///
/// Publishing and schedules move nothing there until `promote unhold`; people still may.
#[derive(Debug, Args)]
#[command(mut_arg("yes", |yes| yes.help(crate::args::UNASKED)))]
#[command(after_help = "Examples:\n  promote hold staging --reason \"load test\"")]
pub(crate) struct HoldArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: EnvironmentName,

    /// Why, which is needed; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: String,

    #[command(flatten)]
    changing: ConfirmArgs,
}

/// Let automation move an environment again
///
/// A rollback of an automatic environment leaves a hold behind, so that the same release does not come straight back.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote unhold staging")]
pub(crate) struct UnholdArgs {
    #[command(flatten)]
    lift: LiftArgs,
}

/// What is lifted, and why.
#[derive(Debug, Args)]
pub(crate) struct LiftArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: EnvironmentName,

    /// Why; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: Option<String>,

    #[command(flatten)]
    changing: ConfirmArgs,
}

impl Command for FreezeArgs {
    const NAME: &'static str = "freeze";
    const ELSEWHERE: &'static [&'static str] = &["lock", "stop"];
    const DOCUMENTS: &'static [Shape] = &[shape::<SaidReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| freeze(app, self))
    }
}

async fn freeze(app: &App<'_>, args: &FreezeArgs) -> CommandResult {
    if args.link.is_some() && !args.all {
        return Err(Failure::new(ExitStatus::Usage, "`--link` is kept with a freeze of everything alone")
            .state("Nothing was recorded.")
            .hint("leave it out, and name the page in the reason")
            .into());
    }
    let writing = app.to_write().await?;
    let until = match args.until.as_deref() {
        None => None,
        Some(text) => {
            // A span is counted from the store's time, by which the freeze ends.
            let store = app.ports(&writing.project).await?;
            let asked = store.ledger.bucket().now().await;
            let now = asked.map_err(|error| Failure::from_read("asking for the time", error))?;
            Some(crate::moment::after(text, &writing.project.config.timezone, now)?)
        }
    };
    let reason = Some(args.reason.as_str());
    let Some(name) = &args.environment else {
        let what = ProjectMark::Freeze { until, link: args.link.clone() };
        return project_marks::mark(app, &writing, &args.changing, &what, reason).await;
    };
    mark(app, &writing, &args.changing, name, &EnvironmentMark::Freeze(until), reason).await
}

impl Command for HoldArgs {
    const NAME: &'static str = "hold";
    const DOCUMENTS: &'static [Shape] = &[shape::<SaidReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| hold(app, self))
    }
}

async fn hold(app: &App<'_>, args: &HoldArgs) -> CommandResult {
    let writing = app.to_write().await?;
    let reason = Some(args.reason.as_str());
    mark(app, &writing, &args.changing, &args.environment, &EnvironmentMark::Hold, reason).await
}

impl Command for UnfreezeArgs {
    const NAME: &'static str = "unfreeze";
    const ELSEWHERE: &'static [&'static str] = &["unlock", "thaw"];
    const DOCUMENTS: &'static [Shape] = &[shape::<SaidReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| unfreeze(app, self))
    }
}

async fn unfreeze(app: &App<'_>, args: &UnfreezeArgs) -> CommandResult {
    let writing = app.to_write().await?;
    let reason = args.reason.as_deref();
    match &args.environment {
        Some(name) => mark(app, &writing, &args.changing, name, &EnvironmentMark::Unfreeze, reason).await,
        None => project_marks::mark(app, &writing, &args.changing, &ProjectMark::Unfreeze, reason).await,
    }
}

impl Command for UnholdArgs {
    const NAME: &'static str = "unhold";
    const DOCUMENTS: &'static [Shape] = &[shape::<SaidReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| unhold(app, self))
    }
}

async fn unhold(app: &App<'_>, args: &UnholdArgs) -> CommandResult {
    args.lift.run(app, &EnvironmentMark::Unhold).await
}

impl LiftArgs {
    async fn run(&self, app: &App<'_>, what: &EnvironmentMark) -> CommandResult {
        let writing = app.to_write().await?;
        mark(app, &writing, &self.changing, &self.environment, what, self.reason.as_deref()).await
    }
}

/// Says it, or with `--dry-run` looks whether there is anything to say.
async fn mark(
    app: &App<'_>,
    writing: &Writing,
    changing: &ConfirmArgs,
    name: &EnvironmentName,
    what: &EnvironmentMark,
    reason: Option<&str>,
) -> CommandResult {
    let Writing { project, actor } = writing;
    let settings = environment(&project.config, name)?;
    let request = Request {
        reason: reason.map(str::to_owned),
        ..Request::promote(name.clone(), Wanted::Unnamed, actor.clone())
    };
    // What makes an environment take less needs no second thought; what makes it take more does.
    let loosens = matches!(what, EnvironmentMark::Unfreeze | EnvironmentMark::Unhold);
    if loosens && !changing.dry_run {
        crate::app::confirm::confirm(app, changing, settings, false)?;
    }
    let ports = app.ports(project).await?;
    let (changed, entry) = if changing.dry_run {
        let view = ports.view();
        promote_core::observe::genesis(&view, &project.config).await?;
        let head = view.ledger.head(&settings.lane).await.map_err(LedgerError::read_failure)?;
        let state = head.map(|head| head.state().clone()).unwrap_or_default();
        let changes = match what {
            EnvironmentMark::Freeze(_) => true,
            EnvironmentMark::Unfreeze => state.frozen.is_some(),
            EnvironmentMark::Hold => state.held.is_none(),
            EnvironmentMark::Unhold => state.held.is_some(),
        };
        (changes, None)
    } else {
        let head = say(&ports, &project.config, &request, what).await?;
        (head.is_some(), head.map(|head| head.record.seq.to_string()))
    };
    let report = SaidReport {
        schema: SaidReport::SCHEMA,
        environment: Some(name.to_string()),
        all: false,
        said: word(what),
        changed,
        dry_run: changing.dry_run,
        until: if let EnvironmentMark::Freeze(until) = what { *until } else { None },
        link: None,
        reason: request.reason,
        entry,
    };
    app.tell(report.changed && !report.dry_run, &report, || page(&report, name.as_str()))?;
    Ok(ExitStatus::Ok)
}

const fn word(what: &EnvironmentMark) -> &'static str {
    match what {
        EnvironmentMark::Freeze(_) => "freeze",
        EnvironmentMark::Unfreeze => "unfreeze",
        EnvironmentMark::Hold => "hold",
        EnvironmentMark::Unhold => "unhold",
    }
}

fn page(report: &SaidReport, name: &str) -> Page {
    let mut page = Page::default();
    let until = report.until.map_or_else(
        || "until it is lifted".to_owned(),
        |at| format!("until {}", at.format("%Y-%m-%d %H:%M UTC")),
    );
    let (done, already) = match report.said {
        "freeze" => (format!("is frozen {until}"), "is frozen"),
        "unfreeze" => ("is no longer frozen".to_owned(), "is not frozen"),
        "hold" => ("is left alone by automation".to_owned(), "is held already"),
        _ => ("is open to automation again".to_owned(), "is not held"),
    };
    let text = marked(name, (&done, already), report.changed, report.dry_run);
    let text = match &report.entry {
        Some(entry) => text.and(format!(" (ledger entry {entry})"), Style::Dim),
        None => text,
    };
    page.line(text);
    match report.said {
        "freeze" if !report.dry_run => page.hint(format!("`promote unfreeze {name}` lifts it")),
        "hold" if !report.dry_run => page.hint(format!("`promote unhold {name}` lifts it")),
        _ => {}
    }
    page
}
