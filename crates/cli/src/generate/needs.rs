//! What a job needs to reach what it moves: clouds to sign in to, registries, variables, rights at the forge.

use promote_core::config::{ArtifactKind, Config, Environment, ForgeKind, RequiredCheck, StepAction};
use promote_core::location::StoreId;
use promote_core::tell::{NoticeKind, receivers};
use promote_core::template::{Template, Values, variable};
use promote_providers::forge::TOKEN as FORGE_TOKEN;
use promote_providers::notify::SECRET as WEBHOOK_SECRET;
use std::collections::BTreeSet;

/// What a job needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// A role of AWS.
    pub(super) aws: bool,
    /// Access keys of a store that speaks S3 and is not Amazon's.
    pub(super) keys: bool,
    /// An identity of Google Cloud.
    pub(super) google: bool,
    /// Registries of images, by host.
    pub(super) registries: BTreeSet<String>,
    /// Whether an image is written to GitHub's registry.
    pub(super) writes_ghcr: bool,
    /// Variables that hold secrets: `$NAME`.
    pub(super) secrets: BTreeSet<String>,
    /// Variables in locations: `${NAME}`.
    pub(super) variables: BTreeSet<String>,
    /// Whether the ledger is a branch of the repository.
    pub(super) git_ledger: bool,
    /// Whether statuses of commits are asked for.
    pub(super) checks: bool,
    /// Whether the workflows are asked for that checks are jobs of.
    pub(super) workflows: bool,
    /// Whether reviews of pull requests count.
    pub(super) reviews: bool,
    /// Whether a workflow of GitHub is started.
    pub(super) github_steps: bool,
    /// Whether a pipeline of GitLab is started.
    pub(super) gitlab_steps: bool,
    /// Whether no environment is changed.
    pub(super) looks: bool,
    /// Whether others are told of what it finds, which is written down.
    pub(super) tells: bool,
}

/// Hosts of registries that a cloud's own sign-in opens.
pub(super) fn is_ecr(host: &str) -> bool {
    host.contains(".dkr.ecr.") && host.contains(".amazonaws.com")
}

/// The same for Google's.
pub(super) fn is_google(host: &str) -> bool {
    host.ends_with("-docker.pkg.dev") || host == "gcr.io" || host.ends_with(".gcr.io")
}

