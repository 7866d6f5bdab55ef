//! publish: a release is put in place, and the first environments that are automatic take it.

use crate::answer::Answer;
use crate::asked::{RELEASE, wrong};
use crate::run::Site;
use crate::workflow::Kind;
use promote_artifacts::publication::{self, Asked};
use promote_core::advance::Watch;
use promote_core::automatic;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::mirror::Closing;
use promote_core::observe;
use promote_core::plan::Plan;
use promote_core::report::markdown;
use promote_core::request::{Request, Wanted};

/// Says which promotion is under way.
pub(crate) struct Said<'a>(pub(crate) &'a Site<'a>);

impl Watch for Said<'_> {
    fn begins(&self, plan: &Plan) {
        let request = Request::promote(plan.environment.clone(), Wanted::Unnamed, self.0.actor.clone());
        crate::promotion::begins(self.0, &request);
        self.0.log.say(&format!("{}: moves to {}", plan.environment, plan.release.commit.short(7)));
    }

    fn ends(&self) {
        self.0.log.end_group();
    }
}

/// Publishes. What keeps an environment from taking the release is said, and is no failure of the publication.
pub(crate) async fn publish(site: &Site<'_>) -> Result<Answer, Failure> {
    let paths: Vec<String> = site.inputs.lines("paths").into_iter().map(str::to_owned).collect();
    let commit = site.inputs.text(RELEASE).map_err(wrong)?.unwrap_or("HEAD");
    refuse_credentials(&paths)?;
    let proposal = promote_providers::proposal::of(&site.surroundings.variables.iter().collect());
    let asked = Asked {
        config: &site.config,
        base: &site.base,
        folder: &site.surroundings.folder,
        commit,
        paths: &paths,
        dry_run: site.manner.dry_run,
        allow_dirty: site.manner.allow_dirty,
        allow_unmerged: site.manner.allow_unmerged,
        proposal: proposal.as_ref(),
        actor: &site.actor,
        said: &*site.heard,
    };
    let mut report = Box::pin(publication::publish(&site.world, &asked)).await?;
    for said in &report.allowed.said {
        site.log.annotate(Kind::Warning, "publish", said, None);
    }
    for warning in &report.warnings {
        site.log.annotate(Kind::Warning, "publish", warning, None);
    }
    let short = report.commit.short(7).to_owned();
    let status = report.status();
    let says = match status {
        "planned" => "would be published",
        "published" => "is published",
        _ => "was published before",
    };
    site.log.say(&format!("{short} {says}"));
    if !site.manner.dry_run {
        let moves =
            automatic::promote(&site.world, &site.config, &site.actor, &report.commit, &Said(site)).await;
        let shown = site.shown(Closing::Failed).await;
        report.moves = moves?.into_iter().map(|moved| moved.shown(&shown)).collect();
    }
    let mut exit = ExitStatus::Ok;
    for moved in &report.moves {
        let headline = format!("{}: {}", moved.environment, moved.result);
        match (moved.result.as_str(), moved.exit) {
            ("promoted" | "succeeded" | "unchanged", ExitStatus::Ok) => site.log.say(&headline),
            ("blocked", ExitStatus::RolledBack) => {
                site.log.annotate(Kind::Error, &headline, &moved.why.join("\n"), None);
            }
            ("blocked", _) => site.log.annotate(Kind::Warning, &headline, &moved.why.join("\n"), None),
            _ => site.log.annotate(Kind::Error, &headline, &moved.told().join("\n"), None),
        }
        exit = exit.max(moved.of_publication());
    }
    let mut answer = Answer::new(status, &report);
    answer.exit = Some(exit);
    answer.values.insert("version", report.commit.to_string());
    if let Some(first) = report.artifacts.first() {
        answer.values.insert("target", first.location.clone());
        answer.values.insert("digest", first.digest.clone().unwrap_or_default());
    }
    if let Some(moved) = report.moves.first() {
        answer.values.insert("environment", moved.environment.clone());
        answer.values.insert("promotion", moved.promotion.clone().unwrap_or_default());
        let view = site.world.view();
        match observe::image(&view, &site.config, &moved.environment, &report.commit).await {
            Ok(tag) => answer.values.extend(tag.map(|tag| ("release_tag", tag))),
            // What later steps are told is no part of what was done.
            Err(failure) => site.log.annotate(
                Kind::Warning,
                &format!("could not look at what is in {}", moved.environment),
                &failure.to_string(),
                None,
            ),
        }
    }
    answer.summary = markdown::publication(&report, &site.links);
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
