//! advance: whatever is automatic and open moves. Several promotions can come of it, or none.

use crate::action_result::ActionResult;
use crate::render_failure::failure;
use crate::request::environments;
use crate::site::{Site, Unattended};
use crate::workflow::Kind;
use promote::{ExitStatus, Failure};
use promote_core::names::EnvironmentName;
use promote_core::report::{AdvanceReport, Moved};

/// Advances. That a rule keeps an environment from moving is no failure: it will be tried again.
pub(crate) async fn advance(site: &Site<'_>) -> Result<ActionResult, Failure> {
    let names = environments(site.inputs)?;
    let names: Vec<&str> = names.iter().map(EnvironmentName::as_str).collect();
    let advance = site.project.advance(&names).dry_run(site.options.dry_run);
    let advanced = advance.asking(Unattended(site)).until(promote::signals).await;
    let advanced = advanced.map_err(failure)?;
    let report = advanced.report;
    for moved in &report.environments {
        tell(site, moved);
    }
    let mut answer = ActionResult::new(status(&report), &report);
    answer.exit = Some(advanced.exit);
    let moved: Vec<&Moved> = report.environments.iter().filter(|one| one.promotion.is_some()).collect();
    let lines = |value: &dyn Fn(&Moved) -> Option<String>| {
        let values = moved.iter().map(|one| value(one).unwrap_or_default());
        values.collect::<Vec<_>>().join("\n")
    };
    let config = site.project.config();
    let url = |name: &str| config.environments.values().find(|one| one.name.as_str() == name)?.url.clone();
    answer.values.extend([
        ("environment", lines(&|one| Some(one.environment.clone()))),
        ("version", lines(&|one| one.sha.clone())),
        ("promotion", lines(&|one| one.promotion.clone())),
        ("url", lines(&|one| url(&one.environment))),
    ]);
    answer.summary = Some(promote_view::advance::page(&report));
    Ok(answer)
}

fn status(report: &AdvanceReport) -> &'static str {
    let any = |word: &str| report.environments.iter().any(|one| one.result == word);
    match () {
        () if report.environments.iter().any(|one| one.exit == ExitStatus::RolledBack) => "rolled-back",
        () if report.exit != ExitStatus::Ok => "failed",
        () if report.environments.iter().any(|one| one.promotion.is_some()) => "promoted",
        () if any("ready") => "planned",
        () if any("blocked") => "blocked",
        () => "unchanged",
    }
}

fn tell(site: &Site<'_>, moved: &Moved) {
    let short =
        moved.sha.as_deref().map(|sha| format!(" {}", sha.get(..7).unwrap_or(sha))).unwrap_or_default();
    let headline = format!("{}:{short} {}", moved.environment, moved.ended());
    match (moved.result.as_str(), moved.exit) {
        // A schedule meets closed rules most of the time: the log is enough.
        (_, ExitStatus::Ok | ExitStatus::Blocked) => {
            site.log.say(&headline);
            for why in &moved.why {
                site.log.foreign(why);
            }
        }
        _ => site.log.annotate(Kind::Error, &headline, &moved.told().join("\n"), None),
    }
}
