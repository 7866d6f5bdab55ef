//! What a job leaves for later jobs and for its own page, gathered while a promotion or publication runs and written
//! however it ends.

use super::{ANNOTATIONS, DOTENV, annotations, dotenv, in_job};
use crate::app::{App, CommandResult, Stop};
use crate::args::JobFiles;
use crate::written;
use promote_core::config::{Config, Environment};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::Done;
use promote_core::ledger::{Action, State};
use promote_core::names::EnvironmentName;
use promote_core::plan::{Decision, Plan};
use promote_core::report::PublishReport;
use promote_core::snapshot::Snapshot;
use promote_view::{Style, Text};
use std::path::{Path, PathBuf};

/// What is known so far.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    environment: Option<String>,
    url: Option<String>,
    sha: Option<String>,
    previous: Option<String>,
    promotion: Option<String>,
    target: Option<String>,
    digest: Option<String>,
    image: Option<String>,
    /// How it ends when it ends well.
    well: &'static str,
    /// Whether anything was moved or published.
    acted: bool,
}

impl Facts {
    /// Before anything is moved; `named` is where, as far as that was said.
    pub(crate) fn of_promotion(named: Option<&EnvironmentName>) -> Self {
        Self { environment: named.map(ToString::to_string), well: "promoted", ..Self::default() }
    }

    /// Which environment it is about.
    pub(crate) fn concern(&mut self, environment: &EnvironmentName) {
        self.environment = Some(environment.to_string());
    }

    /// Before anything is published.
    pub(crate) fn of_publication() -> Self {
        Self { well: "published", ..Self::default() }
    }

    /// What was published, and what became of the first environment that takes releases by itself.
    pub(crate) fn published(&mut self, config: &Config, report: &PublishReport) {
        self.well = report.status();
        self.acted = report.acted();
        self.sha = Some(report.commit.to_string());
        if let Some(first) = report.artifacts.first() {
            self.target = Some(first.location.clone());
            self.digest.clone_from(&first.digest);
        }
        let Some(moved) = report.moves.first() else { return };
        let settings = config.environments.values().find(|one| one.name.as_str() == moved.environment);
        self.url = settings.and_then(|settings| settings.url.clone());
        self.environment = Some(moved.environment.clone());
        self.promotion.clone_from(&moved.promotion);
    }

    /// The image that the environment holds.
    pub(crate) fn holds(&mut self, image: Option<String>) {
        self.image = image;
    }

    /// What was decided.
    pub(crate) fn decided(
        &mut self,
        settings: &Environment,
        snapshot: &Snapshot,
        decision: &Decision,
        dry_run: bool,
    ) {
        let Plan { release, from, .. } = decision.plan();
        self.url.clone_from(&settings.url);
        self.sha = Some(release.commit.to_string());
        self.previous = from.as_ref().map(|from| from.commit.to_string());
        if matches!(decision, Decision::NothingToDo(_)) {
            self.well = "unchanged";
            self.lies(&snapshot.state());
        }
        if dry_run {
            self.well = "planned";
        }
    }

    /// What was done.
    pub(crate) fn done(&mut self, done: &Done) {
        self.promotion = Some(done.promotion.to_string());
        (self.well, self.acted) = ("promoted", true);
        let last = match &done.undone {
            Some(Ok(back)) => &**back,
            _ => done,
        };
        self.lies(last.head.state());
        if last.plan.action == Action::Undo {
            (self.well, self.sha) = ("rolled-back", None);
        }
    }

    /// What the targets hold now.
    fn lies(&mut self, state: &State) {
        (self.target, self.digest, self.image) = (None, None, None);
        let Some(current) = &state.current else { return };
        if let Some(first) = current.first_target() {
            self.target = Some(first.target.to_string());
            self.digest = first.sha256.map(|digest| digest.to_string());
        }
        self.image = current.image().map(ToString::to_string);
    }

    /// Whether later jobs are told anything.
    pub(crate) fn wanted(app: &App<'_>, files: &JobFiles) -> bool {
        place(app, files.dotenv.as_deref(), DOTENV).is_some()
    }

