//! A decision as a document: what would be written, why it may or may not be, and what follows.

use super::{Document, ReleaseReport, RuleReport};
use crate::commit::CommitId;
use crate::config::{Config, Environment, Step, Tier};
use crate::exit::ExitStatus;
use crate::folder::Change;
use crate::ledger::{Action, Shape, TargetMove};
use crate::plan::{Decision, Plan};
use crate::port::{Commit, CopyGuard};
use crate::ports::ReadPorts;
use chrono::{DateTime, Utc};
use futures_util::future::join3;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many commits a report names.
pub(super) const COMMITS: usize = 100;

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// It may be done.
    Allowed,
    /// It is there already.
    NothingToDo,
    /// Not now, or not so.
    Refused,
}

/// `promote plan`, `promote explain`, and whatever stops before the move.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionReport {
    /// What this is.
    pub schema: &'static str,
    /// What it came to.
    pub decision: Verb,
    /// The exit status that the command ends with.
    pub exit: ExitStatus,
    /// The exit status that carrying it out would begin with: `blocked`, `conflict`, … where it is refused.
    pub would_exit: ExitStatus,
    /// The project.
    pub project: String,
    /// Where to.
    pub environment: String,
    /// How dangerous that is.
    pub tier: Tier,
    /// What for.
    pub action: Action,
    /// The release that moves.
    pub release: ReleaseReport,
    /// The release that is there.
    pub from: Option<ReleaseReport>,
    /// The commits it brings, where a repository is at hand.
    pub commits: Option<CommitsReport>,
    /// The commits it takes away.
    pub undoes: Option<CommitsReport>,
    /// The writes, in order.
    pub moves: Vec<Write>,
    /// What an undoing can't take back, one sentence each.
    pub stays: Vec<String>,
    /// The rules' answers.
    pub rules: Vec<RuleReport>,
    /// What can't be got past at all, in words.
    pub obstacles: Vec<String>,
    /// The steps around the move, in order.
    pub steps: Vec<StepPlan>,
    /// Why, as it was given.
    pub reason: Option<String>,
    /// Texts that were given, by name.
    pub notes: BTreeMap<String, String>,
    /// Whether the deployment of what is there has not succeeded.
    pub pending: bool,
    /// How that deployment ended, in words for people: `its deployment failed`.
    #[serde(skip)]
    pub standing: Option<&'static str>,
    /// The command line that carries it out on these terms; `None` unless it may be done.
    pub command: Option<String>,
    /// Identifies what would be written, on what base and terms.
    pub plan: String,
    /// When the world was read, by the store's clock.
    pub at: DateTime<Utc>,
}

impl Document for DecisionReport {
    const SCHEMA: &'static str = "promote/decision@1";
    const FIELDS: &'static [&'static str] = &[
        "schema",
        "decision",
        "exit",
        "would_exit",
        "project",
        "environment",
        "tier",
        "action",
        "release",
        "from",
        "commits",
        "undoes",
        "moves",
        "stays",
        "rules",
        "obstacles",
        "steps",
        "reason",
        "notes",
        "pending",
        "command",
        "plan",
        "at",
    ];
}

/// Commits that one release has and another has not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommitsReport {
    /// How many there are.
    pub count: usize,
    /// The newest of them, at most 100.
    pub newest: Vec<CommitReport>,
}

/// One commit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommitReport {
    /// Its name.
    pub sha: String,
    /// The first line of its message. Foreign text.
    pub subject: String,
    /// Its author. Foreign text.
    pub author: String,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
}

/// One planned write.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Write {
    /// Which artifact.
    pub artifact: String,
    /// What is written.
    pub target: String,
    /// What is copied there.
    pub source: String,
    /// Its digest.
    pub sha256: String,
    /// Its length in bytes.
    pub size: u64,
    /// The commit of the release that is there, where what the target holds is known to be its bytes.
    pub before_sha: Option<String>,
    /// The digest of what is there now, where that is known.
    pub before_sha256: Option<String>,
    /// The length of what is there now; `None` when there is nothing.
    pub before_size: Option<u64>,
    /// How the store is made to check the condition.
    pub guard: CopyGuard,
    /// How the target comes to hold the artifact: `object`, `image`, `folder`,
    /// `pointer`, or `unmoved` where nothing is written.
    pub shape: &'static str,
    /// For folders: how many files are added, changed and removed, the bytes that are sent, and what else is removed.
    pub change: Option<Change>,
}

/// A step that would run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepPlan {
    /// `prepare`, `deploy` or `verify`.
    pub phase: &'static str,
    /// What it is.
    pub name: String,
    /// The time it has.
    pub timeout_s: u64,
}

