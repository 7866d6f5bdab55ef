//! What `promote doctor` finds: identity, clocks, the ledger, and each store's answers and abilities.

use crate::app::App;
use crate::forge_health::ForgeHealth;
use crate::pipeline_health::PipelineHealth;
use crate::project::Project;
use crate::trust::{self, TokenHealth};
use chrono::{DateTime, Utc};
use promote_core::exit::ExitStatus;
use promote_core::failure::{Failure, causes};
use promote_core::ledger::{Actor, Genesis};
use promote_core::location::StoreId;
use promote_core::observe::begun;
use promote_core::port::{Capabilities, ErrorKind, ProviderError};
use promote_core::report::Document;
use promote_core::rule::clock_is_off;
use promote_core::world::{View, World, stores_of};
use promote_providers::identity;
use serde::Serialize;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DoctorReport {
    pub(crate) schema: &'static str,
    /// The program's version.
    pub(crate) version: &'static str,
    /// The file that says what is promoted where.
    pub(crate) file: String,
    /// Who acts, and how well that is known.
    pub(crate) actor: Actor,
    /// What the pipeline's server says of this job; `null` where it offers no token.
    pub(crate) token: Option<TokenHealth>,
    /// This machine's time.
    pub(crate) local_at: DateTime<Utc>,
    /// Whether a repository is at hand.
    pub(crate) repository: bool,
    /// The ledger.
    pub(crate) ledger: LedgerHealth,
    /// The stores.
    pub(crate) stores: Vec<StoreHealth>,
    /// The pipelines that environments wait for.
    pub(crate) pipelines: Vec<PipelineHealth>,
    /// The forge that shows promotions; `null` where the file names none.
    pub(crate) forge: Option<ForgeHealth>,
    /// The stores that were tried now, with `--probe`.
    pub(crate) probed: Vec<String>,
}

/// The ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LedgerHealth {
    /// Where it lies.
    pub(crate) location: String,
    /// Whether it was begun.
    pub(crate) begun: bool,
    /// Its random name.
    pub(crate) id: Option<String>,
    /// Why it can't be read.
    pub(crate) problem: Option<String>,
    #[serde(skip)]
    pub(crate) exit: Option<ExitStatus>,
}

/// One store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StoreHealth {
    /// Its name.
    pub(crate) store: String,
    /// Whether its objects may be listed; `null` when that can't be told.
    pub(crate) may_list: Option<bool>,
    /// Its time.
    pub(crate) now: Option<DateTime<Utc>>,
    /// How many seconds this machine's clock is ahead of it; negative when behind.
    pub(crate) skew_s: Option<i64>,
    /// What it honours; `null` when that is not known.
    pub(crate) capabilities: Option<Capabilities>,
    /// Where that is known from: `nature`, `genesis`, `probe`.
    pub(crate) known_by: Option<&'static str>,
    /// What is wrong.
    pub(crate) problem: Option<String>,
    /// What can be done.
    pub(crate) hints: Vec<String>,
    #[serde(skip)]
    pub(crate) exit: Option<ExitStatus>,
}

impl StoreHealth {
    /// A store of which nothing is known yet.
    fn unchecked(id: &StoreId) -> Self {
        Self {
            store: id.to_string(),
            may_list: None,
            now: None,
            skew_s: None,
            capabilities: None,
            known_by: None,
            problem: None,
            hints: Vec::new(),
            exit: None,
        }
    }
}

impl Document for DoctorReport {
    const SCHEMA: &'static str = "promote/doctor@1";
    const FIELDS: &'static [&'static str] = &[
        "schema",
        "version",
        "file",
        "actor",
        "token",
        "local_at",
        "repository",
        "ledger",
        "stores",
        "pipelines",
        "forge",
        "probed",
    ];
}

