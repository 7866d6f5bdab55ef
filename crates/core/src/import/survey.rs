//! Finding out what an import would write. Needs read rights only.

use super::releases::Releases;
use super::timeline::{Stay, stays};
use super::traces::traces;
use super::{ImportPlan, LanePlan, Left, Planned, REASON};
use crate::config::{ArtifactKind, Config, Environment};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Actor, Head, Kind, LedgerError, Manifest, ReleaseRef, TargetState};
use crate::names::EnvironmentName;
use crate::observe::{begun, environment};
use crate::ports::ReadPorts;
use chrono::{DateTime, Utc};

/// What can be told of the past of `environments`, at most `limit` entries of each.
///
/// # Errors
/// `Conflict` when one of them has a history that no earlier import wrote; else what a store answered.
pub async fn survey(
    view: &ReadPorts,
    config: &Config,
    environments: &[EnvironmentName],
    actor: &Actor,
    limit: usize,
) -> Result<ImportPlan, Failure> {
    begun(&view.ledger, config).await?;
    let mut releases = Releases::default();
    let mut plan = ImportPlan::default();
    for name in environments {
        let settings = environment(config, name)?;
        // Environments of one lane have one past.
        if plan.lanes.iter().any(|lane: &LanePlan| lane.lane == settings.lane) {
            continue;
        }
        let lane = one(view, config, settings, &mut releases, (actor, view.clock.now()), limit).await?;
        plan.lanes.push(lane);
    }
    let needed: Vec<_> = plan
        .lanes
        .iter()
        .flat_map(|lane| &lane.records)
        .filter_map(|record| record.release.as_ref().map(|release| release.commit.clone()))
        .collect();
    plan.manifests = releases.unpublished(|commit| needed.contains(commit));
    Ok(plan)
}

async fn one(
    view: &ReadPorts,
    config: &Config,
    settings: &Environment,
    releases: &mut Releases,
    (actor, now): (&Actor, DateTime<Utc>),
    limit: usize,
) -> Result<LanePlan, Failure> {
    let (mut events, mut left, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for artifact in
        settings.artifacts.iter().filter(|one| one.target.is_some() && one.kind != ArtifactKind::Git)
    {
        names.push(artifact.name().to_owned());
        events.extend(traces(view, config, settings, artifact, releases, limit, &mut left).await?);
    }
    let mut records: Vec<Planned> = Vec::new();
    let mut past = stays(&names, events).into_iter().peekable();
    while let Some(stay) = past.next() {
        let what = match &stay.commit {
            Some(commit) => format!("{} ({})", stay.told, commit.short(12)),
            None => stay.told.clone(),
        };
        let found = release(view, config, settings, &stay, releases, (actor, now)).await?;
        let (release, allowed) = match found {
            Ok((release, allowed)) => (Some(release), allowed),
            Err(why) => {
                // What is of no release was said when it was looked at.
                left.extend(stay.commit.is_some().then_some(Left { what, why }));
                (None, Vec::new())
            }
        };
        // In between, what nobody knows leaves a gap. What is there now is recorded as unknown rather than as what was
        // there before it.
        if release.is_none() && (past.peek().is_some() || records.is_empty()) {
            continue;
        }
        records.push(Planned {
            since: stay.since,
            told: match &release {
                Some(_) => format!("{REASON}{}", stay.told),
                None => format!("{REASON}{}, which is not a known release", stay.told),
            },
            release,
            allowed,
            targets: stay.targets,
            warning: stay.warning,
        });
    }
    records.drain(..records.len().saturating_sub(limit));
    let head = view.ledger.head(&settings.lane).await.map_err(LedgerError::read_failure)?;
    let already = written(view, settings, head.as_ref(), &records).await?;
    Ok(LanePlan {
        lane: settings.lane.clone(),
        environment: settings.name.clone(),
        records,
        already,
        head,
        left,
    })
}

/// The release that a stay is of, or why it can't be told.
async fn release(
    view: &ReadPorts,
    config: &Config,
    settings: &Environment,
    stay: &Stay,
    releases: &mut Releases,
    (actor, now): (&Actor, DateTime<Utc>),
) -> Result<Result<(ReleaseRef, Vec<String>), String>, Failure> {
    let Some(commit) = &stay.commit else { return Ok(Err("it is of no release that is known".to_owned())) };
    let manifest = match releases.manifest(view, config, commit, actor, now).await? {
        Ok(manifest) => manifest,
        Err(why) => return Ok(Err(why)),
    };
    Ok(match stay.targets.iter().find(|target| !fits(&manifest, settings, target)) {
        Some(target) => Err(format!("`{}` held other bytes than the release at its source", target.target)),
        None => Ok((manifest.reference(), manifest.allowed.names())),
    })
}

/// Whether what a target held can be the release's artifact.
fn fits(manifest: &Manifest, settings: &Environment, target: &TargetState) -> bool {
    let name = target.artifact.as_ref().map_or("main", |name| name.as_str());
    // Of a folder both are lengths of manifests, and that of a target names tokens besides.
    let folder = settings.artifacts.iter().any(|one| one.name() == name && one.kind == ArtifactKind::Folder);
    manifest.artifact(name, &settings.name).is_some_and(|(_, built)| {
        (folder || built.size == target.size) && target.sha256.is_none_or(|found| found == built.sha256)
    })
}

/// Whether two looks at a target saw the same: a file that nobody described gets another token when it is touched, such as
/// by a backup that links it, and keeps its bytes.
fn alike(one: &TargetState, other: &TargetState) -> bool {
    let bytes = one.sha256.is_some() && one.sha256 == other.sha256;
    let token = (&one.token, &one.version) == (&other.token, &other.version);
    (&one.artifact, &one.target, one.size) == (&other.artifact, &other.target, other.size) && (bytes || token)
}

/// How many of the records are in the ledger already.
async fn written(
    view: &ReadPorts,
    settings: &Environment,
    head: Option<&Head>,
    records: &[Planned],
) -> Result<usize, Failure> {
    if head.is_none() {
        return Ok(0);
    }
    let mut found = view
        .ledger
        .page(&settings.lane, None, records.len().saturating_add(1).min(1000))
        .await
        .map_err(LedgerError::read_failure)?;
    found.reverse();
    let same = |head: &Head, planned: &Planned| {
        let observed = head.record.observe.as_ref().filter(|_| head.record.kind == Kind::Observe);
        observed.is_some_and(|seen| {
            seen.since == planned.since
                && seen.targets.len() == planned.targets.len()
                && seen.targets.iter().zip(&planned.targets).all(|(seen, planned)| alike(seen, planned))
                && seen.release.as_ref().map(|it| &it.commit) == planned.release.as_ref().map(|it| &it.commit)
        })
    };
    let ours =
        found.len() <= records.len() && found.iter().zip(records).all(|(head, planned)| same(head, planned));
    if ours {
        return Ok(found.len());
    }
    Err(Failure::new(ExitStatus::Conflict, format!("{} has a history in the ledger already", settings.name))
        .state("An import fills what is empty; nothing was changed.")
        .hint(format!("`promote history {}` shows it", settings.name))
        .hint("name the environments that have none: `promote import ENV`"))
}
