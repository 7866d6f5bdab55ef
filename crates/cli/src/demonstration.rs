//! The story of `promote demo`: a project in a scratch folder, and the commands of a release's life in it, each run
//! for real with its output taken down.

use crate::app::App;
use crate::app::dimensions::Fixed;
use crate::app::env::Env;
use crate::app::screen::Stream;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::report::Document;
use promote_view::{Style, Text};
use serde::Serialize;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

/// The project's file.
const CONFIG: &str = r#"project      = "demo"
environments = ["staging", "uat", "prod"]
source       = "releases/{sha}.zip"
target       = "deployed/{env}.zip"
ledger       = ".promote/demo/"

# Proves that the release works. Real teams ask an address: { http = "https://…/version", expect = "{sha:7}" }
verify       = "git show $PROMOTE_SHA:health.txt | grep -qx well"
on-failure   = "rollback"
branch       = "main"

[env.staging]
verify       = "true"
"#;

/// One act of the story.
enum Act {
    /// A file is written and committed.
    Commit { health: &'static str, message: &'static str },
    /// A file is written past promote.
    Write { file: &'static str, text: &'static str },
    /// promote is run. `{1}` and `{2}` stand for the first and second commit.
    Promote(&'static str, ExitStatus),
}

/// What is said before each act, and the act.
const STORY: &[(&str, Act)] = &[
    (
        "A team's project: a repository with a promote.toml. This is its first commit.",
        Act::Commit { health: "well", message: "feat: invoices as PDF" },
    ),
    ("Is the file sound?", Act::Promote("check", ExitStatus::Ok)),
    (
        "Publishing packs the commit, puts it where it stays for ever, and begins the ledger. The first environment is automatic and takes it.",
        Act::Promote("publish", ExitStatus::Ok),
    ),
    (
        "Production may not have it yet: it must have been verified in uat before. The attempt is refused, nothing is changed, and the exit code is 3.",
        Act::Promote("to prod {1} --yes", ExitStatus::Blocked),
    ),
    (
        "So it goes to uat. What is moved is the very archive that staging has.",
        Act::Promote("to uat {1} --yes", ExitStatus::Ok),
    ),
    (
        "What would happen now in production? A plan changes nothing.",
        Act::Promote("plan prod", ExitStatus::Ok),
    ),
    ("Now the rules are met.", Act::Promote("to prod --yes", ExitStatus::Ok)),
    (
        "A second release, with a mistake that only shows where it runs.",
        Act::Commit { health: "unwell", message: "feat: faster totals" },
    ),
    ("It is published, and staging takes it.", Act::Promote("publish", ExitStatus::Ok)),
    (
        "In uat its verification fails. The release before is put back by itself; the exit code is 8.",
        Act::Promote("to uat {2} --yes", ExitStatus::RolledBack),
    ),
    (
        "What was rolled back does not come back by accident.",
        Act::Promote("to uat {2} --yes", ExitStatus::Blocked),
    ),
    (
        "Somebody copies a file over production's by hand.",
        Act::Write { file: "deployed/prod.zip", text: "copied by hand\n" },
    ),
    (
        "That is found: the exit code is 10, so a schedule can watch for it.",
        Act::Promote("verify", ExitStatus::Differs),
    ),
    (
        "The recorded release is put back, saying why.",
        Act::Promote("to prod {1} --redeploy --override drift --reason INC-88 --yes", ExitStatus::Ok),
    ),
    (
        "Production takes nothing over the holidays.",
        Act::Promote("freeze prod --until 2d --reason holidays", ExitStatus::Ok),
    ),
    ("What runs where, and what could move?", Act::Promote("status", ExitStatus::Ok)),
    ("And all of it was written down.", Act::Promote("history", ExitStatus::Ok)),
];

/// One act as it was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DemoStep {
    /// What is said before.
    words: String,
    /// What one would type.
    command: String,
    /// What it printed, standard output and standard error.
    output: String,
    /// How it ended.
    exit: ExitStatus,
}

/// The story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DemoReport {
    schema: &'static str,
    /// The acts.
    steps: Vec<DemoStep>,
    /// The folder, when it was kept.
    folder: Option<String>,
}

impl Document for DemoReport {
    const SCHEMA: &'static str = "promote/demo@1";
    const FIELDS: &'static [&'static str] = &["schema", "steps", "folder"];
}

impl DemoReport {
    pub(crate) fn new(steps: Vec<DemoStep>, folder: Option<String>) -> Self {
        Self { schema: Self::SCHEMA, steps, folder }
    }

    pub(crate) fn folder(&self) -> Option<&str> {
        self.folder.as_deref()
    }
}

