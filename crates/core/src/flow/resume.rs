//! Going on with what somebody left: which release that is, and running the steps of what is committed again.

use super::deployment::{Again, deploy};
use super::done::Done;
use super::put_back;
use crate::config::Config;
use crate::context::PromotionContext;
use crate::deploying::Deploying;
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::ledger::{Action, LedgerError};
use crate::observe::environment;
use crate::plan::Nothing;
use crate::ports::{Ports, ReadPorts};
use crate::request::{Request, TakeOver, Wanted};
use crate::snapshot::Snapshot;

/// Finishes a promotion whose move was committed, but whose deployment's end was never written down.
///
/// # Errors
/// When the ledger can't be read or written, or somebody else took over first.
pub async fn finish(
    ports: &Ports,
    config: &Config,
    nothing: &Nothing,
    snapshot: &Snapshot,
    request: &Request,
) -> Result<Done, Failure> {
    config.to_write()?;
    let Some(head) = snapshot.head.clone() else {
        return Err(Failure::new(
            ExitStatus::Missing,
            format!("no release is recorded in {} yet", request.environment),
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
    let context = PromotionContext { ports, config, environment: settings, plan: &plan, snapshot, request };
    if let Some(promotion) = state.current.as_ref().and_then(|current| current.promotion.clone()) {
        let moved = context.moved();
        ports.events.hear(&Event::Again {
            promotion,
            release: plan.release.commit.clone(),
            moves: moved.into_iter().map(|moved| moved.name.clone()).collect(),
        });
    }
    let beside = Deploying::seen(config, snapshot)
        .is_some_and(|deploying| !deploying.left && snapshot.taken_at < deploying.until);
    let again = Some(Again { beside });
    let mut done = Box::pin(deploy(context, head, Vec::new(), again)).await?;
    put_back(context, &mut done).await;
    Ok(done.looked_back(ports).await)
}

/// The request that finishes what is open in an environment.
///
/// # Errors
/// When the ledger can't be read.
pub async fn resuming(view: &ReadPorts, config: &Config, request: Request) -> Result<Request, Failure> {
    let settings = environment(config, &request.environment)?;
    let head = view.ledger.head(&settings.lane).await.map_err(LedgerError::read_failure)?;
    let state = head.as_ref().map(|head| head.state().clone()).unwrap_or_default();
    let take_over = match request.take_over {
        TakeOver::Confirmed => TakeOver::Confirmed,
        TakeOver::No | TakeOver::WhenStale => TakeOver::WhenStale,
    };
    let mut request = Request { take_over, action: Action::Promote, ..request };
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
            Err(Failure::new(ExitStatus::Missing, format!("no release is recorded in {} yet", settings.name))
                .hint(format!("`promote status {}` shows what may be moved there", settings.name)))
        }
    }
}
