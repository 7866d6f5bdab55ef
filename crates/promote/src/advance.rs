//! Moving whatever is automatic and open: several promotions can come of it, or none.

use crate::events::listening;
use crate::interruption::{Stop, TrackedMoves, Tracker, never, until};
use crate::question::{Nobody, Questions};
use crate::{Error, Project, mirroring, reading, runtime};
use futures_util::future::BoxFuture;
use promote_core::advance;
use promote_core::exit::ExitStatus;
use promote_core::mirror::Closing;
use promote_core::report::{AdvanceReport, Moved};
use std::fmt;
use std::sync::Arc;

/// Moves whatever is automatic and open when it is awaited: see [`Project::advance`].
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
/// let project = promote::open(".").build()?;
/// let advanced = project.advance(&["staging", "uat"]).until(promote::signals).await?;
/// for moved in &advanced.report.environments {
///     println!("{}: {}", moved.environment, moved.result);
/// }
/// # Ok(()) }
/// ```
#[must_use = "it runs when it is awaited"]
pub struct Advance<'p> {
    project: &'p Project,
    names: Vec<String>,
    dry_run: bool,
    questions: Box<dyn Questions + 'p>,
    stop: Stop<'p>,
}

/// What moved, and what kept the rest.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Advanced {
    /// Each automatic environment, in order.
    pub report: AdvanceReport,
    /// What a command that ends so exits with. That a rule keeps an environment from moving is no failure.
    pub exit: ExitStatus,
}

impl Project {
    /// Moves every automatic environment that may take something, in their order; only these, when any are named. Nobody is
    /// asked. Any number of programs may do so at the same time.
    pub fn advance(&self, environments: &[&str]) -> Advance<'_> {
        let names = environments.iter().map(|name| (*name).to_owned()).collect();
        Advance { project: self, names, dry_run: false, questions: Box::new(Nobody), stop: never() }
    }
}

impl<'p> Advance<'p> {
    /// Moves nothing; each environment is judged by how things are now.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Told of each promotion that begins. Nobody is asked anything.
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

    async fn run(self) -> Result<Advanced, Error> {
        runtime::whole()?;
        let Self { project, names, dry_run, questions, stop } = self;
        let (site, questions) = (project.site(), &*questions);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let names = reading::names(&names)?;
        let tracker = Tracker::new(&site.listeners);
        let work = async {
            site.config.to_write()?;
            let actor = project.identified().await?;
            let mirror = mirroring::mirror(site, &actor, tracker.events());
            tracker.telling(&mirror);
            let ports = site.ports.of_run(mirror);
            let told = TrackedMoves {
                tracker: &tracker,
                ports: &ports,
                config: &site.config,
                actor: &actor,
                questions,
            };
            Box::pin(advance::advance(&ports, &site.config, &names, &actor, dry_run, &told)).await
        };
        let ended = until(listening(Arc::clone(&site.listeners), work), &stop).await;
        let moved = match ended {
            Ok(moved) => moved,
            Err(exit) => return Err(tracker.stopped(exit, &stop, questions).await),
        };
        let (told, stopped) = tracker.close(Closing::Failed, &stop, questions).await;
        let moved: Vec<Moved> = moved?.into_iter().map(|moved| moved.shown(&told.deployments)).collect();
        let report = AdvanceReport::of(&site.config, dry_run, moved, false);
        Ok(Advanced { exit: report.exit.or_stopped(stopped), report })
    }
}

impl<'p> IntoFuture for Advance<'p> {
    type Output = Result<Advanced, Error>;
    type IntoFuture = BoxFuture<'p, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Advance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Advance")
            .field("names", &self.names)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
