//! The project's forge: its environment pages, where they are to be told and the job is not shown there by itself, and what it
//! says of people and commits. And whom else the project tells what happens.

use crate::project::Site;
use promote_artifacts::git::GitRepository;
use promote_core::config::{Config, Forge, ForgeKind};
use promote_core::event::Events;
use promote_core::ledger::Actor;
use promote_providers::notify::{Surroundings, Teller};
use promote_providers::{Mirror, Trust, Variables, forge};
use std::path::Path;
use std::sync::Arc;

/// Something that tells the project's forge and those whom it names of what is heard, and passes it on to `events`.
pub(crate) fn mirror(site: &Site, actor: &Actor, events: Arc<dyn Events>) -> Arc<Mirror> {
    let mirror = Mirror::of_job(events, &site.config, (&site.variables, actor), |forge| forge::Access {
        // Asking git is for those alone who leave the name to it.
        remote: forge.repository.is_none().then(|| remote(&site.base)).flatten(),
        variables: with_token(forge, site.variables.clone(), &site.job_token),
        forge: forge.clone(),
        person: site.person,
        trust: site.trust.clone(),
    });
    mirror.tells(teller(site));
    Arc::new(mirror)
}

/// The forge that is asked about people and commits, where the file asks for it.
pub(crate) fn asked(
    (config, base): (&Config, &Path),
    (variables, job_token): (&Variables, &str),
    (person, trust): (bool, &Trust),
) -> Option<Arc<dyn promote_core::port::Forge>> {
    let forge = forge::asked(config, variables)?;
    forge::reader(forge::Access {
        remote: forge.repository.is_none().then(|| remote(base)).flatten(),
        variables: with_token(&forge, variables.clone(), job_token),
        forge,
        person,
        trust: trust.clone(),
    })
}

/// The way to the forge where steps start runs.
pub(crate) fn started(
    (config, base): (&Config, &Path),
    (variables, job_token): (&Variables, &str),
    (person, trust): (bool, &Trust),
) -> Option<forge::Access> {
    let forge = forge::of_steps(config, variables)?;
    Some(forge::Access {
        remote: forge.repository.is_none().then(|| remote(base)).flatten(),
        variables: with_token(&forge, variables.clone(), job_token),
        forge,
        person,
        trust: trust.clone(),
    })
}

/// Something that tells those whom the project's environments name.
pub(crate) fn teller(site: &Site) -> Teller {
    let around = Surroundings { variables: site.variables.clone(), trust: site.trust.clone() };
    Teller::new(&site.config, (site.ports.ledger.apart(), Arc::clone(&site.ports.clock)), around)
}

/// The job's own token is for the server that runs the job, and for no other.
fn with_token(forge: &Forge, variables: Variables, token: &str) -> Variables {
    const PUBLIC: &str = "https://api.github.com";
    let bare = |text: &str| text.trim_end_matches('/').to_owned();
    let runs = bare(variables.get("GITHUB_API_URL").unwrap_or(PUBLIC));
    let own = forge.kind == ForgeKind::Github && bare(forge.api.as_deref().unwrap_or(PUBLIC)) == runs;
    let given = || forge::GITHUB_TOKENS.iter().any(|name| variables.get(name).is_some());
    if !own || token.is_empty() || given() {
        return variables;
    }
    variables.with("GITHUB_TOKEN", token)
}

fn remote(base: &Path) -> Option<String> {
    GitRepository::open(base).ok()?.remote().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use promote_core::config::Mirroring;

    #[test]
    fn the_jobs_own_token_is_for_its_server_and_where_no_variable_has_one() {
        let forge = |api: Option<&str>| Forge {
            kind: ForgeKind::Github,
            repository: None,
            api: api.map(str::to_owned),
            deployments: Mirroring::Auto,
        };
        let given = |name: &str| -> Variables { [(name, "given")].into_iter().collect() };
        for (forge, variables, shown) in [
            (forge(None), Variables::default(), true),
            (forge(Some("https://api.github.com/")), given("OTHER"), true),
            (forge(Some("https://github.acme.example/api/v3")), Variables::default(), false),
            (forge(None), given("GITHUB_TOKEN"), false),
            (forge(None), given("GH_TOKEN"), false),
            (forge(None), given("PROMOTE_FORGE_TOKEN"), false),
        ] {
            let with = with_token(&forge, variables.clone(), "of-the-job");
            assert_eq!(with.get("GITHUB_TOKEN") == Some("of-the-job"), shown, "{forge:?} {variables:?}");
        }
    }
}