impl DemoStep {
    /// Words, command and output, as a console shows them.
    pub(crate) fn shown(&self, colour: bool) -> String {
        let words = Text::new(format!("# {}", self.words), Style::Strong).shown(colour);
        let command = Text::plain("$ ").and(&self.command, Style::Command).shown(colour);
        // The output was made by this program and has its colours already.
        format!("{words}\n{command}\n{}\n", self.output)
    }
}

/// Tells the story in a folder; each act is handed over when it is done.
pub(crate) fn tell(
    app: &App<'_>,
    folder: &Path,
    hear: &mut dyn FnMut(DemoStep) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed =
        |error| Failure::new(ExitStatus::Failed, "the scratch folder can't be written").caused_by(error);
    git(folder, &["init", "--quiet", "--template=", "--initial-branch=main"])?;
    std::fs::write(folder.join("promote.toml"), CONFIG).map_err(failed)?;
    std::fs::write(folder.join(".gitignore"), "/releases\n/deployed\n/.promote*\n").map_err(failed)?;
    let mut commits: Vec<String> = Vec::new();
    for (words, act) in STORY {
        let (command, output, exit) = match act {
            Act::Commit { health, message } => {
                std::fs::write(folder.join("health.txt"), format!("{health}\n")).map_err(failed)?;
                git(folder, &["add", "--all"])?;
                git(folder, &["commit", "--quiet", "--message", message])?;
                commits.push(git(folder, &["rev-parse", "--short=7", "HEAD"])?.trim().to_owned());
                (format!("git add --all && git commit --message '{message}'"), String::new(), ExitStatus::Ok)
            }
            Act::Write { file, text } => {
                std::fs::write(folder.join(file), text).map_err(failed)?;
                (format!("echo '{}' > {file}", text.trim_end()), String::new(), ExitStatus::Ok)
            }
            Act::Promote(line, wanted) => {
                let line = commits.iter().enumerate().fold((*line).to_owned(), |line, (at, commit)| {
                    line.replace(&format!("{{{}}}", at + 1), commit)
                });
                let (output, exit) = promote(app, folder, &line);
                if exit != *wanted {
                    return Err(Failure::new(
                        ExitStatus::Failed,
                        format!("`promote {line}` ended with {} instead of {}", exit.name(), wanted.name()),
                    )
                    .state(output));
                }
                (format!("promote {line}"), output, exit)
            }
        };
        hear(DemoStep { words: (*words).to_owned(), command, output, exit })?;
    }
    Ok(())
}

/// The variables that the demo's project is given. What the surroundings ask of real projects, such as a freeze or a proof of
/// who acts, is not meant for it, and neither are a job's files.
const KEPT: [&str; 8] = ["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LANG", "TZ", "TERM"];

/// Runs a command line in the folder, as nobody in particular on no terminal.
fn promote(app: &App<'_>, folder: &Path, line: &str) -> (String, ExitStatus) {
    let taken: Arc<Mutex<Vec<u8>>> = Arc::default();
    let stream: Stream = Arc::<Mutex<Vec<u8>>>::clone(&taken);
    let colour = if app.screen.out_colour { "--color=always" } else { "--color=never" };
    let words = std::iter::once("promote").chain(line.split(' ')).chain([colour]);
    let arguments: Vec<OsString> = words.map(OsString::from).collect();
    let mut env = Env {
        input_terminal: false,
        output_terminal: false,
        error_terminal: false,
        dimensions: Arc::new(Fixed::default()),
        ..app.env.clone()
    };
    env.folder = folder.to_path_buf();
    env.variables.retain(|name, _| KEPT.contains(&name.as_str()));
    let exit = (app.program.run)(arguments, &env, &stream, &stream, app.connect);
    let bytes = taken.lock().unwrap_or_else(PoisonError::into_inner);
    (String::from_utf8_lossy(&bytes).into_owned(), exit)
}

/// Runs git in the scratch folder, untouched by the user's own settings, so that the commits are always the same.
fn git(folder: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(["-c", "core.autocrlf=false", "-c", "core.hooksPath=/dev/null"]);
    command.args(["-c", "commit.gpgSign=false", "-c", "init.defaultObjectFormat=sha1"]).args(arguments);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "Alice"),
        ("GIT_AUTHOR_EMAIL", "alice@example.com"),
        ("GIT_AUTHOR_DATE", "2026-01-05T09:00:00Z"),
        ("GIT_COMMITTER_NAME", "Alice"),
        ("GIT_COMMITTER_EMAIL", "alice@example.com"),
        ("GIT_COMMITTER_DATE", "2026-01-05T09:00:00Z"),
    ] {
        command.env(name, value);
    }
    let output = command.output().map_err(|error| {
        Failure::new(ExitStatus::Failed, "the demo needs `git`, which can't be run").caused_by(error)
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Failure::new(ExitStatus::Failed, format!("`git {}` failed", arguments.join(" "))).state(said))
}
