//! promote, plan and rollback: from the inputs to the ending, and from there to the answer.

use crate::action_result::ActionResult;
use crate::fill_outputs;
use crate::render_failure::failure;
use crate::request::{Act, environment, promotion};
use crate::site::{Site, Unattended};
use crate::unless_cancelled::unless_cancelled;
use crate::workflow::Kind;
use promote::{Ended, Ending, Error, ExitStatus, Failure, Promotion, Wait};
use promote_core::flow::Done;
use promote_core::ledger::{Action, OutcomeResult, Restored};
use promote_core::plan::{Decision, Plan, Refusal};
use promote_core::port::StepEnd;
use promote_core::report::OutcomeReport;
use promote_core::standing;
use promote_providers::written;
use promote_view::{Told, addresses};
use std::path::Path;

/// Runs one of them.
pub(crate) async fn run(site: &Site<'_>, act: Act) -> Result<ActionResult, Failure> {
    let given = site.inputs.get("plan");
    let file = (!given.is_empty()).then(|| site.surroundings.folder.join(given));
    let promotion = match &file {
        Some(file) if act == Act::Promote => read(site, file)?.rejoining(),
        _ => promotion(act, site.inputs)?,
    };
    let promotion = promotion.wait(if site.options.wait { Wait::Yes } else { Wait::No });
    let running = match act {
        Act::Plan => site.project.plan(promotion),
        Act::Rollback => site.project.roll_back(promotion),
        _ => site.project.promote(promotion),
    };
    let running = running.dry_run(site.options.dry_run).asking(Unattended(site)).until(promote::signals);
    let ending = running.await.map_err(failure)?;
    if let Some(file) = file.as_ref().filter(|_| act == Act::Plan)
        && let Some(text) = ending.saved().map_err(Error::into_failure)?
    {
        written::replace(file, &site.surroundings.folder, &text).map_err(|error| {
            Failure::new(ExitStatus::Failed, format!("the plan can't be saved as `{}`", file.display()))
                .caused_by(error)
                .state("Nothing was moved.")
        })?;
    }
    let page = Page { site, ending: &ending };
    Ok(match (ending.done(), ending.decided()) {
        (Some(done), _) => page.done(done).await,
        (None, Decision::Refused(refusal)) => page.refused(act, refusal).await,
        (None, _) if ending.ended == Ended::Unchanged => page.unchanged().await,
        (None, _) => {
            site.log.say(&ending.headline());
            page.answer("planned").await
        }
    })
}

/// The saved plan that is to be carried out. The environment and release may be named as well, and must be its own.
fn read(site: &Site<'_>, file: &Path) -> Result<Promotion, Failure> {
    let environment = environment(site.inputs)?;
    let shown = file.display().to_string();
    let promotion =
        Promotion::of_plan_file(environment.as_str(), file, &shown).map_err(Error::into_failure)?;
    let others = ["version", "release", "commit_sha", "sha", "notes", "reason", "override", "include"];
    match others.iter().find(|name| !site.inputs.get(name).is_empty()) {
        None => Ok(promotion),
        Some(other) => Err(Failure::new(
            ExitStatus::Usage,
            format!("the input `{other}` can't be given beside a saved plan, which says it already"),
        )),
    }
}

/// What answers are made from.
struct Page<'a> {
    site: &'a Site<'a>,
    ending: &'a Ending,
}

