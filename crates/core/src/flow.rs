//! The flow of a promotion, the same for every frontend and every path: decide, carry out, run what follows, write
//! the outcome, and put back what failed where the environment asks for that.

mod done;
mod outcome;
mod resume;

pub use outcome::outcome;
pub use resume::{finish, resuming};

use crate::ahead;
use crate::apply::{self, Applied, Writer, append_after, apply};
use crate::config::{Config, Environment, OnFailure};
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::lease;
use crate::ledger::{
    Action, Head, Kind, Outcome, OutcomeResult, PromotionId, ReleaseRef, Restored, RestoredEnd, StepRecord,
};
use crate::lookout::{Lookout, Loss, Lost};
use crate::observe::{environment, observe};
use crate::plan::{Decision, Plan, plan};
use crate::port::StepEnd;
use crate::reason;
use crate::request::{Request, Wanted};
use crate::snapshot::Snapshot;
use crate::standing;
use crate::steps;
use crate::world::{View, World};
use outcome::bounded;
use resume::Again;

/// A promotion whose move was committed, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The plan that was carried out.
    pub plan: Plan,
    /// The promotion.
    pub promotion: PromotionId,
    /// The lane's newest record afterwards.
    pub head: Head,
    /// How the deployment ended; a move without steps succeeds by being made.
    pub result: OutcomeResult,
    /// The steps that ran.
    pub steps: Vec<StepRecord>,
    /// The rollback that a failure led to, or why there was none.
    pub undone: Option<Result<Box<Done>, String>>,
    /// The exit status.
    pub exit: ExitStatus,
    /// Who came instead while it was deployed, or was done with its steps first.
    pub lost: Option<Lost>,
    /// For what was undone: what became of each target.
    pub restored: Vec<Restored>,
    /// What was adopted here before, where a rollback has nothing verified to go back to.
    pub adopted: Option<ReleaseRef>,
    /// What undoing it can't take back, one sentence each.
    pub stays: Vec<String>,
}

/// Looks at the world and decides.
///
/// # Errors
/// When the world can't be read, or the environment or release is not there.
pub async fn decide(
    view: &View,
    config: &Config,
    request: &Request,
) -> Result<(Snapshot, Decision), Failure> {
    let settings = environment(config, &request.environment)?;
    let request = &reason::settled(request)?;
    // What many commands hold at the same depth is not held on each one's stack.
    let snapshot = Box::pin(observe(view, config, request)).await?;
    let decision = plan(config, settings, &snapshot, request);
    Ok((snapshot, decision))
}

/// Carries out a plan that was just decided, and what follows from it.
///
/// # Errors
/// When the move could not be committed; the failure says what state things are in. A deployment that failed after
/// the move is no error: it is in the result.
pub async fn carry_out(
    world: &World,
    config: &Config,
    plan: &Plan,
    snapshot: &Snapshot,
    request: &Request,
) -> Result<Done, Failure> {
    config.to_write()?;
    let request = &reason::settled(request)?;
    let settings = environment(config, &plan.environment)?;
    if plan.action == Action::Undo {
        return Box::pin(take_back(world, config, settings, plan, snapshot, request)).await;
    }
    Box::pin(ahead::look(world, config, settings, plan, snapshot, request)).await?;
    let Applied { commit, prepared, .. } =
        Box::pin(apply(world, config, settings, plan, snapshot, request, false)).await?;
    let mut done = Box::pin(follow(world, config, plan, snapshot, request, commit, prepared, None)).await?;
    if plan.action == Action::Rollback && settings.auto && settings.hold && done.lost.is_none() {
        done.head = hold(world, settings, snapshot, request, done.head, plan).await?;
    }
    put_back(world, config, settings, request, &mut done).await;
    Ok(done.looked_back(world).await)
}

/// Takes back what was begun where nothing was there before. What can't be taken back is in the result.
async fn take_back(
    world: &World,
    config: &Config,
    settings: &Environment,
    plan: &Plan,
    snapshot: &Snapshot,
    request: &Request,
) -> Result<Done, Failure> {
    let undone = apply::undo(world, config, settings, plan, snapshot, request).await?;
    let stays = undone.restored.iter().any(|one| one.end == RestoredEnd::Stays);
    let mut done = Done {
        plan: plan.clone(),
        promotion: undone.promotion,
        head: undone.head,
        result: OutcomeResult::Succeeded,
        steps: Vec::new(),
        undone: None,
        exit: if stays { ExitStatus::DeployFailed } else { ExitStatus::Ok },
        lost: None,
        restored: undone.restored,
        adopted: None,
        stays: Vec::new(),
    };
    if settings.auto && settings.hold {
        done.head = hold(world, settings, snapshot, request, done.head, plan).await?;
    }
    Ok(done)
}

