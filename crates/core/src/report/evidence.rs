//! A result about a release: as it lies in the ledger, and what became of one that somebody records.

use super::Document;
use crate::ledger::{Evidence, StoredEvidence};
use crate::names::EvidenceName;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The newest result of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceReport {
    /// Of what.
    pub name: String,
    /// `passed` or `failed`; `None` when it can't be read.
    pub result: Option<&'static str>,
    /// The store's time of it.
    pub at: DateTime<Utc>,
    /// Who wrote it down.
    pub by: Option<String>,
    /// How well that is known: `claimed` or `verified`.
    pub strength: Option<String>,
    /// The environment in which it was seen.
    pub environment: Option<String>,
    /// Where it can be looked up.
    pub url: Option<String>,
    /// What else was said of it; why it can't be read, where that is so.
    pub reason: Option<String>,
}

impl EvidenceReport {
    pub(super) fn of(name: &EvidenceName, stored: &StoredEvidence) -> Self {
        let said = stored.content.as_ref().ok();
        Self {
            name: name.to_string(),
            result: said.map(|said| said.result.as_str()),
            at: stored.stored_at,
            by: said.map(|said| said.actor.name.clone()),
            strength: said.map(|said| said.actor.strength.to_string()),
            environment: said.and_then(|said| said.environment.as_ref()).map(ToString::to_string),
            url: said.and_then(|said| said.url.clone()),
            reason: match &stored.content {
                Ok(said) => said.reason.clone(),
                Err(why) => Some(why.clone()),
            },
        }
    }
}

/// What became of a result that somebody records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedReport {
    /// [`Document::SCHEMA`].
    pub schema: &'static str,
    /// Of what.
    pub name: String,
    /// `passed` or `failed`.
    pub result: &'static str,
    /// The release.
    pub sha: String,
    /// The environment in which it was seen.
    pub environment: Option<String>,
    /// Where it can be looked up.
    pub url: Option<String>,
    /// Whose word it is.
    pub by: String,
    /// How well that is known: `claimed` or `verified`.
    pub strength: String,
    /// What names it in the ledger; `None` when nothing was written.
    pub id: Option<String>,
    /// Whether the ledger changed.
    pub changed: bool,
    /// Whether nothing was written because of `--dry-run`.
    pub dry_run: bool,
}

impl Document for RecordedReport {
    const SCHEMA: &'static str = "promote/recorded@1";
    const FIELDS: &'static [&'static str] = &[
        "schema",
        "name",
        "result",
        "sha",
        "environment",
        "url",
        "by",
        "strength",
        "id",
        "changed",
        "dry_run",
    ];
}

impl RecordedReport {
    /// Of what was written down, or would be.
    pub fn of(evidence: &Evidence, written: bool) -> Self {
        Self {
            schema: Self::SCHEMA,
            name: evidence.name.to_string(),
            result: evidence.result.as_str(),
            sha: evidence.release.commit.to_string(),
            environment: evidence.environment.as_ref().map(ToString::to_string),
            url: evidence.url.clone(),
            by: evidence.actor.name.clone(),
            strength: evidence.actor.strength.to_string(),
            id: written.then(|| evidence.nonce.clone()),
            changed: written,
            dry_run: !written,
        }
    }
}
