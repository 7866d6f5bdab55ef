//! promote, plan and rollback: from the request to the decision, and from there to its end.

use crate::answer::Answer;
use crate::asked::{Act, environment, request};
use crate::run::Site;
use crate::workflow::Kind;
use promote_core::cut_off::Underway;
use promote_core::deploying::Deploying;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::{Done, carry_out, decide, finish};
use promote_core::lease;
use promote_core::ledger::{Action, OutcomeResult, Restored};
use promote_core::mirror::{Closing, Mirrored};
use promote_core::observe;
use promote_core::plan::{Decision, Plan, saved};
use promote_core::remember::remember;
use promote_core::report::markdown::{self, Told};
use promote_core::report::{self, DecisionReport, OutcomeReport};
use promote_core::request::{Request, TakeOver};
use promote_core::snapshot::Snapshot;
use promote_core::standing;
use promote_core::unwaited::move_only;
use promote_providers::{opened, written};
use std::io::Read as _;
use std::path::Path;

/// Runs one of them.
pub(crate) async fn run(site: &Site<'_>, act: Act) -> Result<Answer, Failure> {
    let planned = act == Act::Plan || site.manner.dry_run;
    let given = site.inputs.get("plan");
    let file = (!given.is_empty()).then(|| site.surroundings.folder.join(given));
    let (request, saved) = match &file {
        Some(file) if act == Act::Promote => {
            let plan = read(site, file)?;
            (saved::request(&plan, site.actor.clone())?, Some(plan))
        }
        _ => (request(act, site.inputs, site.actor.clone())?, None),
    };
    let (config, world) = (&site.config, &site.world);
    let settings = observe::environment(config, &request.environment)?;
    let (request, snapshot, decision) = decided(site, request, planned).await?;
    if act == Act::Plan || !matches!(decision, Decision::Allowed(_)) {
        // What is carried out remembers by itself.
        remember(world, &snapshot, &request.actor).await;
    }
    if let Some(saved) = &saved {
        saved::unchanged(saved, &decision)?;
    }
    let decided = DecisionReport::of(&world.view(), config, settings, &decision).await;
    if let Some(file) = file.as_ref().filter(|_| act == Act::Plan)
        && let Some(text) = saved::text(&decision)?
    {
        written::replace(file, &site.surroundings.folder, &text).map_err(|error| {
            Failure::new(ExitStatus::Failed, format!("the plan can't be saved as `{}`", file.display()))
                .caused_by(error)
                .state("Nothing was moved.")
        })?;
    }
    let page = Page { site, decision: &decided, url: settings.url.as_deref() };
    let (name, short) = (&request.environment, decision.plan().release.commit.short(7).to_owned());
    let clock = &world.clock;
    let begun = clock.steady();
    let done = match &decision {
        Decision::Refused(refusal) => {
            let unmet = refusal.plan.findings.iter().filter(|finding| !finding.passes());
            let why: Vec<String> = unmet
                .map(|finding| format!("{}: {}", finding.rule, finding.detail))
                .chain(refusal.obstacles.clone())
                .collect();
            // A plan was asked whether it may move, and answers.
            let asked = act == Act::Plan && refusal.obstacles.is_empty();
            let quiet = asked || (site.manner.neutral && refusal.exit == ExitStatus::Blocked);
            let kind = if quiet { Kind::Warning } else { Kind::Error };
            let headline = format!("{name} cannot take {short} yet");
            site.log.annotate(kind, &headline, &why.join("\n"), None);
            let mut answer = page.answer("blocked", &headline, false, &refusal.plan).await;
            answer.exit = (!quiet).then_some(refusal.exit);
            return Ok(answer);
        }
        Decision::NothingToDo(nothing) if !nothing.pending || planned || !site.manner.wait => {
            let headline = format!("{name} has {short} already");
            // A step that waits for nothing ends as the one did that brought the release.
            let state = snapshot.state();
            let exit = if planned { ExitStatus::Ok } else { standing::exit(&state, false) };
            match standing::unsettled(name, &state).filter(|_| exit != ExitStatus::Ok) {
                Some(why) => site.log.annotate(Kind::Error, &headline, &why, None),
                None => site.log.say(&headline),
            }
            let good = exit == ExitStatus::Ok;
            let mut answer = page.answer("unchanged", &headline, good, &nothing.plan).await;
            crate::holding::lies(&mut answer, &state);
            answer.exit = Some(exit);
            return Ok(answer);
        }
        Decision::Allowed(plan) if planned => {
            let headline = format!("{name} may take {short}");
            site.log.say(&headline);
            return Ok(page.answer("planned", &headline, true, plan).await);
        }
        Decision::NothingToDo(nothing) => {
            begins(site, &request);
            finish(world, config, nothing, &snapshot, &request).await?
        }
        Decision::Allowed(plan) => {
            begins(site, &request);
            match site.manner.wait {
                true => carry_out(world, config, plan, &snapshot, &request).await?,
                false => move_only(world, config, plan, &snapshot, &request).await?,
            }
        }
    };
    let took = i64::try_from(clock.steady().saturating_sub(begun).as_secs()).unwrap_or(i64::MAX);
    let shown = site.shown(Closing::Done).await;
    Ok(page.done(&done, took, &shown).await)
}

