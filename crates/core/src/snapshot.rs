//! The world at one moment, as far as a decision needs it: plain data, read by `observe`, judged by `plan`.

use crate::commit::CommitId;
use crate::digest::Digest;
use crate::folder::source::Part;
use crate::folder::{Change, FolderManifest, SourceFindings};
use crate::gates::Before;
use crate::lease::Heard;
use crate::ledger::manifest::FILE as MANIFEST;
use crate::ledger::{
    Action, Block, Bound, Genesis, Head, Identity, Manifest, ReleaseRef, Replaced, SeenArtifacts, State,
    StoredEvidence, StoredStandstill,
};
use crate::location::{Location, StoreId};
use crate::names::{EnvironmentName, EvidenceName};
use crate::port::{Capabilities, Check, Object};
use crate::relocated::Relocated;
use crate::request::Request;
use crate::version;
use crate::vote::Votes;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A release and all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its manifest.
    pub manifest: Manifest,
    /// Whether it is blocked, and why.
    pub blocked: Option<Block>,
    /// Whether retention will delete its artifacts, or has.
    pub doomed: Option<Doom>,
    /// Whether it is on the environment's branch; `None` when that can't be told.
    pub on_branch: Option<bool>,
    /// The tags on it, where a repository is at hand.
    pub tags: Vec<String>,
    /// What was read of it in the ledger, as an intent names it: the key below the release, and the digest of what is
    /// stored there.
    pub read: BTreeMap<String, Digest>,
    /// Its artifacts where they lie, by the name of their entry in the manifest. `None` is missing.
    pub sources: BTreeMap<String, Option<Object>>,
    /// Those that are folders and have a manifest, opened.
    pub folders: BTreeMap<String, Opened>,
    /// Whether each of them is what was published, where that was found out.
    pub identities: BTreeMap<String, Identity>,
    /// What is remembered of them, and what is new.
    pub findings: Findings,
    /// The newest results that are asked for, by name; none is left out.
    pub evidence: BTreeMap<EvidenceName, Vec<StoredEvidence>>,
}

/// What was found out about a release's artifacts by reading them, by the name of their entry in the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// The number of the last entry in the ledger, zero for none.
    pub last: u32,
    /// Whether that entry was asked for.
    pub asked: bool,
    /// What it says.
    pub before: SeenArtifacts,
    /// What was found out just now, and is not in the ledger yet.
    pub fresh: SeenArtifacts,
}

/// A release's own folder, opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Its manifest as it is stored.
    pub manifest: Arc<FolderManifest>,
    /// All that lies in it, with paths inside the folder as keys, where that was listed already.
    pub listed: Option<Arc<Vec<Object>>>,
}

/// A release's own folder as a target needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFolder {
    /// The name of its entry in the release's manifest.
    pub entry: String,
    /// Where it lies.
    pub location: Location,
    /// Its manifest as it is stored.
    pub stored: Arc<FolderManifest>,
    /// The same with those tokens alone at which its files are known to be right; none before it was judged.
    pub manifest: Arc<FolderManifest>,
    /// Which of its files matter.
    pub part: Part,
    /// What the store says of them, with paths inside the folder as keys.
    pub objects: Arc<Vec<Object>>,
    /// What that comes to; `None` before it was judged.
    pub looked: Option<SourceFindings>,
}

/// That retention deletes a release's artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doom {
    /// Why, by whom, when.
    pub said: Block,
    /// Whether deleting was begun, so that artifacts may be missing already.
    pub begun: bool,
}

/// A target as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Where.
    pub location: Location,
    /// What is there.
    pub object: Option<Object>,
    /// What it says of a folder's files, where that was read and makes sense.
    pub files: Option<Arc<FolderManifest>>,
}

/// Which of two commits comes from the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Descent {
    /// The release that is wanted has the one that is there among its ancestors.
    Later,
    /// It is one of the ancestors of what is there.
    Earlier,
}

