//! status and verify: they read only.

use crate::answer::Answer;
use crate::asked::{environments, wrong};
use crate::run::Site;
use crate::workflow::Kind;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::remember::remember_all;
use promote_core::report::{self, EnvironmentStatus, markdown};

/// What runs where. Of one environment, the outputs say what runs there.
pub(crate) async fn status(site: &Site<'_>) -> Result<Answer, Failure> {
    let names = environments(site.inputs)?;
    let mut found = report::status(&site.world.view(), &site.config, &names, &site.actor).await?;
    found.file.clone_from(&site.file);
    for one in &found.environments {
        let runs = one.running.as_ref().map_or("nothing", |running| running.short());
        site.log.say(&format!("{}: {runs}", one.name));
    }
    let mut answer = Answer::new("looked", &found);
    if let [one] = found.environments.as_slice() {
        fill(&mut answer, one);
    }
    answer.summary = markdown::status(&found, site.config.timezone, &site.links);
    Ok(answer)
}

fn fill(answer: &mut Answer, one: &EnvironmentStatus) {
    answer.values.insert("environment", one.name.clone());
    answer.values.insert("url", one.url.clone().unwrap_or_default());
    if let Some(running) = &one.running {
        let digest = running.artifacts.values().next().cloned();
        answer.values.insert("version", running.sha.clone().unwrap_or_default());
        answer.values.insert("digest", digest.unwrap_or_default());
        answer.values.insert("promotion", running.promotion.clone().unwrap_or_default());
    }
}

/// Whether targets and ledger agree.
pub(crate) async fn verify(site: &Site<'_>) -> Result<Answer, Failure> {
    let names = environments(site.inputs)?;
    let chains = site.inputs.boolean("ledger", false).map_err(wrong)?;
    let depth = report::Depth { chains, ..report::Depth::default() };
    let (found, learned) = report::verify_and_learn(&site.world.view(), &site.config, &names, depth).await?;
    remember_all(&site.world, &learned, &site.actor).await;
    let wrong: Vec<String> = found
        .targets
        .iter()
        .flatten()
        .filter_map(|target| Some(format!("{}: {}", target.environment, target.detail.as_ref()?)))
        .chain(
            found
                .sources
                .iter()
                .flatten()
                .filter(|source| !source.matches)
                .filter_map(|it| it.detail.clone()),
        )
        .chain(found.chains.iter().flatten().flat_map(|chain| chain.faults.clone()))
        .chain(found.ledger.iter().flat_map(|ledger| ledger.faults.clone()))
        .collect();
    let mut answer = Answer::new(if found.matches { "matches" } else { "differs" }, &found);
    if found.matches {
        site.log.say("targets and ledger agree");
    } else {
        site.log.annotate(Kind::Error, "targets and ledger differ", &wrong.join("\n"), None);
        answer.exit = Some(ExitStatus::Differs);
    }
    answer.summary = markdown::verify(&found);
    Ok(answer)
}
