//! One promotion with every record it has, and one release with every place it has been.

mod undone;

use super::history::{Entry, entries, records_of};
use super::outcome::StepReport;
use super::{AllowedReport, Document, EvidenceReport, ReleaseReport, RuleReport, Write};
use crate::commit::CommitId;
use crate::config::Config;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Block, Head, Kind, LedgerError, PromotionId, Word, state::TRAIL};
use crate::observe::{begun, heads};
use crate::ports::ReadPorts;
use crate::version;
use chrono::{DateTime, Utc};
use futures_util::future::{try_join, try_join4};
use serde::Serialize;
use std::collections::BTreeMap;

/// `promote show ID`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromotionReport {
    /// What this is.
    pub schema: &'static str,
    /// The project.
    pub project: String,
    /// What came of it.
    pub entry: Entry,
    /// The release.
    pub release: ReleaseReport,
    /// The writes that were planned.
    pub moves: Vec<Write>,
    /// The rules' answers when it began.
    pub rules: Vec<RuleReport>,
    /// The steps that ran.
    pub steps: Vec<StepReport>,
    /// The texts that were given, by name.
    pub notes: BTreeMap<String, String>,
    /// Identifies the plan that was carried out.
    pub plan: String,
    /// Its records, oldest first.
    pub records: Vec<RecordReport>,
}

impl Document for PromotionReport {
    const SCHEMA: &'static str = "promote/promotion@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "project", "entry", "release", "moves", "rules", "steps", "notes", "plan", "records"];
}

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordReport {
    /// Its number in its lane.
    pub seq: u64,
    /// What it says.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// The store's time of it.
    pub at: DateTime<Utc>,
    /// Who wrote it.
    pub by: String,
    /// Where that name comes from.
    pub by_source: String,
    /// `claimed` when anyone could have said so, `verified` when something signed it.
    pub by_strength: String,
    /// What else is known of who wrote it: the run's address, and what a token said (`oidc-…`), its issuer and subject too.
    pub by_details: BTreeMap<String, String>,
}

/// Everything about one promotion.
///
/// # Errors
/// `Missing` when the ledger has no such promotion, or what the store answered.
pub async fn promotion(
    view: &ReadPorts,
    config: &Config,
    id: &PromotionId,
) -> Result<PromotionReport, Failure> {
    let (_, heads) = try_join(begun(&view.ledger, config), records_of(view, config, id)).await?;
    let newest: Vec<Head> = heads.iter().rev().cloned().collect();
    let intent = heads.iter().find_map(|head| head.record.intent.as_ref().map(|intent| (head, intent)));
    let (Some((first, intent)), Some(entry)) = (intent, entries(&newest).pop()) else {
        return Err(Failure::new(
            ExitStatus::Missing,
            format!("the ledger has no promotion `{}`", crate::names::escape(&id.0)),
        )
        .hint("`promote history --json` names them"));
    };
    let steps = heads.iter().filter_map(|head| head.record.outcome.as_ref()).flat_map(|one| &one.steps);
    Ok(PromotionReport {
        schema: PromotionReport::SCHEMA,
        project: config.project.to_string(),
        entry,
        release: ReleaseReport { allowed: intent.allowed.clone(), ..ReleaseReport::of(&intent.release) },
        moves: intent.targets.iter().map(|target| Write::of(target, None)).collect(),
        rules: intent.findings.iter().map(RuleReport::of).collect(),
        steps: steps.map(StepReport::of).collect(),
        notes: first.record.why.notes.clone(),
        plan: intent.plan.to_string(),
        records: heads
            .iter()
            .map(|head| RecordReport {
                seq: head.record.seq.0,
                kind: head.record.kind,
                id: head.id.to_string(),
                at: head.stored_at,
                by: head.record.actor.name.clone(),
                by_source: head.record.actor.source.clone(),
                by_strength: head.record.actor.strength.to_string(),
                by_details: head.record.actor.details.clone(),
            })
            .collect(),
    })
}

/// `promote show RELEASE`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseShow {
    /// What this is.
    pub schema: &'static str,
    /// The project.
    pub project: String,
    /// The release.
    pub release: ReleaseReport,
    /// When it was published, by the publisher's clock.
    pub published_at: DateTime<Utc>,
    /// Who published it.
    pub published_by: String,
    /// How it was made.
    pub built: String,
    /// What was let through then, with what is known of it.
    pub allowed: AllowedReport,
    /// Why it may go no further.
    pub blocked: Option<Block>,
    /// Why retention keeps it.
    pub pinned: Option<Block>,
    /// Why retention deletes it.
    pub doomed: Option<Block>,
    /// The store's time at which its artifacts had been deleted.
    pub gone_at: Option<DateTime<Utc>>,
    /// The newest results about it, by name.
    pub evidence: Vec<EvidenceReport>,
    /// Its artifacts.
    pub artifacts: Vec<ArtifactReport>,
    /// Where it is and was, in the order of the environments.
    pub places: Vec<PlaceReport>,
    /// Whether these are all the places; older stays are in the history only.
    pub complete: bool,
}

