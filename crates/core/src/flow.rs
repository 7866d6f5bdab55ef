//! The flow of a promotion, the same for every frontend and every path: decide, carry out, run what follows, write
//! the outcome, and put back what failed where the environment asks for that.

use crate::apply::{Applied, Writer, append_after, apply};
use crate::config::{Config, Environment, OnFailure};
use crate::digest::Digest;
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::ledger::{
    Action, Genesis, Head, Kind, LedgerError, Outcome, OutcomeResult, PromotionId, StepRecord,
};
use crate::observe::{environment, observe};
use crate::plan::{Decision, Nothing, Plan, plan};
use crate::port::StepEnd;
use crate::reason;
use crate::request::{Request, Wanted};
use crate::snapshot::Snapshot;
use crate::standing;
use crate::steps;
use crate::undo;
use crate::world::{View, World};

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
}

impl Done {
    /// What puts back the release that was there; `None` when there was none, or it is there again.
    pub fn undo(&self) -> Option<Invocation> {
        let from = self.plan.from.as_ref()?;
        let back = self.plan.action == Action::Rollback || self.undone.as_ref().is_some_and(Result::is_ok);
        let moved = from.commit != self.plan.release.commit;
        (moved && !back)
            .then(|| undo::undo(self.head.state(), &self.plan.environment, &self.plan.terms.include))
            .flatten()
    }
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
    let Applied { commit, prepared, .. } =
        Box::pin(apply(world, config, settings, plan, snapshot, request)).await?;
    let mut done = Box::pin(follow(world, config, plan, snapshot, request, commit, prepared)).await?;
    if plan.action == Action::Rollback && settings.auto && settings.hold {
        done.head = hold(world, settings, snapshot, request, done.head, plan).await?;
    }
    put_back(world, config, settings, request, &mut done).await;
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
    let asked = settings.on_failure == OnFailure::Rollback && done.plan.action != Action::Rollback;
    if done.result != OutcomeResult::Failed || !asked {
        return;
    }
    world.events.hear(&Event::RollingBack { environment: settings.name.clone() });
    let undone = undo(world, config, &done.plan, request).await;
    if undone.as_ref().is_ok_and(|back| back.result == OutcomeResult::Succeeded) {
        done.exit = ExitStatus::RolledBack;
    }
    done.undone = Some(undone.map(Box::new));
}

/// Finishes a promotion whose move was committed, but whose deployment's end was never written down.
///
/// # Errors
/// When the ledger can't be read or written.
pub async fn finish(
    world: &World,
    config: &Config,
    nothing: &Nothing,
    snapshot: &Snapshot,
    request: &Request,
) -> Result<Done, Failure> {
    config.to_write()?;
    let Some(head) = snapshot.head.clone() else {
        return Err(Failure::new(
            ExitStatus::Missing,
            format!("nothing is recorded in {} yet", request.environment),
        ));
    };
    let settings = environment(config, &request.environment)?;
    // The steps are told what they were told when the move was made.
    let state = head.state();
    let mut plan = nothing.plan.clone();
    plan.action = state.current.as_ref().and_then(|current| current.action).unwrap_or(plan.action);
    plan.from = state.trail.first().map(|past| past.release.clone());
    plan.release.version = state.release().and_then(|release| release.version.clone());
    if !plan.follows {
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("promote.toml names no step any more that could prove {}", settings.name),
        )
        .hint(format!(
            "`{}` moves it again, as the file is now",
            Invocation::along("to", config, settings).word("--redeploy")
        )));
    }
    if let Some(promotion) = state.current.as_ref().and_then(|current| current.promotion.clone()) {
        let moved = config.moved(settings, &plan.terms.include);
        world.events.hear(&Event::Again {
            promotion,
            release: plan.release.commit.clone(),
            moves: moved.into_iter().map(|moved| moved.name.clone()).collect(),
        });
    }
    let mut done = Box::pin(follow(world, config, &plan, snapshot, request, head, Vec::new())).await?;
    put_back(world, config, settings, request, &mut done).await;
    Ok(done)
}

/// Runs the deploy and verify steps of what is committed, and writes their outcome.
async fn follow(
    world: &World,
    config: &Config,
    plan: &Plan,
    snapshot: &Snapshot,
    request: &Request,
    commit: Head,
    mut ran: Vec<StepRecord>,
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
    };
    if !plan.follows {
        done.steps = ran;
        return Ok(done);
    }
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
    };
    let mut end = walk.run("deploy", &mut ran).await;
    if end == StepEnd::Succeeded {
        end = walk.run("verify", &mut ran).await;
    }
    done.result = result(end);
    done.exit = standing::ended(done.result);
    done.steps = ran;
    match outcome(world, settings, &snapshot.genesis, request, commit, done.result, &done.steps).await {
        Ok(head) => {
            done.head = head;
            world.events.hear(&Event::Outcome { promotion, result: done.result });
            Ok(done)
        }
        // Somebody else's promotion came after it: there is nothing of this one to go on with.
        Err(failure) if failure.exit == ExitStatus::Conflict => Err(failure.state(format!(
            "{} was moved to {}; its deployment {}, which could not be recorded any more.",
            settings.name,
            plan.release.commit.short(7),
            steps::word(end)
        ))),
        Err(failure) => Err(Failure { exit: ExitStatus::Unfinished, ..failure }
            .state(format!(
                "The targets of {} hold the release; its deployment {}.",
                settings.name,
                steps::word(end)
            ))
            .hint(format!(
                "`promote resume {}` runs the steps again and records how they end",
                settings.name
            ))),
    }
}

