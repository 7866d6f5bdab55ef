//! A project that is open: everything it needs is at hand, and nothing was sent yet. What may be done with it is in the
//! modules that are named after it.

use crate::EventStream;
use crate::events::Listeners;
use crate::guard::Guards;
use promote_core::config::{Config, Diagnostic};
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::ports::Ports;
use promote_providers::{Trust, Variables, identity};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Given each token as soon as there is one, before anything is done with it.
pub(crate) type Hide = Arc<dyn Fn(&str) + Send + Sync>;

/// Everything that a project needs.
pub(crate) struct Site {
    pub(crate) config: Config,
    pub(crate) base: PathBuf,
    /// The file's name for messages.
    pub(crate) name: String,
    pub(crate) remarks: Vec<Diagnostic>,
    pub(crate) variables: Variables,
    /// The variables of the process, whatever the program gave in their place: guards hold in either.
    pub(crate) process: Variables,
    pub(crate) actor: Actor,
    pub(crate) trust: Trust,
    pub(crate) guards: Guards,
    pub(crate) hide: Hide,
    pub(crate) person: bool,
    /// Whether everything is known of who acts that the pipeline's server vouches for.
    pub(crate) proven: bool,
    pub(crate) job_token: String,
    pub(crate) ports: Ports,
    pub(crate) listeners: Arc<Listeners>,
}

/// A project that is open. Copies share everything; it may be used from many tasks at a time.
///
/// | to | call |
/// |---|---|
/// | see what may move, and move it | [`plan`](Self::plan), [`promote`](Self::promote), [`roll_back`](Self::roll_back), [`resume`](Self::resume) |
/// | put a release in place | [`publish`](Self::publish) |
/// | move whatever is automatic | [`advance`](Self::advance) |
/// | see what runs where, and what was done | [`status`](Self::status), [`history`](Self::history), [`verify`](Self::verify), [`watch`](Self::watch) |
/// | say something about an environment or a release | [`mark`](Self::mark) |
/// | hear what happens | [`events`](Self::events) |
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
/// let project = promote::open(".").build()?;
/// for environment in project.status(&[]).await?.environments {
///     println!("{}: {:?}", environment.name, environment.running.map(|running| running.short().to_owned()));
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Project(Arc<Site>);

impl Project {
    pub(crate) fn new(site: Site) -> Self {
        Self(Arc::new(site))
    }

    pub(crate) fn site(&self) -> &Site {
        &self.0
    }

    /// What the file means, as the guards have it.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The folder that plain paths are relative to.
    pub fn base(&self) -> &Path {
        &self.0.base
    }

    /// What could be better about the file: warnings and advice, each with its place.
    pub fn remarks(&self) -> &[Diagnostic] {
        &self.0.remarks
    }

    /// Who acts, as far as nothing is proven.
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    /// What happens from now on, as a stream.
    pub fn events(&self) -> EventStream {
        self.0.listeners.stream()
    }

    /// Who acts, with what the pipeline's server vouches for; refused where a proof is asked for and there is none.
    ///
    /// # Errors
    /// `Denied`, with the reason.
    pub async fn identified(&self) -> Result<Actor, Failure> {
        let site = self.site();
        let actor = match site.proven {
            true => site.actor.clone(),
            false => {
                let hide = |token: &str| (site.hide)(token);
                let found = identity::look_hiding(&site.variables, site.ports.clock.now(), &hide).await;
                identity::evidence(site.actor.clone(), &found)
            }
        };
        site.guards.identified(&[&site.variables, &site.process], &actor)?;
        Ok(actor)
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project")
            .field("project", &self.0.config.project)
            .field("file", &self.0.name)
            .finish_non_exhaustive()
    }
}