    /// Refuses files that were asked for and can't be written for where they are, before anything is done.
    pub(crate) fn fit(app: &App<'_>, files: &JobFiles) -> Result<(), Failure> {
        let asked = [(&files.dotenv, DOTENV), (&files.annotations, ANNOTATIONS)];
        let mut asked =
            asked.into_iter().filter_map(|(file, usual)| place(app, Some(file.as_deref()?), usual));
        asked.try_for_each(|path| {
            written::refuse_kept(app, &path)
                .map_err(|error| written::failed(&path, error).state("Nothing was done."))
        })
    }

    /// Writes the files that are wanted. That they can't be written changes nothing of how an act ended; where there was
    /// none, it is a failure.
    pub(crate) fn write(&self, app: &App<'_>, files: &JobFiles, ended: CommandResult) -> CommandResult {
        let mut failures = Vec::new();
        if let Some(path) = place(app, files.dotenv.as_deref(), DOTENV) {
            let (text, left_out) = dotenv::text(&self.values(status(&ended, self.well)));
            failures.extend(save(app, &path, &text));
            for name in left_out {
                warn(
                    app,
                    &format!("`{name}` is left out of `{}`: GitLab could not read its value", path.display()),
                );
            }
        }
        if let Some(path) = place(app, files.annotations.as_deref(), ANNOTATIONS) {
            failures.extend(save(app, &path, &annotations::text(&self.links(app))));
        }
        let failure = match (&ended, self.acted) {
            (Ok(ExitStatus::Ok), false) if !failures.is_empty() => Some(failures.remove(0)),
            _ => None,
        };
        for left in failures {
            let why = left.source.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            warn(app, &format!("{left}{why}; the exit status gives the result of the rest"));
        }
        match failure {
            Some(failure) => Err(failure.state("Nothing was moved.").into()),
            None => ended,
        }
    }

    fn values(&self, status: &str) -> [(&'static str, Option<String>); 8] {
        [
            ("PROMOTE_STATUS", Some(status.to_owned())),
            ("PROMOTE_ENV", self.environment.clone()),
            ("PROMOTE_SHA", self.sha.clone()),
            ("PROMOTE_PREVIOUS", self.previous.clone()),
            ("PROMOTE_TARGET", self.target.clone()),
            ("PROMOTE_DIGEST", self.digest.clone()),
            ("PROMOTE_ID", self.promotion.clone()),
            ("RELEASE_TAG", self.image.clone()),
        ]
    }

    fn links(&self, app: &App<'_>) -> Vec<(String, String)> {
        let mut links = Vec::new();
        if let (Some(environment), Some(url)) = (&self.environment, &self.url) {
            links.push((environment.clone(), url.clone()));
        }
        let short = |sha: &str| sha.get(..7).unwrap_or(sha).to_owned();
        let project = app.env.variable("CI_PROJECT_URL").map(promote_providers::actor::plain);
        if let (Some(project), Some(sha)) = (project, &self.sha) {
            links.push((format!("release {}", short(sha)), format!("{project}/-/commit/{sha}")));
            if let Some(previous) = self.previous.as_ref().filter(|previous| *previous != sha) {
                let label = format!("{} to {}", short(previous), short(sha));
                links.push((label, format!("{project}/-/compare/{previous}...{sha}")));
            }
        }
        links
    }
}

/// The word for how it ended; the same words as the action's output `status`, and else the name of the exit status.
fn status(ended: &CommandResult, well: &'static str) -> &'static str {
    let exit = match ended {
        Ok(exit) | Err(Stop::AlreadyReported(exit)) => *exit,
        Err(Stop::Failure(failure)) => failure.exit,
    };
    match exit {
        ExitStatus::Ok => well,
        ExitStatus::DeployFailed => "failed",
        ExitStatus::Failed => "error",
        other => other.name(),
    }
}

/// Where a file goes: where it was asked for, else to its usual place in a job of GitLab, else nowhere.
fn place(app: &App<'_>, asked: Option<&Path>, usual: &str) -> Option<PathBuf> {
    match asked {
        Some(path) if path == Path::new("none") => None,
        Some(path) => Some(app.env.folder.join(path)),
        None => in_job(app.env).then(|| app.env.folder.join(usual)),
    }
}

fn save(app: &App<'_>, path: &Path, text: &str) -> Option<Failure> {
    written::replace(app, path, text).err().map(|error| written::failed(path, error))
}

fn warn(app: &App<'_>, what: &str) {
    app.screen.say(&Text::new("warning: ", Style::Warn).and(what, Style::Plain));
}
