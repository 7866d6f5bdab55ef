//! A plan as data: it can be printed, saved, compared, and carried out unchanged later.

use crate::digest::Digest;
use crate::folder::{Change, Strangers};
use crate::invocation::Invocation;
use crate::ledger::{Action, LedgerId, ReleaseRef, Seq, TargetMove};
use crate::names::{EnvironmentName, LaneName, ProjectName};
use crate::request::Terms;
use crate::rule::{Finding, Verdict};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema of every plan this version writes and reads.
pub const SCHEMA: &str = "promote/plan@1";

/// The head of the lane that a plan was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Base {
    /// The number of the newest record; `None` in a lane without any.
    pub seq: Option<Seq>,
    /// Its id; the genesis's in a lane without any.
    pub id: Digest,
}

/// The exact writes that a promotion would make, each with its precondition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// [`SCHEMA`].
    pub schema: String,
    /// The project.
    pub project: ProjectName,
    /// The ledger's id.
    pub ledger: LedgerId,
    /// The lane.
    pub lane: LaneName,
    /// The environment that was asked for.
    pub environment: EnvironmentName,
    /// What it was made for.
    pub base: Base,
    /// What for.
    pub action: Action,
    /// The release that moves.
    pub release: ReleaseRef,
    /// The first line of its commit's message. Foreign text.
    pub subject: Option<String>,
    /// The release that is there.
    pub from: Option<ReleaseRef>,
    /// The open intent that it takes over from.
    pub supersedes: Option<Digest>,
    /// The writes, in order.
    pub targets: Vec<TargetMove>,
    /// Whether deploy or verify steps follow.
    pub follows: bool,
    /// What identifies the steps around the move; `None` where there are none, and in a plan of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Digest>,
    /// The rules' answers.
    pub findings: Vec<Finding>,
    /// On what terms it was asked.
    pub terms: Terms,
    /// When the world was read, by the store's clock.
    pub taken_at: DateTime<Utc>,
    /// What bringing a folder up to date comes to, by artifact.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<String, Change>,
    /// What an undoing can't take back, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<String>,
    /// The moment that a target's name holds; `None` when no name holds one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_at: Option<DateTime<Utc>>,
    /// What was let through when the release was published (see [`crate::ledger::Allowed::names`]).
    #[serde(default, rename = "allowed", skip_serializing_if = "Vec::is_empty")]
    pub let_through: Vec<String>,
    /// The approvals in the ledger that counted (see [`crate::ledger::Intent::approvals`]).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub approvals: BTreeMap<String, Digest>,
}

/// What a plan's digest covers: everything that decides what is written, nothing that changes by waiting.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Essence<'p> {
    schema: &'p str,
    project: &'p ProjectName,
    ledger: &'p str,
    lane: &'p LaneName,
    environment: &'p EnvironmentName,
    base: &'p Base,
    action: Action,
    release: &'p ReleaseRef,
    supersedes: &'p Option<Digest>,
    targets: &'p [TargetMove],
    follows: bool,
    terms: &'p Terms,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    strangers: BTreeMap<&'p str, &'p Strangers>,
}

impl Plan {
    /// Identifies what would be written, on what base and on what terms. The same input gives the same digest.
    pub fn digest(&self) -> Digest {
        let essence = Essence {
            schema: &self.schema,
            project: &self.project,
            ledger: &self.ledger,
            lane: &self.lane,
            environment: &self.environment,
            base: &self.base,
            action: self.action,
            release: &self.release,
            supersedes: &self.supersedes,
            targets: &self.targets,
            follows: self.follows,
            terms: &self.terms,
            strangers: self.strangers(),
        };
        // Values of these types always serialise; the empty digest of a failure would match no saved plan.
        Digest::of(&serde_json::to_vec(&essence).unwrap_or_default())
    }

    /// What is removed although the release before has not put it there, by artifact.
    pub fn strangers(&self) -> BTreeMap<&str, &Strangers> {
        let all = self.changes.iter();
        all.filter_map(|(name, change)| Some((name.as_str(), change.strangers.as_ref()?))).collect()
    }

    /// The command line that carries it out, on its own terms.
    pub fn invocation(&self) -> Invocation {
        let to = || Invocation::new("to").word(&self.environment).word(self.release.commit.short(7));
        let mut terms = self.terms.clone();
        terms.include.retain(|name| *name != self.environment);
        match self.action {
            Action::Rollback => {
                let back = Invocation::new("rollback").word(&self.environment);
                back.option("--to", self.release.commit.short(7)).terms(&terms)
            }
            // What is open names the release.
            Action::Undo => Invocation::new("rollback").word(&self.environment).terms(&terms),
            // It names the release and what moves along by itself.
            _ if self.supersedes.is_some() => {
                terms.include.clear();
                Invocation::new("resume").word(&self.environment).terms(&terms)
            }
            Action::Redeploy => to().word("--redeploy").terms(&terms),
            Action::Promote => to().terms(&terms),
        }
    }

    /// Whether a rule of this name was not met and is gone past.
    pub fn goes_past(&self, rule: &str) -> bool {
        self.findings.iter().any(|finding| finding.rule == rule && finding.verdict == Verdict::Overridden)
    }

    /// Whether the findings let it be carried out.
    pub fn allowed(&self) -> bool {
        self.findings.iter().all(Finding::passes)
    }
}
