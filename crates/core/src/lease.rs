//! When somebody else's unfinished promotion may be taken over. Nothing proves that a process is gone; how long ago it was
//! heard of hints at it: by the lane's newest record, or by a sign of life beside the records while what it runs takes
//! long. Who takes over makes sure that what the earlier process runs has heard of it before anything of the kind runs
//! again.

use crate::config::{Config, Environment};
use crate::deploying::Deploying;
use crate::event::Event;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::ledger::{Action, Head, Kind, LedgerError};
use crate::plan::{Decision, Refusal};
use crate::request::{Request, TakeOver};
use crate::rule::Finding;
use crate::span::Span;
use crate::world::{View, World};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// How long nothing must have been heard of an unfinished promotion, by the store's time, before it is taken over by
/// whoever was not told of that.
pub const HINT: TimeDelta = TimeDelta::seconds(60);

/// How often a process looks, while a step of its runs, whether it was taken over.
pub const LOOK: Duration = Duration::from_secs(5);

/// How often at least a process says that it lives while it runs something, where it writes no records: two signs may fail
/// before anybody takes it for gone.
pub const SIGN: Duration = Duration::from_secs(20);

/// After what time a step is looked after: one that is done by then needs no record and no look.
pub const SHORT: Duration = Duration::from_secs(2);

/// How long a step that was told to stop may take to end by itself before it is let go.
pub const STOP: Duration = Duration::from_secs(7);

/// How long who takes over waits before steps run: a look, the step's end, and a slow store.
pub const HEARD: Duration = Duration::from_secs(15);

/// Whether a promotion that was heard of last at `last` may be taken over at `now`.
///
/// # Errors
/// From when on it may be; `None` when that is not asked for.
pub fn judge(
    take_over: TakeOver,
    last: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Option<DateTime<Utc>>> {
    let opens = last.checked_add_signed(HINT).unwrap_or(DateTime::<Utc>::MAX_UTC);
    match take_over {
        TakeOver::Confirmed => Ok(()),
        TakeOver::WhenStale if now >= opens => Ok(()),
        TakeOver::WhenStale => Err(Some(opens)),
        TakeOver::No => Err(None),
    }
}

/// What was heard of whoever is at a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The newest record that they wrote themselves. What others say of the lane meanwhile is no word of theirs.
    pub word: Head,
    /// Their newest sign of life beside the records.
    pub sign: Option<DateTime<Utc>>,
}

impl Heard {
    /// When they were heard of last.
    pub fn last(&self) -> DateTime<Utc> {
        self.sign.map_or(self.word.stored_at, |sign| sign.max(self.word.stored_at))
    }
}

/// How many records are read at once to find the newest of those who are at a lane.
const PAGE: usize = 8;

/// What was heard of those who are at what is open or being deployed after this record; `None` where nothing is. One
/// request, and more only where others have written into the lane since.
///
/// # Errors
/// When the ledger can't be read.
pub async fn heard(view: &View, config: &Config, head: Option<&Head>) -> Result<Option<Heard>, Failure> {
    let Some(head) = head else { return Ok(None) };
    let Some((begun, word)) = head.state().begun().zip(word(view, head).await?) else { return Ok(None) };
    // Nobody runs what was left for later.
    if head.state().open.is_none() && Deploying::of(config, head, &word).is_none_or(|it| it.left) {
        return Ok(Some(Heard { word, sign: None }));
    }
    let found = view.ledger.alive(&head.record.lane, begun).await.map_err(LedgerError::looking)?;
    Ok(Some(Heard { word, sign: found.map(|sign| sign.stored_at) }))
}

/// The newest record, up to this one, of those who are at what goes on after it; `None` where nothing does.
///
/// # Errors
/// When the ledger can't be read.
pub async fn word(view: &View, head: &Head) -> Result<Option<Head>, Failure> {
    let Some(begun) = head.state().begun() else { return Ok(None) };
    if is_theirs(head) {
        return Ok(Some(head.clone()));
    }
    let mut before = head.record.seq;
    while before > begun {
        let page = view.ledger.page(&head.record.lane, Some(before), PAGE).await;
        let page = page.map_err(LedgerError::looking)?;
        let Some(last) = page.last() else { break };
        before = last.record.seq;
        if let Some(found) = page.into_iter().find(is_theirs) {
            return Ok(Some(found));
        }
    }
    // What began it is their own record, so this lane lacks one: then nothing older is taken for their word.
    Ok(Some(head.clone()))
}