impl Page<'_> {
    /// A rule is not met, or something else is in the way.
    async fn refused(&self, act: Act, refusal: &Refusal) -> ActionResult {
        let unmet = refusal.plan.findings.iter().filter(|finding| !finding.passes());
        let why: Vec<String> = unmet
            .map(|finding| format!("{}: {}", finding.rule, finding.detail))
            .chain(refusal.obstacles.clone())
            .collect();
        // A plan was asked whether it may move, and answers.
        let asked = act == Act::Plan && refusal.obstacles.is_empty();
        let quiet = asked || (self.site.options.neutral && refusal.exit == ExitStatus::Blocked);
        let kind = if quiet { Kind::Warning } else { Kind::Error };
        self.site.log.annotate(kind, &self.ending.headline(), &why.join("\n"), None);
        let mut answer = self.answer("blocked").await;
        answer.exit = (!quiet).then_some(refusal.exit);
        answer
    }

    /// The release is there already. A step that waits for nothing ends as the one did that brought the release.
    async fn unchanged(&self) -> ActionResult {
        let (plan, exit) = (self.ending.plan(), self.ending.exit);
        let (state, headline) = (self.ending.before(), self.ending.headline());
        match standing::unsettled(&plan.environment, state).filter(|_| exit != ExitStatus::Ok) {
            Some(why) => self.site.log.annotate(Kind::Error, &headline, &why, None),
            None => self.site.log.say(&headline),
        }
        let mut answer = self.answer("unchanged").await;
        fill_outputs::of_state(&mut answer, state);
        answer.exit = Some(exit);
        answer
    }

    /// The answer when nothing was moved.
    async fn answer(&self, status: &'static str) -> ActionResult {
        let mut answer = ActionResult::new(status, self.ending.decision());
        self.fill(&mut answer, self.ending.plan());
        self.summarize(&mut answer).await;
        answer
    }

    /// The answer when a release was moved.
    async fn done(&self, done: &Done) -> ActionResult {
        let headline = self.ending.headline();
        let status = match (done.exit, done.result) {
            (ExitStatus::RolledBack, _) => "rolled-back",
            (_, OutcomeResult::Succeeded) => "promoted",
            _ => "failed",
        };
        match done.exit {
            ExitStatus::Ok => self.site.log.say(&headline),
            _ => self.site.log.annotate(
                Kind::Error,
                &headline,
                &words(done, self.ending.outcome()).join("\n"),
                None,
            ),
        }
        let mut answer = match self.ending.outcome() {
            Some(outcome) => ActionResult::new(status, outcome),
            None => ActionResult::new(status, self.ending.decision()),
        };
        self.fill(&mut answer, &done.plan);
        fill_outputs::of_state(&mut answer, done.head.state());
        answer.exit = Some(self.ending.exit);
        answer.values.insert("promotion", done.promotion.to_string());
        // After a rollback it is what was there that the targets hold.
        if let Some(Ok(back)) = &done.undone {
            self.fill(&mut answer, &back.plan);
            if back.plan.action == Action::Undo {
                answer.values.insert("version", String::new());
            }
            fill_outputs::of_state(&mut answer, back.head.state());
            answer.values.insert("previous", done.plan.release.commit.to_string());
        }
        self.summarize(&mut answer).await;
        answer
    }

    fn fill(&self, answer: &mut ActionResult, plan: &Plan) {
        let previous = plan.from.as_ref().map(|from| from.commit.to_string());
        let settings = self.site.project.config().environments.get(&plan.environment);
        let url = settings.and_then(|settings| settings.url.clone());
        answer.values.extend([
            ("environment", plan.environment.to_string()),
            ("version", plan.release.commit.to_string()),
            ("previous", previous.unwrap_or_default()),
            ("url", url.unwrap_or_default()),
        ]);
        if let Some(first) = plan.targets.first() {
            answer.values.insert("target", first.target.to_string());
            answer.values.insert("digest", first.source.sha256.to_string());
        }
    }

    async fn summarize(&self, answer: &mut ActionResult) {
        let site = self.site;
        // A picture is worth two more rounds of requests, and never a failure. Who cancels the job waits for none.
        let status = match unless_cancelled(site.project.status(&[])).await {
            Ok(found) => found.ok(),
            Err(exit) => {
                answer.stopped = Some(exit);
                None
            }
        };
        let told = Told {
            decision: self.ending.decision(),
            exit: self.ending.exit,
            status: status.as_ref(),
            by: &site.log.clean(&promote_view::words::by(self.ending.by())),
            zone: site.project.config().timezone,
        };
        answer.summary = Some(match self.ending.outcome() {
            Some(outcome) => promote_view::outcome::page(&told, outcome),
            None => promote_view::decision::page(&told),
        });
    }
}

/// Why a deployment did not succeed, and what became of it.
fn words(done: &Done, outcome: Option<&OutcomeReport>) -> Vec<String> {
    let mut words: Vec<String> = done
        .steps
        .iter()
        .map(|step| format!("{} {}: {}", step.phase, step.name, step.report.summary))
        .collect();
    let failed = done.steps.iter().filter(|step| step.report.end != StepEnd::Succeeded);
    words.extend(failed.flat_map(|step| addresses(&step.report.tail).take(3)));
    words.extend(done.lost.as_ref().map(|lost| format!("it was {}", lost.words())));
    words.extend(match &done.undone {
        _ if done.lost.is_some() => None,
        Some(Ok(back)) if back.plan.action == Action::Undo => {
            let left = back.restored.iter().filter_map(Restored::told);
            let undone = "it was undone, as no release was there before".to_owned();
            Some(left.fold(undone, |words, left| format!("{words}; {left}")))
        }
        Some(Ok(back)) => {
            let how = if back.exit == ExitStatus::Ok { "" } else { ", but did not succeed either" };
            Some(format!("{} was put back{how}", back.plan.release.commit.short(7)))
        }
        Some(Err(why)) => Some(format!("it could not be put back: {why}")),
        None => None,
    });
    words.extend(outcome.into_iter().flat_map(OutcomeReport::ways));
    words
}