impl DecisionReport {
    /// The report of a decision. Asks the repository, where one is at hand, for the commits.
    pub async fn of(view: &ReadPorts, config: &Config, settings: &Environment, decision: &Decision) -> Self {
        let (verb, exit, plan, obstacles, pending) = match decision {
            Decision::Allowed(plan) => (Verb::Allowed, ExitStatus::Ok, &**plan, Vec::new(), false),
            Decision::NothingToDo(nothing) => {
                (Verb::NothingToDo, ExitStatus::Ok, &nothing.plan, Vec::new(), nothing.pending)
            }
            Decision::Refused(refusal) => {
                (Verb::Refused, refusal.exit, &refusal.plan, refusal.obstacles.clone(), false)
            }
        };
        let standing = match decision {
            Decision::NothingToDo(nothing) if nothing.pending => Some(crate::standing::word(nothing.ended)),
            _ => None,
        };
        let (mut release, mut from) =
            (ReleaseReport::of(&plan.release), plan.from.as_ref().map(ReleaseReport::of));
        release.subject.clone_from(&plan.subject);
        release.allowed.clone_from(&plan.let_through);
        let here = &plan.release.commit;
        let (mut commits, mut undoes) = (None, None);
        if let (Some(history), Some(from), Some(there)) = (&view.history, &mut from, &plan.from) {
            let there = &there.commit;
            let between = CommitsReport::between;
            let all = join3(
                history.resolve(there.as_str()),
                between(view, there, here),
                between(view, here, there),
            );
            let (found, new, lost) = all.await;
            from.subject = found.ok().flatten().map(|commit| commit.subject);
            (commits, undoes) = (new, lost);
        }
        Self {
            schema: Self::SCHEMA,
            decision: verb,
            exit,
            would_exit: exit,
            project: config.project.to_string(),
            environment: settings.name.to_string(),
            tier: settings.tier,
            action: plan.action,
            release,
            from,
            commits,
            undoes,
            moves: plan
                .targets
                .iter()
                .map(|target| Write {
                    before_sha: held(plan, target).map(|commit| commit.to_string()),
                    ..Write::of(target, plan.changes.get(target.name()).cloned())
                })
                .collect(),
            stays: plan.stays.clone(),
            rules: plan.findings.iter().map(RuleReport::of).collect(),
            obstacles,
            steps: planned(settings, plan.action),
            reason: plan.terms.reason.clone(),
            notes: plan.terms.notes.clone(),
            pending,
            standing,
            command: (verb == Verb::Allowed).then(|| plan.invocation().to_string()),
            plan: plan.digest().to_string(),
            at: plan.taken_at,
        }
    }

    /// What it comes to, in one line.
    pub fn headline(&self) -> String {
        let (name, sha) = (&self.environment, self.release.short());
        match self.decision {
            Verb::Allowed => format!("{name} may take {sha}"),
            Verb::NothingToDo => format!("{name} is on {sha} already"),
            Verb::Refused if self.obstacles.is_empty() => format!("{name} cannot take {sha} yet"),
            Verb::Refused => format!("{name} cannot take {sha}"),
        }
    }

    /// How many rules are not met: `1 rule of 4 is not met`.
    pub fn unmet_told(&self) -> String {
        match (self.unmet().count(), self.rules.len()) {
            (1, all) => format!("1 rule of {all} is not met"),
            (unmet, all) => format!("{unmet} rules of {all} are not met"),
        }
    }

    /// The rules that are not met.
    pub fn unmet(&self) -> impl Iterator<Item = &RuleReport> {
        self.rules.iter().filter(|rule| !rule.met)
    }
}

/// The release that is there, where a target holds its bytes. A name may have been used for others.
fn held<'p>(plan: &'p Plan, target: &TargetMove) -> Option<&'p CommitId> {
    let (from, before) = (plan.from.as_ref()?, target.before.as_ref()?);
    let same = before.sha256.is_some() && from.digest(target.name(), &plan.environment) == before.sha256;
    same.then_some(&from.commit)
}

/// The steps that such a move runs: what comes back was prepared for, and what is undone is not deployed.
fn planned(settings: &Environment, action: Action) -> Vec<StepPlan> {
    let (prepares, follows) = match action {
        Action::Promote | Action::Redeploy => (true, true),
        Action::Rollback => (false, true),
        Action::Undo => (false, false),
    };
    let phases = [
        ("prepare", &settings.prepare, prepares),
        ("deploy", &settings.deploy, follows),
        ("verify", &settings.verify, follows),
    ];
    let step = |phase, step: &Step| StepPlan {
        phase,
        name: step.name(),
        timeout_s: step.timeout.unwrap_or(settings.timeout).as_secs(),
    };
    let run = phases.into_iter().filter(|(.., runs)| *runs);
    run.flat_map(|(phase, all, _)| all.iter().map(move |one| step(phase, one))).collect()
}

impl CommitsReport {
    /// The commits that `to` has and `from` has not; `None` without a repository that knows both, or without any.
    pub async fn between(view: &ReadPorts, from: &CommitId, to: &CommitId) -> Option<Self> {
        let (count, newest) = view.history.as_ref()?.between(from, to, COMMITS).await.ok().flatten()?;
        (count > 0).then(|| Self { count, newest: newest.into_iter().map(CommitReport::from).collect() })
    }
}

impl From<Commit> for CommitReport {
    fn from(commit: Commit) -> Self {
        Self {
            sha: commit.id.to_string(),
            subject: commit.subject,
            author: commit.author,
            committed_at: commit.committed_at,
        }
    }
}

impl Write {
    /// The report of one planned write.
    pub fn of(target: &TargetMove, change: Option<Change>) -> Self {
        Self {
            artifact: target.artifact.as_ref().map_or("main", |name| name.as_str()).to_owned(),
            target: target.target.to_string(),
            source: target.source.location.to_string(),
            sha256: target.source.sha256.to_string(),
            size: target.source.size,
            before_sha: None,
            before_sha256: target.before.as_ref().and_then(|before| before.sha256).map(|it| it.to_string()),
            before_size: target.before.as_ref().map(|before| before.size),
            guard: target.way,
            shape: match &target.shape {
                Shape::Whole if target.target.is_image() => "image",
                Shape::Whole => "object",
                Shape::Folder { .. } => "folder",
                Shape::Pointer { .. } => "pointer",
                Shape::Unmoved => "unmoved",
            },
            change,
        }
    }
}
