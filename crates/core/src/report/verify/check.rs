//! What a check says of each thing that it looked at, as data.

use crate::ledger::Action;
use crate::names::EnvironmentName;
use crate::port::Object;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// One target of one environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetCheck {
    /// The environment.
    pub environment: String,
    /// Which artifact.
    pub artifact: String,
    /// Where.
    pub target: String,
    /// Whether it holds what the ledger says.
    pub matches: bool,
    /// What differs, in words.
    pub detail: Option<String>,
    /// What differs inside a folder whose manifest is the recorded one, one sentence each.
    pub inside: Vec<String>,
    /// Files of a folder that an earlier release had and this one has not, one sentence each: they stay without `prune`,
    /// and are no difference.
    pub left_over: Vec<String>,
    /// Whether all that differs are files that are not the release's and that no promotion takes away.
    pub stays: bool,
    /// Whether it should be a pointer to a folder.
    #[serde(skip)]
    pub points: bool,
    /// Whether what lies there can't be adopted: for the hints alone.
    #[serde(skip)]
    pub unfit: bool,
    /// Whether something is in place of a file that no promotion replaces: for the hints alone.
    #[serde(skip)]
    pub odd: bool,
    /// Whether it is what somebody else wrote: for the hints alone.
    #[serde(skip)]
    pub drifted: bool,
    /// Where the ledger says that it was put, where the file names another place, or none any more.
    pub recorded_at: Option<String>,
    /// Whether it could not be compared with anything: what lies there, or the newest record, is none.
    pub unread: bool,
    /// The environments that move along, which a command line names.
    #[serde(skip)]
    pub along: Vec<EnvironmentName>,
    /// The command line that puts back what is recorded, where it is not there and some command can: for the hints alone.
    #[serde(skip)]
    pub back: Option<String>,
    /// The promotion that has not ended in this environment.
    pub open: Option<OpenPromotion>,
    /// What the ledger says; `None` when nothing is recorded.
    pub recorded: Option<RecordedTarget>,
    /// What is there; `None` when nothing is.
    pub found: Option<FoundTarget>,
}

/// A promotion that has not ended: it goes on at this moment, or was cut off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpenPromotion {
    /// The promotion.
    pub promotion: String,
    /// What for.
    pub action: Action,
    /// The commit that moves.
    pub sha: String,
    /// Who.
    pub by: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The command line that goes back from it; `None` for one that undoes another.
    pub undo: Option<String>,
}

/// What the ledger says a target holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedTarget {
    /// The commit; `None` for adopted bytes that no release has.
    pub sha: Option<String>,
    /// What was let through when it was published: `dirty`, `unmerged`.
    pub allowed: Vec<String>,
    /// The digest.
    pub sha256: Option<String>,
    /// The record that says so.
    pub entry: u64,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Who.
    pub by: String,
}

/// What a target was found to hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundTarget {
    /// The digest, where the store vouches for one.
    pub sha256: Option<String>,
    /// Its length in bytes.
    pub size: u64,
    /// When it was written, by the store's clock.
    pub stored_at: DateTime<Utc>,
    /// The promotion that it says wrote it. Foreign text.
    pub promotion: Option<String>,
    /// The commit that it says it is. Foreign text.
    pub sha: Option<String>,
}

impl FoundTarget {
    /// As a store describes it.
    pub(super) fn of(object: &Object) -> Self {
        Self {
            sha256: object.sha256.map(|digest| digest.to_string()),
            size: object.size,
            stored_at: object.stored_at,
            promotion: object.metadata.get("promote-id").cloned(),
            sha: object.metadata.get("promote-commit").cloned(),
        }
    }
}

/// One source of a release that runs somewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceCheck {
    /// Where the release runs.
    pub environments: Vec<String>,
    /// The release.
    pub sha: String,
    /// Which artifact, as its manifest names it.
    pub artifact: String,
    /// Where it lies.
    pub source: String,
    /// Whether nothing speaks against it.
    pub matches: bool,
    /// `same`, `other`, `unread` (published by a version that kept nothing to compare), `missing`, `rewritten` (somebody
    /// wrote there while it was read), or `unknown` (what the ledger keeps of the release can't be found or read).
    pub state: &'static str,
    /// What differs or is not known, in words.
    pub detail: Option<String>,
    /// What differs or is not known of a folder whose manifest is the published one, one sentence each.
    pub inside: Vec<String>,
    /// The digest that it was published with.
    pub sha256: String,
    /// What is there; `None` when nothing is.
    pub found: Option<FoundTarget>,
}

/// One lane's chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChainCheck {
    /// The lane.
    pub lane: String,
    /// The records.
    pub records: usize,
    /// Whether the chain is whole.
    pub intact: bool,
    /// The newest record's id: whoever wrote it down elsewhere can tell that nothing was cut off.
    pub newest: Option<String>,
    /// What is wrong, oldest first.
    pub faults: Vec<String>,
}

/// Everything else below the ledger's root, held against what names it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LedgerCheck {
    /// How many objects there are, records included.
    pub objects: u64,
    /// How many releases have a manifest.
    pub releases: u64,
    /// Of how many no record and no word names the manifest, so that nothing proves it.
    pub unnamed_manifests: u64,
    /// Of how many records name the artifacts alone, as earlier versions wrote them.
    pub named_by_artifacts: u64,
    /// How many words were said about releases.
    pub words: u64,
    /// How many of them are the newest of their kind and named by no record, so that nothing proves them.
    pub unnamed_words: u64,
    /// Whether everything that something names is as it was named, and nothing else is there.
    pub intact: bool,
    /// What is wrong.
    pub faults: Vec<String>,
    /// What this check can't find.
    pub not_found: Vec<&'static str>,
}
