//! `promote init`.

use crate::app::command::{Command, outside};
use crate::app::project::FILE;
use crate::app::question::{forbidden, terminal};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult, Stop};
use crate::ignoring::Ignoring;
use crate::written;
use clap::Args;
use promote_artifacts::git::GitRepository;
use promote_core::config::ArtifactKind;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::{EnvironmentName, ProjectName};
use promote_core::port::History as _;
use promote_core::report::Document;
use promote_core::template::Template;
use promote_view::{Page, Style, Text};
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// Write promote.toml
///
/// Asks for what is not given as a flag, where there is a terminal. Never overwrites a file. With `--begin` the ledger
/// is begun as well: which conditions the stores check is tried with small objects beside it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote init\n  promote init --environments staging,uat,prod --place s3://acme-releases/billing-api\n  promote init --project billing-api --environments staging,prod --place releases --begin"
)]
pub(crate) struct InitArgs {
    /// The project's name; the repository's when left out
    #[arg(long, value_name = "NAME")]
    project: Option<ProjectName>,

    /// The environments, in the order of promotion
    #[arg(long, value_name = "ENV,…", value_delimiter = ',')]
    environments: Vec<EnvironmentName>,

    /// Where to keep releases and targets: `s3://BUCKET/FOLDER`, `HOST/REPOSITORY` of images, or a folder here
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,

    /// Begin the ledger as well
    #[arg(long)]
    begin: bool,

    /// Show what would be written, and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct InitReport {
    schema: &'static str,
    /// The file.
    file: String,
    /// Its text.
    text: String,
    /// The lines that were added to `.gitignore`.
    ignored: Vec<String>,
    /// Whether the ledger was begun now.
    begun: bool,
    /// Whether nothing was written because of `--dry-run`.
    dry_run: bool,
}

impl Document for InitReport {
    const SCHEMA: &'static str = "promote/init@1";
    const FIELDS: &'static [&'static str] = &["schema", "file", "text", "ignored", "begun", "dry_run"];
}

impl Command for InitArgs {
    const NAME: &'static str = "init";
    const ELSEWHERE: &'static [&'static str] = &["new", "create", "setup"];
    const DOCUMENTS: &'static [Shape] = &[shape::<InitReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &InitArgs) -> CommandResult {
    let file = match &app.global.config {
        Some(path) => app.env.folder.join(path),
        None => app.env.folder.join(FILE),
    };
    if file.exists() {
        return Err(exists(&file).into());
    }
    let text = text(app, args)?;
    // What is written is what can be read, and worked with.
    let project = app.read_to_write(file, text)?;
    let mut report = InitReport {
        schema: InitReport::SCHEMA,
        file: project.shown(app.env),
        text: project.text.clone(),
        ignored: Vec::new(),
        begun: false,
        dry_run: args.dry_run,
    };
    if args.begin {
        app.identified().await?;
    }
    if !args.dry_run {
        write(&project.file, &project.text)?;
        if args.begin {
            let ports = app.ports(&project).await?;
            report.begun = promote_core::init_ledger::init_ledger(&ports, &project.config).await?.2;
        }
    }
    let found = GitRepository::open(&project.base).ok();
    let repository = found.is_some();
    let head = match &found {
        Some(repository) => repository.resolve("HEAD").await.ok().flatten().is_some(),
        None => false,
    };
    let mut artifacts = project.config.environments.values().flat_map(|one| &one.artifacts);
    let images = artifacts.all(|one| one.kind == ArtifactKind::Image);
    let mut unkept = Vec::new();
    if repository && let Some(ignoring) = Ignoring::of(&project) {
        report.ignored.clone_from(&ignoring.lines);
        if !args.dry_run && ignoring.write(app).is_err() {
            unkept = std::mem::take(&mut report.ignored);
        }
    }
    app.tell(!report.dry_run, &report, || page(&report, (repository, head), images, &unkept))?;
    Ok(ExitStatus::Ok)
}

fn exists(file: &Path) -> Failure {
    Failure::new(ExitStatus::Usage, format!("`{}` exists already", file.display()))
        .state("It was not changed.")
        .hint("`promote check` validates it")
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let mut made = std::fs::File::create_new(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(file),
        _ => written::failed(file, error).state("Nothing was changed."),
    })?;
    made.write_all(text.as_bytes()).map_err(|error| {
        let failure = written::failed(file, error);
        // Half a file would be taken for a project's.
        match std::fs::remove_file(file) {
            Ok(()) => failure.state("Nothing was changed."),
            Err(_) => failure.state("A part of it is there: delete it."),
        }
    })
}