/// Decides. What is open or being deployed is taken over once nothing was heard of it for long enough, which is waited for; a
/// deployment of the very release that is asked for is gone on with in the same way, as a job that is run again means to.
async fn decided(
    site: &Site<'_>,
    request: Request,
    planned: bool,
) -> Result<(Request, Snapshot, Decision), Failure> {
    let (config, world) = (&site.config, &site.world);
    loop {
        let mut asked = request.clone();
        let mut found = decide(&world.view(), config, &asked).await?;
        if asked.action == Action::Promote && !planned && Deploying::same(config, &found.0) {
            asked.take_over = TakeOver::WhenStale;
            found = decide(&world.view(), config, &asked).await?;
        }
        let early = lease::too_early(&found.1, &asked).filter(|_| !planned);
        let Some(early) = early else { return Ok((asked, found.0, found.1)) };
        site.log.say(&format!(
            "waiting until {}: {}; whoever began it may still be at work until then",
            early.opens.format("%H:%M:%S UTC"),
            early.what
        ));
        world.clock.sleep(early.left).await;
    }
}

/// Remembers what is carried out, for the case that somebody stops it.
pub(crate) fn begins(site: &Site<'_>, request: &Request) {
    let (world, config) = (site.world.clone(), site.config.clone());
    site.stopping.begins(Underway { world, config, request: request.clone() });
}

/// The saved plan that is to be carried out. The environment and release may be named as well, and must be its own.
fn read(site: &Site<'_>, file: &Path) -> Result<Plan, Failure> {
    let shown = file.display().to_string();
    let unread = |error: std::io::Error| {
        let exit = match error.kind() {
            std::io::ErrorKind::NotFound => ExitStatus::Missing,
            _ => ExitStatus::Usage,
        };
        Failure::new(exit, format!("the plan `{shown}` can't be read")).caused_by(error)
    };
    let mut bytes = Vec::new();
    opened::regular(file)
        .and_then(|opened| opened.take(saved::LIMIT + 1).read_to_end(&mut bytes))
        .map_err(unread)?;
    if bytes.len() as u64 > saved::LIMIT {
        return Err(Failure::new(ExitStatus::Usage, format!("`{shown}` is too large to be a plan")));
    }
    let environment = environment(site.inputs)?;
    let plan = saved::parse(&bytes, &shown, &environment)?;
    let others = ["version", "release", "commit_sha", "sha", "notes", "reason", "override", "include"];
    match others.iter().find(|name| !site.inputs.get(name).is_empty()) {
        None => Ok(plan),
        Some(other) => Err(Failure::new(
            ExitStatus::Usage,
            format!("the input `{other}` can't be given beside a saved plan, which says it already"),
        )),
    }
}

/// What answers are made from.
struct Page<'a> {
    site: &'a Site<'a>,
    decision: &'a DecisionReport,
    url: Option<&'a str>,
}

