//! Reading what a status needs. First round: genesis, listings, targets. Second round: the newest record of each
//! lane. What looks like drift is looked at once more, because a promotion may have gone on in between.

use super::looked::StatusReads;
use super::next::{self, next, wanted};
use super::outside;
use super::ways::{bars, resumed, way_back};
use super::{
    AllFrozenReport, DeployingReport, Document, EnvironmentStatus, LedgerReport, OpenReport, Running,
    SaidReport, Standing, StatusReport,
};
use crate::config::{Config, Environment};
use crate::deploying::Deploying;
use crate::failure::Failure;
use crate::lease::{self, Heard};
use crate::ledger::{Actor, Head, LedgerError, OutcomeResult, State, Word};
use crate::names::{EnvironmentName, LaneName};
use crate::observe::undoing::lasting;
use crate::observe::{adopted, begun, begun_intent, descent, environment, gates_before, never_begun, seen};
use crate::observe::{standstill_of, standstill_to_judge};
use crate::ports::ReadPorts;
use crate::relocated::Relocated;
use crate::rule::{drift, unended};
use crate::snapshot::Seen;
use chrono::{DateTime, Utc};
use futures_util::future::{join, join_all, try_join_all, try_join4};
use std::collections::BTreeMap;

/// What runs in these environments (in all of them when none is named), and what could move.
///
/// # Errors
/// When an environment is not there, or the ledger can't be read. Targets that can't be looked at are no error.
pub async fn status(
    view: &ReadPorts,
    config: &Config,
    names: &[EnvironmentName],
    actor: &Actor,
) -> Result<StatusReport, Failure> {
    for name in names {
        environment(config, name)?;
    }
    let shown: Vec<&Environment> =
        config.in_order().filter(|one| names.is_empty() || names.contains(&one.name)).collect();
    let mut looked = look(view, config, &shown).await?;
    again(view, config, &shown, &mut looked).await?;
    heard(view, config, &mut looked).await?;
    gates(view, config, &shown, &mut looked).await?;
    outside::votes(view, config, &shown, &mut looked).await?;
    outside::checks(view, config, &shown, &mut looked).await;
    outside::evidence(view, config, &shown, &mut looked).await?;
    before(view, &shown, &mut looked).await?;
    bars(view, config, &shown, &mut looked).await?;
    ask_history(view, &shown, &mut looked).await;
    let reports = shown.iter().map(|settings| report(view, config, settings, &looked, actor));
    let environments = join_all(reports).await;
    let entries = looked.heads.values().flatten().map(|head| head.record.seq.0).sum();
    Ok(StatusReport {
        schema: StatusReport::SCHEMA,
        file: String::new(),
        project: config.project.to_string(),
        at: looked.at,
        ledger: LedgerReport {
            location: format!("{}/{}/", view.ledger.bucket(), view.ledger.root()),
            begun: looked.genesis.is_some(),
            entries,
        },
        frozen: looked
            .standstill
            .as_ref()
            .and_then(|found| found.frozen_at(looked.at))
            .map(AllFrozenReport::of),
        environments,
    })
}

