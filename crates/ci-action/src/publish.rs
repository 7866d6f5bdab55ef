//! publish: a release is put in place, and the first environments that are automatic take it.

use crate::action_result::ActionResult;
use crate::render_failure::failure;
use crate::request::{RELEASE, wrong};
use crate::site::{Site, Unattended};
use crate::unless_cancelled::unless_cancelled;
use crate::workflow::Kind;
use promote::{ExitStatus, Failure};

/// Publishes. What keeps an environment from taking the release is said, and is no failure of the publication.
pub(crate) async fn publish(site: &Site<'_>) -> Result<ActionResult, Failure> {
    let paths: Vec<String> = site.inputs.lines("paths").into_iter().map(str::to_owned).collect();
    let commit = site.inputs.text(RELEASE).map_err(wrong)?.unwrap_or("HEAD");
    refuse_credentials(&paths)?;
    let publish = site.project.publish(commit).folder(&site.surroundings.folder);
    let publish = paths.iter().fold(publish, |publish, path| publish.path(path));
    let published = publish
        .dry_run(site.options.dry_run)
        .allow_dirty(site.options.allow_dirty)
        .allow_unmerged(site.options.allow_unmerged)
        .asking(Unattended(site))
        .until(promote::signals)
        .await
        .map_err(failure)?;
    let report = published.report;
    for moved in &report.moves {
        let headline = format!("{}: {}", moved.environment, moved.ended());
        match (moved.result.as_str(), moved.exit) {
            ("promoted" | "succeeded" | "unchanged", ExitStatus::Ok) => site.log.say(&headline),
            ("blocked", ExitStatus::RolledBack) => {
                site.log.annotate(Kind::Error, &headline, &moved.why.join("\n"), None);
            }
            ("blocked", _) => site.log.annotate(Kind::Warning, &headline, &moved.why.join("\n"), None),
            _ => site.log.annotate(Kind::Error, &headline, &moved.told().join("\n"), None),
        }
    }
    let mut answer = ActionResult::new(report.status(), &report);
    answer.exit = Some(published.exit);
    answer.values.insert("version", report.commit.to_string());
    if let Some(first) = report.artifacts.first() {
        answer.values.insert("target", first.location.clone());
        answer.values.insert("digest", first.digest.clone().unwrap_or_default());
    }
    if let Some(moved) = report.moves.first() {
        answer.values.insert("environment", moved.environment.clone());
        answer.values.insert("promotion", moved.promotion.clone().unwrap_or_default());
        match unless_cancelled(site.project.image(&moved.environment, &report.commit)).await {
            Ok(Ok(tag)) => answer.values.extend(tag.map(|tag| ("release_tag", tag))),
            Err(exit) => answer.stopped = Some(exit),
            // What later steps are told is no part of what was done.
            Ok(Err(failure)) => site.log.annotate(
                Kind::Warning,
                &format!("could not look at what is in {}", moved.environment),
                &failure.to_string(),
                None,
            ),
        }
    }
    answer.summary = Some(promote_view::publish::page(&report));
    Ok(answer)
}

/// The usual way to sign in to Google's cloud leaves its credentials in the work tree.
fn refuse_credentials(paths: &[String]) -> Result<(), Failure> {
    let names = |path: &&String| {
        let file = path.rsplit(['/', '\\', '=']).next().unwrap_or_default();
        file.starts_with("gha-creds-") && file.ends_with(".json")
    };
    match paths.iter().find(names) {
        None => Ok(()),
        Some(_) => Err(Failure::new(ExitStatus::Usage, "a file of credentials is not published")),
    }
}
