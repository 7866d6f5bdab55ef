//! What `promote.toml` means, after reading, defaults and checks: the values that the core decides with. How the
//! file is written is the reader's matter, where each value stood is kept in the reader.

use super::checks::RequiredCheck;
use super::diagnostic::Diagnostic;
use super::forge::Forge;
use crate::ledger::Strength;
use crate::location::StoreId;
use crate::names::{ArtifactName, EnvironmentName, EvidenceName, LaneName, ProjectName};
use crate::port::StoreSettings;
use crate::step::Step;
use crate::template::Template;
use crate::tier::Tier;
use crate::window::Window;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A whole project.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `project`, or the repository's name.
    pub project: ProjectName,
    /// `timezone` of windows and of times shown to people.
    pub timezone: Tz,
    /// The environments in order; those of one inner list are one stage.
    pub stages: Vec<Vec<EnvironmentName>>,
    /// Each environment's effective settings.
    pub environments: BTreeMap<EnvironmentName, Environment>,
    /// What moves as one, in the order of the environments.
    pub lanes: Vec<Lane>,
    /// Where the ledger lies.
    pub ledger: LedgerPlace,
    /// `[pack]`.
    pub pack: Option<Pack>,
    /// `[store.NAME]`, by the bucket's name.
    pub stores: BTreeMap<String, StoreSettings>,
    /// `required-version`: which versions of the tool may be used.
    pub required_version: Option<semver::VersionReq>,
    /// `[render]`.
    pub render: Option<Render>,
    /// `[host]`.
    pub host: Option<Host>,
    /// `[forge]`.
    pub forge: Option<Forge>,
    /// `signers`: whose signatures count.
    pub signers: Option<SignersFile>,
    /// Why nothing may move now, as the pipeline's server says; never from the file. Frontends set it after reading.
    pub frozen: Option<String>,
    /// What the file asks for and this version does not do, each an error at its place. Frontends show it;
    /// [`Config::to_write`] refuses for it.
    pub unacted: Vec<Diagnostic>,
    /// Every value in force and the line it comes from, for `promote config show`: those of the project first, then
    /// each environment's.
    pub effective: Vec<Effective>,
}

/// One value in force. Secrets are shown as `$NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// Whose it is; `None` for the project's.
    pub env: Option<EnvironmentName>,
    /// The key, with dots: `artifact.image.source`.
    pub key: String,
    /// The value, as it would be written in the file.
    pub value: String,
    /// The line of the file it comes from, counted from 1; `None` for a default.
    pub line: Option<u32>,
}

impl Config {
    /// The environments that a promotion to `environment` moves: itself first, then those of its lane that `include`
    /// names, in their order. Each one's own rules and steps hold.
    pub fn moved<'c>(
        &'c self,
        environment: &'c Environment,
        include: &[EnvironmentName],
    ) -> Vec<&'c Environment> {
        let lane = self.lanes.iter().find(|lane| lane.name == environment.lane);
        let others = lane.into_iter().flat_map(|lane| &lane.environments);
        let included = others
            .filter(|name| **name != environment.name && include.contains(name))
            .filter_map(|name| self.environments.get(name));
        std::iter::once(environment).chain(included).collect()
    }
}

/// What moves as one: an environment, or all that read the same targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The first environment's name.
    pub name: LaneName,
    /// The environments, in order; one or more.
    pub environments: Vec<EnvironmentName>,
}

/// Where the ledger is kept: below a prefix of a store, which may be a branch of the git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPlace {
    /// The store.
    pub store: StoreId,
    /// For example `.promote/billing-api`, without a slash at its end.
    pub prefix: crate::location::Key,
}

/// The settings of one environment, inherited ones included.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// Its name.
    pub name: EnvironmentName,
    /// What it moves with.
    pub lane: LaneName,
    /// How dangerous it is to change.
    pub tier: Tier,
    /// The environments a release must have been verified in. Empty for the first.
    pub from: Vec<EnvironmentName>,
    /// May move without being asked.
    pub auto: bool,
    /// The artifacts in the order in which they move; one or more.
    pub artifacts: Vec<Artifact>,
    /// Locations that must exist but are not moved.
    pub needs: Vec<Template>,
    /// The commit must be on this branch.
    pub branch: Option<String>,
    /// How long a release must have run, verified, in every one of `from`.
    pub soak: Duration,
    /// How many people must approve.
    pub approvals: Approvals,
    /// Commit statuses, check runs and jobs that must be green.
    pub checks: Vec<RequiredCheck>,
    /// Named results that must exist for the digest.
    pub evidence: Vec<EvidenceDemand>,
    /// Requirement on the release's semver number.
    pub versions: Option<semver::VersionReq>,
    /// Windows in which nothing moves.
    pub freeze: Vec<Window>,
    /// Windows in which alone something moves; none means always.
    pub open: Vec<Window>,
    /// Texts that the promoter must give.
    pub notes: Vec<String>,
    /// Steps shown before the move.
    pub plan: Vec<Step>,
    /// Steps before the move.
    pub prepare: Vec<Step>,
    /// Steps after the move.
    pub deploy: Vec<Step>,
    /// Steps that prove it.
    pub verify: Vec<Step>,
    /// What a failed deployment leads to.
    pub on_failure: OnFailure,
    /// What a newer promotion does while an older one is being deployed.
    pub while_deploying: WhileDeploying,
    /// The time for each step that names none.
    pub timeout: Duration,
    /// The folder in which commands run, relative to the file.
    pub workdir: Option<Template>,
    /// Shown wherever the environment is.
    pub url: Option<String>,
    /// Whether a rollback makes automation leave it alone.
    pub hold: bool,
    /// Who is told.
    pub notify: Notify,
}

