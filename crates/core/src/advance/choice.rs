//! What automation tries in one environment: pure, from the states of the lanes and the releases that there are.

use crate::commit::CommitId;
use crate::config::{Config, Environment, WhileDeploying};
use crate::deploying::Deploying;
use crate::exit::ExitStatus;
use crate::invocation::Invocation;
use crate::lease;
use crate::ledger::{OutcomeResult, ReleaseRef, State};
use crate::names::EnvironmentName;
use crate::standing;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// How many releases are tried in one environment at most, newest first.
pub const TRIES: usize = 8;

/// A published release, as far as choosing the newest needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its commit.
    pub commit: CommitId,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// When it was published, by the store's clock.
    pub published_at: DateTime<Utc>,
    /// Whether it is on the environment's branch, or on any where none is asked for.
    pub on_branch: bool,
}

impl Published {
    /// By what releases are ordered: as the rule `order` does, and by publication where that does not tell.
    fn age(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (self.committed_at.unwrap_or(self.published_at), self.published_at)
    }
}

/// What is known of an environment.
#[derive(Debug, Clone, Copy)]
pub struct LaneFacts<'a> {
    /// The state of its lane.
    pub state: &'a State,
    /// What is being deployed there.
    pub deploying: Option<&'a Deploying>,
    /// When whoever is at the environment was heard of last; `None` before the first record.
    pub last: Option<DateTime<Utc>>,
    /// The states of the lanes of the environments before.
    pub upstream: &'a BTreeMap<EnvironmentName, State>,
    /// For a first environment: the releases that were published last.
    pub published: &'a [Published],
    /// The time by the ledger's store.
    pub now: DateTime<Utc>,
}

/// What to do with an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// These releases, one after the other, until one may move.
    Try(Vec<CommitId>),
    /// Somebody is at it: leave it alone.
    Busy(String),
    /// There is nothing that it could take; why, where that is not plain, and how it ends: as the deployment did of
    /// what is there.
    Nothing(Option<String>, ExitStatus),
}

/// The automatic environments in their order, one for each lane: what reads the same target moves as one.
pub fn automatic(config: &Config) -> Vec<&Environment> {
    let mut found: Vec<&Environment> = Vec::new();
    for settings in config.in_order().filter(|settings| settings.auto) {
        if !found.iter().any(|other| other.lane == settings.lane) {
            found.push(settings);
        }
    }
    found
}

/// Those that read the same target move along by themselves only when all of them are automatic.
pub fn along(config: &Config, settings: &Environment) -> Vec<EnvironmentName> {
    let lane = config.lanes.iter().find(|lane| lane.name == settings.lane);
    let names = lane.map(|lane| lane.environments.clone()).unwrap_or_default();
    let auto = |name: &EnvironmentName| config.environments.get(name).is_some_and(|other| other.auto);
    if names.len() > 1 && names.iter().all(auto) { names } else { Vec::new() }
}

/// Chooses what to try.
pub fn choose(config: &Config, settings: &Environment, known: LaneFacts<'_>) -> Choice {
    if let Some(busy) = busy(config, settings, known) {
        return Choice::Busy(busy);
    }
    let found = if settings.from.is_empty() { newest(settings, known) } else { verified(settings, known) };
    match found {
        Ok(commits) => Choice::Try(commits),
        Err(why) => Choice::Nothing(why, standing::exit(known.state, false)),
    }
}

/// Who has the environment, when somebody has.
fn busy(config: &Config, settings: &Environment, known: LaneFacts<'_>) -> Option<String> {
    let name = &settings.name;
    // Who may be at work is left to it: to go on beside it is not what anybody should be told to do.
    let alive = known.last.is_some_and(|last| lease::is_fresh(last, known.now));
    if let Some(open) = &known.state.open {
        let back = Invocation::along("rollback", config, settings);
        let what = format!(
            "promotion {} of {} by {} is open",
            open.promotion,
            open.release.commit.short(7),
            crate::names::escape(&open.by)
        );
        return Some(match alive {
            true => format!("{what}; wait for its end, `promote status {name}` shows it"),
            false => {
                let comes_to = lease::going_back(open.action);
                format!("{what}; `promote resume {name}` finishes it, `{back}` {comes_to}")
            }
        });
    }
    let deploying = known.deploying.filter(|deploying| known.now < deploying.until)?;
    // Where a newer promotion may overtake, automation may as well: the rule says so.
    let next = match (deploying.left, alive) {
        (true, _) => format!("`promote resume {name}` runs them"),
        (false, true) => format!("wait for its end, `promote status {name}` shows it"),
        (false, false) => format!("`promote resume {name}` settles how that ended"),
    };
    (settings.while_deploying == WhileDeploying::Refuse)
        .then(|| format!("{}; {next}", deploying.words(known.now)))
}

/// For a first environment: the newest release on its branch, unless that or a newer one is there. One that is blocked
/// or was rolled back is tried all the same, and refused: automation does not go around what a person said of it.
fn newest(settings: &Environment, known: LaneFacts<'_>) -> Result<Vec<CommitId>, Option<String>> {
    let here = known.state.release();
    let Some(newest) = known.published.iter().filter(|one| one.on_branch).max_by_key(|one| one.age()) else {
        return Err(Some(match &settings.branch {
            Some(branch) if !known.published.is_empty() => {
                format!("none of the releases that were published last is on {branch}")
            }
            _ if known.published.is_empty() => "nothing is published yet".to_owned(),
            _ => "none of the releases that were published last moves by itself".to_owned(),
        }));
    };
    let passed = here.is_some_and(|here| {
        let there = known.published.iter().find(|one| one.commit == here.commit);
        let older = |at: DateTime<Utc>| newest.committed_at.is_some_and(|new| new < at);
        here.commit == newest.commit
            || here.committed_at.is_some_and(older)
            || there.is_some_and(|there| there.age() >= newest.age())
    });
    if passed { Err(left(known.state)) } else { Ok(vec![newest.commit.clone()]) }
}

/// For a later environment: what was verified in the environment before and not rolled back there, newest stay first,
/// up to what is here.
fn verified(settings: &Environment, known: LaneFacts<'_>) -> Result<Vec<CommitId>, Option<String>> {
    let Some(first) = settings.from.first() else { return Err(None) };
    let Some(before) = known.upstream.get(first) else {
        return Err(Some(format!("no release is recorded in {first} yet")));
    };
    let here = known.state.release();
    let is_here = |release: &ReleaseRef| here.is_some_and(|here| here.commit == release.commit);
    let current =
        before.current.iter().filter_map(|now| Some((now.release.as_ref()?, now.verified.is_some())));
    let past = before.trail.iter().map(|past| (&past.release, past.verified.is_some()));
    let mut found: Vec<CommitId> = Vec::new();
    for (release, verified) in current.chain(past).take_while(|(release, _)| !is_here(release)) {
        let gone = before.rolled_back.contains(&release.commit);
        if verified && !gone && !found.contains(&release.commit) && found.len() < TRIES {
            found.push(release.commit.clone());
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let there = before.release().filter(|there| !is_here(there));
    Err(match there {
        Some(there) => Some(format!("{} is in {first}, but is not verified there", there.commit.short(7))),
        None if here.is_none() => Some(format!("no release is recorded in {first} yet")),
        None => left(known.state),
    })
}

/// What is worth saying of an environment that has what it could have.
fn left(state: &State) -> Option<String> {
    let current = state.current.as_ref()?;
    match current.outcome {
        Some(OutcomeResult::Succeeded) => None,
        None if !current.follows => None,
        ended => Some(crate::standing::word(ended).to_owned()),
    }
}
