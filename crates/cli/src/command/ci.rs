//! `promote ci`.

use crate::app::command::Command;
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult, Stop};
use crate::generate::{Pinned, github, gitlab};
use crate::written;
use clap::{Args, ValueEnum};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::report::{Document, FailureReport};
use promote_providers::opened;
use promote_view::{Page, Style, Text};
use serde::Serialize;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Write the workflow that runs promote for this promote.toml
///
/// The environments become the choices of a form or jobs of a pipeline, with the rights, sign-ins and variables that this
/// file needs, one move of an environment at a time, and none dropped. Choices are literal there; so run it again when
/// `promote.toml` changes, and let `--check` say so in the pipeline.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote ci github\n  promote ci gitlab --stdout\n  promote ci github --check"
)]
pub(crate) struct CiArgs {
    /// For which system
    #[arg(value_name = "SYSTEM", value_enum)]
    system: System,

    /// Write nothing; exit with 10 when the file is stale
    #[arg(long, conflicts_with = "stdout")]
    check: bool,

    /// Print it instead of writing it
    #[arg(long, conflicts_with = "out")]
    stdout: bool,

    /// Where to, instead of the usual place beside promote.toml
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

/// A system that runs pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum System {
    /// GitHub Actions: .github/workflows/promote.yml
    Github,
    /// GitLab CI: .gitlab/promote.yml
    Gitlab,
}

/// What became of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CiReport {
    schema: &'static str,
    /// `github` or `gitlab`.
    system: &'static str,
    /// The file.
    file: String,
    /// `written`, `unchanged`, `stale`, `missing` or `printed`.
    result: &'static str,
    /// Its text.
    text: String,
}

impl Document for CiReport {
    const SCHEMA: &'static str = "promote/ci@1";
    const FIELDS: &'static [&'static str] = &["schema", "system", "file", "result", "text"];
}

impl Command for CiArgs {
    const NAME: &'static str = "ci";
    const ELSEWHERE: &'static [&'static str] = &["workflow", "generate"];
    const DOCUMENTS: &'static [Shape] = &[shape::<CiReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        run(app, self)
    }
}

fn run(app: &App<'_>, args: &CiArgs) -> CommandResult {
    let project = app.project()?;
    let (system, usual, command) = match args.system {
        System::Github => ("github", github::FILE, github::COMMAND),
        System::Gitlab => ("gitlab", gitlab::FILE, gitlab::COMMAND),
    };
    let file = match &args.out {
        Some(path) => app.env.folder.join(path),
        None => project.base.join(usual),
    };
    let before = read(&file)?;
    let text = match args.system {
        System::Github => {
            github::workflow(&project.config, &Pinned::of(before.as_deref().unwrap_or_default()))
        }
        System::Gitlab => gitlab::pipeline(&project.config),
    };
    let text = owned(text, app.connect.remote(&project.base).as_deref());
    let result = match &before {
        _ if args.stdout => "printed",
        Some(before) if *before == text => "unchanged",
        // What somebody else wrote is none of this command's.
        Some(before) if args.check && is_generated(before, command) => "stale",
        None if args.check => "missing",
        Some(before) if !is_generated(before, command) => return Err(by_hand(&file, command).into()),
        _ => {
            write(app, &file, &text)?;
            "written"
        }
    };
    let shown = file.strip_prefix(&app.env.folder).unwrap_or(&file).display().to_string();
    let report = CiReport { schema: CiReport::SCHEMA, system, file: shown, result, text };
    if args.stdout && app.json() == crate::app::json::JsonSelection::None {
        app.screen.data(&report.text)?;
        return Ok(ExitStatus::Ok);
    }
    if matches!(result, "stale" | "missing") {
        return stale(app, &report, command, args.out.as_deref());
    }
    app.tell(result == "written", &report, || page(&report, args.system))?;
    Ok(ExitStatus::Ok)
}

/// The text with the owner of this repository in the place of the action's: where teams keep what all of them use. What is
/// in the file already was kept before.
fn owned(text: String, remote: Option<&str>) -> String {
    let owner = remote.and_then(crate::iam::trust::place).and_then(|(_, path)| {
        let owner = path.split('/').next()?.to_owned();
        owner.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)).then_some(owner)
    });
    match owner {
        Some(owner) => text.replace("OWNER/promote", &format!("{owner}/promote")),
        None => text,
    }
}

/// Whether the command wrote a file, of this or of an older version.
fn is_generated(text: &str, command: &str) -> bool {
    let mark = format!("# Generated by `{command}`");
    text.lines().any(|line| line.starts_with(&mark))
}

/// Says that the file is somebody's own.
fn by_hand(file: &Path, command: &str) -> Failure {
    let message = format!("`{}` was not written by promote", file.display());
    Failure::new(ExitStatus::Usage, message)
        .state("It is as it was.")
        .hint(format!("`{command} --stdout` prints what would be written, `--out PATH` writes it elsewhere"))
        .hint("to have it replaced, delete it or move it away")
}

/// Says that the file is not what it should be.
fn stale(app: &App<'_>, report: &CiReport, command: &str, out: Option<&Path>) -> CommandResult {
    let file = &report.file;
    let what = match report.result {
        "missing" => format!("`{file}` is not there"),
        _ => format!("`{file}` is out of date"),
    };
    let out = out.map(|path| format!(" --out {}", path.display())).unwrap_or_default();
    let failure = Failure::new(ExitStatus::Differs, what).hint(format!("`{command}{out}` writes it"));
    if app.json() == crate::app::json::JsonSelection::None {
        return Err(failure.into());
    }
    let page = promote_view::failure::page(&FailureReport::of(&failure));
    app.screen.complain(&page);
    app.show(report, Page::default)?;
    Err(Stop::AlreadyReported(ExitStatus::Differs))
}

fn read(file: &Path) -> Result<Option<String>, Failure> {
    let mut text = String::new();
    match opened::regular(file).and_then(|mut opened| opened.read_to_string(&mut text)) {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Failure::new(ExitStatus::Failed, format!("`{}` can't be read", file.display()))
                .caused_by(error))
        }
    }
}

fn write(app: &App<'_>, file: &Path, text: &str) -> Result<(), Failure> {
    let here = &app.env.folder;
    written::refuse_links(file, here)
        .and_then(|()| file.parent().map_or(Ok(()), std::fs::create_dir_all))
        .and_then(|()| written::replace(app, file, text))
        .map_err(|error| written::failed(file, error).state("What was there is as it was."))
}

fn page(report: &CiReport, system: System) -> Page {
    let mut page = Page::default();
    let file = &report.file;
    page.line(match report.result {
        "unchanged" => Text::new("✓ ", Style::Good).and(format!("{file} is up to date"), Style::Plain),
        _ => Text::new("✓ ", Style::Good).and(format!("{file} is written"), Style::Strong),
    });
    if report.result == "written" {
        if report.text.contains("OWNER/promote") {
            page.hint("put who keeps the action in the place of OWNER: this repository has no remote that names its owner");
        }
        page.hint(match system {
            System::Github => {
                "let `promote ci github --check` run in your builds: it fails when the file is stale"
                    .to_owned()
            }
            System::Gitlab => format!("take it into .gitlab-ci.yml: `{}`", gitlab::INCLUDE),
        });
    }
    page
}