async fn look(view: &ReadPorts, config: &Config, shown: &[&Environment]) -> Result<StatusReads, Failure> {
    let mut lanes: Vec<&LaneName> = Vec::new();
    for settings in shown {
        let before = settings.from.iter().filter_map(|name| config.environments.get(name));
        lanes.extend(before.map(|before| &before.lane));
        lanes.push(&settings.lane);
    }
    lanes.sort();
    lanes.dedup();
    let genesis = begun(&view.ledger, config);
    let releases = async { view.ledger.first_releases(1000).await.map_err(LedgerError::read_failure) };
    let heads = try_join_all(lanes.into_iter().map(|lane| async move {
        Ok::<_, Failure>((lane.clone(), view.ledger.head(lane).await.map_err(LedgerError::read_failure)?))
    }));
    let targets =
        join_all(shown.iter().map(|settings| async move {
            (settings.name.clone(), seen(view, config, settings, None).await)
        }));
    let standstill = standstill_to_judge(view);
    let (first, targets) = join(try_join4(genesis, releases, heads, standstill), targets).await;
    let (genesis, mut releases, heads, standstill) = first?;
    let here = heads.iter().filter_map(|(_, head)| head.as_ref()?.state().release());
    for release in here {
        if let Some(entry) = releases.get_mut(&release.commit) {
            let heeded = view.ledger.heed_one(&release.commit, Word::Block, entry).await;
            heeded.map_err(LedgerError::read_failure)?;
        }
    }
    let genesis = match genesis {
        None => never_begun(&view.ledger, config).await?,
        found => found,
    };
    let at =
        view.ledger.bucket().now().await.map_err(|error| Failure::from_read("asking for the time", error))?;
    let standstill = match &genesis {
        Some((genesis, _)) => standstill_of(genesis, standstill),
        None => standstill,
    };
    Ok(StatusReads {
        standstill,
        genesis,
        heads: heads.into_iter().collect(),
        targets: targets.into_iter().collect(),
        releases,
        natures: view.stores.iter().map(|(id, store)| (id.clone(), store.capabilities())).collect(),
        on_branch: BTreeMap::new(),
        tags: BTreeMap::new(),
        descent: BTreeMap::new(),
        gates: BTreeMap::new(),
        votes: BTreeMap::new(),
        checks: BTreeMap::new(),
        evidence: BTreeMap::new(),
        heard: BTreeMap::new(),
        adopted: BTreeMap::new(),
        stays: BTreeMap::new(),
        barred: BTreeMap::new(),
        at,
        local_at: view.clock.now(),
        lanes: config.environments.values().map(|one| (one.name.clone(), one.lane.clone())).collect(),
        begun: BTreeMap::new(),
    })
}

/// Looks once more at environments that seem to have drifted: targets first, record afterwards. Where something is open, its
/// intent is read.
async fn again(
    view: &ReadPorts,
    config: &Config,
    shown: &[&Environment],
    looked: &mut StatusReads,
) -> Result<(), Failure> {
    for settings in shown {
        // A target whose name depends on the release or the moment is looked at where the ledger says that it was put last.
        let renamed = settings.artifacts.iter().any(crate::config::Artifact::is_renamed);
        if drifts(settings, looked).is_empty() && !renamed {
            continue;
        }
        let targets = seen(view, config, settings, looked.state(&settings.lane)).await;
        let head = view.ledger.head(&settings.lane).await.map_err(LedgerError::read_failure)?;
        looked.targets.insert(settings.name.clone(), targets);
        looked.heads.insert(settings.lane.clone(), head);
    }
    for settings in shown {
        let Some(state) = looked.state(&settings.lane) else { continue };
        let begun = begun_intent(&view.ledger, &settings.lane, state).await?;
        looked.begun.extend(begun.map(|intent| (settings.lane.clone(), intent)));
    }
    Ok(())
}

fn drifts(settings: &Environment, looked: &StatusReads) -> Vec<String> {
    let empty = State::default();
    let state = looked.state(&settings.lane).unwrap_or(&empty);
    let Some(Ok(targets)) = looked.targets.get(&settings.name) else { return Vec::new() };
    targets.iter().filter_map(|(artifact, seen)| drift(state, artifact, seen)).collect()
}

/// What the targets hold of a promotion that has not ended, in words; nothing where none is open.
fn holds(settings: &Environment, looked: &StatusReads) -> Vec<String> {
    let Some(state) = looked.state(&settings.lane).filter(|state| state.open.is_some()) else {
        return Vec::new();
    };
    let Some(Ok(targets)) = looked.targets.get(&settings.name) else { return Vec::new() };
    let one = |(artifact, seen): (&String, &Seen)| {
        let place = &seen.location;
        match unended(state, artifact, seen) {
            Some(words) => words,
            None if state.current.is_none() && place.folder().is_some() => {
                format!("`{place}` has no manifest; some of its files may be of that promotion")
            }
            None if state.current.is_none() => format!("`{place}` is as it was before: nothing is recorded"),
            // Of its files the manifest says nothing before the last of them is in place.
            None if place.folder().is_some() => {
                format!("`{place}` has the manifest from before; some of its files may be of that promotion")
            }
            None => format!("`{place}` contains what is recorded"),
        }
    };
    let sound = targets.iter().filter(|(artifact, seen)| drift(state, artifact, seen).is_none());
    sound.map(one).collect()
}

