//! One pipeline, from its declaration to the end of its execution.

use super::{Ending, Follow, matching, messages};
use crate::digest::Digest;
use crate::port::pipeline::{
    ActionRun, ActionStatus, Declaration, Execution, ExecutionStatus, StageNow, Taken,
};
use crate::port::{ErrorKind, ProviderError, StepEnd, StepProgress};
use matching::Wanted;
use std::collections::BTreeSet;
use std::time::Duration;

/// After how many failures in a row the details of an execution are gone without.
const PATIENCE: u32 = 4;

/// Follows one pipeline.
pub(super) async fn run(follow: &Follow<'_>, name: &str, progress: &dyn StepProgress) -> Ending {
    let now = follow.clock.steady();
    let mut one = One {
        follow,
        name,
        progress,
        began: now,
        deadline: now.saturating_add(follow.timeout),
        declared: None,
        wanted: Vec::new(),
        execution: None,
        pinned: follow.known.get(name).cloned(),
        other_since: None,
        told: BTreeSet::new(),
        last: format!("{name}: no execution has taken what was written yet"),
        hints: Vec::new(),
        failures: 0,
        pause: follow.pace.first,
    };
    one.until_ended().await
}

struct One<'f> {
    follow: &'f Follow<'f>,
    name: &'f str,
    progress: &'f dyn StepProgress,
    /// Times are those of [`Clock::steady`](crate::port::Clock::steady): somebody may set the machine's clock meanwhile.
    began: Duration,
    deadline: Duration,
    declared: Option<Declaration>,
    wanted: Vec<Wanted>,
    /// The execution that is followed.
    execution: Option<Execution>,
    /// The execution that we started.
    pinned: Option<String>,
    /// Since when a later execution with another version is known, while ours is not.
    other_since: Option<Duration>,
    /// What was said already.
    told: BTreeSet<String>,
    /// Where it stands, for the end of the time.
    last: String,
    /// What may help when the time ends first.
    hints: Vec<String>,
    /// Failures in a row.
    failures: u32,
    /// The wait before the next look.
    pause: Duration,
}

/// One look: what it came to, or whether to go on.
type LookResult = Result<Option<Ending>, ProviderError>;

