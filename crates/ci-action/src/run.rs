//! One run of the action: secrets masked, the project opened, the act carried out, and its answer written. What each act
//! does is in the file that is named after it.

use crate::action_result::ActionResult;
use crate::advance;
use crate::approve::approve;
use crate::event_log::EventLog;
use crate::input::Inputs;
use crate::install::install;
use crate::log::Log;
use crate::options::Options;
use crate::publish;
use crate::render_failure::{cancelled, mistakes, render};
use crate::request::Act;
use crate::site::Site;
use crate::surroundings::Surroundings;
use crate::unless_cancelled::unless_cancelled;
use crate::workflow::Kind;
use crate::{promotion, status, verify};
use promote::{Error, Events, ExitStatus, Failure, Project};
use promote_core::port::Entropy;
use promote_providers::SystemEntropy;
use promote_providers::step::Secrets;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Runs the action once.
pub async fn run(surroundings: &Surroundings, out: Box<dyn Write + Send>) -> ExitStatus {
    let inputs = Inputs::new(&surroundings.variables);
    let token: String = SystemEntropy.nonce().iter().map(|byte| format!("{byte:02x}")).collect();
    let (commands, debug) =
        (surroundings.says("GITHUB_ACTIONS", "true"), surroundings.says("RUNNER_DEBUG", "1"));
    let log = Log::new(out, commands, debug, token);
    log.hide(Secrets::new(&surroundings.variables(), [inputs.get("token")]));
    log.debug(&format!("promote-action {}", promote::VERSION));
    let answer = Box::pin(act(surroundings, &inputs, &log)).await.unwrap_or_else(|failure| {
        log.annotate(Kind::Error, "promote", &render(&failure), None);
        ActionResult::failed(&failure, inputs.get("to"))
    });
    log.end_group();
    let exit = answer.exit();
    match answer.write(surroundings, &inputs, &log, exit) {
        Ok(()) => exit,
        Err(message) => {
            // What was moved is moved, and is said to be. A step that reads the outputs would go on with nothing all the same.
            let moved = answer.values.get("promotion").is_some_and(|id| !id.is_empty());
            let message = if moved { format!("{message}\nThe release was moved.") } else { message };
            log.annotate(Kind::Error, "promote", &message, None);
            if exit == ExitStatus::Ok { ExitStatus::Failed } else { exit }
        }
    }
}

async fn act(surroundings: &Surroundings, inputs: &Inputs<'_>, log: &Log) -> Result<ActionResult, Failure> {
    let (act, options) = (Act::of(inputs)?, Options::of(inputs)?);
    if act == Act::Install {
        return install(surroundings, log);
    }
    let given = inputs.get("config");
    let path = surroundings.folder.join(if given.is_empty() { "promote.toml" } else { given });
    let file = surroundings.shown(&path);
    let events = Arc::new(EventLog::new(log.clone()));
    let project = match opened(surroundings, inputs, log, &path, &events) {
        Ok(project) => project,
        Err(Error::Mistakes(found)) => {
            return Ok(ActionResult::failed(&mistakes(log, &file, found.found()), inputs.get("to")));
        }
        Err(other) => return Err(other.into_failure()),
    };
    let config = project.config();
    if !config.unacted.is_empty() && act.changes() {
        return Ok(ActionResult::failed(&mistakes(log, &file, &config.unacted), inputs.get("to")));
    }
    for what in config.unacted() {
        let text = format!("{what}; nothing can be written until it is taken out");
        log.annotate(Kind::Warning, "promote.toml", &text, None);
    }
    for remark in project.remarks() {
        log.debug(&format!("line {}: {}", remark.line, remark.message));
    }
    let site = Site { surroundings, inputs, log, options, project };
    match act {
        Act::Promote | Act::Plan | Act::Rollback => promotion::run(&site, act).await,
        Act::Approve | Act::Reject => approve(&site, act).await,
        Act::Publish => publish::publish(&site).await,
        Act::Advance => advance::advance(&site).await,
        Act::Status => or_cancelled(status::status(&site)).await,
        Act::Verify => verify::verify(&site).await,
        Act::Install => install(surroundings, log),
    }
}

/// Opens the project. Secrets that its file names are hidden as soon as they are known.
fn opened(
    surroundings: &Surroundings,
    inputs: &Inputs<'_>,
    log: &Log,
    path: &Path,
    events: &Arc<EventLog>,
) -> Result<Project, Error> {
    let (variables, token) = (surroundings.variables(), inputs.get("token").to_owned());
    let hides = (log.clone(), log.clone());
    promote::open(path)
        .called(surroundings.shown(path))
        .where_missing("check out the repository first, or name the file with the input `config`")
        .variables(variables.clone())
        .job_token(&token)
        .events(Arc::clone(events) as Arc<dyn Events>)
        .hiding(move |token| hides.0.hide_too(token))
        .once_read(move |config| {
            let named = config.named_variables();
            let named = named.into_iter().filter_map(|name| variables.get(name));
            hides.1.hide(Secrets::new(&variables, named.chain([token.as_str()])));
        })
        .build()
}

/// Runs what only looks, until the job is cancelled.
async fn or_cancelled(
    look: impl Future<Output = Result<ActionResult, Failure>>,
) -> Result<ActionResult, Failure> {
    unless_cancelled(look).await.map_err(cancelled)?
}