/// Writes how a deployment ended.
///
/// # Errors
/// When another promotion came after the commit, or the ledger does not take the record.
pub async fn outcome(
    world: &World,
    settings: &Environment,
    genesis: &(Genesis, Digest),
    request: &Request,
    commit: Head,
    result: OutcomeResult,
    ran: &[StepRecord],
) -> Result<Head, Failure> {
    let Some(of) = commit.state().committed else {
        return Err(Failure::new(ExitStatus::Failed, format!("nothing was committed in {}", settings.name)));
    };
    let writer = Writer::new(world, genesis, settings, request);
    let still = |head: Option<&Head>| {
        let state = head.map(Head::state);
        if state.is_some_and(|state| state.open.is_none() && state.committed == Some(of)) {
            return Ok(());
        }
        Err(Failure::new(
            ExitStatus::Conflict,
            format!("{} was changed by somebody else meanwhile", settings.name),
        )
        .hint(format!("`promote history {}` shows how", settings.name)))
    };
    append_after(&writer, &settings.lane, Some(commit), Kind::Outcome, still, |record| {
        record.outcome = Some(Outcome { of, result, steps: bounded(ran) });
    })
    .await
}

/// How many bytes of a record the steps may take.
const STEPS: usize = 12 * 1024;

/// Steps as they fit a record. What they printed and put out is foreign, and is measured as it is written: a control
/// character takes six bytes there. The ends of tails are kept longest, then names and ends of steps alone.
fn bounded(ran: &[StepRecord]) -> Vec<StepRecord> {
    let mut share = STEPS / ran.len().max(1);
    loop {
        let kept: Vec<StepRecord> = ran.iter().map(|step| cut(step, share)).collect();
        let fits = serde_json::to_vec(&kept).is_ok_and(|json| json.len() <= STEPS);
        if fits || share == 0 {
            return kept;
        }
        share /= 2;
    }
}

/// One step of which each text is no longer than `share` bytes; values that are longer are left out.
fn cut(step: &StepRecord, share: usize) -> StepRecord {
    let mut step = step.clone();
    step.name.truncate(head_of(&step.name, share.max(60)));
    let report = &mut step.report;
    report.summary.truncate(head_of(&report.summary, share.clamp(60, 400)));
    let mut left = share;
    report.outputs.retain(|name, value| {
        let size = name.len() + value.len();
        let fits = size <= left;
        left -= if fits { size } else { 0 };
        fits
    });
    let tail = &mut report.tail;
    if tail.len() > share {
        let from = tail.len() - share;
        *tail = tail.split_off((from..=tail.len()).find(|at| tail.is_char_boundary(*at)).unwrap_or(from));
    }
    step
}

/// The last place at which a text may be cut to have at most `limit` bytes.
fn head_of(text: &str, limit: usize) -> usize {
    if text.len() <= limit {
        return text.len();
    }
    (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
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
                .state(format!(
                    "{name} is back at {}, but automation is not held.",
                    plan.release.commit.short(7)
                ))
                .hint(format!("`promote hold {name} --reason TEXT` keeps automation from moving it"))
        },
    )
}

async fn undo(world: &World, config: &Config, failed: &Plan, request: &Request) -> Result<Done, String> {
    let Some(from) = &failed.from else { return Err("nothing was there before".to_owned()) };
    let Ok(prefix) = from.commit.as_str().parse() else { return Err("nothing was there before".to_owned()) };
    let back = Request {
        include: request.include.clone(),
        reason: Some(format!("the deployment of {} failed", failed.release.commit.short(7))),
        ..Request::rollback(failed.environment.clone(), Wanted::Commit(prefix), request.actor.clone())
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

/// The request that finishes what is open in an environment.
///
/// # Errors
/// When the ledger can't be read.
pub async fn resuming(view: &View, config: &Config, request: Request) -> Result<Request, Failure> {
    let settings = environment(config, &request.environment)?;
    let head = view.ledger.head(&settings.lane).await.map_err(LedgerError::looking)?;
    let state = head.as_ref().map(|head| head.state().clone()).unwrap_or_default();
    let mut request = Request { take_over: true, ..request };
    let lane = config.lanes.iter().find(|lane| lane.name == settings.lane);
    request.include = lane.map(|lane| lane.environments.clone()).unwrap_or_default();
    let commit = match &state.open {
        Some(open) => {
            request.action = open.action;
            Some(&open.release.commit)
        }
        None => state.release().map(|release| &release.commit),
    };
    match commit.and_then(|commit| commit.as_str().parse().ok()) {
        Some(prefix) => {
            request.wanted = Wanted::Commit(prefix);
            Ok(request)
        }
        None => {
            Err(Failure::new(ExitStatus::Missing, format!("nothing is recorded in {} yet", settings.name))
                .hint(format!("`promote to {}` begins a promotion", settings.name)))
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