/// The file that `signers` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignersFile {
    /// Its path, relative to `promote.toml`.
    pub path: String,
    /// What stands in it. Frontends read it after the configuration, once; as long as it is `None`, no signature counts.
    pub text: Option<String>,
}

/// `[notify]`. Addresses written as `$NAME` are read when they are needed and never shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notify {
    /// A Slack webhook; always `$NAME`.
    pub slack: Option<String>,
    /// Any webhook: `$NAME` or an https address.
    pub webhook: Option<String>,
    /// A receiver of CDEvents: `$NAME` or an https address.
    pub cdevents: Option<String>,
    /// The events that are told, as the file says or by the environment's tier.
    pub on: Vec<String>,
}

/// An artifact of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its name; `None` for the only one.
    pub name: Option<ArtifactName>,
    /// Where it lies for ever.
    pub source: Template,
    /// What the environment reads; `None` where the commit itself is what moves.
    pub target: Option<Template>,
    /// What it is.
    pub kind: ArtifactKind,
    /// For folders: delete whatever the source does not have.
    pub prune: bool,
}

impl Artifact {
    /// Its name; `main` for the only one.
    pub fn name(&self) -> &str {
        self.name.as_ref().map_or("main", |name| name.as_str())
    }

    /// Whether its target has a new name each time.
    pub fn is_log(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.uses_timestamp() || target.uses_date())
    }

    /// Whether its target has another name for each release.
    pub fn is_named_by_release(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.uses_sha() || target.uses_version())
    }

    /// Whether where its target lies is told by the ledger alone, since its name depends on the release or the moment.
    pub fn is_renamed(&self) -> bool {
        self.is_log() || self.is_named_by_release()
    }

    /// Whether nothing is written for it: it has no target, and a pipeline is started with the release's own object.
    pub fn is_unmoved(&self) -> bool {
        self.target.is_none() && self.kind == ArtifactKind::Object
    }

    /// Whether it is another one for each environment.
    pub fn is_own(&self) -> bool {
        self.source.uses_env()
    }
}

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactKind {
    /// One object, such as a zip.
    Object,
    /// Many objects below a prefix.
    Folder,
    /// A container image.
    Image,
    /// The commit itself.
    Git,
}

/// `approvals`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approvals {
    /// How many.
    pub count: u32,
    /// By whom; empty means anyone.
    pub from: Vec<String>,
    /// How long one holds.
    pub expires: Option<Duration>,
    /// Whether the promoter's own counts.
    pub own: bool,
    /// Whether pull-request reviews count.
    pub reviews: bool,
    /// How well it must be known who approves.
    pub strength: StrengthLevel,
}

/// An entry of `evidence`: a result that must be there for the release's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceDemand {
    /// Of what.
    pub name: EvidenceName,
    /// How old the newest one may be; `None` is any age.
    pub max_age: Option<Duration>,
    /// How well it must be known who wrote it down.
    pub strength: StrengthLevel,
}

/// How well it is known who said something, from the least to the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StrengthLevel {
    /// Anyone could have said so.
    Claimed,
    /// It was proven to the program that wrote it down, or the forge says so: a token of the pipeline, an account.
    #[default]
    Verified,
    /// A signature by a key of `signers`, which anyone can check again.
    Signed,
}

/// What a stored word comes to: proven to who wrote it down, or not.
impl From<&Strength> for StrengthLevel {
    fn from(strength: &Strength) -> Self {
        if *strength == "verified" { Self::Verified } else { Self::Claimed }
    }
}

impl StrengthLevel {
    /// As the file has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Verified => "verified",
            Self::Signed => "signed",
        }
    }
}

/// `on-failure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Leave it as it is and say so.
    Stop,
    /// Put back what was there before.
    Rollback,
}

/// `while-deploying`: what a newer promotion does while an older one is being deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhileDeploying {
    /// It waits for the end.
    #[default]
    Refuse,
    /// It overtakes: what deploys settles by itself that the newer one wins.
    Supersede,
}

/// `[pack]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pack {
    /// Run first, in the work tree.
    pub build: Option<String>,
    /// Paths to take; empty means the commit's whole tree.
    pub include: Vec<String>,
    /// Patterns to leave out.
    pub exclude: Vec<String>,
    /// Stripped from every path.
    pub root: Option<String>,
}

/// `[render]`: what `promote publish` renders once per environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Render {
    /// The folder of templates (`*.j2`), relative to the file.
    pub templates: Template,
    /// Files of values, later ones winning.
    pub values: Vec<Template>,
}

/// `[host]`: what each host runs when it takes a release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    /// Run by one host only, under a lease.
    pub prepare: Vec<Step>,
    /// Run by every host.
    pub deploy: Vec<Step>,
    /// Run by every host afterwards.
    pub verify: Vec<Step>,
}
