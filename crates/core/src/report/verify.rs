//! Whether the targets hold what the ledger says, and whether the ledger's chains are whole.

mod approval;
mod back;
mod beside;
mod bytes;
mod check;
mod evidence;
mod expected;
mod findings;
mod folders;
mod lane;
mod ledger;
mod place;
mod pointer;
mod relocated;
mod sources;

pub use check::{
    ChainCheck, FoundTarget, LedgerCheck, OpenPromotion, RecordedTarget, SourceCheck, TargetCheck,
};
pub use ledger::{CheckedLedger, check_ledger, check_ledger_in_parts};

use super::Document;
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::invocation::others;
use crate::ledger::{LedgerError, State};
use crate::names::EnvironmentName;
use crate::observe::{environment, seen, standing};
use crate::ports::ReadPorts;
use crate::remember::Learned;
use crate::rule::{drift, unended};
use crate::snapshot::Seen;
use futures_util::future::{try_join, try_join_all};
use serde::Serialize;
use sources::Run;
use std::collections::BTreeMap;

/// `promote verify`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyReport {
    /// What this is.
    pub schema: &'static str,
    /// The project; `None` for a copied ledger that is checked without a configuration.
    pub project: Option<String>,
    /// Whether everything that was checked is as it should be.
    pub matches: bool,
    /// The targets; `None` when they were not looked at.
    pub targets: Option<Vec<TargetCheck>>,
    /// The sources of what runs; `None` when they were not looked at.
    pub sources: Option<Vec<SourceCheck>>,
    /// The chains; `None` when they were not checked.
    pub chains: Option<Vec<ChainCheck>>,
    /// Everything else in the ledger; `None` when it was not checked.
    pub ledger: Option<LedgerCheck>,
}

impl VerifyReport {
    /// Of a ledger alone.
    pub fn of_ledger(checked: CheckedLedger) -> Self {
        Self {
            schema: Self::SCHEMA,
            matches: checked.intact(),
            project: Some(checked.project),
            targets: None,
            sources: None,
            chains: Some(checked.chains),
            ledger: Some(checked.ledger),
        }
    }
}

impl Document for VerifyReport {
    const SCHEMA: &'static str = "promote/verify@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "project", "matches", "targets", "sources", "chains", "ledger"];
}

/// How far a check goes beyond what the stores say of targets and sources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// The whole ledger is checked, its chains of records and all else.
    pub chains: bool,
    /// The bytes of targets and sources are read.
    pub bytes: bool,
}

/// Compares the targets of these environments (of all when none is named) with the ledger, and the sources of what runs
/// there with what was published.
///
/// # Errors
/// When an environment is not there, or a store does not answer: then nothing is known, which is not a difference.
pub async fn verify(
    view: &ReadPorts,
    config: &Config,
    names: &[EnvironmentName],
    depth: Depth,
) -> Result<VerifyReport, Failure> {
    Ok(Box::pin(verify_and_learn(view, config, names, depth)).await?.0)
}

