//! The forge's environment pages, where a project wants them told and the job is not shown there by itself.

use crate::project::Site;
use promote_artifacts::git::GitRepository;
use promote_core::event::Events;
use promote_core::ledger::Actor;
use promote_core::mirror::wanted;
use promote_providers::{Mirror, forge};
use std::path::Path;
use std::sync::Arc;

/// Something that tells the project's forge of what is heard, and passes it on to `events`.
pub(crate) fn mirror(site: &Site, actor: &Actor, events: Arc<dyn Events>) -> Arc<Mirror> {
    let job = forge::job(&site.variables, actor);
    let Some(forge) = site.config.forge.clone().filter(|forge| wanted(forge, job)) else {
        return Arc::new(Mirror::silent(events));
    };
    let access = forge::Access {
        // Asking git is for those alone who leave the name to it.
        remote: forge.repository.is_none().then(|| remote(&site.base)).flatten(),
        variables: site.variables.clone(),
        forge,
        person: site.person,
        trust: site.trust.clone(),
    };
    let opening = Box::pin(async move { forge::open(&access).await });
    Arc::new(Mirror::new(events, &site.config, actor.details.get("run").cloned(), opening))
}

fn remote(base: &Path) -> Option<String> {
    GitRepository::open(base).ok()?.remote().ok().flatten()
}