/// Reads whether those who are at something are alive.
async fn heard(view: &ReadPorts, config: &Config, looked: &mut StatusReads) -> Result<(), Failure> {
    let reads = looked.heads.iter().map(|(lane, head)| async move {
        Ok::<_, Failure>((lane.clone(), lease::heard(view, config, head.as_ref()).await?))
    });
    let found: Vec<_> = try_join_all(reads).await?;
    looked.heard = found.into_iter().filter_map(|(lane, heard)| Some((lane, heard?))).collect();
    Ok(())
}

/// Reads what was adopted before what is there, where the way back depends on that.
async fn before(view: &ReadPorts, shown: &[&Environment], looked: &mut StatusReads) -> Result<(), Failure> {
    let reads = shown.iter().map(|settings| {
        let lane = &settings.lane;
        let head = looked.heads.get(lane).and_then(Option::as_ref);
        async move {
            let adopted = adopted(view, lane, head.map(Head::state)).await?;
            Ok::<_, Failure>((lane.clone(), adopted, lasting(&view.ledger, lane, head).await?))
        }
    });
    for (lane, adopted, stays) in try_join_all(reads).await? {
        looked.stays.extend(stays.map(|stays| (lane.clone(), stays)));
        looked.adopted.extend(adopted.map(|adopted| (lane, adopted)));
    }
    Ok(())
}

/// Reads the gates that were in force before, of those environments that something may move to.
async fn gates(
    view: &ReadPorts,
    config: &Config,
    shown: &[&Environment],
    looked: &mut StatusReads,
) -> Result<(), Failure> {
    let empty = State::default();
    let reads = shown.iter().filter(|settings| wanted(settings, looked).is_some()).map(|settings| {
        let state = looked.state(&settings.lane).unwrap_or(&empty);
        let targets = looked.targets.get(&settings.name).and_then(|seen| seen.as_ref().ok());
        async move {
            let none = BTreeMap::new();
            let found = gates_before(view, config, settings, state, targets.unwrap_or(&none), false).await?;
            Ok::<_, Failure>((settings.name.clone(), found))
        }
    });
    let found: Vec<_> = try_join_all(reads).await?;
    looked.gates = found.into_iter().collect();
    Ok(())
}

/// What only the repository knows of the releases that may move.
async fn ask_history(view: &ReadPorts, shown: &[&Environment], looked: &mut StatusReads) {
    let Some(history) = &view.history else { return };
    for settings in shown {
        let adopted = next::adopted(settings, looked).map(|release| release.commit.clone());
        let next = wanted(settings, looked).map(|(release, _)| release.commit.clone());
        if let Some(next) = &next {
            let there = looked.state(&settings.lane).and_then(State::release);
            let found = descent(view, there, next).await;
            looked.descent.insert(settings.name.clone(), found);
        }
        for commit in adopted.into_iter().chain(next) {
            if let Some(branch) = &settings.branch {
                let found = history.on_branch(&commit, branch).await.ok().flatten();
                looked.on_branch.insert(commit.clone(), found);
            }
            let found = history.tags(&commit).await.unwrap_or_default();
            looked.tags.insert(commit, found);
        }
    }
}

