//! What every command has at hand: flags, surroundings, the screen, the project, the world.

use crate::args::{Global, TermsArgs};
use crate::connect::{Connect, Site};
use crate::document::Wish;
use crate::env::Env;
use crate::page::{Page, Style, Text};
use crate::progress::Progress;
use crate::project::Project;
use crate::screen::Screen;
use promote_core::config::Forge;
use promote_core::event::Events;
use promote_core::exit::ExitStatus;
use promote_core::failure::{Failure, causes};
use promote_core::ledger::{Actor, Override};
use promote_core::mirror::{self, Closing, Mirrored};
use promote_core::names::EnvironmentName;
use promote_core::report::{Document, FailureReport};
use promote_core::request::{Request, Wanted};
use promote_core::rule;
use promote_core::world::World;
use promote_providers::{Mirror, Trust, Variables, forge, identity};
use std::sync::{Arc, OnceLock};

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A failure, not shown yet.
    Failure(Failure),
    /// Everything was said.
    Shown(ExitStatus),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// How a command ends.
pub(crate) type Ended = Result<ExitStatus, Stop>;

/// What every command has at hand.
pub(crate) struct App<'a> {
    /// The flags.
    pub(crate) global: &'a Global,
    /// The surroundings.
    pub(crate) env: &'a Env,
    /// Where output goes.
    pub(crate) screen: Screen,
    /// The way to the outside.
    pub(crate) connect: &'a dyn Connect,
    /// Whom credentials may be sent to, once somebody was asked.
    pub(crate) trust: OnceLock<Trust>,
}

