//! What a project is opened with: whatever is not said is taken from the surroundings of the process, as the command does.

use crate::Error;
use crate::events::Listeners;
use crate::file::{from_file, in_use};
use crate::guard::Guards;
use crate::mirroring;
use crate::project::{Hide, Project, Site};
use promote_artifacts::git;
use promote_core::config::Config;
use promote_core::event::Events;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::location::StoreId;
use promote_core::names::escape;
use promote_core::port::{Bucket, Clock, Entropy, History, Signer, StepRunner};
use promote_core::ports::{People, Ports};
use promote_core::trust::Allowed;
use promote_providers::connect::LEDGER_REMOTE;
use promote_providers::signers;
use promote_providers::{
    Brought, Credentials, Interruption, PipelineAccess, Services, SystemClock, SystemEntropy, SystemSteps,
    Trust, Variables, actor, connect_with,
};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the configuration comes from.
enum From {
    File(PathBuf),
    Code(Box<Config>, PathBuf),
}

/// Given the configuration once it is read.
type OnceRead = Box<dyn FnOnce(&Config) + Send>;

/// How the repository is found.
enum Repository {
    /// Where the project lies.
    Near,
    Given(Option<Arc<dyn History>>),
}

/// A project that is about to be opened: see [`open`](crate::open) and [`with_config`](crate::with_config).
///
/// ```no_run
/// use promote::{Actor, ExitStatus, Failure, port::Bucket};
/// use std::sync::Arc;
///
/// # fn vault(name: &str) -> Result<Arc<dyn Bucket>, Failure> { Err(Failure::new(ExitStatus::Missing, name)) }
/// # fn main() -> Result<(), promote::Error> {
/// let project = promote::open(".")
///     .actor(Actor::claimed("release-bot", "acme-deployer"))
///     .scheme("vault", |name| vault(name))
///     .trust_host("minio.acme.example:9000")
///     .build()?;
/// # Ok(()) }
/// ```
#[must_use = "a project is opened by `build`"]
pub struct Builder {
    from: From,
    variables: Option<Variables>,
    actor: Option<Actor>,
    hears: Vec<Arc<dyn Events>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    repository: Repository,
    steps: Option<Arc<dyn StepRunner>>,
    signer: Option<Arc<dyn Signer>>,
    brought: Brought,
    hosts: Vec<String>,
    /// What is reached, and whom that may be, where both are settled already.
    settled: Option<(Ports, Trust)>,
    guards: Guards,
    hide: Hide,
    person: bool,
    proven: bool,
    called: Option<String>,
    missing: String,
    once_read: Option<OnceRead>,
    job_token: String,
    /// The first thing that was said and can't be.
    odd: Option<Failure>,
}

impl Builder {
    pub(crate) fn of_file(path: &Path) -> Self {
        Self::new(From::File(path.to_path_buf()))
    }

    pub(crate) fn of_config(config: Config, base: &Path) -> Self {
        Self::new(From::Code(Box::new(config), base.to_path_buf()))
    }