impl Needs {
    /// What promotions to these environments need.
    pub(super) fn of<'e>(config: &Config, environments: impl IntoIterator<Item = &'e Environment>) -> Self {
        let mut needs = Self::default();
        needs.store(config, &config.ledger.store);
        for environment in environments {
            needs.environment(config, environment);
        }
        needs.configured(config);
        needs
    }

    /// What the file names, whatever is done.
    fn configured(&mut self, config: &Config) {
        for settings in config.stores.values() {
            self.secrets.extend(settings.credentials.as_deref().and_then(variable).map(str::to_owned));
        }
        self.variables = locations(config);
    }

    /// What it needs to look at these environments: the stores alone.
    pub(super) fn to_look<'e>(
        config: &Config,
        environments: impl IntoIterator<Item = &'e Environment>,
    ) -> Self {
        let mut needs = Self { looks: true, ..Self::default() };
        needs.store(config, &config.ledger.store);
        for environment in environments {
            needs.stores(config, environment);
        }
        needs.configured(config);
        needs
    }

    /// With what tells others of a drift, where an environment wants that.
    pub(super) fn telling_drift<'e>(
        mut self,
        environments: impl IntoIterator<Item = &'e Environment>,
    ) -> Self {
        let wants =
            |one: &&Environment| one.notify.on.iter().any(|event| event == NoticeKind::Drift.as_str());
        for environment in environments.into_iter().filter(wants) {
            self.tells |= !receivers(environment).is_empty();
            self.receivers(environment);
        }
        self
    }

    /// The addresses of those who are told, and what a webhook knows us by.
    fn receivers(&mut self, environment: &Environment) {
        let notify = &environment.notify;
        let told = [&notify.slack, &notify.webhook, &notify.cdevents].into_iter().flatten();
        self.secrets.extend(told.filter_map(|address| variable(address)).map(str::to_owned));
        self.secrets.extend(notify.webhook.is_some().then(|| WEBHOOK_SECRET.to_owned()));
    }

    /// What is asked of the forge before a release may go to an environment.
    pub(super) fn asks(&mut self, config: &Config, environment: &Environment) {
        let approvals = &environment.approvals;
        self.checks |= !environment.checks.is_empty();
        self.workflows |= environment.checks.iter().any(RequiredCheck::needs_workflow);
        self.reviews |= approvals.reviews;
        // A job's own token never reads who is in a team, and at GitLab nothing of this.
        let teams = approvals.count > 0 && approvals.from.iter().any(|entry| entry.starts_with('@'));
        let gitlab = config.forge.as_ref().is_some_and(|forge| forge.kind == ForgeKind::Gitlab);
        if teams || gitlab && self.reads_forge() {
            self.secrets.insert(FORGE_TOKEN.to_owned());
        }
    }

    /// Whether checks or reviews are read.
    pub(super) const fn reads_forge(&self) -> bool {
        self.checks || self.reviews
    }

    /// The hosts whose user and password come from variables of one's own.
    pub(super) fn passwords(&self) -> impl Iterator<Item = &String> {
        self.registries.iter().filter(|host| !is_ecr(host) && !is_google(host) && *host != "ghcr.io")
    }

    /// Whether a token of the CI is exchanged for a cloud's.
    pub(super) const fn signs_in(&self) -> bool {
        self.aws || self.google
    }

    /// The stores that an environment's artifacts lie in.
    fn stores(&mut self, config: &Config, environment: &Environment) {
        let values = values(config, environment);
        let moved = environment.artifacts.iter().filter(|artifact| artifact.kind != ArtifactKind::Git);
        let places = moved.flat_map(|artifact| std::iter::once(&artifact.source).chain(&artifact.target));
        for place in places.chain(&environment.needs) {
            if let Some(store) = filled(place, &values) {
                self.store(config, &store);
            }
        }
    }

    fn environment(&mut self, config: &Config, environment: &Environment) {
        self.stores(config, environment);
        let values = values(config, environment);
        let targets = environment.artifacts.iter().filter_map(|artifact| artifact.target.as_ref());
        self.writes_ghcr |= targets
            .filter_map(|target| filled(target, &values))
            .any(|store| matches!(store, StoreId::Image(name) if name.starts_with("ghcr.io/")));
        self.asks(config, environment);
        self.receivers(environment);
        let steps = [&environment.plan, &environment.prepare, &environment.deploy, &environment.verify];
        for step in steps.into_iter().flatten() {
            // Of a run on a forge, these are promote's own.
            let own = matches!(step.action, StepAction::Github { .. } | StepAction::Gitlab { .. });
            let given = step.env.values().filter(|_| !own).filter_map(|value| variable(value));
            self.secrets.extend(given.map(str::to_owned));
            match step.action {
                StepAction::CodePipeline { .. } => self.aws = true,
                StepAction::Github { .. } => self.github_steps = true,
                StepAction::Gitlab { .. } => self.gitlab_steps = true,
                _ => {}
            }
        }
    }

    fn store(&mut self, config: &Config, store: &StoreId) {
        match store {
            StoreId::S3(bucket) => {
                match config.stores.get(bucket).is_some_and(|one| one.endpoint.is_some()) {
                    true => self.keys = true,
                    false => self.aws = true,
                }
            }
            StoreId::Gcs(_) => self.google = true,
            StoreId::Image(name) => {
                let host = name.split('/').next().unwrap_or_default();
                self.aws |= is_ecr(host);
                self.google |= is_google(host);
                self.registries.insert(host.to_owned());
            }
            StoreId::Git(_) => self.git_ledger = true,
            StoreId::Local | StoreId::Memory(_) | StoreId::Other { .. } => {}
        }
    }
}

fn values(config: &Config, environment: &Environment) -> Values {
    Values { env: Some(environment.name.clone()), project: Some(config.project.clone()), ..Values::default() }
}

fn filled(place: &Template, values: &Values) -> Option<StoreId> {
    place.fill(values).ok()?.store()
}

/// The names in `${NAME}` of every location.
fn locations(config: &Config) -> BTreeSet<String> {
    const KEYS: [&str; 4] = ["source", "target", "needs", "ledger"];
    let places = config
        .effective
        .iter()
        .filter(|one| one.key.rsplit('.').next().is_some_and(|key| KEYS.contains(&key)));
    let names = places.flat_map(|one| one.value.split("${").skip(1)).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        rest.get(..end).filter(|name| variable(&format!("${name}")).is_some())
    });
    names.map(str::to_owned).collect()
}

/// The variables that hold the user and the password of a registry.
pub(super) fn login(host: &str) -> (String, String) {
    let name: String = match host {
        "quay.io" => "QUAY".to_owned(),
        "docker.io" | "index.docker.io" => "DOCKERHUB".to_owned(),
        other => other
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
            .collect(),
    };
    // GitHub takes no secret whose name begins with a digit or with `GITHUB_`.
    let own = name.starts_with(|c: char| c.is_ascii_digit()) || name.starts_with("GITHUB_");
    let name = if own { format!("REGISTRY_{name}") } else { name };
    (format!("{name}_USERNAME"), format!("{name}_PASSWORD"))
}