/// Puts back what was there before a release that proved bad, where the environment asks for that. A time-out is not
/// such a proof: what runs is not known then.
async fn put_back(
    world: &World,
    config: &Config,
    settings: &Environment,
    request: &Request,
    done: &mut Done,
) {
    let back = matches!(done.plan.action, Action::Rollback | Action::Undo);
    let asked = settings.on_failure == OnFailure::Rollback && !back;
    // Whoever ran the steps puts back what was there.
    let by_others = done.lost.is_some();
    if done.result != OutcomeResult::Failed || !asked || by_others {
        return;
    }
    world.events.hear(&Event::RollingBack { environment: settings.name.clone() });
    let undone = undo(world, config, done, request).await;
    if undone.as_ref().is_ok_and(|back| back.exit == ExitStatus::Ok) {
        done.exit = ExitStatus::RolledBack;
    }
    done.undone = Some(undone.map(Box::new));
}

/// Runs the deploy and verify steps of what is committed, and writes their outcome. `again`: somebody ran them before.
#[allow(clippy::too_many_arguments)] // Each is a thing of its own, and they meet here only.
async fn follow(
    world: &World,
    config: &Config,
    plan: &Plan,
    snapshot: &Snapshot,
    request: &Request,
    commit: Head,
    mut ran: Vec<StepRecord>,
    again: Option<Again>,
) -> Result<Done, Failure> {
    let settings = environment(config, &plan.environment)?;
    let current = commit.state().current.clone();
    let landed = current.as_ref();
    let promotion =
        landed.and_then(|current| current.promotion.clone()).unwrap_or_else(|| PromotionId(String::new()));
    let mut done = Done {
        plan: plan.clone(),
        promotion: promotion.clone(),
        head: commit.clone(),
        result: OutcomeResult::Succeeded,
        steps: Vec::new(),
        undone: None,
        exit: ExitStatus::Ok,
        lost: None,
        restored: Vec::new(),
        adopted: None,
        stays: Vec::new(),
    };
    if !plan.follows {
        done.steps = ran;
        return Ok(done);
    }
    let nothing = || Failure::new(ExitStatus::Failed, format!("nothing was committed in {}", settings.name));
    let of = commit.state().committed.ok_or_else(nothing)?;
    let writer = Writer::new(world, &snapshot.genesis, settings, request);
    let lookout = Lookout::committed(writer, commit).ok_or_else(nothing)?;
    let at = snapshot.taken_at;
    let walk = steps::Walk {
        world,
        config,
        environment: settings,
        plan,
        promotion: &promotion,
        request,
        at,
        landed,
        lookout: &lookout,
    };
    if let Some(again) = again {
        // Said first, so that whoever runs them beside hears of it and stops.
        match lookout.say(walk.again()).await? {
            Ok(_) => {}
            // Nobody took anything over: whoever ran the steps was done first.
            Err(lost) if let Loss::Ended(result) = lost.how => {
                done.head = lookout.head();
                done.result = result;
                done.exit = standing::ended(result);
                done.lost = Some(lost);
                world.events.hear(&Event::Outcome { promotion, result });
                return Ok(done);
            }
            Err(lost) => return Err(overtaken_before(settings, &lost)),
        }
        if again.beside {
            lease::until_heard(world, "a step of the deployment that is taken over may still run until then")
                .await;
        }
    }
    let mut end = walk.run("deploy", &mut ran).await;
    if end == StepEnd::Succeeded {
        end = walk.run("verify", &mut ran).await;
    }
    done.result = result(end);
    done.steps = ran;
    let steps = bounded(&done.steps);
    let written = lookout
        .append(Kind::Outcome, |record| {
            record.outcome = Some(Outcome { of, result: done.result, steps: steps.clone() });
        })
        .await;
    let lost = match written {
        Ok(Ok(head)) => {
            done.head = head;
            done.exit = standing::ended(done.result);
            world.events.hear(&Event::Outcome { promotion, result: done.result });
            return Ok(done);
        }
        Ok(Err(lost)) => lost,
        Err(failure) => {
            return Err(Failure { exit: ExitStatus::Unfinished, ..failure }
                .state(format!(
                    "The targets of {} have the release; its deployment {}.",
                    settings.name,
                    steps::word(end)
                ))
                .hint(format!(
                    "`promote resume {}` runs the steps again and records how they end",
                    settings.name
                )));
        }
    };
    if lost.how != Loss::Superseded {
        return Err(taken_over(settings, plan, &lost));
    }
    done.head = lookout.head();
    done.result = OutcomeResult::Superseded;
    done.exit = standing::ended(done.result);
    done.lost = Some(lost);
    world.events.hear(&Event::Outcome { promotion, result: done.result });
    Ok(done)
}

