//! The flow of a promotion, the same for every frontend and every path: decide, carry out, run what follows, write
//! the outcome, and put back what failed where the environment asks for that.

mod deployment;
mod done;
mod evidence;
mod outcome;
mod resume;
mod ways;

pub use deployment::exit_of;
pub use done::Done;
pub use outcome::outcome;
pub use resume::{finish, resuming};
pub use ways::Ways;

use crate::ahead;
use crate::apply::{self, Applied, Writer, append_after, apply};
use crate::config::{Config, OnFailure};
use crate::context::PromotionContext;
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Action, Head, Kind, OutcomeResult, RestoredEnd};
use crate::observe::undoing::lasting;
use crate::observe::{environment, observe};
use crate::plan::{Decision, Plan, plan};
use crate::ports::{Ports, ReadPorts};
use crate::reason;
use crate::request::{Request, Wanted};
use crate::snapshot::Snapshot;
use deployment::{deploy, promotion};

/// Looks at the world and decides.
///
/// # Errors
/// When the world can't be read, or the environment or release is not there.
pub async fn decide(
    view: &ReadPorts,
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

/// Whether what follows a move is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Wait {
    /// The deploy and verify steps run, and how they end is recorded.
    #[default]
    Yes,
    /// The release is moved, and whoever resumes it runs the steps. Until then the environment takes nothing else.
    No,
}

/// Carries out a plan that was just decided, and what follows from it. What is undone has nothing to wait for.
///
/// # Errors
/// When the move could not be committed; the failure says what state things are in. A deployment that failed after
/// the move is no error: it is in the result.
pub async fn carry_out(
    ports: &Ports,
    config: &Config,
    plan: &Plan,
    snapshot: &Snapshot,
    request: &Request,
    wait: Wait,
) -> Result<Done, Failure> {
    config.to_write()?;
    let request = &reason::settled(request)?;
    let context = PromotionContext::new(ports, config, plan, snapshot, request)?;
    if plan.action == Action::Undo {
        return Box::pin(take_back(context)).await;
    }
    Box::pin(ahead::look(context)).await?;
    let Applied { commit, prepared, .. } = Box::pin(apply(context, wait == Wait::No)).await?;
    if wait == Wait::No {
        let done = Done::new(plan, promotion(&commit), commit, prepared);
        return Ok(done.looked_back(ports).await);
    }
    let mut done = Box::pin(deploy(context, commit, prepared, None)).await?;
    if plan.action == Action::Rollback && is_held(context) && done.lost.is_none() {
        done.head = hold(context, done.head).await?;
    }
    put_back(context, &mut done).await;
    Ok(done.looked_back(ports).await)
}

/// Whether automation leaves the environment alone once something went back.
const fn is_held(context: PromotionContext<'_>) -> bool {
    context.environment.auto && context.environment.hold
}

/// Takes back what was begun where nothing was there before. What can't be taken back is in the result.
async fn take_back(context: PromotionContext<'_>) -> Result<Done, Failure> {
    let undone = apply::undo(context).await?;
    let stays = undone.restored.iter().any(|one| one.end == RestoredEnd::Stays);
    let mut done = Done {
        exit: if stays { ExitStatus::DeployFailed } else { ExitStatus::Ok },
        restored: undone.restored,
        ..Done::new(context.plan, undone.promotion, undone.head, Vec::new())
    };
    if is_held(context) {
        done.head = hold(context, done.head).await?;
    }
    Ok(done)
}

/// Puts back what was there before a release that proved bad, where the environment asks for that. A time-out is not
/// such a proof: what runs is not known then.
async fn put_back(context: PromotionContext<'_>, done: &mut Done) {
    let settings = context.environment;
    let back = matches!(done.plan.action, Action::Rollback | Action::Undo);
    let asked = settings.on_failure == OnFailure::Rollback && !back;
    // Whoever ran the steps puts back what was there.
    let by_others = done.lost.is_some();
    if done.result != OutcomeResult::Failed || !asked || by_others {
        return;
    }
    context.ports.events.hear(&Event::RollingBack { environment: settings.name.clone() });
    let undone = undo(context, done).await;
    if undone.as_ref().is_ok_and(|back| back.exit == ExitStatus::Ok) {
        done.exit = ExitStatus::RolledBack;
    }
    done.undone = Some(undone.map(Box::new));
}

async fn hold(context: PromotionContext<'_>, head: Head) -> Result<Head, Failure> {
    let PromotionContext { environment: settings, plan, snapshot, request, .. } = context;
    // What an open promotion had begun to bring is what was rolled back, else what was there.
    let state = snapshot.state();
    let gone = state.open.as_ref().map(|open| &open.release).or(plan.from.as_ref());
    let from = gone.map_or("what was there", |release| release.commit.short(7)).to_owned();
    let held = Request { reason: Some(format!("{from} was rolled back")), ..request.clone() };
    let writer = Writer::of(PromotionContext { request: &held, ..context });
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

async fn undo(context: PromotionContext<'_>, done: &Done) -> Result<Done, String> {
    let PromotionContext { ports, config, request, .. } = context;
    let failed = &done.plan;
    let before = failed.from.as_ref().and_then(|from| from.commit.as_str().parse().ok());
    let stays = lasting(ports.ledger.reader(), &done.head.record.lane, Some(&done.head)).await;
    let first = stays.map_err(|failure| failure.to_string())?.is_some();
    let wanted = match before {
        // Where nothing was there before, what was moved is taken back.
        _ if first => Wanted::Unnamed,
        // The first release, moved again after it was verified.
        _ if done.head.state().is_first() => return Err("it is there already".to_owned()),
        Some(prefix) => Wanted::Commit(prefix),
        None => return Err("which release was there before is not known".to_owned()),
    };
    let back = Request {
        include: request.include.clone(),
        reason: Some(format!("the deployment of {} failed", failed.release.commit.short(7))),
        ..Request::rollback(failed.environment.clone(), wanted, request.actor.clone())
    };
    let (snapshot, decision) =
        decide(&ports.view(), config, &back).await.map_err(|failure| failure.to_string())?;
    match decision {
        Decision::Allowed(plan) => Box::pin(carry_out(ports, config, &plan, &snapshot, &back, Wait::Yes))
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