/// Everything that was read for one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The time by the ledger's store.
    pub taken_at: DateTime<Utc>,
    /// The same, no later than the first thing was read.
    pub began_at: DateTime<Utc>,
    /// The time by this machine's clock.
    pub local_at: DateTime<Utc>,
    /// The ledger's genesis and its id.
    pub genesis: (Genesis, Digest),
    /// The moment that targets are named by, whose names hold one.
    pub named_at: DateTime<Utc>,
    /// The lane's newest record.
    pub head: Option<Head>,
    /// What was heard of those who are at what is open or being deployed there.
    pub heard: Option<Heard>,
    /// The newest record of the lanes of the environments before.
    pub upstream: BTreeMap<EnvironmentName, Option<Head>>,
    /// The release that is wanted.
    pub candidate: Candidate,
    /// The targets, by artifact.
    pub targets: BTreeMap<String, Seen>,
    /// What was put under a newer name than the recorded one, by artifact, where a target gets a new name each time.
    pub newer: BTreeMap<String, Seen>,
    /// Targets that the file names elsewhere than the ledger says that they were put: of what is there, and of what is
    /// open where that is taken over from.
    pub relocated: Vec<Relocated>,
    /// What must exist without being moved, and what is wrong with it where it does not, as the rest of a sentence.
    pub needs: Vec<(Location, Option<String>)>,
    /// The release's own folders, by artifact.
    pub files: BTreeMap<String, SourceFolder>,
    /// All that lies in a target where what the release lacks is removed, by artifact, with paths inside the folder as keys.
    pub there: BTreeMap<String, Arc<Vec<Object>>>,
    /// What stays in a target and keeps a file of the release from its place, in words, by artifact.
    pub obstructed: BTreeMap<String, String>,
    /// What bringing such a folder up to date comes to, by artifact.
    pub changes: BTreeMap<String, Change>,
    /// What can't be taken back where a promotion is to be undone, one sentence each.
    pub stays: Vec<String>,
    /// What was adopted here before, where a rollback has nothing verified to go back to.
    pub adopted: Option<ReleaseRef>,
    /// How the release stands to the one that is there, where the repository knows one to come from the other.
    pub descent: Option<Descent>,
    /// What people said to the release, where the file asks for approvals.
    pub votes: Votes,
    /// The checks of the release's commit, or why they can't be read; `None` where nothing asks for them, or no forge is
    /// at hand.
    pub checks: Option<Result<Vec<Check>, String>>,
    /// The newest entry about all environments.
    pub standstill: Option<StoredStandstill>,
    /// What the gates in the file are compared with.
    pub gates: Before,
    /// What the stores of the targets honour; a store that was never probed is missing.
    pub capabilities: BTreeMap<StoreId, Capabilities>,
    /// The artifacts that are copied in parts and whose source may have tags that can't be read.
    pub untold_tags: BTreeSet<String>,
}

impl Candidate {
    /// How records name it, with the manifest that was read.
    pub fn reference(&self) -> ReleaseRef {
        ReleaseRef { manifest: self.read.get(MANIFEST).copied(), ..self.manifest.reference() }
    }

    /// The version under which the release moves: that of the open promotion where that one is finished, so that no
    /// name changes half way; where it comes back, the one under which it was there last, so that it lies under its own
    /// name again; else by what was published and the tags of now.
    pub fn version(&self, state: Option<&State>, request: &Request) -> Option<String> {
        let is_it = |release: &ReleaseRef| release.commit == self.manifest.commit;
        let open = state.and_then(|state| state.open.as_ref());
        if let Some(open) = open.filter(|open| request.take_over.is_wanted() && is_it(&open.release)) {
            return open.release.version.clone();
        }
        let back = state.filter(|_| request.action == Action::Rollback);
        let stays = back.into_iter().flat_map(|state| {
            state.release().into_iter().chain(state.trail.iter().map(|past| &past.release))
        });
        let last = stays.filter(|release| is_it(release)).find_map(|release| release.version.clone());
        last.or_else(|| version::now(self.manifest.version.as_deref(), &self.tags))
    }
}

impl Snapshot {
    /// The release that is wanted, as the records of the move name it.
    pub fn release(&self, request: &Request) -> ReleaseRef {
        let state = self.head.as_ref().map(Head::state);
        ReleaseRef { version: self.candidate.version(state, request), ..self.candidate.reference() }
    }

    /// The lane's state; an empty one before the first record.
    pub fn state(&self) -> State {
        self.head.as_ref().map(|head| head.state().clone()).unwrap_or_default()
    }

    /// What an approval has to be bound to, so that it counts for this release in an environment of the lane now.
    pub fn bound(&self, environment: &EnvironmentName, release: &ReleaseRef) -> Bound {
        let state = self.head.as_ref().map(Head::state);
        let current = state.and_then(|state| state.current.as_ref());
        let moved = state.and_then(|state| state.committed_seq);
        Bound {
            environment: environment.clone(),
            release: release.clone(),
            replaces: Replaced {
                commit: state.and_then(State::release).map(|release| release.commit.clone()),
                since: current.map(|current| current.since.seq).max(moved),
            },
            effect: None,
        }
    }

    /// When whoever is at the lane was heard of last, by the ledger's store; `None` before the first record.
    pub fn last_heard(&self) -> Option<DateTime<Utc>> {
        self.heard.as_ref().map(Heard::last).or_else(|| Some(self.head.as_ref()?.stored_at))
    }

    /// The commit that would move.
    pub fn commit(&self) -> &CommitId {
        &self.candidate.manifest.commit
    }
}
