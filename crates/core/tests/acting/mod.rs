//! People who act on a project: who they are, what they ask for, and what their command came to. The projects themselves are
//! the stages'.

use promote_core::commit::CommitId;
use promote_core::config::{Config, Step};
use promote_core::failure::Failure;
use promote_core::flow::{Done, Wait, carry_out, decide, finish, resuming};
use promote_core::ledger::Actor;
use promote_core::names::EnvironmentName;
use promote_core::plan::Decision;
use promote_core::port::{StepContext, StepEnd, StepProgress, StepReport, StepRunner};
use promote_core::ports::Ports;
use promote_core::request::{Request, Wanted};
use std::collections::BTreeMap;
use std::time::Duration;

/// Steps that do nothing, well.
#[derive(Debug)]
pub struct NoSteps;

#[async_trait::async_trait]
impl StepRunner for NoSteps {
    async fn run(
        &self,
        _step: &Step,
        _context: &StepContext,
        _timeout: Duration,
        _progress: &dyn StepProgress,
    ) -> StepReport {
        StepReport {
            end: StepEnd::Succeeded,
            summary: "done".to_owned(),
            tail: String::new(),
            outputs: BTreeMap::new(),
            took_s: 0,
        }
    }
}

/// What a command came to.
#[derive(Debug)]
#[allow(dead_code, reason = "what was refused is shown when a test stops")]
pub enum End {
    Done(Box<Done>),
    Nothing,
    Refused(String),
    Failed(Failure),
}

pub fn name(text: &str) -> EnvironmentName {
    text.parse().unwrap()
}

pub fn actor(name: &str) -> Actor {
    Actor::claimed(name, "local-user")
}

/// The commit `aaaa…`, `bbbb…`, of one digit.
pub fn commit(digit: char) -> CommitId {
    digit.to_string().repeat(40).parse().unwrap()
}

pub fn wanted(digit: char) -> Wanted {
    digit.to_string().repeat(40).parse().unwrap()
}

/// Decides and carries out.
pub async fn run(ports: &Ports, config: &Config, request: Request) -> End {
    let (snapshot, decision) = match decide(&ports.view(), config, &request).await {
        Ok(found) => found,
        Err(failure) => return End::Failed(failure),
    };
    match decision {
        Decision::Allowed(plan) => {
            match carry_out(ports, config, &plan, &snapshot, &request, Wait::Yes).await {
                Ok(done) => End::Done(Box::new(done)),
                Err(failure) => End::Failed(failure),
            }
        }
        Decision::NothingToDo(nothing) if nothing.pending => {
            match finish(ports, config, &nothing, &snapshot, &request).await {
                Ok(done) => End::Done(Box::new(done)),
                Err(failure) => End::Failed(failure),
            }
        }
        Decision::NothingToDo(_) => End::Nothing,
        Decision::Refused(refusal) => {
            let unmet = refusal.plan.findings.iter().filter(|finding| !finding.passes());
            let said = unmet.map(|finding| format!("{}: {}", finding.rule, finding.detail));
            End::Refused(said.chain(refusal.obstacles.clone()).collect::<Vec<_>>().join("; "))
        }
    }
}

/// Finishes what is open, knowing that whoever began it is gone.
pub async fn resume(ports: &Ports, config: &Config, environment: &str, who: &str) -> End {
    let request = Request::promote(name(environment), Wanted::Unnamed, actor(who)).taking_over();
    match resuming(&ports.view(), config, request).await {
        Ok(request) => run(ports, config, request).await,
        Err(failure) => End::Failed(failure),
    }
}