impl Page<'_> {
    /// The answer when nothing was moved.
    async fn answer(&self, status: &'static str, headline: &str, good: bool, plan: &Plan) -> Answer {
        let mut answer = Answer::new(status, self.decision);
        self.fill(&mut answer, plan);
        answer.summary = self.summary(headline, good, None).await;
        answer
    }

    /// The answer when a release was moved.
    async fn done(&self, done: &Done, took_s: i64, shown: &[Mirrored]) -> Answer {
        let (name, commit) = (&done.plan.environment, done.plan.release.commit.short(7));
        let (status, headline) = match (done.exit, done.result) {
            (ExitStatus::RolledBack, _) => {
                ("rolled-back", format!("{commit} failed in {name} and was rolled back"))
            }
            (_, OutcomeResult::Succeeded) if !self.site.manner.wait && done.plan.follows => {
                ("promoted", format!("{name} was moved to {commit}; the steps that follow have not run yet"))
            }
            (_, OutcomeResult::Succeeded) => ("promoted", format!("{name} runs {commit}")),
            (_, OutcomeResult::TimedOut) => {
                ("failed", format!("the deployment of {commit} to {name} has not ended in time"))
            }
            _ => ("failed", format!("the deployment of {commit} to {name} did not succeed")),
        };
        let waited = self.site.manner.wait || !done.plan.follows;
        let outcome = OutcomeReport::of(done, waited, took_s).shown(shown);
        if done.exit == ExitStatus::Ok {
            self.site.log.say(&headline);
        } else {
            let mut words: Vec<String> = done
                .steps
                .iter()
                .map(|step| format!("{} {}: {}", step.phase, step.name, step.report.summary))
                .collect();
            let failed =
                done.steps.iter().filter(|step| step.report.end != promote_core::port::StepEnd::Succeeded);
            words.extend(failed.flat_map(|step| markdown::addresses(&step.report.tail).take(3)));
            words.extend(done.lost.as_ref().map(|lost| format!("it was {}", lost.words())));
            words.extend(match &done.undone {
                _ if done.lost.is_some() => None,
                Some(Ok(back)) if back.plan.action == Action::Undo => {
                    let left = back.restored.iter().filter_map(Restored::told);
                    Some(
                        left.fold(
                            "it was undone, as no release was there before".to_owned(),
                            |words, left| format!("{words}; {left}"),
                        ),
                    )
                }
                Some(Ok(back)) => {
                    let how = if back.exit == ExitStatus::Ok { "" } else { ", but did not succeed either" };
                    Some(format!("{} was put back{how}", back.plan.release.commit.short(7)))
                }
                Some(Err(why)) => Some(format!("it could not be put back: {why}")),
                None => None,
            });
            words.extend(outcome.ways());
            self.site.log.annotate(Kind::Error, &headline, &words.join("\n"), None);
        }
        let mut answer = Answer::new(status, &outcome);
        self.fill(&mut answer, &done.plan);
        crate::holding::lies(&mut answer, done.head.state());
        answer.exit = Some(done.exit);
        answer.values.insert("promotion", done.promotion.to_string());
        // After a rollback it is what was there that the targets hold.
        if let Some(Ok(back)) = &done.undone {
            self.fill(&mut answer, &back.plan);
            if back.plan.action == Action::Undo {
                answer.values.insert("version", String::new());
            }
            crate::holding::lies(&mut answer, back.head.state());
            answer.values.insert("previous", done.plan.release.commit.to_string());
        }
        answer.summary = self.summary(&headline, done.exit == ExitStatus::Ok, Some(&outcome)).await;
        answer
    }

    fn fill(&self, answer: &mut Answer, plan: &Plan) {
        let previous = plan.from.as_ref().map(|from| from.commit.to_string());
        answer.values.extend([
            ("environment", plan.environment.to_string()),
            ("version", plan.release.commit.to_string()),
            ("previous", previous.unwrap_or_default()),
            ("url", self.url.unwrap_or_default().to_owned()),
        ]);
        if let Some(first) = plan.targets.first() {
            answer.values.insert("target", first.target.to_string());
            answer.values.insert("digest", first.source.sha256.to_string());
        }
    }

    async fn summary(&self, headline: &str, good: bool, outcome: Option<&OutcomeReport>) -> String {
        let site = self.site;
        // A picture is worth two more rounds of requests, and never a failure.
        let status = report::status(&site.world.view(), &site.config, &[], &site.actor).await.ok();
        let by = match site.actor.details.get("workflow") {
            Some(workflow) => format!("{} ({workflow})", site.actor.name),
            None => site.actor.name.clone(),
        };
        markdown::promotion(&Told {
            headline,
            good,
            decision: self.decision,
            outcome,
            status: status.as_ref(),
            by: &site.log.clean(&by),
            zone: site.config.timezone,
            links: &site.links,
        })
    }
}
