//! The document that receivers get, `promote/event@1`: one thing that happened, whole enough to be understood without
//! asking the ledger. Fields are only added within the number.

use crate::config::{Config, Environment, Tier};
use crate::ledger::{Actor, Head, ReleaseRef};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// What happened, as `on` in `[notify]` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// A promotion lacks nothing but people's approvals.
    Waiting,
    /// A promotion began.
    Started,
    /// An environment has a release, and its steps did not fail.
    Succeeded,
    /// It did not come about, or its deployment did not succeed.
    Failed,
    /// An environment has an earlier release again, or nothing as before.
    RolledBack,
    /// A promotion went past a rule.
    Overridden,
    /// A target holds what no promotion put there.
    Drift,
    /// Nothing: somebody tries out the receivers.
    Test,
}

impl NoticeKind {
    /// As the file and the document name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Started => "started",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::RolledBack => "rolled-back",
            Self::Overridden => "overridden",
            Self::Drift => "drift",
            Self::Test => "test",
        }
    }
}

/// The release that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeRelease {
    /// The commit.
    pub sha: String,
    /// Its version, when it has one.
    pub version: Option<String>,
}

/// The ledger's record that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeRecord {
    /// The lane.
    pub lane: String,
    /// Its number there.
    pub seq: String,
}

/// What a promotion waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeMissing {
    /// The rule that is not met.
    pub rule: String,
    /// How it stands.
    pub detail: String,
    /// The one line that is missing, and who may give it.
    pub line: Option<String>,
}

/// One thing that happened, as others are told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// [`Notice::SCHEMA`].
    pub schema: &'static str,
    /// What names it for ever: the record's id, or the digest of what is told where no record says it.
    pub id: String,
    /// What happened.
    pub event: NoticeKind,
    /// The project.
    pub project: String,
    /// Where.
    pub environment: String,
    /// How dangerous that is to change.
    pub tier: Tier,
    /// One sentence for people, in plain text. Names and reasons in it are foreign.
    pub text: String,
    /// The release.
    pub release: Option<NoticeRelease>,
    /// The commit that was there before.
    pub from: Option<String>,
    /// Who did it.
    pub by: Option<String>,
    /// How well that is known: `claimed` or `verified`.
    pub strength: Option<String>,
    /// Why, in their words, or how it ended.
    pub reason: Option<String>,
    /// The promotion.
    pub promotion: Option<String>,
    /// The record.
    pub record: Option<NoticeRecord>,
    /// What the command exited with, where its end is told.
    pub exit: Option<u8>,
    /// What it waits for.
    pub missing: Option<NoticeMissing>,
    /// A command that goes on from here.
    pub next: Option<String>,
    /// The environment's own page.
    pub url: Option<String>,
    /// The run that did it.
    pub run: Option<String>,
    /// When, by the clock of who wrote it down.
    pub at: DateTime<Utc>,
}

impl Notice {
    /// What the document says it is.
    pub const SCHEMA: &'static str = "promote/event@1";

    pub(super) fn new(
        event: NoticeKind,
        config: &Config,
        environment: &Environment,
        id: String,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            schema: Self::SCHEMA,
            id,
            event,
            project: config.project.to_string(),
            environment: environment.name.to_string(),
            tier: environment.tier,
            text: String::new(),
            release: None,
            from: None,
            by: None,
            strength: None,
            reason: None,
            promotion: None,
            record: None,
            exit: None,
            missing: None,
            next: None,
            url: environment.url.clone().filter(|url| is_web(url)),
            run: None,
            at,
        }
    }

    pub(super) fn of_record(
        event: NoticeKind,
        (config, environment): (&Config, &Environment),
        head: &Head,
    ) -> Self {
        let record = &head.record;
        let notice = Self::new(event, config, environment, head.id.to_string(), record.at);
        let said = NoticeRecord { lane: record.lane.to_string(), seq: record.seq.to_string() };
        Self { record: Some(said), reason: record.why.reason.clone(), ..notice.by(&record.actor) }
    }

    pub(super) fn by(self, actor: &Actor) -> Self {
        Self {
            by: Some(actor.name.clone()),
            strength: Some(actor.strength.as_str().to_owned()),
            run: actor.details.get("run").cloned().filter(|url| is_web(url)),
            ..self
        }
    }

    pub(super) fn about(self, release: &ReleaseRef) -> Self {
        let release = NoticeRelease { sha: release.commit.to_string(), version: release.version.clone() };
        Self { release: Some(release), ..self }
    }

    pub(super) fn saying(self, text: String) -> Self {
        Self { text, ..self }
    }
}

/// Whether an address may be shown as a link: of the web, and on one line.
fn is_web(url: &str) -> bool {
    let sound = !url.chars().any(|c| c.is_control() || c.is_whitespace());
    sound && (url.starts_with("https://") || url.starts_with("http://"))
}
