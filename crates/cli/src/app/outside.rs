//! What a command reaches outside: the ports of its project, who runs it, the forge and what that is told.

use crate::app::App;
use crate::app::connect::Site;
use crate::app::project::Project;
use crate::progress::Progress;
use promote_core::config::Forge;
use promote_core::event::Events;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::mirror::{Closing, Mirrored};
use promote_core::ports::Ports;
use promote_providers::mirror::MirrorOutcome;
use promote_providers::notify::{Surroundings, Teller};
use promote_providers::{Mirror, Variables, forge};
use std::sync::Arc;

impl App<'_> {
    /// Reaches the outside, silently.
    pub(crate) async fn ports(&self, project: &Project) -> Result<Ports, Failure> {
        self.ports_with(project, Arc::new(promote_core::event::Silent)).await
    }

    /// Reaches the outside; what happens is told to `events`.
    pub(crate) async fn ports_with(
        &self,
        project: &Project,
        events: Arc<dyn Events>,
    ) -> Result<Ports, Failure> {
        let trust = crate::allowed::agreed(self, project)?;
        let site = Site { config: &project.config, base: &project.base, env: self.env, events, trust };
        self.connect.ports(site).await
    }

    /// Something that shows what happens while a promotion runs.
    pub(crate) fn progress(&self) -> Progress {
        let progress = Progress::new(self.screen.clone(), self.env, self.global, self.connect.clock());
        progress.watch_wire();
        progress
    }

    /// Who says to run this. Nothing proves it: what is recorded names the one of [`Writing`](crate::app::writing::Writing).
    pub(crate) fn claimed(&self) -> Actor {
        self.connect.actor(self.env)
    }

    /// Whether a person sits before it, so that the forge's own program may be asked for its token.
    pub(crate) fn is_a_persons(&self) -> bool {
        self.env.input_terminal && !self.env.is_ci()
    }

    /// The way to the project's forge.
    pub(crate) fn forge(&self, project: &Project, forge: &Forge) -> forge::Access {
        forge::Access {
            // Asking git is for those alone who leave the name to it.
            remote: forge.repository.is_none().then(|| self.connect.remote(&project.base)).flatten(),
            forge: forge.clone(),
            variables: self.env.variables.iter().collect(),
            person: self.is_a_persons(),
            // Without a word nobody is trusted.
            trust: self.trust.get().cloned().unwrap_or_default(),
        }
    }

    /// Something that tells the project's forge of what `events` hears, where that is wanted.
    pub(crate) fn mirror(&self, project: &Project, actor: &Actor, events: Arc<dyn Events>) -> Arc<Mirror> {
        let variables: Variables = self.env.variables.iter().collect();
        let reach = |forge: &Forge| self.forge(project, forge);
        Arc::new(Mirror::of_job(events, &project.config, (&variables, actor), reach))
    }

    /// Has those told as well whom the project's environments name, now that the ledger is at hand.
    pub(crate) fn telling(&self, mirror: &Mirror, project: &Project, ports: &Ports) {
        mirror.tells(self.teller(project, ports));
    }

    /// Something that tells those whom the project's environments name.
    pub(crate) fn teller(&self, project: &Project, ports: &Ports) -> Teller {
        let of_lane = (ports.ledger.apart(), Arc::clone(&ports.clock));
        Teller::new(&project.config, of_lane, self.surroundings())
    }

    /// What the surroundings say of receivers.
    pub(crate) fn surroundings(&self) -> Surroundings {
        Surroundings {
            variables: self.env.variables.iter().collect(),
            // Without a word nobody is trusted.
            trust: self.trust.get().cloned().unwrap_or_default(),
        }
    }

    /// Tells others what is left to be told of a command that promotes nothing, and says what they were not told. The next
    /// signal ends that.
    pub(crate) async fn told(&self, teller: &Teller) {
        let again = crate::interrupt::signalled(self.env, teller.finish()).await;
        for warning in teller.told(again.map(|signal| signal.exit())) {
            self.warn(&warning);
        }
    }

    /// Tells the forge the rest, and says what it could not be told. The next signal ends that, and is told of.
    pub(crate) async fn mirrored(
        &self,
        mirror: &Mirror,
        how: Closing,
    ) -> (Vec<Mirrored>, Option<ExitStatus>) {
        let signalled = async { self.env.signals.next().await.exit() };
        let (told, stopped) = mirror.close(how, signalled).await;
        (self.said(told), stopped)
    }

    /// Says what the forge could not be told, and gives what it shows.
    pub(crate) fn said(&self, told: MirrorOutcome) -> Vec<Mirrored> {
        told.warnings.iter().for_each(|warning| self.warn(warning));
        told.deployments
    }
}