impl App<'_> {
    /// Reads the configuration for a command that only looks, and says what keeps the others from writing.
    pub(crate) fn project(&self) -> Result<Project, Stop> {
        let project = Project::load(self)?;
        for what in project.config.unacted() {
            let text =
                format!("{}: {what}; nothing can be written until it is taken out", project.shown(self));
            self.screen.say(&Text::new("warning: ", Style::Warn).and(&text, Style::Plain));
        }
        Ok(project)
    }

    /// Reads the configuration for a command that writes. One that asks for what this version does not do is shown and
    /// refused.
    pub(crate) fn project_to_write(&self) -> Result<Project, Stop> {
        let project = Project::load(self)?;
        project.to_write(self)?;
        Ok(project)
    }

    /// Reaches the outside, silently.
    pub(crate) async fn world(&self, project: &Project) -> Result<World, Failure> {
        self.world_with(project, Arc::new(promote_core::event::Silent)).await
    }

    /// Reaches the outside; what happens is told to `events`.
    pub(crate) async fn world_with(
        &self,
        project: &Project,
        events: Arc<dyn Events>,
    ) -> Result<World, Failure> {
        let trust = crate::allowed::agreed(self, project)?;
        let site = Site { config: &project.config, base: &project.base, env: self.env, events, trust };
        self.connect.world(site).await
    }

    /// Something that shows what happens while a promotion runs.
    pub(crate) fn progress(&self) -> Progress {
        let progress = Progress::new(self.screen.clone(), self.env, self.global, self.connect.clock());
        progress.watch_wire();
        progress
    }

    /// Who runs this.
    pub(crate) fn actor(&self) -> Actor {
        self.connect.actor(self.env)
    }

    /// Who runs this, with what the pipeline's server vouches for.
    ///
    /// # Errors
    /// `Denied`, when that is asked for and nothing does.
    pub(crate) async fn identified(&self) -> Result<Actor, Failure> {
        let found = self.connect.identity(self.env).await;
        let actor = identity::evidence(self.actor(), &found);
        identity::required(&self.env.variables.iter().collect(), &actor)?;
        Ok(actor)
    }

    /// The way to the project's forge.
    pub(crate) fn forge(&self, project: &Project, forge: &Forge) -> forge::Access {
        forge::Access {
            // Asking git is for those alone who leave the name to it.
            remote: forge.repository.is_none().then(|| self.connect.remote(&project.base)).flatten(),
            forge: forge.clone(),
            variables: self.env.variables.iter().collect(),
            person: self.env.input_terminal && !self.env.is_ci(),
            // Without a word nobody is trusted.
            trust: self.trust.get().cloned().unwrap_or_default(),
        }
    }

    /// Something that tells the project's forge of what `events` hears, where that is wanted.
    pub(crate) fn mirror(&self, project: &Project, actor: &Actor, events: Arc<dyn Events>) -> Arc<Mirror> {
        let variables: Variables = self.env.variables.iter().collect();
        let job = forge::job(&variables, actor);
        let Some(forge) = project.config.forge.as_ref().filter(|forge| mirror::wanted(forge, job)) else {
            return Arc::new(Mirror::silent(events));
        };
        let access = self.forge(project, forge);
        let opening = Box::pin(async move { forge::open(&access).await });
        Arc::new(Mirror::new(events, &project.config, actor.details.get("run").cloned(), opening))
    }

    /// Tells the forge the rest, and says what it could not be told.
    pub(crate) async fn mirrored(&self, mirror: &Mirror, how: Closing) -> Vec<Mirrored> {
        let told = mirror.close(how).await;
        for warning in &told.warnings {
            self.screen.say(&Text::new("warning: ", Style::Warn).and(warning, Style::Plain));
        }
        told.deployments
    }

    /// The document that is asked for with `--json`.
    pub(crate) fn wish(&self) -> Wish {
        Wish::of(self.global)
    }

    /// Shows a document: as JSON where that was asked for, else as the page that `page` makes of it.
    pub(crate) fn show<D: Document>(&self, document: &D, page: impl FnOnce() -> Page) -> Result<(), Failure> {
        match self.wish() {
            Wish::None => self.screen.page(&page()),
            wish => self.screen.data(&wish.text(document)?),
        }
    }

    /// Shows what came of something. Where it was `done`, that it can't be shown is said, and changes nothing about how
    /// the command ends: a script that reads the exit status is told of the act.
    pub(crate) fn tell<D: Document>(
        &self,
        done: bool,
        document: &D,
        page: impl FnOnce() -> Page,
    ) -> Result<(), Failure> {
        match self.show(document, page) {
            Err(failure) if done => {
                self.unshown(&failure);
                Ok(())
            }
            shown => shown,
        }
    }

    /// Says that what came of something could not be shown.
    pub(crate) fn unshown(&self, failure: &Failure) {
        let why = causes(failure).last().map_or_else(String::new, |cause| format!(" ({cause})"));
        let text = format!("{failure}{why}; the changes were made; the exit status gives the result");
        self.screen.say(&Text::new("warning: ", Style::Warn).and(text, Style::Plain));
    }

    /// Refuses `--json` where what is printed is text for people or for a shell, and no document.
    ///
    /// # Errors
    /// `Usage`, when a document was asked for.
    pub(crate) fn prints_text(&self, command: &str, what: &str) -> Result<(), Failure> {
        if self.wish() == Wish::None {
            return Ok(());
        }
        Err(Failure::new(ExitStatus::Usage, format!("`promote {command}` prints {what}, not JSON"))
            .hint("leave out `--json`; `promote schema documents` lists the JSON documents"))
    }

    /// A request on the terms that the flags give.
    pub(crate) fn request(
        &self,
        environment: &EnvironmentName,
        release: Option<&Wanted>,
        terms: &TermsArgs,
    ) -> Result<Request, Failure> {
        let wanted = release.cloned().unwrap_or(Wanted::Unnamed);
        let mut request = Request::promote(environment.clone(), wanted, self.actor());
        request.include.clone_from(&terms.include);
        request.notes = terms.notes.iter().cloned().collect();
        request.reason.clone_from(&terms.reason);
        for name in &terms.overrides {
            let rule = rule::to_override(name)?;
            let reason = promote_core::reason::needed(terms.reason.as_deref(), "an override")?;
            request.overrides.push(Override { rule: rule.name.to_owned(), reason });
        }
        Ok(request)
    }

    /// Shows why a command ended early, and gives its exit status.
    pub(crate) fn stopped(&self, stop: Stop) -> ExitStatus {
        let failure = match stop {
            Stop::Shown(status) => return status,
            Stop::Failure(failure) => failure,
        };
        let page = crate::failure::page(&failure);
        self.screen.complain(&page);
        if self.wish() != Wish::None {
            // A script that reads the document gets one in this case, too; its schema says which.
            if let Ok(text) = Wish::Whole.text(&FailureReport::of(&failure)) {
                let _ = self.screen.data(&text);
            }
        }
        failure.exit
    }
}
