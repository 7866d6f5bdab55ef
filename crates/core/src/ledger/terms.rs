//! The words that every document of a ledger is made of: numbers, promotions, releases, who, why, what for. What the
//! documents say with them is told beside each of them.

use super::strength::Strength;
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::names::EnvironmentName;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// A record's number in its lane, counted from 1. Written as a decimal string, because JSON numbers lose digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Seq {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Seq {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        match text.parse() {
            Ok(number) if plain => Ok(Self(number)),
            _ => Err(serde::de::Error::custom("not a record number")),
        }
    }
}

/// Names one ledger: 128 random bits in hexadecimal digits, from its genesis.
pub type LedgerId = String;

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Targets are about to be written.
    Intent,
    /// All targets have the release.
    Commit,
    /// The intent ended without a write.
    Abort,
    /// The result of the deploy and verify steps.
    Outcome,
    /// What a target holds now, taken as it is.
    Observe,
    /// The lane takes nothing for a time.
    Freeze,
    /// The freeze is lifted.
    Unfreeze,
    /// Automation leaves the lane alone.
    Hold,
    /// The hold is lifted.
    Unhold,
    /// A remark about an earlier promotion.
    Mark,
}

/// Who wrote a record, and how well that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Actor {
    /// A name for people.
    pub name: String,
    /// Where the name comes from: `local-user`, `github-actions`, `gitlab-ci`, …
    pub source: String,
    /// `claimed` when anyone could have said so, `verified` when something signed it.
    pub strength: Strength,
    /// Further facts, such as the run's address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

impl Actor {
    /// Somebody who is called so, by the word of `source` alone.
    pub fn claimed(name: impl Into<String>, source: impl Into<String>) -> Self {
        let (name, source) = (name.into(), source.into());
        Self { name, source, strength: Strength::claimed(), details: BTreeMap::new() }
    }

    /// As whoever writes a new record: verified where that was proven, and not where it was only read.
    #[must_use]
    pub fn to_write(&self) -> Self {
        Self { strength: self.strength.to_write(), ..self.clone() }
    }
}

/// Going past a named rule once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The rule's name.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// Why something was done, in the words of whoever did it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Why {
    /// The reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Texts that the environment asks for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
    /// Rules gone past.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
}

/// What an intent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A release moves on.
    Promote,
    /// An earlier release comes back.
    Rollback,
    /// The same release is written again.
    Redeploy,
    /// A promotion that has not ended is taken back where nothing was there before. Only in records of [`super::record::SCHEMA_2`].
    Undo,
}

/// A release as records name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReleaseRef {
    /// Its commit.
    pub commit: CommitId,
    /// Its semver number, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When it was committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_at: Option<DateTime<Utc>>,
    /// The digest of each artifact, by the name of its entry in the manifest.
    pub artifacts: BTreeMap<String, Digest>,
    /// SHA-256 of the manifest as it is stored, where it was read for the record. Missing in what older versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Digest>,
}

impl ReleaseRef {
    /// The digest of an artifact as an environment takes it.
    pub fn digest(&self, name: &str, environment: &EnvironmentName) -> Option<Digest> {
        let own = self.artifacts.get(&entry_name(name, environment));
        own.or_else(|| self.artifacts.get(name)).copied()
    }

    /// Whether both are the same bytes: every artifact that both name has the same digest, and there is one.
    pub fn same_bytes(&self, other: &Self) -> bool {
        let mut shared = 0;
        for (name, digest) in &self.artifacts {
            match other.artifacts.get(name) {
                Some(found) if found == digest => shared += 1,
                Some(_) => return false,
                None => {}
            }
        }
        shared > 0
    }
}

/// The name of the entry of an artifact that is another for each environment.
pub fn entry_name(name: &str, environment: &EnvironmentName) -> String {
    format!("{name}@{environment}")
}

/// How the deployment that a move set off ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeResult {
    /// It runs, and was verified.
    Succeeded,
    /// The release is bad.
    Failed,
    /// It could not be told.
    Errored,
    /// The wait ended first.
    TimedOut,
    /// A newer one replaced it.
    Superseded,
    /// The person stopped waiting.
    Interrupted,
}
