//! `promote record`: a result that somebody saw for a release is written down. Nothing moves.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::ConfirmArgs;
use clap::{Args, ValueEnum};
use promote_core::commit::CommitId;
use promote_core::config::Config;
use promote_core::evidence::{self, SeenResult};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::invocation::Invocation;
use promote_core::ledger::{EvidenceResult, Head};
use promote_core::names::{EnvironmentName, EvidenceName, escape};
use promote_core::observe::{environment, heads, published};
use promote_core::ports::ReadPorts;
use promote_core::report::RecordedReport;
use promote_core::request::Wanted;
use promote_view::{Page, Style, Text};

/// Keep the result of a test or a scan, for environments that ask for it
///
/// The result is for just these bytes: the release with the digest of each artifact. It is kept in the ledger under the name
/// of who records it, and the newest of a name counts. An environment asks for it in `evidence`. Nothing moves.
#[derive(Debug, Args)]
#[command(
    mut_arg("yes", |yes| yes.help(crate::args::UNASKED)),
    after_help = "Examples:\n  promote record integration --result passed\n  promote record load a93be01 --result failed --env uat --url https://ci.example/runs/7"
)]
pub(crate) struct RecordArgs {
    /// Of what it is the result, such as `integration`
    #[arg(value_name = "NAME")]
    name: EvidenceName,

    /// Which release: a commit or the beginning of one, or a tag; left out, what runs in `--env`, else the commit that is
    /// checked out
    #[arg(value_name = "RELEASE")]
    release: Option<Wanted>,

    /// The result
    #[arg(long, value_name = "RESULT")]
    result: TypedResult,

    /// Where it can be looked up
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    /// The environment in which it was seen
    #[arg(long = "env", value_name = "ENV")]
    environment: Option<EnvironmentName>,

    /// What else is to be said of it; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: Option<String>,

    #[command(flatten)]
    changing: ConfirmArgs,
}

/// A result as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum TypedResult {
    /// It holds
    Passed,
    /// It does not, which closes what asks for it
    Failed,
}

impl Command for RecordArgs {
    const NAME: &'static str = "record";
    const DOCUMENTS: &'static [Shape] = &[shape::<RecordedReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| record(app, self))
    }
}

async fn record(app: &App<'_>, args: &RecordArgs) -> CommandResult {
    let Writing { project, actor } = app.to_write().await?;
    let ports = app.ports(&project).await?;
    let config = &project.config;
    let commit = named(&ports.view(), config, args).await?;
    let seen = SeenResult {
        name: args.name.clone(),
        result: match args.result {
            TypedResult::Passed => EvidenceResult::Passed,
            TypedResult::Failed => EvidenceResult::Failed,
        },
        environment: args.environment.clone(),
        url: args.url.clone(),
        reason: args.reason.clone(),
    };
    let found = evidence::prepare(&ports, config, &commit, &seen, &actor).await?;
    if !args.changing.dry_run {
        evidence::record(&ports, &found).await?;
    }
    let report = RecordedReport::of(&found, !args.changing.dry_run);
    let asking =
        config.environments.values().filter(|one| one.evidence.iter().any(|it| it.name == args.name));
    let asking: Vec<&str> = asking.map(|one| one.name.as_str()).collect();
    app.tell(report.changed, &report, || page(&report, &asking))?;
    Ok(ExitStatus::Ok)
}

/// The release that the result is of.
async fn named(view: &ReadPorts, config: &Config, args: &RecordArgs) -> Result<CommitId, Failure> {
    let missing = |message: String| {
        let result = args.result.to_possible_value().map(|value| value.get_name().to_owned());
        let line = Invocation::new("record").word(&args.name).word("RELEASE");
        let line = line.option("--result", result.unwrap_or_default());
        let line = args.environment.iter().fold(line, |line, name| line.option("--env", name));
        let line = args.url.iter().fold(line, |line, url| line.option("--url", url));
        Failure::new(ExitStatus::Missing, message)
            .state("Nothing was recorded.")
            .hint(format!("name the release: `{line}`; `promote status` shows what runs where"))
    };
    match (&args.release, &args.environment) {
        (Some(wanted), _) => published(view, wanted).await,
        (None, Some(name)) => {
            environment(config, name)?;
            let heads = heads(view, config, [name]).await?;
            let here =
                heads.get(name).and_then(Option::as_ref).and_then(|head: &Head| head.state().release());
            here.map(|release| release.commit.clone())
                .ok_or_else(|| missing(format!("no release is recorded in {name} yet")))
        }
        (None, None) => {
            let head = match &view.history {
                Some(history) => history.resolve("HEAD").await.ok().flatten(),
                None => None,
            };
            head.map(|commit| commit.id)
                .ok_or_else(|| missing("no release is named, and no commit is checked out here".to_owned()))
        }
    }
}

fn page(report: &RecordedReport, asking: &[&str]) -> Page {
    let mut page = Page::default();
    let short = report.sha.get(..7).unwrap_or(&report.sha);
    let (name, result, who) = (&report.name, report.result, escape(&report.by));
    let sign = if report.result == "passed" { ("✓ ", Style::Good) } else { ("✗ ", Style::Bad) };
    page.line(match report.changed {
        true => Text::new(sign.0, sign.1)
            .and(format!("{name} of {short} {result}, by {who}"), Style::Plain)
            .and(format!(" ({})", report.strength), Style::Dim),
        false => Text::plain(format!("{name} of {short} would be recorded as {result}; nothing was")),
    });
    match asking {
        [] => page.line(format!(
            "  No environment asks for it; `evidence = [\"{name}\"]` in the table of one would."
        )),
        [first, ..] => {
            page.line(format!("  Asked for by {}.", asking.join(", ")));
            if report.changed {
                let line = Invocation::new("plan").word(first).word(short);
                page.hint(format!("`{line}` shows what follows from it"));
            }
        }
    }
    page
}
