//! Comparing targets and sources with the ledger, and telling those whom the project names of what has drifted.

use crate::events::listening;
use crate::interruption::{Stop, never, until};
use crate::project::Site;
use crate::question::{Nobody, Questions};
use crate::{Error, Project, mirroring, reading, runtime};
use futures_util::future::BoxFuture;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::EnvironmentName;
use promote_core::remember::remember_all;
use promote_core::report::{self, Depth, VerifyReport};
use std::fmt;
use std::sync::Arc;

/// Compares when it is awaited: see [`Project::verify`].
#[must_use = "it runs when it is awaited"]
pub struct Verify<'p> {
    project: &'p Project,
    names: Vec<String>,
    depth: Depth,
    questions: Box<dyn Questions + 'p>,
    stop: Stop<'p>,
}

impl Project {
    /// Whether the targets of these environments (of all when none is named) hold what the ledger put there, and the sources
    /// what was published. What reading bytes finds out is written down beside the release, where that is allowed. Of a drift
    /// those are told whom the environment names for that in `notify`, once.
    ///
    /// ```no_run
    /// use promote::report::Depth;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
    /// let project = promote::open(".").build()?;
    /// let depth = Depth { chains: true, bytes: false };
    /// assert!(project.verify(&[], depth).await?.matches);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When an environment is not there, or a store does not answer: then nothing is known, which is not a difference.
    pub fn verify(&self, environments: &[&str], depth: Depth) -> Verify<'_> {
        let names = environments.iter().map(|name| (*name).to_owned()).collect();
        Verify { project: self, names, depth, questions: Box::new(Nobody), stop: never() }
    }
}

impl<'p> Verify<'p> {
    /// Told of whom a drift could not be told to. Nobody is asked anything.
    pub fn asking(mut self, questions: impl Questions + 'p) -> Self {
        self.questions = Box::new(questions);
        self
    }

    /// Stops when this is over: looking ends with [`Error::Stopped`]; of what was found, others are told no more, and it is
    /// given all the same.
    pub fn until<F>(mut self, stop: impl Fn() -> F + Send + Sync + 'p) -> Self
    where
        F: Future<Output = ExitStatus> + Send + 'p,
    {
        self.stop = Box::new(move || Box::pin(stop()));
        self
    }

    async fn run(self) -> Result<VerifyReport, Error> {
        runtime::whole()?;
        let Self { project, names, depth, questions, stop } = self;
        let site = project.site();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let names = reading::names(&names)?;
        let look = Box::pin(look(site, &names, depth));
        let looked = until(listening(Arc::clone(&site.listeners), look), &stop).await;
        let found = looked.map_err(Error::Stopped)??;
        let teller = mirroring::teller(site);
        teller.drifted(&found, site.ports.clock.now());
        let stopped = tokio::select! {
            biased;
            () = teller.finish() => None,
            exit = stop() => Some(exit),
        };
        teller.told(stopped).iter().for_each(|warning| questions.warned(warning));
        Ok(found)
    }
}

/// What is there, and what was learned by reading it, written down.
async fn look(site: &Site, names: &[EnvironmentName], depth: Depth) -> Result<VerifyReport, Failure> {
    let view = site.ports.view();
    let (found, learned) = report::verify_and_learn(&view, &site.config, names, depth).await?;
    remember_all(&site.ports, &learned, &site.actor).await;
    Ok(found)
}

impl<'p> IntoFuture for Verify<'p> {
    type Output = Result<VerifyReport, Error>;
    type IntoFuture = BoxFuture<'p, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Verify<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verify")
            .field("names", &self.names)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}