/// Whether whoever is at the lane wrote this record.
fn is_theirs(head: &Head) -> bool {
    match head.record.kind {
        Kind::Intent | Kind::Commit | Kind::Outcome | Kind::Abort => true,
        Kind::Mark => head.record.mark.as_ref().is_some_and(|mark| mark.sign.is_some()),
        Kind::Observe | Kind::Freeze | Kind::Unfreeze | Kind::Hold | Kind::Unhold => false,
    }
}

/// Whether whoever was heard of last at `last` may still be at work for all that is known.
pub fn is_fresh(last: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    judge(TakeOver::WhenStale, last, now).is_err()
}

/// How long ago that is, as a lower-case fragment.
pub(crate) fn words(last: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("its last sign of life is {} old", Span::between(last, now))
}

/// What a person can do who may not take over yet.
pub(crate) fn ways_on(verb: &str, config: &Config, environment: &Environment) -> String {
    let line = match verb {
        // It names those that move along by itself.
        "resume" => Invocation::new("resume").word(&environment.name),
        other => Invocation::along(other, config, environment),
    };
    format!(
        "its process may still be at work: `{}` if it is not, or wait until it has given no sign of life for {} s",
        line.word("--take-over"),
        HINT.num_seconds()
    )
}

/// A take-over that has to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooEarly {
    /// What is open or being deployed, by whom, and how old its last sign of life is. A lower-case fragment.
    pub what: String,
    /// From when on it may be taken over, by the ledger's store.
    pub opens: DateTime<Utc>,
    /// How long that is from the moment of looking.
    pub left: Duration,
    /// Whether nothing else refuses it.
    pub alone: bool,
}

/// Whether its age keeps a promotion from being taken over, and nothing that no rule could let pass.
pub fn too_early(decision: &Decision, request: &Request) -> Option<TooEarly> {
    let Decision::Refused(refusal) = decision else { return None };
    let Refusal { plan, obstacles, .. } = &**refusal;
    if request.take_over != TakeOver::WhenStale || !obstacles.is_empty() {
        return None;
    }
    let unmet = || plan.findings.iter().filter(|finding| !finding.passes());
    let young = unmet().find(|finding| is_of_age(finding))?;
    let opens = young.opens_at?;
    let left = (opens - plan.taken_at).to_std().unwrap_or_default();
    Some(TooEarly {
        what: young.detail.clone(),
        opens,
        left: left.max(Duration::from_millis(50)),
        alone: unmet().count() == 1,
    })
}

fn is_of_age(finding: &Finding) -> bool {
    matches!(finding.rule.as_str(), "unfinished" | "deploying")
}

/// Waits until what an earlier process may still run has heard that it was taken over.
pub(crate) async fn until_heard(world: &World, why: &str) {
    let until = world.clock.now() + HEARD;
    world.events.hear(&Event::Waiting { until, seconds: HEARD.as_secs(), why: why.to_owned() });
    world.clock.sleep(HEARD).await;
}

/// What going back from an open promotion comes to, in plain words that follow the command line.
pub fn going_back(action: Action) -> &'static str {
    match action {
        Action::Rollback => "puts back what was there before the rollback",
        Action::Promote | Action::Redeploy | Action::Undo => "undoes it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_counts_unless_somebody_was_told_of_it() {
        let last = DateTime::from_timestamp(1_000, 0).unwrap();
        let at = |seconds| last + TimeDelta::seconds(seconds);
        assert_eq!(judge(TakeOver::No, last, at(10_000)), Err(None));
        assert_eq!(judge(TakeOver::WhenStale, last, at(1)), Err(Some(at(60))));
        assert_eq!(judge(TakeOver::WhenStale, last, at(59)), Err(Some(at(60))));
        assert_eq!(judge(TakeOver::WhenStale, last, at(60)), Ok(()));
        assert_eq!(judge(TakeOver::Confirmed, last, at(1)), Ok(()));
        assert_eq!(judge(TakeOver::WhenStale, at(5), at(0)), Err(Some(at(65))), "clocks differ");
    }
}
