//! What became of an approval or a rejection.

use super::Document;
use crate::approve::{Answered, Asked};
use crate::finding::Finding;
use crate::ledger::Answer;
use serde::Serialize;

/// What became of an approval or a rejection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalReport {
    /// [`Document::SCHEMA`].
    pub schema: &'static str,
    /// Where the release is to go.
    pub environment: String,
    /// The release.
    pub sha: String,
    /// `approved` or `rejected`.
    pub answer: &'static str,
    /// What the answer is bound to: environment, bytes, what is replaced.
    pub content: String,
    /// The release that it would replace.
    pub replaces: Option<String>,
    /// Whose word it is.
    pub by: String,
    /// How well that is known: `claimed`, `verified` or `signed`.
    pub strength: &'static str,
    /// What names it in the ledger, beside the others of this release; `None` when nothing was written.
    pub id: Option<String>,
    /// Whether the ledger changed.
    pub changed: bool,
    /// Whether nothing was written because of `--dry-run`.
    pub dry_run: bool,
    /// What the rule `approvals` says now.
    pub rule: Option<ApprovalRule>,
    /// Whether every other rule is met, so that somebody may move it once this one is.
    pub others_met: bool,
}

/// What the rule `approvals` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalRule {
    /// Whether it is met.
    pub passes: bool,
    /// In words.
    pub detail: String,
    /// What is missing, and who may give it.
    pub hint: Option<String>,
}

impl Document for ApprovalReport {
    const SCHEMA: &'static str = "promote/answer@1";
    const FIELDS: &'static [&'static str] = &[
        "schema",
        "environment",
        "sha",
        "answer",
        "content",
        "replaces",
        "by",
        "strength",
        "id",
        "changed",
        "dry_run",
        "rule",
        "others_met",
    ];
}

impl ApprovalReport {
    /// Before anything is written.
    pub fn of(asked: &Asked, answer: Answer, dry_run: bool) -> Self {
        let rule = asked.findings.iter().find(|finding| finding.rule == "approvals");
        Self {
            schema: Self::SCHEMA,
            environment: asked.bound.environment.to_string(),
            sha: asked.bound.release.commit.to_string(),
            answer: match answer {
                Answer::Approved => "approved",
                Answer::Rejected => "rejected",
            },
            content: asked.bound.digest().to_string(),
            replaces: asked.bound.replaces.commit.as_ref().map(ToString::to_string),
            by: asked.person.name().to_owned(),
            strength: asked.person.strength.as_str(),
            id: None,
            changed: false,
            dry_run,
            rule: rule.map(ApprovalRule::of),
            others_met: asked.findings.iter().all(|one| one.passes() || one.rule == "approvals"),
        }
    }

    /// The same, after it was written.
    pub fn answered(&mut self, done: &Answered) {
        self.id = done.approval.as_ref().map(|approval| approval.nonce.clone());
        self.changed = done.approval.is_some();
        self.rule = done.finding.as_ref().map(ApprovalRule::of).or_else(|| self.rule.take());
    }
}

impl ApprovalRule {
    fn of(finding: &Finding) -> Self {
        Self { passes: finding.passes(), detail: finding.detail.clone(), hint: finding.hint.clone() }
    }
}
