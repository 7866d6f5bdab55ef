//! Starting a workflow of GitHub or a pipeline of GitLab, and following it to its end. What the forge is asked is the
//! forge's; here is when, for how long, and what comes of it.

use super::system::{StepOutcome, SystemSteps};
use crate::forge::{ForgeRuns, RunState, StartedRun, WantedRun};
use promote_core::config::{ForgeKind, Step};
use promote_core::port::{ErrorKind, ProviderError, StepContext, StepEnd, StepProgress};
use promote_core::template::{Template, variable};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// The longest pause between two looks.
const PAUSE: Duration = Duration::from_secs(10);

/// What a step starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForgeRun<'s> {
    /// Where.
    pub(super) kind: ForgeKind,
    /// The file of a workflow, or the path of a project.
    pub(super) name: &'s str,
    /// The ref that it runs on.
    pub(super) reference: Option<&'s Template>,
}

pub(super) async fn run(
    steps: &SystemSteps,
    step: &Step,
    wanted: ForgeRun<'_>,
    context: &StepContext,
    timeout: Duration,
    progress: &dyn StepProgress,
) -> StepOutcome {
    let begun = Instant::now();
    let (runs, started) = match start(steps, step, wanted, context).await {
        Ok(found) => found,
        Err(why) => return StepOutcome::errored(why),
    };
    let page = started.page.as_ref().map(|page| format!(": {page}")).unwrap_or_default();
    progress.line(&format!("run {} was started{page}", started.id));
    let mut outcome = tokio::select! {
        () = steps.interruption.wait() => interrupted(),
        () = progress.stopped() => interrupted(),
        ended = follow(steps, &runs, &started, (begun, timeout), progress) => ended,
    };
    outcome.summary = format!("run {}: {}{page}", started.id, outcome.summary);
    outcome.outputs.extend(started.page.map(|page| ("run".to_owned(), page)));
    outcome
}

fn interrupted() -> StepOutcome {
    StepOutcome::new(StepEnd::Interrupted, "interrupted; the run goes on by itself")
}

async fn start(
    steps: &SystemSteps,
    step: &Step,
    wanted: ForgeRun<'_>,
    context: &StepContext,
) -> Result<(ForgeRuns, StartedRun), String> {
    let access = steps.forge.as_ref().ok_or("no way to the forge was given")?;
    let mut inputs = inputs(step, context)?;
    // A workflow refuses inputs that it does not declare; a pipeline takes every variable.
    if wanted.kind == ForgeKind::Gitlab {
        inputs.extend(context.variables.clone());
    }
    let reference = wanted.reference.map(|name| name.render(&context.values)).transpose();
    let reference = reference.map_err(|error| format!("`ref`: {error}"))?;
    let repository = (wanted.kind == ForgeKind::Gitlab).then_some(wanted.name);
    let runs = ForgeRuns::open(access, wanted.kind, repository).await.map_err(|error| words(&error))?;
    let wanted = WantedRun { workflow: wanted.name, reference: reference.as_deref(), inputs: &inputs };
    match runs.start(&wanted).await {
        Ok(started) => Ok((runs, started)),
        Err(error) if error.kind == ErrorKind::Unknown => {
            Err(format!("whether a run was started is not known: {}", words(&error)))
        }
        Err(error) => Err(format!("nothing was started: {}", words(&error))),
    }
}

/// What the run is given. Everybody who sees the run sees it, so that no variable of this process goes along.
fn inputs(step: &Step, context: &StepContext) -> Result<BTreeMap<String, String>, String> {
    let one = |(name, value): (&String, &String)| match variable(value) {
        None => Ok((name.clone(), value.clone())),
        Some(known) => match context.variables.get(known) {
            Some(value) => Ok((name.clone(), value.clone())),
            None => Err(format!("`{name}` takes `${known}`, which this step has not")),
        },
    };
    step.env.iter().map(one).collect()
}

fn words(error: &ProviderError) -> String {
    let hints: Vec<&str> = error.hints.iter().map(String::as_str).collect();
    match hints.is_empty() {
        true => error.to_string(),
        false => format!("{error}; {}", hints.join("; ")),
    }
}

/// Looks until it has ended or time is up. That the forge does not answer once ends nothing.
async fn follow(
    steps: &SystemSteps,
    runs: &ForgeRuns,
    run: &StartedRun,
    (begun, timeout): (Instant, Duration),
    progress: &dyn StepProgress,
) -> StepOutcome {
    let mut told = String::new();
    loop {
        let heard = match runs.look(run).await {
            Ok(RunState::Ended(end, words)) => return StepOutcome::new(end, words),
            Ok(RunState::Going(words)) => words,
            Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::NotFound) => {
                return StepOutcome::errored(format!("how it goes can't be told: {}", words(&error)));
            }
            Err(error) => format!("the forge does not say how it goes: {}", error.message),
        };
        if heard != told {
            progress.note(&heard);
            told.clone_from(&heard);
        }
        let past = begun.elapsed();
        let Some(left) = timeout.checked_sub(past).filter(|left| !left.is_zero()) else {
            let words = format!("it had not ended after {} s; last heard: {told}", timeout.as_secs());
            return StepOutcome::new(StepEnd::TimedOut, words);
        };
        tokio::time::sleep(steps.first_wait.max(past / 10).min(PAUSE).min(left)).await;
    }
}
