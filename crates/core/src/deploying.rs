//! What is being deployed in a lane, as far as its newest records tell: from the commit until the outcome is recorded,
//! whether the process that runs the steps is alive or not. Pure.

use crate::config::{Config, Environment, Step};
use crate::digest::Digest;
use crate::ledger::{Head, PromotionId, ReleaseRef, Sign};
use crate::names::{EnvironmentName, LaneName};
use crate::snapshot::Snapshot;
use crate::span::Span;
use chrono::{DateTime, TimeDelta, Utc};

/// What is granted to a deployment beyond the time that its steps may take.
const GRACE: TimeDelta = TimeDelta::minutes(5);

/// A deployment whose end is not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deploying {
    /// The promotion.
    pub promotion: PromotionId,
    /// Its commit's record.
    pub committed: Digest,
    /// What is deployed.
    pub release: Option<ReleaseRef>,
    /// Who moved it, or took its deployment over.
    pub by: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The step that it said it is in: `deploy ./install (1 of 2)`. Of one that said nothing yet, its first.
    pub step: Option<String>,
    /// After which its steps must have ended, so that whoever ran them is gone.
    pub until: DateTime<Utc>,
    /// Whether nobody runs the steps: they were left for later.
    pub left: bool,
}

impl Deploying {
    /// The deployment that goes on after this record; `None` when its end is recorded, or none follows. `word`: the
    /// newest record, up to this one, of those who run its steps.
    pub fn of(config: &Config, head: &Head, word: &Head) -> Option<Self> {
        let (record, state) = (&word.record, head.state());
        let current = state.current.as_ref().filter(|_| state.deploys())?;
        let promotion = current.promotion.clone()?;
        let committed = state.committed?;
        let mark = record.mark.as_ref().filter(|mark| mark.of == promotion);
        let sign = mark.and_then(|mark| mark.sign.as_ref());
        // Steps that run again after an end was recorded are known by what they said of it.
        let again = state.again.as_ref();
        let left = record.commit.as_ref().is_some_and(|commit| commit.left);
        let limit = sign.map(|sign| sign.limit_s).or_else(|| again.map(|again| again.limit_s));
        let longest = limit.map_or_else(
            || longest(config, &record.lane),
            |limit| seconds(limit).checked_add(&GRACE).unwrap_or(TimeDelta::MAX),
        );
        let began = again.map_or(current.since, |again| again.since).time();
        let begun = sign.map_or(began, |_| word.stored_at);
        let by = again.map_or(&current.by, |again| &again.by);
        let step = match sign.and_then(Sign::words) {
            Some(words) => Some(words),
            None => {
                steps(config, &record.lane).next().map(|(phase, _, step)| format!("{phase} {}", step.name()))
            }
        };
        Some(Self {
            promotion,
            committed,
            release: current.release.clone(),
            by: mark.filter(|_| sign.is_some()).map_or(by, |_| &record.actor.name).clone(),
            since: current.since.time(),
            step,
            until: begun.checked_add_signed(longest).unwrap_or(DateTime::<Utc>::MAX_UTC),
            left,
        })
    }

    /// The deployment that went on when this was read.
    pub fn seen(config: &Config, snapshot: &Snapshot) -> Option<Self> {
        let head = snapshot.head.as_ref()?;
        Self::of(config, head, snapshot.heard.as_ref().map_or(head, |heard| &heard.word))
    }

    /// Whether the release that is wanted is itself being deployed.
    pub fn same(config: &Config, snapshot: &Snapshot) -> bool {
        Self::seen(config, snapshot)
            .and_then(|found| found.release)
            .is_some_and(|there| there.commit == *snapshot.commit())
    }

    /// Who deploys what, since when, in which step: a lower-case fragment.
    pub fn words(&self, now: DateTime<Utc>) -> String {
        let what = self.release.as_ref().map_or("unknown bytes", |release| release.commit.short(7));
        let since = self.since.format("%Y-%m-%d %H:%M:%S UTC");
        let by = crate::names::escape(&self.by);
        let age = Span::between(self.since, now);
        if self.left {
            return format!(
                "{by} moved {what} at {since} ({age} ago), and the steps that follow have not run yet"
            );
        }
        let step = self.step.as_ref().map(|step| format!(": {step}")).unwrap_or_default();
        format!("{by} has been deploying {what} since {since} ({age}){step}")
    }

    /// The same for machines.
    pub(crate) fn evidence(&self) -> impl Iterator<Item = (&'static str, serde_json::Value)> + use<> {
        let mut evidence = vec![
            ("promotion", self.promotion.0.clone().into()),
            ("by", self.by.clone().into()),
            ("since", self.since.to_rfc3339().into()),
        ];
        evidence.extend(self.release.as_ref().map(|release| ("sha", release.commit.to_string().into())));
        evidence.extend(self.step.clone().map(|step| ("step", step.into())));
        evidence.extend(self.left.then(|| ("left", true.into())));
        evidence.into_iter()
    }
}

fn seconds(count: u64) -> TimeDelta {
    i64::try_from(count).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX)
}

/// The steps that follow a commit in this lane, in their order: phase, whose, step.
fn steps<'c>(
    config: &'c Config,
    lane: &LaneName,
) -> impl Iterator<Item = (&'static str, &'c Environment, &'c Step)> + use<'c> {
    let lane = config.lanes.iter().find(|one| one.name == *lane);
    let names: Vec<&EnvironmentName> = lane.into_iter().flat_map(|lane| &lane.environments).collect();
    let members: Vec<&Environment> =
        names.into_iter().filter_map(|name| config.environments.get(name)).collect();
    ["deploy", "verify"].into_iter().flat_map(move |phase| {
        members.clone().into_iter().flat_map(move |settings| {
            let steps = if phase == "deploy" { &settings.deploy } else { &settings.verify };
            steps.iter().map(move |step| (phase, settings, step))
        })
    })
}

/// How long the steps of a lane may take, as the file is now, and a little more.
fn longest(config: &Config, lane: &LaneName) -> TimeDelta {
    steps(config, lane).fold(GRACE, |total, (_, settings, step)| {
        total.checked_add(&spent(settings, step)).unwrap_or(TimeDelta::MAX)
    })
}

/// How long one step may take at most, its repetitions included.
pub(crate) fn spent(settings: &Environment, step: &Step) -> TimeDelta {
    let once = step.timeout.unwrap_or(settings.timeout);
    let all = once.checked_mul(step.retries.saturating_add(1)).unwrap_or(std::time::Duration::MAX);
    TimeDelta::from_std(all).unwrap_or(TimeDelta::MAX)
}