/// Somebody else runs the steps of the same promotion now, and records how they end.
fn taken_over(settings: &Environment, plan: &Plan, lost: &Lost) -> Failure {
    let (name, sha) = (&settings.name, plan.release.commit.short(7));
    Failure::new(ExitStatus::Timeout, format!("the deployment of {sha} to {name} was {}", lost.words()))
        .state(format!("{name} was moved to {sha}; who took over records how its deployment ends."))
        .hint(format!("`promote status {name}` shows how it stands"))
}

/// Somebody was faster, before any step ran again.
fn overtaken_before(settings: &Environment, lost: &Lost) -> Failure {
    let name = &settings.name;
    Failure::new(ExitStatus::Conflict, format!("the deployment of {name} was {}", lost.words()))
        .state("No step was run.")
        .hint(format!("`promote status {name}` shows how it stands"))
}

async fn hold(
    world: &World,
    settings: &Environment,
    snapshot: &Snapshot,
    request: &Request,
    head: Head,
    plan: &Plan,
) -> Result<Head, Failure> {
    // What an open promotion had begun to bring is what was rolled back, else what was there.
    let state = snapshot.state();
    let gone = state.open.as_ref().map(|open| &open.release).or(plan.from.as_ref());
    let from = gone.map_or("what was there", |release| release.commit.short(7)).to_owned();
    let held = Request { reason: Some(format!("{from} was rolled back")), ..request.clone() };
    let writer = Writer::new(world, &snapshot.genesis, settings, &held);
    append_after(&writer, &settings.lane, Some(head), Kind::Hold, |_| Ok(()), |_| {}).await.map_err(
        |failure| {
            let name = &settings.name;
            Failure { exit: ExitStatus::Unfinished, ..failure }
                .state(match plan.action {
                    Action::Undo => {
                        format!("What was moved to {name} is undone, but automation is not held.")
                    }
                    _ => format!(
                        "{name} is back at {}, but automation is not held.",
                        plan.release.commit.short(7)
                    ),
                })
                .hint(format!("`promote hold {name} --reason TEXT` keeps automation from moving it"))
        },
    )
}

async fn undo(world: &World, config: &Config, done: &Done, request: &Request) -> Result<Done, String> {
    let failed = &done.plan;
    let before = failed.from.as_ref().and_then(|from| from.commit.as_str().parse().ok());
    let wanted = match before {
        // Where nothing was there before, what was moved is taken back.
        _ if done.head.state().is_first() => Wanted::Unnamed,
        Some(prefix) => Wanted::Commit(prefix),
        None => return Err("which release was there before is not known".to_owned()),
    };
    let back = Request {
        include: request.include.clone(),
        reason: Some(format!("the deployment of {} failed", failed.release.commit.short(7))),
        ..Request::rollback(failed.environment.clone(), wanted, request.actor.clone())
    };
    let (snapshot, decision) =
        decide(&world.view(), config, &back).await.map_err(|failure| failure.to_string())?;
    match decision {
        Decision::Allowed(plan) => Box::pin(carry_out(world, config, &plan, &snapshot, &back))
            .await
            .map_err(|failure| failure.to_string()),
        Decision::NothingToDo(_) => Err("it is there already".to_owned()),
        Decision::Refused(refusal) => {
            let unmet = refusal.plan.findings.iter().filter(|finding| !finding.passes());
            Err(unmet
                .map(|finding| finding.detail.clone())
                .chain(refusal.obstacles.clone())
                .collect::<Vec<_>>()
                .join("; "))
        }
    }
}

/// The exit status of a command that ends as its steps did.
pub const fn exit_of(end: StepEnd) -> ExitStatus {
    standing::ended(result(end))
}

const fn result(end: StepEnd) -> OutcomeResult {
    match end {
        StepEnd::Succeeded => OutcomeResult::Succeeded,
        StepEnd::Failed => OutcomeResult::Failed,
        StepEnd::Errored => OutcomeResult::Errored,
        StepEnd::TimedOut => OutcomeResult::TimedOut,
        StepEnd::Superseded => OutcomeResult::Superseded,
        StepEnd::Interrupted => OutcomeResult::Interrupted,
    }
}
