//! A publication as a document: what lies where, and where it went by itself.

use super::{AllowedReport, Document};
use crate::commit::CommitId;
use crate::exit::ExitStatus;
use crate::mirror::Mirrored;
use crate::port::StepEnd;
use crate::steps;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// `promote publish`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishReport {
    /// What this is.
    pub schema: &'static str,
    /// The release.
    #[serde(rename = "sha")]
    pub commit: CommitId,
    /// First line of its message.
    pub subject: Option<String>,
    /// Its semver number.
    pub version: Option<String>,
    /// Whether it was published now; otherwise it was before.
    pub new: bool,
    /// Whether the ledger was begun now.
    pub begun: bool,
    /// Whether nothing was written because of `--dry-run`.
    pub dry_run: bool,
    /// What lies where.
    pub artifacts: Vec<PublishedArtifact>,
    /// What is worth telling.
    pub warnings: Vec<String>,
    /// What was let through, with what is known of it.
    pub allowed: AllowedReport,
    /// Where it went by itself.
    pub moves: Vec<Moved>,
}

/// One artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedArtifact {
    /// Its name; the only one is called `main`.
    pub name: String,
    /// Where it lies.
    pub location: String,
    /// Its digest; `null` when it was not made.
    pub digest: Option<String>,
    /// Its length in bytes: of a folder, of all its files.
    pub size: Option<u64>,
    /// How many files a folder has; `null` for anything else.
    pub files: Option<u64>,
}

impl PublishReport {
    /// Whether anything was changed.
    pub fn acted(&self) -> bool {
        let moved = self.moves.iter().any(|moved| moved.promotion.is_some());
        !self.dry_run && (self.new || self.begun || moved)
    }

    /// How it ended, in one word: `published`, `unchanged` when it was published before, or `planned`.
    pub fn status(&self) -> &'static str {
        match (self.dry_run, self.new) {
            (true, true) => "planned",
            (false, true) => "published",
            (_, false) => "unchanged",
        }
    }
}

impl Document for PublishReport {
    const SCHEMA: &'static str = "promote/publish@1";
    const FIELDS: &'static [&'static str] = &[
        "schema",
        "sha",
        "subject",
        "version",
        "new",
        "begun",
        "dry_run",
        "artifacts",
        "warnings",
        "allowed",
        "moves",
    ];
}

/// What became of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The environment.
    pub environment: String,
    /// `promoted`, `unchanged`, `ready` (with `--dry-run`), `blocked` by a rule, `busy` or `overtaken` by somebody, or
    /// how the deployment ended; `error` when it could not be tried.
    pub result: String,
    /// Why, in words.
    pub why: Vec<String>,
    /// The commit that moved or would move.
    pub sha: Option<String>,
    /// When the rules that are not met may all have opened by themselves.
    pub opens_at: Option<DateTime<Utc>>,
    /// The promotion.
    pub promotion: Option<String>,
    /// The command line that undoes it, where something was moved.
    pub undo: Option<String>,
    /// The exit status it comes to.
    pub exit: ExitStatus,
    /// Where a forge shows it.
    pub deployments: Vec<Mirrored>,
}

impl Moved {
    /// What a publication comes to that led here. That a rule keeps an environment from taking a release is no failure
    /// of it; a deployment that went wrong is one, whether it was tried now or before.
    pub fn of_publication(&self) -> ExitStatus {
        match self.result.as_str() {
            "blocked" if self.exit != ExitStatus::RolledBack => ExitStatus::Ok,
            _ => self.exit,
        }
    }

    /// How its deployment ended, in words that fit `the deployment …`; any other result as it is.
    pub fn ended(&self) -> &str {
        match self.result.as_str() {
            "failed" => steps::word(StepEnd::Failed),
            "errored" => steps::word(StepEnd::Errored),
            "timed-out" => steps::word(StepEnd::TimedOut),
            "superseded" => steps::word(StepEnd::Superseded),
            "interrupted" => steps::word(StepEnd::Interrupted),
            other => other,
        }
    }

    /// Why it came to this, and what undoes it.
    pub fn told(&self) -> Vec<String> {
        let undo = self.undo.as_ref().map(|undo| format!("`{undo}` undoes it"));
        self.why.iter().cloned().chain(undo).collect()
    }

    /// The same, with those of these deployments that are its own.
    #[must_use]
    pub fn shown(mut self, all: &[Mirrored]) -> Self {
        let own = |one: &&Mirrored| self.promotion.as_ref() == Some(&one.promotion);
        self.deployments = all.iter().filter(own).cloned().collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_that_did_not_succeed_is_told_in_words() {
        let of = |result: &str| Moved {
            environment: "prod".to_owned(),
            result: result.to_owned(),
            why: Vec::new(),
            sha: None,
            opens_at: None,
            promotion: None,
            undo: None,
            exit: ExitStatus::DeployFailed,
            deployments: Vec::new(),
        };
        for (result, words) in [
            ("failed", "failed"),
            ("errored", "has an unknown result"),
            ("timed-out", "timed out"),
            ("superseded", "was replaced by a newer one"),
            ("interrupted", "was interrupted"),
            ("promoted", "promoted"),
        ] {
            assert_eq!(of(result).ended(), words);
        }
    }
}