/// Looks at everything.
pub(crate) async fn look(
    app: &App<'_>,
    project: &Project,
    world: &World,
    probed: Vec<String>,
) -> Result<DoctorReport, Failure> {
    let view = world.view();
    let found = app.connect.identity(app.env).await;
    let mut ledger = LedgerHealth {
        location: format!("{} below {}", view.ledger.bucket(), view.ledger.root()),
        begun: false,
        id: None,
        problem: None,
        exit: None,
    };
    let mut silent = false;
    let genesis = match begun(&view.ledger, &project.config).await {
        Ok(found) => found.map(|(genesis, _)| genesis),
        Err(failure) => {
            silent = failure.is_silence();
            ledger.exit = Some(failure.exit);
            ledger.problem = Some(words(&failure));
            None
        }
    };
    ledger.begun = genesis.is_some();
    ledger.id = genesis.as_ref().map(|genesis| genesis.ledger.clone());
    let mut stores = Vec::new();
    for id in stores_of(&project.config) {
        stores.push(match silent && id == project.config.ledger.store {
            // Who did not answer just now is not asked again.
            true => StoreHealth {
                problem: Some(format!("not checked, since `{id}` did not answer")),
                exit: Some(ExitStatus::Failed),
                ..StoreHealth::unchecked(&id)
            },
            false => store(&view, &id, genesis.as_ref()).await?,
        });
    }
    let pipelines = crate::pipeline_health::look(app, project, &view, &stores).await?;
    let actor = identity::evidence(app.actor(), &found);
    let forge = crate::forge_health::look(app, project, &actor).await;
    Ok(DoctorReport {
        schema: DoctorReport::SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        file: project.shown(app),
        actor,
        token: trust::health(&found),
        local_at: view.clock.now(),
        repository: view.history.is_some(),
        ledger,
        stores,
        pipelines,
        forge,
        probed,
    })
}

async fn store(view: &View, id: &StoreId, genesis: Option<&Genesis>) -> Result<StoreHealth, Failure> {
    let bucket = view.store(id)?;
    let mut found = StoreHealth::unchecked(id);
    match bucket.names("", 1).await {
        Ok(_) => found.may_list = Some(true),
        // Nobody is known there by these credentials, so nothing else can be told either.
        Err(error) if rejected(id, &error) => {
            found.exit = Some(ExitStatus::Denied);
            found.problem = Some(format!("not checked: {}", error.message));
            found.hints = error.hints;
            return Ok(found);
        }
        Err(error) if error.kind == ErrorKind::Denied => {
            found.may_list = Some(false);
            found.hints.extend(error.hints);
        }
        Err(error) => {
            let failure = Failure::looking(&format!("looking at `{id}`"), error);
            found.exit = Some(failure.exit);
            found.problem = Some(words(&failure));
            found.hints = failure.hints;
            return Ok(found);
        }
    }
    // By what that request was answered with.
    found.hints.extend(bucket.savings().into_iter().map(|(key, value)| {
        format!(
            "`{key} = \"{value}\"` in `[store.\"{id}\"]` saves requests: the registry need not be asked first"
        )
    }));
    if let Ok(now) = bucket.now().await {
        let ahead = view.clock.now() - now;
        found.skew_s = Some(ahead.num_seconds());
        found.now = Some(now);
        if clock_is_off(ahead).is_some() {
            found.exit = Some(ExitStatus::Blocked);
            found
                .hints
                .push("set this machine's clock: until then the rule `clock` lets nothing move".to_owned());
        }
    }
    let by_nature = bucket.capabilities();
    if by_nature.known() {
        found.capabilities = Some(by_nature);
        found.known_by = Some("nature");
        return Ok(found);
    }
    let probed = match genesis {
        Some(_) => view.ledger.probed(id).await.ok().flatten(),
        None => None,
    };
    if let Some(probed) = probed {
        found.capabilities = Some(probed.capabilities);
        found.known_by = Some("probe");
    } else if let Some(known) = genesis.and_then(|genesis| genesis.capabilities(id)) {
        found.capabilities = Some(known.clone());
        found.known_by = Some("genesis");
    } else if genesis.is_some() {
        found.hints.push("`promote doctor --probe` finds out".to_owned());
    }
    Ok(found)
}

/// Whether a store of objects refused who asked, and not only what was asked.
pub(crate) fn rejected(id: &StoreId, error: &ProviderError) -> bool {
    let objects = matches!(id, StoreId::S3(_) | StoreId::Gcs(_));
    objects && error.kind == ErrorKind::Denied && !error.lacks_right()
}

/// A failure and its causes, in one line.
pub(crate) fn words(failure: &Failure) -> String {
    let all: Vec<String> =
        std::iter::once(failure.to_string()).chain(causes(failure).map(ToString::to_string)).collect();
    all.join(": ")
}