/// The same, with what reading bytes found out, for whoever may write that down.
///
/// # Errors
/// As [`verify`].
pub async fn verify_and_learn(
    view: &ReadPorts,
    config: &Config,
    names: &[EnvironmentName],
    depth: Depth,
) -> Result<(VerifyReport, Vec<Learned>), Failure> {
    for name in names {
        environment(config, name)?;
    }
    let shown = config.in_order().filter(|one| names.is_empty() || names.contains(&one.name));
    let looks: Vec<_> = shown.map(|settings| looked_at(view, config, settings, depth.bytes)).collect();
    let looks = try_join_all(looks);
    let (genesis, looked) = try_join(crate::observe::genesis(view, config), looks).await?;
    let (mut targets, mut runs, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for mut one in looked {
        let running = match one.running {
            Run::Known(running) => Some(*running),
            Run::Unknown(_, mut checks) => {
                unknown.append(&mut checks);
                None
            }
            Run::Nothing => None,
        };
        for check in one.checks.iter_mut().filter(|check| check.matches || depth.bytes) {
            let Some(seen) = one.found.get(&check.artifact) else { continue };
            let seen = (seen, running.as_ref());
            bytes::check(view, config, &one.state, seen, depth.bytes, check).await?;
        }
        back::tell(view, config, &one.state, &mut one.checks).await;
        targets.append(&mut one.checks);
        runs.extend(running);
    }
    let (mut sources, learned) = sources::check(view, &genesis.0, &mut runs, depth.bytes).await?;
    sources.append(&mut unknown);
    let right = targets.iter().all(|target| target.matches) && sources.iter().all(|source| source.matches);
    let mut report = VerifyReport {
        schema: VerifyReport::SCHEMA,
        project: Some(config.project.to_string()),
        matches: right,
        targets: Some(targets),
        sources: Some(sources),
        chains: None,
        ledger: None,
    };
    if depth.chains {
        let lanes: Vec<_> = config.lanes.iter().map(|lane| lane.name.clone()).collect();
        let checked = check_ledger(&view.ledger, &lanes).await?;
        report.matches = right && checked.intact();
        report.chains = Some(checked.chains);
        report.ledger = Some(checked.ledger);
    }
    Ok((report, learned))
}

/// An environment that was looked at.
struct CheckedEnvironment {
    state: State,
    found: BTreeMap<String, Seen>,
    checks: Vec<TargetCheck>,
    running: Run,
}

/// An environment whose newest record, or whose target, is not what it should be stops no other.
async fn looked_at(
    view: &ReadPorts,
    config: &Config,
    settings: &Environment,
    bytes: bool,
) -> Result<CheckedEnvironment, Failure> {
    match targets(view, config, settings, bytes).await {
        Err(failure) if failure.is_finding() => Ok(CheckedEnvironment {
            state: State::default(),
            found: BTreeMap::new(),
            checks: untold(config, settings, &failure),
            running: Run::Nothing,
        }),
        end => end,
    }
}

/// What is said of targets that can't be compared with anything.
fn untold(config: &Config, settings: &Environment, failure: &Failure) -> Vec<TargetCheck> {
    let values = standing(config, settings);
    let artifacts =
        settings.artifacts.iter().filter_map(|artifact| Some((artifact, artifact.target.as_ref()?)));
    let told = artifacts.map(|(artifact, target)| TargetCheck {
        environment: settings.name.to_string(),
        artifact: artifact.name().to_owned(),
        target: crate::gates::filled(target, &values),
        matches: false,
        detail: Some(failure.words()),
        inside: vec![failure.words()],
        left_over: Vec::new(),
        stays: false,
        odd: false,
        points: false,
        unfit: false,
        drifted: false,
        recorded_at: None,
        unread: true,
        along: others(config, settings),
        back: None,
        open: None,
        recorded: None,
        found: None,
    });
    told.collect()
}

async fn targets(
    view: &ReadPorts,
    config: &Config,
    settings: &Environment,
    bytes: bool,
) -> Result<CheckedEnvironment, Failure> {
    // Targets first: what is read of the ledger afterwards is at least as new.
    let renamed = settings.artifacts.iter().any(crate::config::Artifact::is_renamed);
    let now = async || view.ledger.state(&settings.lane).await.map_err(LedgerError::read_failure);
    let late = async {
        let found = seen(view, config, settings, None).await?;
        Ok::<_, Failure>((found, now().await?))
    };
    // The release that runs is looked at meanwhile: it is hardly ever another one a moment later.
    let early = async {
        let state = now().await?;
        sources::running(view, config, settings, &state).await
    };
    let ((mut found, mut state), mut running) = try_join(late, early).await?;
    let differs = |(artifact, seen): (&String, &Seen)| wrong(&state, artifact, seen).is_some();
    if renamed || found.iter().any(differs) {
        // A promotion may have gone on in between, and where the ledger says that something lies is looked at only now.
        found = seen(view, config, settings, Some(&state)).await?;
        state = now().await?;
    }
    let mut checks = compare(config, settings, &state, &found);
    for check in &mut checks {
        let Some(seen) = found.get(&check.artifact) else { continue };
        place::check(view, settings, &state, seen, bytes, check).await?;
        pointer::check(view, settings, &state, seen, check).await?;
    }
    relocated::check(view, config, settings, &state, &mut checks).await?;
    if !running.is(&state) {
        running = sources::running(view, config, settings, &state).await?;
    }
    Ok(CheckedEnvironment { state, found, checks, running })
}

/// How a target differs from what is recorded, in words.
fn wrong(state: &State, artifact: &str, seen: &Seen) -> Option<String> {
    drift(state, artifact, seen).or_else(|| unended(state, artifact, seen))
}

fn compare(
    config: &Config,
    settings: &Environment,
    state: &State,
    found: &BTreeMap<String, Seen>,
) -> Vec<TargetCheck> {
    found
        .iter()
        .map(|(artifact, seen)| {
            let detail = wrong(state, artifact, seen);
            TargetCheck {
                environment: settings.name.to_string(),
                artifact: artifact.clone(),
                target: seen.location.to_string(),
                matches: detail.is_none(),
                detail,
                inside: Vec::new(),
                left_over: Vec::new(),
                stays: false,
                odd: false,
                points: false,
                unfit: false,
                drifted: drift(state, artifact, seen).is_some(),
                recorded_at: None,
                unread: false,
                along: others(config, settings),
                back: None,
                open: expected::open(config, settings, state),
                recorded: expected::recorded(state, artifact),
                found: seen.object.as_ref().map(FoundTarget::of),
            }
        })
        .collect()
}