/// Asks for what is missing and puts the text together.
fn text(app: &App<'_>, args: &InitArgs) -> Result<String, Stop> {
    let found = GitRepository::open(&app.env.folder).ok();
    let found = found.and_then(|repository| repository.project_name().ok().flatten());
    let project = match (&args.project, found) {
        (Some(name), _) => name.clone(),
        (None, found) => {
            ask(app, "--project", "The project's name", found.as_ref().map(|name| name.as_str()))?
                .parse()
                .map_err(|error| wrong("--project", error))?
        }
    };
    let environments: Vec<EnvironmentName> = if args.environments.is_empty() {
        let answer = ask(app, "--environments", "The environments, in order", Some("staging,prod"))?;
        let names = answer.split([',', ' ']).filter(|name| !name.is_empty()).map(str::parse);
        names.collect::<Result<_, _>>().map_err(|error| wrong("--environments", error))?
    } else {
        args.environments.clone()
    };
    let place = match &args.place {
        Some(place) => place.clone(),
        None => ask(
            app,
            "--place",
            "Where to keep releases (s3://BUCKET/FOLDER, HOST/REPOSITORY of images, or a folder here)",
            Some("releases"),
        )?,
    };
    let place = place.trim_end_matches('/');
    let (between, end, ledger) = if is_registry(place) {
        // A ledger on a branch needs nothing that an image's project has not.
        (":", "", Some("git:promote-ledger"))
    } else {
        ("/", ".zip", None)
    };
    let located = |name: &str| {
        Template::parse(&format!("{place}{between}{name}{end}")).map_err(|error| wrong("--place", error))
    };
    let (source, target) = (located("{sha}")?, located("{env}")?);
    Ok(promote_core::config::template(&project, &environments, &source, &target, ledger))
}

/// Whether a place is a repository of images, `HOST/REPOSITORY`: a host has a dot or a port, or is this machine.
fn is_registry(place: &str) -> bool {
    let host = place.split_once('/').map_or("", |(host, _)| host);
    let relative = host.starts_with('.') || host.ends_with('.');
    !place.contains("://") && !relative && (host.contains(['.', ':']) || host == "localhost")
}

fn wrong(flag: &str, error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::new(ExitStatus::Usage, format!("`{flag}` can't be read")).caused_by(error)
}

/// Asks one question; without a terminal the flag that answers it is named.
fn ask(app: &App<'_>, flag: &str, question: &str, default: Option<&str>) -> Result<String, Failure> {
    if !terminal(app) || forbidden(app) {
        return match default.filter(|_| flag == "--project") {
            Some(found) => Ok(found.to_owned()),
            None => {
                Err(Failure::new(ExitStatus::Usage, format!("`{flag}` is needed where nobody can be asked"))
                    .hint("`promote init --help` has examples"))
            }
        };
    }
    let shown = default.map_or_else(String::new, |default| format!(" [{default}]"));
    app.screen.message(&format!("{}: ", Text::plain(format!("{question}{shown}")).shown(false)));
    let answer = app.env.keyboard.line();
    let answer = answer
        .map_err(|error| Failure::new(ExitStatus::Failed, "the answer can't be read").caused_by(error))?;
    let answer = answer.unwrap_or_default().trim().to_owned();
    match (answer.is_empty(), default) {
        (false, _) => Ok(answer),
        (true, Some(default)) => Ok(default.to_owned()),
        (true, None) => Err(Failure::new(ExitStatus::Usage, format!("`{flag}` is needed"))),
    }
}

/// `repository`: whether there is one, and whether it has a commit. `unkept`: what belongs in `.gitignore` and could not be
/// written there.
fn page(report: &InitReport, repository: (bool, bool), images: bool, unkept: &[String]) -> Page {
    let mut page = Page::default();
    if report.dry_run {
        report.text.lines().for_each(|line| page.line(line));
        if !report.ignored.is_empty() {
            page.blank();
            page.line(format!("These lines would be added to .gitignore: {}", listed(&report.ignored)));
        }
        return page;
    }
    page.line(Text::new("✓ ", Style::Good).and(format!("{} was written", report.file), Style::Plain));
    if !report.ignored.is_empty() {
        let text = format!(".gitignore leaves out {}, which belong in no commit", listed(&report.ignored));
        page.line(Text::new("✓ ", Style::Good).and(text, Style::Plain));
    }
    if report.begun {
        page.line(Text::new("✓ ", Style::Good).and("the ledger was begun", Style::Plain));
    }
    page.hint("`promote check` validates the file and shows what it means");
    page.hint("`promote schema --out promote.schema.json` lets editors complete and check it");
    if report.text.contains("\n# endpoint = ") {
        page.hint(
            "a server that is not AWS's is named by `endpoint` in the `[store.BUCKET]` at the file's end",
        );
    }
    if !unkept.is_empty() {
        page.hint(format!("add {} to `.gitignore`: they belong in no commit", listed(unkept)));
    }
    page.hint(match repository {
        _ if images => {
            "push the image of a commit, tagged with the whole of it; publishing makes it a release"
        }
        (true, true) => "`promote publish` puts the first release in place",
        (true, false) => {
            "commit first: `git add --all && git commit --message \"first\"`; then `promote publish` puts the first release in place"
        }
        (false, _) => "`promote publish PATH --commit SHA` puts the first release in place",
    });
    page
}

/// Names as a list in a sentence.
fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