impl One<'_> {
    async fn until_ended(&mut self) -> Ending {
        loop {
            let known = self.follow.known.contains_key(self.name);
            let looked = if self.wanted.is_empty() && !known { self.prepare().await } else { Ok(None) };
            let looked = match looked {
                Ok(None) => self.look().await,
                other => other,
            };
            let pause = match looked {
                Ok(Some(ending)) => return ending,
                Ok(None) => {
                    self.failures = 0;
                    let pause = self.pause;
                    self.pause = (pause + pause / 2).min(self.follow.pace.look);
                    pause
                }
                Err(error) if is_passing(&error) => self.again(&error),
                Err(error) => return self.errored(&error),
            };
            let left = self.deadline.saturating_sub(self.follow.clock.steady());
            if left.is_zero() {
                return self.over();
            }
            self.follow.clock.sleep(pause.min(left)).await;
        }
    }

    /// Reads the declaration, and finds out what to look for.
    async fn prepare(&mut self) -> LookResult {
        match self.follow.pipelines.describe(self.name).await {
            Ok(declared) => self.declared = Some(declared),
            Err(error) if self.follow.start.is_none() && error.lacks_right() => {
                self.note(format!("{}: {}; it is found by its version alone", self.name, error.message));
            }
            Err(error) => return Err(error),
        }
        match matching::wanted(self.declared.as_ref(), self.follow.targets, self.follow.start.is_some()) {
            Ok(wanted) if !wanted.is_empty() => {
                self.wanted = wanted;
                Ok(None)
            }
            Ok(_) => {
                Ok(Some(self.ended(
                    StepEnd::Errored,
                    format!("{}: nothing was written that it could take", self.name),
                )))
            }
            Err(places) => {
                let mut ending = self.ended(StepEnd::Errored, messages::elsewhere(self.name, &places));
                ending.detail.push(
                    "let the pipeline's source action watch the target, or name the pipeline that does; `promote doctor` compares them"
                        .to_owned(),
                );
                if self.follow.start.is_some() {
                    ending.detail.push(
                        "a release's own object can be started with when the source action has `AllowOverrideForS3ObjectKey` set to true"
                            .to_owned(),
                    );
                }
                Ok(Some(ending))
            }
        }
    }

    async fn look(&mut self) -> LookResult {
        let pipelines = self.follow.pipelines;
        let mut recent = pipelines.recent(self.name, matching::since(&self.wanted)).await?;
        if let Some(pinned) = &self.pinned
            && !recent.iter().any(|one| one.id == *pinned)
            && let Some(found) = self.look_at(pinned).await?
        {
            recent.insert(0, found);
        }
        if self.must_start(&recent) {
            return self.start(&recent).await;
        }
        let found = matching::ours(&recent, &self.wanted, self.pinned.as_deref()).cloned();
        // One that was seen is not lost when it drops out of the latest ones.
        let found = match (found, &self.execution) {
            (None, Some(known)) => self.look_at(&known.id).await?,
            (found, _) => found,
        };
        match found {
            Some(execution) => self.follow_on(execution, &recent).await,
            None => self.not_yet(&recent).await,
        }
    }

    /// One execution by itself; without the right to see it, the list has to do.
    async fn look_at(&self, id: &str) -> Result<Option<Execution>, ProviderError> {
        match self.follow.pipelines.look(self.name, id).await {
            Err(error) if error.lacks_right() => Ok(None),
            other => other,
        }
    }

    /// Whether an execution of ours is to be started now: one that runs or succeeded is not started a second time.
    fn must_start(&self, recent: &[Execution]) -> bool {
        let going = |one: &Execution| !one.status.is_ended() || one.status == ExecutionStatus::Succeeded;
        self.follow.start.is_some()
            && self.pinned.is_none()
            && !matching::ours(recent, &self.wanted, None).is_some_and(going)
    }

    async fn start(&mut self, recent: &[Execution]) -> LookResult {
        let promotion = self.follow.start.unwrap_or_default();
        let taken = |one: &Wanted| {
            Some(Taken { action: one.action.clone()?, version: one.version.clone()?, key: one.key.clone() })
        };
        let versions: Vec<Taken> = self.wanted.iter().filter_map(taken).collect();
        if versions.is_empty() {
            let text =
                format!("{}: it can't be started with a version, since the write made none", self.name);
            return Ok(Some(self.ended(StepEnd::Errored, text)));
        }
        // The same for a repetition of this very start, another one after an execution that did not succeed.
        let attempt = recent.iter().filter(|one| matching::carries(one, &self.wanted)).count();
        let text = format!("{}\n{promotion}\n{versions:?}\n{attempt}", self.name);
        let token = Digest::of(text.as_bytes()).hex();
        let id = match self.follow.pipelines.start(self.name, &versions, &token).await {
            Ok(id) => id,
            // With its token, the same start may be sent again.
            Err(error) if error.kind == ErrorKind::Unknown => {
                self.follow.pipelines.start(self.name, &versions, &token).await?
            }
            Err(error) => return Err(error),
        };
        self.note(format!("{}: execution {} was started", self.name, messages::plain(&id)));
        self.last = format!("{}: execution {} was started", self.name, messages::plain(&id));
        self.pinned = Some(id);
        Ok(None)
    }

    async fn not_yet(&mut self, recent: &[Execution]) -> LookResult {
        let now = self.follow.clock.steady();
        if let Some(other) = matching::other(recent, &self.wanted) {
            let since = *self.other_since.get_or_insert(now);
            self.note(format!(
                "{}: {} took another version; waiting for ours",
                self.name,
                messages::took(other)
            ));
            if now.saturating_sub(since) >= self.follow.pace.skipped {
                let text = format!("{}: skipped: {} took a newer version", self.name, messages::took(other));
                return Ok(Some(self.ended(StepEnd::Superseded, text)));
            }
        }
        let waited = now.saturating_sub(self.began);
        if self.hints.is_empty() && self.pinned.is_none() && waited >= self.follow.pace.hint {
            let stages = self.stages().await?;
            let versions = self.wanted.iter().any(|one| one.version.is_some());
            self.hints = messages::causes(self.declared.as_ref(), &stages, versions);
            self.note(format!("{}: no execution has taken what was written yet", self.name));
            for hint in self.hints.clone() {
                self.note(format!("{}: {hint}", self.name));
            }
        }
        Ok(None)
    }

    async fn follow_on(&mut self, execution: Execution, recent: &[Execution]) -> LookResult {
        if self.execution.as_ref().is_none_or(|known| known.id != execution.id) {
            let by = execution.trigger.as_deref().map(|by| format!(", by {}", messages::plain(by)));
            self.note(format!(
                "{}: execution {} took it{}",
                self.name,
                messages::plain(&execution.id),
                by.unwrap_or_default()
            ));
        }
        self.execution = Some(execution.clone());
        let runs = self.actions(&execution.id).await?;
        for run in &runs {
            self.note(format!("{}: {}", self.name, messages::action(run)));
            self.last = format!("{}: {}", self.name, messages::action(run));
        }
        let ending = match execution.status {
            ExecutionStatus::Succeeded => {
                self.ended(StepEnd::Succeeded, messages::succeeded(self.name, &runs))
            }
            ExecutionStatus::Failed => {
                let (summary, links) = messages::failed(self.name, &execution, &runs);
                let mut ending = self.ended(StepEnd::Failed, summary);
                ending.detail.splice(0..0, links);
                ending
            }
            ExecutionStatus::Superseded => {
                let newer = recent.iter().take_while(|one| one.id != execution.id).last();
                self.ended(StepEnd::Superseded, messages::superseded(self.name, newer))
            }
            ExecutionStatus::Stopped | ExecutionStatus::Cancelled => {
                let word = match execution.status {
                    ExecutionStatus::Stopped => "stopped by a person",
                    _ => "cancelled, since the pipeline was changed",
                };
                let why = execution.why.as_deref().map(messages::plain).filter(|why| !why.is_empty());
                self.ended(StepEnd::Errored, messages::said(format!("{}: {word}", self.name), why))
            }
            ExecutionStatus::Stopping => {
                self.note(format!("{}: is being stopped", self.name));
                return Ok(None);
            }
            ExecutionStatus::InProgress => return self.held_up(&execution, &runs).await,
        };
        Ok(Some(ending))
    }

    /// Says what an execution that does not move waits for: a person, a closed transition, its turn.
    async fn held_up(&mut self, execution: &Execution, runs: &[ActionRun]) -> LookResult {
        let in_progress: Vec<&ActionRun> =
            runs.iter().filter(|run| run.status == ActionStatus::InProgress).collect();
        let approvals = |run: &&&ActionRun| self.is_approval(run);
        if !in_progress.is_empty() && !in_progress.iter().any(|run| approvals(&run)) {
            return Ok(None);
        }
        for stage in self.stages().await? {
            if stage.execution.as_deref() == Some(execution.id.as_str()) {
                for waiting in &stage.waiting {
                    let lines = messages::waiting(
                        self.name,
                        self.follow.environment,
                        waiting,
                        self.declared.as_ref(),
                    );
                    lines.first().into_iter().for_each(|line| self.last.clone_from(line));
                    lines.into_iter().for_each(|line| self.note(line));
                }
            }
            if stage.inbound.contains(&execution.id) {
                let text = match &stage.closed {
                    Some(closed) => messages::closed(self.name, &stage.name, closed),
                    None => {
                        format!("{}: waits for its turn before {}", self.name, messages::plain(&stage.name))
                    }
                };
                self.last.clone_from(&text);
                self.note(text);
            }
        }
        Ok(None)
    }

    /// Whether an action waits for a person; where the declaration is not known, it may.
    fn is_approval(&self, run: &ActionRun) -> bool {
        self.declared.as_ref().is_none_or(|declared| {
            let stages = declared.stages.iter().filter(|stage| stage.name == run.stage);
            stages.flat_map(|stage| &stage.actions).any(|action| action.name == run.action && action.approval)
        })
    }

    /// The actions, or none where we may not see them: the execution's own status is enough.
    async fn actions(&mut self, execution: &str) -> Result<Vec<ActionRun>, ProviderError> {
        let found = self.follow.pipelines.actions(self.name, execution).await;
        self.unless_denied(found)
    }

    async fn stages(&mut self) -> Result<Vec<StageNow>, ProviderError> {
        let found = self.follow.pipelines.stages(self.name).await;
        self.unless_denied(found)
    }

    fn unless_denied<T>(&mut self, found: Result<Vec<T>, ProviderError>) -> Result<Vec<T>, ProviderError> {
        match found {
            Err(error) if error.lacks_right() => {
                self.note(format!("{}: {}; details are unavailable", self.name, error.message));
                Ok(Vec::new())
            }
            // What only explains must not hide for ever how the execution ended.
            Err(error) if is_passing(&error) && self.failures >= PATIENCE => {
                self.note(format!("{}; details are unavailable", messages::error(self.name, &error)));
                Ok(Vec::new())
            }
            other => other,
        }
    }

    /// Says something once.
    fn note(&mut self, text: String) {
        if self.told.insert(text.clone()) {
            self.pause = self.follow.pace.first;
            self.progress.note(&text);
        }
    }

    /// After a failure that may pass: the wait doubles, and is never shorter than what was asked for.
    fn again(&mut self, error: &ProviderError) -> Duration {
        let text = match error.retry_after() {
            Some(_) => format!("{}: asked to slow down", self.name),
            None => format!("{}; asking again", messages::error(self.name, error)),
        };
        self.note(text);
        let pace = self.follow.pace;
        self.failures = self.failures.saturating_add(1);
        let doubled = pace.first.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        doubled.min(pace.longest).max(error.retry_after().unwrap_or_default())
    }

    fn errored(&self, error: &ProviderError) -> Ending {
        let mut ending = self.ended(StepEnd::Errored, messages::error(self.name, error));
        ending.detail.extend(error.hints.iter().cloned());
        ending
    }

    /// The time is over.
    fn over(&self) -> Ending {
        let after = crate::duration::written(self.follow.timeout);
        let mut ending = self.ended(StepEnd::TimedOut, format!("not finished after {after}: {}", self.last));
        ending.detail.extend(self.hints.iter().cloned());
        ending.detail.push(format!("`promote watch {}` follows it on", self.follow.environment));
        ending
    }

    fn ended(&self, end: StepEnd, summary: String) -> Ending {
        let execution = self.execution.as_ref().map(|execution| execution.id.clone()).or(self.pinned.clone());
        let page = execution.as_ref().and_then(|id| self.follow.pipelines.page(self.name, id));
        let detail = if end == StepEnd::Succeeded { Vec::new() } else { page.into_iter().collect() };
        Ending { end, summary, detail, execution }
    }
}

/// Whether asking again may help.
fn is_passing(error: &ProviderError) -> bool {
    matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Unknown)
}
