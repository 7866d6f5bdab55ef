//! status: what runs where. Reads only.

use crate::action_result::ActionResult;
use crate::request::environments;
use crate::site::Site;
use promote::{Error, Failure};
use promote_core::names::EnvironmentName;
use promote_core::report::EnvironmentStatus;

/// What runs where. Of one environment, the outputs say what runs there.
pub(crate) async fn status(site: &Site<'_>) -> Result<ActionResult, Failure> {
    let names = environments(site.inputs)?;
    let names: Vec<&str> = names.iter().map(EnvironmentName::as_str).collect();
    let found = site.project.status(&names).await.map_err(Error::into_failure)?;
    for one in &found.environments {
        let runs = one.running.as_ref().map_or("nothing", |running| running.short());
        site.log.say(&format!("{}: {runs}", one.name));
    }
    let mut answer = ActionResult::new("looked", &found);
    if let [one] = found.environments.as_slice() {
        fill(&mut answer, one);
    }
    answer.summary = Some(promote_view::status::page(&found, site.project.config().timezone));
    Ok(answer)
}

fn fill(answer: &mut ActionResult, one: &EnvironmentStatus) {
    answer.values.insert("environment", one.name.clone());
    answer.values.insert("url", one.url.clone().unwrap_or_default());
    if let Some(running) = &one.running {
        let digest = running.artifacts.values().next().cloned();
        answer.values.insert("version", running.sha.clone().unwrap_or_default());
        answer.values.insert("digest", digest.unwrap_or_default());
        answer.values.insert("promotion", running.promotion.clone().unwrap_or_default());
    }
}