async fn report(
    view: &ReadPorts,
    config: &Config,
    settings: &Environment,
    looked: &StatusReads,
    actor: &Actor,
) -> EnvironmentStatus {
    let state = looked.state(&settings.lane).cloned().unwrap_or_default();
    let moved = looked.relocated(config, settings);
    let drift: Vec<String> =
        drifts(settings, looked).into_iter().chain(moved.iter().map(Relocated::told)).collect();
    let mut running = running(&state, looked.at);
    let mut next = next(config, settings, looked, actor);
    if let Some(history) = &view.history {
        let here = state.release().map(|release| release.commit.clone());
        let subject = async {
            if let (Some(running), Some(here)) = (&mut running, &here) {
                let found = history.resolve(here.as_str()).await.ok().flatten();
                running.subject = found.map(|commit| commit.subject);
            }
        };
        let commits = async {
            if let (Some(next), Some((release, _)), Some(here)) = (&mut next, wanted(settings, looked), &here)
            {
                let found = history.between(here, &release.commit, 1).await.ok().flatten();
                next.commits = found.map(|(count, _)| count);
            }
        };
        join(subject, commits).await;
    }
    let frozen = state.frozen_at(looked.at).map(|frozen| SaidReport {
        reason: frozen.reason.clone(),
        by: frozen.by.clone(),
        since: frozen.since.time(),
        until: frozen.until,
    });
    let hold = state.held.as_ref().map(|held| SaidReport {
        reason: held.reason.clone(),
        by: held.by.clone(),
        since: held.since.time(),
        until: None,
    });
    let head = looked.heads.get(&settings.lane).and_then(Option::as_ref);
    let heard = looked.heard.get(&settings.lane);
    let deploying = head.zip(heard).and_then(|(head, heard)| Deploying::of(config, head, &heard.word));
    let last = heard.map_or(looked.at, Heard::last);
    let first = state.open.is_none() && looked.stays.contains_key(&settings.lane);
    let barred = looked.barred.get(&settings.lane).cloned().unwrap_or_default();
    EnvironmentStatus {
        name: settings.name.to_string(),
        tier: settings.tier,
        lane: settings.lane.to_string(),
        from: settings.from.iter().map(ToString::to_string).collect(),
        auto: settings.auto,
        url: settings.url.clone(),
        standing: standing(&state, &drift, deploying.is_some()),
        running,
        open: state.open.as_ref().map(|open| OpenReport {
            promotion: open.promotion.to_string(),
            action: open.action,
            sha: open.release.commit.to_string(),
            by: open.by.clone(),
            since: open.since.time(),
            last,
            alive: lease::is_fresh(last, looked.at),
            last_s: (looked.at - last).num_seconds().max(0),
        }),
        deploying: deploying.map(|deploying| DeployingReport::of(&deploying, last, looked.at)),
        frozen,
        hold,
        holds: holds(settings, looked),
        drift,
        undo: way_back(config, settings, &state, looked)(&barred).map(|way| way.line.to_string()),
        barred: resumed(&state).filter(|there| barred.contains(*there)).map(ToString::to_string),
        first,
        stays: looked.stays.get(&settings.lane).cloned().unwrap_or_default(),
        again: next::again(config, settings, looked, actor).map(|line| line.to_string()),
        problem: looked.targets.get(&settings.name).and_then(|seen| seen.as_ref().err()).map(Failure::words),
        next,
    }
}

fn standing(state: &State, drift: &[String], deploying: bool) -> Standing {
    match &state.current {
        _ if state.open.is_some() => Standing::Unfinished,
        _ if !drift.is_empty() => Standing::Drift,
        None => Standing::Empty,
        _ if deploying => Standing::Deploying,
        Some(current) => match current.outcome {
            _ if current.verified.is_some() => Standing::Verified,
            Some(OutcomeResult::Failed) => Standing::Failed,
            Some(OutcomeResult::TimedOut) => Standing::TimedOut,
            None if current.follows => Standing::Deploying,
            _ => Standing::NotVerified,
        },
    }
}

fn running(state: &State, at: DateTime<Utc>) -> Option<Running> {
    let current = state.current.as_ref()?;
    let release = current.release.as_ref();
    Some(Running {
        sha: release.map(|release| release.commit.to_string()),
        version: release.and_then(|release| release.version.clone()),
        subject: None,
        artifacts: current
            .targets
            .iter()
            .filter_map(|target| {
                let name = target.artifact.as_ref().map_or("main", |name| name.as_str());
                Some((name.to_owned(), target.sha256?.to_string()))
            })
            .collect(),
        since: current.told_since(),
        since_s: (at - current.told_since()).num_seconds().max(0),
        promotion: current.promotion.as_ref().map(ToString::to_string),
        action: current.action,
        by: current.by.clone(),
        verified: current.verified.is_some(),
        outcome: current.outcome,
        allowed: release.map(|release| state.allowed(&release.commit)).unwrap_or_default(),
    })
}
