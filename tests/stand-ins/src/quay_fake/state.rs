//! What the fake holds: accounts, repositories with their blobs and manifests, and each tag's history.

use promote_port::digest::Digest;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Ways to be worse than Quay, all off at first.
#[derive(Debug, Clone, Default)]
pub struct Habits {
    /// How many requests from now on are answered with 429.
    pub throttle: usize,
    /// Answers to HEAD do not say the digest.
    pub silent_heads: bool,
    /// Manifests are written anew when they are read.
    pub converts: bool,
    /// Manifests are written anew when they are stored.
    pub converts_on_put: bool,
    /// Manifests are answered as those of Docker's first kind.
    pub first_kind: bool,
    /// Tags of which that is so, where it is not so of all.
    pub first_kind_tags: Vec<String>,
    /// No blob is mounted; an upload is begun instead.
    pub no_mounts: bool,
    /// There is no list of referrers.
    pub no_referrers: bool,
    /// Tags that do not move.
    pub immutable: Vec<String>,
    /// Somebody else moves the tag to this digest just before each move of ours.
    pub meddler: Option<String>,
    /// The next manifests to be put are stored, and then the answer is 500.
    pub lose_answers: usize,
}

/// Somebody who signs in.
#[derive(Debug, Clone)]
pub struct Account {
    /// The password.
    pub password: String,
    /// Which actions are granted in repositories that begin with a text.
    pub rights: Vec<(String, Vec<&'static str>)>,
    /// The password has expired.
    pub expired: bool,
}

/// One row of a tag's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The tag.
    pub name: String,
    /// What it pointed to.
    pub digest: String,
    /// Since when, in whole seconds.
    pub start: i64,
    /// Until when.
    pub end: Option<i64>,
    /// Whether it went back.
    pub reversion: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(super) blobs: BTreeMap<String, Vec<u8>>,
    pub(super) manifests: BTreeMap<String, (String, Vec<u8>)>,
    /// Oldest first.
    pub(super) rows: Vec<Row>,
}

#[derive(Debug)]
pub(crate) struct Grant {
    pub(super) access: BTreeMap<String, Vec<String>>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(super) host: String,
    pub(super) habits: Habits,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) tokens: BTreeMap<String, Grant>,
    pub(super) repositories: BTreeMap<String, Contents>,
    pub(super) uploads: BTreeMap<String, (String, Vec<u8>)>,
    pub(super) count: u64,
    pub(super) log: Vec<String>,
}

pub(super) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}

pub(super) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", Digest::of(bytes).hex())
}

impl State {
    pub(super) fn new(host: &str) -> Self {
        let all = Account {
            password: "robot-secret".to_owned(),
            rights: vec![(String::new(), vec!["pull", "push", "delete"])],
            expired: false,
        };
        Self {
            host: host.to_owned(),
            habits: Habits::default(),
            accounts: [("acme+robot".to_owned(), all)].into(),
            tokens: BTreeMap::new(),
            repositories: BTreeMap::new(),
            uploads: BTreeMap::new(),
            count: 0,
            log: Vec::new(),
        }
    }

    pub(super) fn fresh(&mut self) -> String {
        self.count += 1;
        format!("{:08x}", self.count)
    }

    /// The live row of a tag.
    pub(super) fn live(&self, repository: &str, tag: &str) -> Option<&Row> {
        let newest = self.repositories.get(repository)?.rows.iter().rev().find(|row| row.name == tag)?;
        newest.end.is_none_or(|end| end > now()).then_some(newest)
    }

    pub(super) fn history(&self, repository: &str, tag: &str) -> Vec<Row> {
        let rows = self.repositories.get(repository).map(|found| found.rows.as_slice()).unwrap_or_default();
        rows.iter().rev().filter(|row| row.name == tag).cloned().collect()
    }

    /// Points a tag somewhere. Every move is a new row, also one to where it is.
    pub(super) fn point(&mut self, repository: &str, tag: &str, digest: &str, reversion: bool) {
        let at = now();
        let expires = self.lifetime(repository, digest).map(|seconds| at + seconds);
        let Some(found) = self.repositories.get_mut(repository) else { return };
        for row in found.rows.iter_mut().filter(|row| row.name == tag) {
            if row.end.is_none_or(|end| end > at) {
                row.end = Some(at);
            }
        }
        let (name, digest) = (tag.to_owned(), digest.to_owned());
        found.rows.push(Row { name, digest, start: at, end: expires, reversion });
    }

    /// How long a tag on this manifest lives, by the label of the image.
    fn lifetime(&self, repository: &str, digest: &str) -> Option<i64> {
        let found = self.repositories.get(repository)?;
        let (_, bytes) = found.manifests.get(digest)?;
        let manifest: serde_json::Value = serde_json::from_slice(bytes).ok()?;
        let settings = found.blobs.get(manifest.pointer("/config/digest")?.as_str()?)?;
        let settings: serde_json::Value = serde_json::from_slice(settings).ok()?;
        let label = settings.pointer("/config/Labels/quay.expires-after")?.as_str()?;
        let (number, unit) = label.split_at_checked(label.len().checked_sub(1)?)?;
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return None,
        };
        Some(number.parse::<i64>().ok()? * unit)
    }
}
