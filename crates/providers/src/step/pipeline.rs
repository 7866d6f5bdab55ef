//! Following the pipelines that a move sets off, or starting them. How that goes is decided in `promote_core::follow`.

use super::system::{StepOutcome, SystemSteps};
use promote_core::follow::{Follow, Pace, elsewhere, plain, wanted};
use promote_core::port::{ErrorKind, ProviderError, StepContext, StepEnd, StepProgress};
use promote_core::template::Template;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The longest text that is kept, in bytes.
const TAIL: usize = 4 * 1024;

/// Remembers the last note, for an interruption.
struct Last<'p> {
    progress: &'p dyn StepProgress,
    note: Mutex<String>,
}

impl StepProgress for Last<'_> {
    fn line(&self, line: &str) {
        self.progress.line(line);
    }

    fn note(&self, note: &str) {
        note.clone_into(&mut self.note.lock().unwrap_or_else(PoisonError::into_inner));
        self.progress.note(note);
    }
}

/// What is known to go wrong with a pipeline. That it can't be looked at is none of it: the step itself will tell.
pub(super) async fn unfit(
    steps: &SystemSteps,
    names: &[Template],
    start: bool,
    context: &StepContext,
) -> Option<ProviderError> {
    let names = crate::pipelines::names(names, &context.values).ok()?;
    let pipelines = steps.pipelines.beside(&context.targets)?;
    for name in names.iter().filter(|_| !context.targets.is_empty()) {
        match pipelines.describe(name).await {
            Ok(declared) => {
                let Err(places) = wanted(Some(&declared), &context.targets, start) else { continue };
                let what = elsewhere(name, &places);
                let error = ProviderError::new(ErrorKind::Invalid, "CodePipeline", plain(name), what);
                // What is started with the object itself may take any key, where its source action lets it.
                return Some(error.hint(if start {
                    "let its source action watch the target or have `AllowOverrideForS3ObjectKey` set to true, or name the pipeline that does; `promote doctor` shows both"
                } else {
                    "let its source action watch the target, or name the pipeline that does; `promote doctor` shows both"
                }));
            }
            Err(error) if error.kind == ErrorKind::NotFound => return Some(error),
            Err(_) => {}
        }
    }
    None
}

/// Follows the pipelines to their ends.
pub(super) async fn run(
    steps: &SystemSteps,
    names: &[Template],
    start: bool,
    context: &StepContext,
    timeout: Duration,
    progress: &dyn StepProgress,
) -> StepOutcome {
    let names = match crate::pipelines::names(names, &context.values) {
        Ok(names) => names,
        Err(why) => return StepOutcome::errored(why),
    };
    let Some(pipelines) = steps.pipelines.beside(&context.targets) else {
        return StepOutcome::errored("this version of promote was built without CodePipeline");
    };
    let variable = |name: &str| context.variables.get(name).cloned().unwrap_or_default();
    let (environment, promotion) = (variable("PROMOTE_ENV"), variable("PROMOTE_ID"));
    let follow = Follow {
        pipelines: pipelines.as_ref(),
        clock: steps.clock.as_ref(),
        names: &names,
        targets: &context.targets,
        environment: &environment,
        start: start.then_some(promotion.as_str()),
        known: &BTreeMap::new(),
        timeout,
        pace: Pace::default(),
    };
    let last = Last { progress, note: Mutex::default() };
    let followed = tokio::select! {
        () = async { tokio::select! { () = steps.interruption.wait() => {}, () = progress.stopped() => {} } } => {
            let note = last.note.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let note = if note.is_empty() { "nothing".to_owned() } else { note };
            return StepOutcome::new(
                StepEnd::Interrupted,
                format!("interrupted; last heard: {note}; the pipeline goes on by itself"),
            );
        }
        followed = follow.run(&last) => followed,
    };
    let mut tail = followed.detail.join("\n");
    if tail.len() > TAIL {
        let cut = (0..=TAIL).rev().find(|at| tail.is_char_boundary(*at)).unwrap_or(0);
        tail.truncate(cut);
    }
    StepOutcome { end: followed.end, summary: followed.summary, tail, outputs: followed.executions }
}
