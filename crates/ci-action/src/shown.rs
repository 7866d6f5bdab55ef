//! The forge's environment pages, for a job that is not shown there by itself.

use crate::heard::Heard;
use crate::input::Inputs;
use crate::log::Log;
use crate::run::{Site, Surroundings};
use crate::workflow::Kind;
use promote_core::config::{Config, Forge, ForgeKind};
use promote_core::event::Events;
use promote_core::ledger::Actor;
use promote_core::mirror::{Closing, Mirrored, wanted};
use promote_providers::mirror::Told;
use promote_providers::{Mirror, Trust, Variables, forge};
use std::sync::Arc;

/// What is known of this job.
pub(crate) struct Here<'a> {
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) inputs: &'a Inputs<'a>,
    pub(crate) config: &'a Config,
    pub(crate) actor: &'a Actor,
}

/// Something that tells the project's forge of what is heard, where that is wanted.
pub(crate) fn mirror(
    here: &Here<'_>,
    heard: &Arc<Heard>,
    trust: &Trust,
    remote: impl Fn() -> Option<String>,
) -> Arc<Mirror> {
    let events = Arc::clone(heard) as Arc<dyn Events>;
    let variables: Variables = here.surroundings.variables.iter().collect();
    let job = forge::job(&variables, here.actor);
    let Some(forge) = here.config.forge.clone().filter(|forge| wanted(forge, job)) else {
        return Arc::new(Mirror::silent(events));
    };
    let access = forge::Access {
        remote: forge.repository.is_none().then(remote).flatten(),
        variables: with_token(&forge, variables, here.inputs.get("token")),
        forge,
        person: false,
        trust: trust.clone(),
    };
    let opening = Box::pin(async move { forge::open(&access).await });
    Arc::new(Mirror::new(events, here.config, here.actor.details.get("run").cloned(), opening))
}

/// The job's own token is for the server that runs the job, and for no other.
fn with_token(forge: &Forge, variables: Variables, token: &str) -> Variables {
    const PUBLIC: &str = "https://api.github.com";
    let bare = |text: &str| text.trim_end_matches('/').to_owned();
    let runs = bare(variables.get("GITHUB_API_URL").unwrap_or(PUBLIC));
    let own = forge.kind == ForgeKind::Github && bare(forge.api.as_deref().unwrap_or(PUBLIC)) == runs;
    if !own || token.is_empty() || variables.get("GITHUB_TOKEN").is_some() {
        return variables;
    }
    variables.with("GITHUB_TOKEN", token)
}

/// Says what the forge could not be told.
pub(crate) fn warned(log: &Log, told: &Told) {
    for warning in &told.warnings {
        log.annotate(Kind::Warning, "deployments", warning, None);
    }
}

impl Site<'_> {
    /// Tells the forge the rest, and gives what it shows.
    pub(crate) async fn shown(&self, how: Closing) -> Vec<Mirrored> {
        let told = self.mirror.close(how).await;
        warned(self.log, &told);
        told.deployments
    }
}