    fn new(from: From) -> Self {
        Self {
            from,
            variables: None,
            actor: None,
            hears: Vec::new(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            repository: Repository::Near,
            steps: None,
            signer: None,
            brought: Brought::default(),
            hosts: Vec::new(),
            settled: None,
            guards: Guards::default(),
            hide: Arc::new(|_| {}),
            person: false,
            proven: false,
            called: None,
            missing: String::new(),
            once_read: None,
            job_token: String::new(),
            odd: None,
        }
    }

    /// These variables in place of the process's own: they say who acts, which hosts are trusted, and are given to steps. What
    /// keeps a program from promoting holds in either: a freeze that the pipeline's server declares, and that who acts must be
    /// proven, are left out by [`without_freeze_guard`](Self::without_freeze_guard) and
    /// [`without_identity_guard`](Self::without_identity_guard) alone.
    pub fn variables(mut self, variables: Variables) -> Self {
        self.variables = Some(variables);
        self
    }

    /// Who acts, in place of what the surroundings say. It counts as claimed: only a token that the pipeline's server signed
    /// makes an actor verified.
    pub fn actor(mut self, actor: Actor) -> Self {
        self.actor = Some(actor);
        self
    }

    /// Who acts, of whom everything is known that the pipeline's server vouches for: it is not asked again. That a proof is
    /// there where one is needed is made sure of all the same.
    pub fn identified(self, actor: Actor) -> Self {
        Self { proven: true, ..self.actor(actor) }
    }

    /// Somebody who hears what happens, as often as wanted. [`Project::events`] gives the same as a stream.
    pub fn events(mut self, events: Arc<dyn Events>) -> Self {
        self.hears.push(events);
        self
    }

    /// This clock in place of the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// This source of chance in place of the machine's.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// The repository's history, in place of the git repository that the project lies in. `None` where there is none: what
    /// then can't be told, no rule takes as met.
    pub fn history(mut self, history: Option<Arc<dyn History>>) -> Self {
        self.repository = Repository::Given(history);
        self
    }

    /// What runs the steps around a move, in place of this machine's shell and network.
    pub fn steps(mut self, steps: Arc<dyn StepRunner>) -> Self {
        self.steps = Some(steps);
        self
    }

    /// Brings along stores for a scheme of its own: `acme://NAME/KEY` in the project's file is the key in the store that
    /// `open` gives for `NAME`. A store must pass the suite in `conformance`; opening it sends nothing.
    pub fn scheme(
        mut self,
        scheme: &str,
        open: impl Fn(&str) -> Result<Arc<dyn Bucket>, Failure> + Send + Sync + 'static,
    ) -> Self {
        if let Err(failure) = self.brought.scheme(scheme, Arc::new(open)) {
            self.odd.get_or_insert(failure);
        }
        self
    }

    /// A store that is open already, in place of the one that this name would lead to.
    pub fn store(mut self, id: StoreId, bucket: Arc<dyn Bucket>) -> Self {
        self.brought.store(id, bucket);
        self
    }

    /// Credentials for a bucket of S3 or Google Cloud Storage, in place of those that the file or the machine name.
    pub fn credentials(mut self, bucket: &str, credentials: Credentials) -> Self {
        self.brought.credentials(bucket, credentials);
        self
    }

    /// Allows that credentials are sent to this host: `minio.acme.example:9000` or `*.corp.example`, as in
    /// `PROMOTE_TRUST_HOSTS`.
    pub fn trust_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// What the project reaches, connected already, in place of everything that this builder would connect, and whom
    /// credentials may be sent to: for a program that asks somebody about that, or that wraps what is connected.
    pub fn connected(mut self, ports: Ports, trust: Trust) -> Self {
        self.clock = Arc::clone(&ports.clock);
        self.settled = Some((ports, trust));
        self
    }

    /// Signs approvals with this key: where a name is not proven otherwise, its signature makes the approval count, when the file
    /// of `signers` has its public half.
    pub fn signing_with(mut self, signer: Arc<dyn Signer>) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Promotes although the pipeline's server declares a freeze by `CI_DEPLOY_FREEZE`. Freezes of the file and of the ledger
    /// hold all the same.
    pub fn without_freeze_guard(mut self) -> Self {
        self.guards.freeze = false;
        self
    }

    /// Changes things although `PROMOTE_REQUIRE_OIDC` asks for a proof of who acts and there is none.
    pub fn without_identity_guard(mut self) -> Self {
        self.guards.identity = false;
        self
    }

    /// Writes although the file asks for what this version does not do: a gate that was asked for and is not kept.
    pub fn without_unacted_guard(mut self) -> Self {
        self.guards.unacted = false;
        self
    }

    /// Takes the file of a folder that belongs to somebody else, whose steps run as who calls. One that is named by its own path
    /// is taken anyway.
    pub fn without_owner_guard(mut self) -> Self {
        self.guards.owner = false;
        self
    }

    /// Given each token of an identity as soon as there is one, before anything is done with it, for whoever must see to it
    /// that it is never shown.
    pub fn hiding(mut self, hide: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.hide = Arc::new(hide);
        self
    }

    /// What the file is called in messages, in place of its path.
    pub fn called(mut self, name: impl Into<String>) -> Self {
        self.called = Some(name.into());
        self
    }

    /// What helps whoever is told that the file can't be read.
    pub fn where_missing(mut self, hint: impl Into<String>) -> Self {
        self.missing = hint.into();
        self
    }

    /// Given the configuration once it is read, before anything else is done with it: for whoever hides the secrets that it
    /// names ([`Config::named_variables`]).
    pub fn once_read(mut self, given: impl FnOnce(&Config) + Send + 'static) -> Self {
        self.once_read = Some(Box::new(given));
        self
    }

    /// The token that the server which runs this job gave to it: shown to that server alone, when a project's forge is told of
    /// its deployments and no variable has a token for it.
    pub fn job_token(mut self, token: &str) -> Self {
        token.clone_into(&mut self.job_token);
        self
    }

    /// A person sits before it, so that the forge's own program may be asked for its token.
    pub fn of_a_person(mut self) -> Self {
        self.person = true;
        self
    }

    /// Reads the file and gets the stores ready. Sends no request.
    ///
    /// # Errors
    /// Mistakes of the file, each with its place; `Denied` when it is found in a folder of somebody else, and when it sends
    /// credentials to a host that nobody allows; `Usage`
    /// when it names a store that can't be reached, when a configuration that was built in code is one that no reader would
    /// take, and when something that was said to this builder can't be.
    pub fn build(self) -> Result<Project, Error> {
        if let Some(odd) = self.odd {
            return Err(odd.into());
        }
        let process = Variables::of_process();
        let variables = self.variables.unwrap_or_else(|| process.clone());
        let (mut config, base, name, remarks) = match self.from {
            From::Code(config, base) => {
                (*config, base, self.called.unwrap_or_else(|| "the configuration".to_owned()), Vec::new())
            }
            From::File(path) => {
                let file = in_use(path, self.guards)?;
                from_file(&file, &variables, &self.brought, self.called, &self.missing)?
            }
        };
        if let Some(given) = self.once_read {
            given(&config);
        }
        signers::read(&mut config, &base)?;
        self.guards.settle(&mut config, &[&variables, &process])?;
        let (given, trust) = match self.settled {
            Some((ports, trust)) => (Some(ports), trust),
            None => (None, trusted(&variables, &self.hosts)?),
        };
        trust.check(&config, &base, &name)?;
        let listeners = Arc::new(Listeners::new(Arc::clone(&self.clock), self.hears));
        let events = Arc::clone(&listeners) as Arc<dyn Events>;
        let mut ports = match given {
            Some(ports) => Ports { events, ..ports },
            None => {
                let steps = self.steps.unwrap_or_else(|| {
                    let own = SystemSteps::new(&base, variables.for_steps(), Interruption::default());
                    let own =
                        own.hiding(config.named_variables()).with_pipelines(PipelineAccess::of(&config));
                    let of_job = (&variables, self.job_token.as_str());
                    Arc::new(own.with_forge(mirroring::started(
                        (&config, &base),
                        of_job,
                        (self.person, &trust),
                    )))
                });
                let history = match self.repository {
                    Repository::Near => git::history(&base),
                    Repository::Given(history) => history,
                };
                let (clock, entropy) = (self.clock, self.entropy);
                let ledger_remote = variables.get(LEDGER_REMOTE).map(str::to_owned);
                let of_job = (&variables, self.job_token.as_str());
                let forge = mirroring::asked((&config, &base), of_job, (self.person, &trust));
                let people = People { signers: signers::list(&config)?, forge, ..People::default() };
                let services = Services { clock, entropy, history, people, steps, events, ledger_remote };
                connect_with(&config, &base, &trust, &self.brought, services)?
            }
        };
        if self.signer.is_some() {
            ports.people.signer = self.signer;
        }
        let actor = self.actor.unwrap_or_else(|| actor::detect(&variables, &actor::hostname()));
        Ok(Project::new(Site {
            config,
            base,
            name,
            remarks,
            variables,
            process,
            actor,
            trust,
            guards: self.guards,
            hide: self.hide,
            person: self.person,
            proven: self.proven,
            job_token: self.job_token,
            ports,
            listeners,
        }))
    }
}

/// What the surroundings allow, and these hosts.
fn trusted(variables: &Variables, hosts: &[String]) -> Result<Trust, Failure> {
    let trust = Trust::of(variables)?;
    let more = hosts.iter().map(|host| {
        let listed = Allowed::listed(host);
        listed.map_err(|(entry, why)| {
            Failure::new(ExitStatus::Usage, format!("the host `{}` can't be trusted: {why}", escape(&entry)))
        })
    });
    more.into_iter().try_fold(trust, |trust, more| Ok(trust.and(more?)))
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("brought", &self.brought)
            .field("guards", &self.guards)
            .finish_non_exhaustive()
    }
}
