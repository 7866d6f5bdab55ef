//! What a rule found: met or not, in words, with evidence, and when that may change.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How a rule was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Met,
    /// It does not hold.
    Unmet,
    /// It does not hold, and was gone past with a reason.
    Overridden,
    /// It is not asked here, for the reason given.
    Skipped,
}

/// A rule's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// The answer.
    pub verdict: Verdict,
    /// For people: a lower-case fragment.
    pub detail: String,
    /// For machines.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, Value>,
    /// When it may come to hold by itself.
    #[serde(default)]
    pub opens_at: Option<DateTime<Utc>>,
    /// When it may cease to hold by itself.
    #[serde(default)]
    pub closes_at: Option<DateTime<Utc>>,
    /// What a person can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    fn new(rule: &str, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self {
            rule: rule.to_owned(),
            verdict,
            detail: detail.into(),
            evidence: BTreeMap::new(),
            opens_at: None,
            closes_at: None,
            hint: None,
        }
    }

    /// The rule holds.
    pub fn met(rule: &str, detail: impl Into<String>) -> Self {
        Self::new(rule, Verdict::Met, detail)
    }

    /// The rule does not hold.
    pub fn unmet(rule: &str, detail: impl Into<String>) -> Self {
        Self::new(rule, Verdict::Unmet, detail)
    }

    /// Met or unmet.
    pub fn of(rule: &str, holds: bool, detail: impl Into<String>) -> Self {
        Self::new(rule, if holds { Verdict::Met } else { Verdict::Unmet }, detail)
    }

    /// The rule is not asked.
    pub fn skipped(rule: &str, detail: impl Into<String>) -> Self {
        Self::new(rule, Verdict::Skipped, detail)
    }

    /// With a piece of evidence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(name.to_owned(), value.into());
        self
    }

    /// With the time at which it may come to hold.
    #[must_use]
    pub fn opens(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.opens_at = at;
        self
    }

    /// With the time at which it may cease to hold.
    #[must_use]
    pub fn closes(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.closes_at = at;
        self
    }

    /// With what a person can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Gone past for this reason.
    #[must_use]
    pub fn overridden(mut self, reason: &str) -> Self {
        self.verdict = Verdict::Overridden;
        self.evidence.insert("override-reason".to_owned(), reason.into());
        self
    }

    /// Whether the promotion may go on as far as this rule is concerned.
    pub fn passes(&self) -> bool {
        self.verdict != Verdict::Unmet
    }
}