impl Document for ReleaseShow {
    const SCHEMA: &'static str = "promote/release@1";
    const FIELDS: &'static [&'static str] = &[
        "schema",
        "project",
        "release",
        "published_at",
        "published_by",
        "built",
        "allowed",
        "blocked",
        "pinned",
        "doomed",
        "gone_at",
        "evidence",
        "artifacts",
        "places",
        "complete",
    ];
}

/// One published artifact.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtifactReport {
    /// Its name; the only one is called `main`.
    pub artifact: String,
    /// Where it lies.
    pub location: String,
    /// Its digest.
    pub sha256: String,
    /// Its length in bytes.
    pub size: u64,
}

/// A stay in an environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaceReport {
    /// The environment.
    pub environment: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when; `None` when it is there now.
    pub until: Option<DateTime<Utc>>,
    /// Since when it was verified.
    pub verified_at: Option<DateTime<Utc>>,
    /// Whether it was rolled back there.
    pub rolled_back: bool,
    /// Whether the promotion was undone: nothing was there before, and nothing is recorded of it afterwards.
    pub undone: bool,
}

/// Everything about one release.
///
/// # Errors
/// `Missing` when it was never published, or what the store answered.
pub async fn release(view: &ReadPorts, config: &Config, commit: &CommitId) -> Result<ReleaseShow, Failure> {
    let manifest = async { view.ledger.manifest(commit).await.map_err(LedgerError::read_failure) };
    let listed = async { view.ledger.listed_release(commit).await.map_err(LedgerError::read_failure) };
    let names = config.stages.iter().flatten();
    let begun = begun(&view.ledger, config);
    let (_, manifest, mut entry, heads) =
        try_join4(begun, manifest, listed, heads(view, config, names)).await?;
    let Some(manifest) = manifest else {
        return Err(crate::observe::unpublished(view, commit.as_str()).await);
    };
    let tags = match &view.history {
        Some(history) => history.tags(commit).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let version = version::now(manifest.version.as_deref(), &tags);
    view.ledger.heed(commit, &mut entry).await.map_err(LedgerError::read_failure)?;
    let said = async |word: Word, holds: bool| match holds {
        true => {
            let newest =
                view.ledger.newest_said(commit, word, &entry).await.map_err(LedgerError::read_failure)?;
            Ok::<_, Failure>(Some(newest.or_lost(view.clock.now())))
        }
        false => Ok(None),
    };
    let blocked = said(Word::Block, entry.blocked()).await?;
    let pinned = said(Word::Pin, entry.pinned()).await?;
    let doomed = said(Word::Doom, entry.doomed()).await?;
    let evidence = crate::observe::evidence(view, commit, entry.evidence.keys(), &entry).await?;
    let evidence =
        evidence.iter().flat_map(|(name, all)| all.iter().map(|one| EvidenceReport::of(name, one)));
    let mut places = Vec::new();
    let mut complete = true;
    let mut lanes = Vec::new();
    for name in config.stages.iter().flatten() {
        let Some(state) = heads.get(name).and_then(Option::as_ref).map(Head::state) else { continue };
        complete &= state.trail.len() < TRAIL;
        let rolled_back = state.rolled_back.contains(commit);
        let here =
            state.current.iter().filter(|one| one.release.as_ref().is_some_and(|it| it.commit == *commit));
        places.extend(here.map(|one| PlaceReport {
            environment: name.to_string(),
            since: one.told_since(),
            until: None,
            verified_at: one.verified.map(|moment| moment.time()),
            rolled_back: false,
            undone: false,
        }));
        places.extend(state.trail.iter().filter(|past| past.release.commit == *commit).map(|past| {
            PlaceReport {
                environment: name.to_string(),
                since: past.told().0,
                until: Some(past.told().1),
                verified_at: past.verified.map(|moment| moment.time()),
                rolled_back,
                undone: false,
            }
        }));
        let lane = config.environments.get(name).map(|settings| &settings.lane);
        let Some(lane) = lane.filter(|lane| !lanes.contains(lane)) else { continue };
        lanes.push(lane);
        let (undone, all) = undone::undone(&view.ledger, lane, commit).await?;
        complete &= all;
        places.extend(undone.into_iter().map(|one| PlaceReport {
            environment: name.to_string(),
            since: one.since,
            until: Some(one.until),
            verified_at: None,
            rolled_back: false,
            undone: true,
        }));
    }
    Ok(ReleaseShow {
        schema: ReleaseShow::SCHEMA,
        project: config.project.to_string(),
        release: ReleaseReport { version, ..ReleaseReport::published(&manifest) },
        published_at: manifest.at,
        published_by: manifest.actor.name.clone(),
        built: manifest.built.clone(),
        allowed: AllowedReport::of(&manifest.allowed),
        blocked,
        pinned,
        doomed,
        gone_at: entry.gone,
        evidence: evidence.collect(),
        artifacts: manifest
            .artifacts
            .iter()
            .map(|(name, built)| ArtifactReport {
                artifact: name.clone(),
                location: built.location.to_string(),
                sha256: built.sha256.to_string(),
                size: built.size,
            })
            .collect(),
        places,
        complete,
    })
}
