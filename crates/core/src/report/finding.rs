//! Rules and releases, as all documents show them.

use crate::ledger::{Manifest, ReleaseRef};
use crate::rule::{Finding, RULES, Verdict};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A rule's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// The rule's name.
    pub rule: String,
    /// What it demands, in one sentence.
    pub about: Option<&'static str>,
    /// The answer.
    pub verdict: Verdict,
    /// Whether the promotion may go on as far as this rule is concerned.
    pub met: bool,
    /// The answer in words.
    pub detail: String,
    /// Facts behind it, by name.
    pub evidence: BTreeMap<String, Value>,
    /// When it may come to hold by itself.
    pub opens_at: Option<DateTime<Utc>>,
    /// When it may cease to hold by itself.
    pub closes_at: Option<DateTime<Utc>>,
    /// Whether `--override` can go past it.
    pub overridable: bool,
    /// What a person can do about it.
    pub hint: Option<String>,
}

impl RuleReport {
    /// The report of one finding.
    pub fn of(finding: &Finding) -> Self {
        let rule = RULES.iter().find(|rule| rule.name == finding.rule);
        Self {
            rule: finding.rule.clone(),
            about: rule.map(|rule| rule.about),
            verdict: finding.verdict,
            met: finding.passes(),
            detail: finding.detail.clone(),
            evidence: finding.evidence.clone(),
            opens_at: finding.opens_at,
            closes_at: finding.closes_at,
            overridable: rule.is_some_and(|rule| rule.overridable),
            hint: finding.hint.clone(),
        }
    }
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseReport {
    /// Its commit, whole.
    pub sha: String,
    /// Its semver number.
    pub version: Option<String>,
    /// The first line of its commit's message. Foreign text.
    pub subject: Option<String>,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// The digest of each artifact, by name; the only one is called `main`.
    pub artifacts: BTreeMap<String, String>,
    /// What was let through when it was published: `dirty`, `unmerged`.
    pub allowed: Vec<String>,
}

impl ReleaseReport {
    /// The report of a release as records name it.
    pub fn of(release: &ReleaseRef) -> Self {
        Self {
            sha: release.commit.to_string(),
            version: release.version.clone(),
            subject: None,
            committed_at: release.committed_at,
            artifacts: release
                .artifacts
                .iter()
                .map(|(name, digest)| (name.clone(), digest.to_string()))
                .collect(),
            allowed: Vec::new(),
        }
    }

    /// The report of a published release.
    pub fn published(manifest: &Manifest) -> Self {
        Self {
            subject: manifest.subject.clone(),
            allowed: manifest.allowed.names(),
            ..Self::of(&manifest.reference())
        }
    }

    /// The first seven digits of the commit.
    pub fn short(&self) -> &str {
        self.sha.get(..7).unwrap_or(&self.sha)
    }
}
