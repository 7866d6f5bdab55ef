//! verify: whether targets and ledger agree. Moves nothing.

use crate::action_result::ActionResult;
use crate::render_failure::failure;
use crate::request::{environments, wrong};
use crate::site::{Site, Unattended};
use crate::workflow::Kind;
use promote::{ExitStatus, Failure};
use promote_core::names::EnvironmentName;
use promote_core::report::Depth;

/// Whether targets and ledger agree.
pub(crate) async fn verify(site: &Site<'_>) -> Result<ActionResult, Failure> {
    let names = environments(site.inputs)?;
    let names: Vec<&str> = names.iter().map(EnvironmentName::as_str).collect();
    let chains = site.inputs.boolean("ledger", false).map_err(wrong)?;
    let depth = Depth { chains, ..Depth::default() };
    let verify = site.project.verify(&names, depth).asking(Unattended(site)).until(promote::signals);
    let found = verify.await.map_err(failure)?;
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
    let mut answer = ActionResult::new(if found.matches { "matches" } else { "differs" }, &found);
    if found.matches {
        site.log.say("targets and ledger agree");
    } else {
        site.log.annotate(Kind::Error, "targets and ledger differ", &wrong.join("\n"), None);
        answer.exit = Some(ExitStatus::Differs);
    }
    answer.summary = Some(promote_view::verify::page(&found, site.project.config().timezone));
    Ok(answer)
}
