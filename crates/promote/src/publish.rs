//! Putting a release in place, and promoting it where that is automatic.

use crate::events::listening;
use crate::interruption::{Stop, TrackedMoves, Tracker, never, until};
use crate::question::{Nobody, Questions};
use crate::{Error, Project, mirroring, runtime};
use futures_util::future::BoxFuture;
use promote_artifacts::publication::{self, PublishRequest};
use promote_core::automatic;
use promote_core::exit::ExitStatus;
use promote_core::mirror::Closing;
use promote_core::port::StepProgress;
use promote_core::report::{Moved, PublishReport};
use promote_providers::proposal;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A publication that runs when it is awaited: see [`Project::publish`].
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
/// let project = promote::open(".").build()?;
/// let published = project.publish("HEAD").path("app=build/app.zip").no_move().await?;
/// println!("{} is {}", published.report.commit, published.report.status());
/// # Ok(()) }
/// ```
#[must_use = "it runs when it is awaited"]
pub struct Publish<'p> {
    project: &'p Project,
    commit: String,
    paths: Vec<String>,
    folder: PathBuf,
    dry_run: bool,
    allow_dirty: bool,
    allow_unmerged: bool,
    moves: bool,
    questions: Box<dyn Questions + 'p>,
    stop: Stop<'p>,
}

/// What was put in place, and where it went by itself.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Published {
    /// What lies where, and each automatic environment with what came of it.
    pub report: PublishReport,
    /// What a command that ends so exits with. That a rule keeps an environment from taking the release is no failure.
    pub exit: ExitStatus,
}

impl Project {
    /// Puts the release of a commit in place: its beginning, a tag, a branch or `HEAD`. It is packed as the file says unless
    /// finished files are given. Publishing the same again changes nothing; other bytes for a commit are refused.
    pub fn publish(&self, commit: &str) -> Publish<'_> {
        Publish {
            project: self,
            commit: commit.to_owned(),
            paths: Vec::new(),
            folder: self.base().to_path_buf(),
            dry_run: false,
            allow_dirty: false,
            allow_unmerged: false,
            moves: true,
            questions: Box::new(Nobody),
            stop: never(),
        }
    }
}

impl<'p> Publish<'p> {
    /// A finished file, or a folder to pack; `NAME=PATH` where a release has several artifacts.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.paths.push(path.into());
        self
    }

    /// What plain paths are relative to, in place of the project's folder.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Stops before anything is written.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Publishes although the work tree is not what was committed; the release says so for ever.
    pub fn allow_dirty(mut self, allow: bool) -> Self {
        self.allow_dirty = allow;
        self
    }

    /// Publishes a merge that was made to try out a proposed change; it never moves by itself.
    pub fn allow_unmerged(mut self, allow: bool) -> Self {
        self.allow_unmerged = allow;
        self
    }

    /// Promotes it nowhere.
    pub fn no_move(mut self) -> Self {
        self.moves = false;
        self
    }

    /// Told of what a build says, of what was published, and of each promotion that follows. Nobody is asked anything.
    pub fn asking(mut self, questions: impl Questions + 'p) -> Self {
        self.questions = Box::new(questions);
        self
    }

    /// Stops when this is over, as with [`Running::until`](crate::Running::until).
    pub fn until<F>(mut self, stop: impl Fn() -> F + Send + Sync + 'p) -> Self
    where
        F: Future<Output = ExitStatus> + Send + 'p,
    {
        self.stop = Box::new(move || Box::pin(stop()));
        self
    }

    async fn run(self) -> Result<Published, Error> {
        runtime::whole()?;
        let (site, questions) = (self.project.site(), &*self.questions);
        let config = &site.config;
        let tracker = Tracker::new(&site.listeners);
        let work = async {
            config.to_write()?;
            let actor = self.project.identified().await?;
            let mirror = mirroring::mirror(site, &actor, tracker.events());
            tracker.telling(&mirror);
            let ports = site.ports.of_run(mirror);
            let proposal = proposal::of(&site.variables);
            let asked = PublishRequest {
                config,
                base: &site.base,
                folder: &self.folder,
                commit: &self.commit,
                paths: &self.paths,
                dry_run: self.dry_run,
                allow_dirty: self.allow_dirty,
                allow_unmerged: self.allow_unmerged,
                proposal: proposal.as_ref(),
                actor: &actor,
                said: &BuildOutput(questions),
            };
            let mut report = Box::pin(publication::publish(&ports, &asked)).await?;
            questions.published(&report);
            if self.moves && !self.dry_run {
                let told =
                    TrackedMoves { tracker: &tracker, ports: &ports, config, actor: &actor, questions };
                let commit = report.commit.clone();
                report.moves = automatic::promote(&ports, config, &actor, &commit, &told).await?;
            }
            Ok(report)
        };
        let ended = until(listening(Arc::clone(&site.listeners), work), &self.stop).await;
        let report = match ended {
            Ok(report) => report,
            Err(exit) => return Err(tracker.stopped(exit, &self.stop, questions).await),
        };
        let (told, stopped) = tracker.close(Closing::Failed, &self.stop, questions).await;
        let mut report = report?;
        report.moves = report.moves.into_iter().map(|moved| moved.shown(&told.deployments)).collect();
        let exit = report.moves.iter().map(Moved::of_publication).max().unwrap_or(ExitStatus::Ok);
        Ok(Published { report, exit: exit.or_stopped(stopped) })
    }
}

/// Passes on what a build says.
struct BuildOutput<'a>(&'a dyn Questions);

impl StepProgress for BuildOutput<'_> {
    fn line(&self, line: &str) {
        self.0.line(line);
    }
}

impl<'p> IntoFuture for Publish<'p> {
    type Output = Result<Published, Error>;
    type IntoFuture = BoxFuture<'p, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Publish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publish")
            .field("commit", &self.commit)
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}
