//! What `promote doctor` finds about the forge whose environment pages show promotions: whether they are shown from here,
//! and whether the forge answers to the token. Whether it may write is seen only when it does.

use crate::app::App;
use crate::app::project::Project;
use promote_core::commit::CommitId;
use promote_core::config::ForgeKind;
use promote_core::failure::Failure;
use promote_core::ledger::{Actor, PromotionId};
use promote_core::mirror;
use promote_core::port::{Deployment, ProviderError};
use promote_providers::forge;
use serde::Serialize;

/// The forge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ForgeHealth {
    /// The forge and the repository, or the kind alone where that is all that is known.
    pub(crate) forge: String,
    /// Whether promotions made from here are shown there.
    pub(crate) shown: bool,
    /// What is wrong.
    pub(crate) problem: Option<String>,
    /// What can be done.
    pub(crate) hints: Vec<String>,
}

/// Looks at the project's forge; `None` when the file names none.
pub(crate) async fn look(app: &App<'_>, project: &Project, actor: &Actor) -> Option<ForgeHealth> {
    let settings = project.config.forge.as_ref()?;
    let access = app.forge(project, settings);
    let mut found = ForgeHealth {
        forge: match settings.kind {
            ForgeKind::Github => "GitHub".to_owned(),
            ForgeKind::Gitlab => "GitLab".to_owned(),
        },
        shown: mirror::wanted(settings, forge::job(&access.variables, actor)),
        problem: None,
        hints: Vec::new(),
    };
    if let Err(error) = asked(&mut found, &access, project).await {
        let failure = Failure::from_read("asking the forge", error);
        found.problem = Some(failure.words());
        found.hints = failure.hints;
    }
    Some(found)
}

/// Asks for a deployment that nobody ever made.
async fn asked(
    found: &mut ForgeHealth,
    access: &forge::Access,
    project: &Project,
) -> Result<(), ProviderError> {
    let deployments = forge::open(access).await?;
    found.forge = deployments.to_string();
    let Some(environment) = project.config.in_order().next() else { return Ok(()) };
    let Ok(commit) = "0".repeat(40).parse::<CommitId>() else { return Ok(()) };
    let none = Deployment {
        promotion: PromotionId(String::new()),
        earlier: Vec::new(),
        again: false,
        environment: environment.name.clone(),
        commit,
        tier: environment.tier,
        branch: None,
        description: String::new(),
    };
    deployments.find(&none).await.map(drop)
}
