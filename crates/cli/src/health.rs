//! What `promote doctor` finds: identity, the ledger, and with others' help stores, pipelines and the forge.

use crate::app::App;
use crate::app::project::Project;
use crate::forge_health::ForgeHealth;
use crate::pipeline_health::PipelineHealth;
use crate::store_health::{self, StoreHealth};
use crate::trust::{self, TokenHealth};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::observe::begun;
use promote_core::ports::{Ports, stores_of};
use promote_core::report::Document;
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
    /// Why there is one that can't be read.
    pub(crate) repository_problem: Option<String>,
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
        "repository_problem",
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
    ports: &Ports,
    probed: Vec<String>,
) -> Result<DoctorReport, Failure> {
    let view = ports.view();
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
            ledger.problem = Some(failure.words());
            None
        }
    };
    ledger.begun = genesis.is_some();
    ledger.id = genesis.as_ref().map(|genesis| genesis.ledger.clone());
    let looks = stores_of(&project.config).into_iter().map(async |id| {
        match silent && id == project.config.ledger.store {
            // Who did not answer just now is not asked again.
            true => Ok(StoreHealth {
                problem: Some("not checked, since it did not answer".to_owned()),
                exit: Some(ExitStatus::Failed),
                ..StoreHealth::unchecked(&id)
            }),
            false => store_health::look(&view, &id, genesis.as_ref()).await,
        }
    });
    let stores: Vec<StoreHealth> = try_join_all(looks).await?;
    let pipelines = crate::pipeline_health::look(app, project, &view, &stores).await?;
    let actor = identity::evidence(app.claimed(), &found);
    let forge = crate::forge_health::look(app, project, &actor).await;
    let unread = match &view.history {
        Some(history) => history.resolve("HEAD").await.err(),
        None => None,
    };
    Ok(DoctorReport {
        schema: DoctorReport::SCHEMA,
        version: promote::VERSION,
        file: project.shown(app.env),
        actor,
        token: trust::health(&found),
        local_at: view.clock.now(),
        repository: view.history.is_some() && unread.is_none(),
        repository_problem: unread.map(|error| error.message),
        ledger,
        stores,
        pipelines,
        forge,
        probed,
    })
}
