//! Pipelines that do what a script says: what is there at which second, and what is answered instead.

use super::super::{Follow, Followed, Pace};
use crate::port::pipeline::{
    ActionRun, ActionStatus, Declaration, DeclaredAction, DeclaredStage, Execution, ExecutionStatus,
    Revision, Source, StageNow, Taken, Verdict, Waiting, Watched,
};
use crate::port::{Clock, ErrorKind, Pipelines, ProviderError, StepProgress, StepTarget, Token, VersionId};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_executor::block_on;
use promote_testing::memory::VirtualClock;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type AtSecond<T> = Arc<dyn Fn(&str, i64) -> Result<T, ProviderError> + Send + Sync>;

/// What the pipelines answer, by name and by the second since the beginning.
#[derive(Clone)]
pub(super) struct Script {
    pub(super) clock: VirtualClock,
    pub(super) began: DateTime<Utc>,
    pub(super) declared: AtSecond<Declaration>,
    pub(super) recent: AtSecond<Vec<Execution>>,
    pub(super) actions: AtSecond<Vec<ActionRun>>,
    pub(super) stages: AtSecond<Vec<StageNow>>,
    pub(super) started: AtSecond<String>,
    /// Every call, with the second.
    pub(super) calls: Arc<Mutex<Vec<String>>>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    /// A pipeline of three stages that watches `s3://acme/prod.zip` and never runs.
    pub(super) fn new() -> Self {
        let clock = VirtualClock::default();
        Self {
            began: clock.now(),
            clock,
            declared: Arc::new(|_, _| Ok(declared("prod.zip"))),
            recent: Arc::new(|_, _| Ok(Vec::new())),
            actions: Arc::new(|_, _| Ok(Vec::new())),
            stages: Arc::new(|_, _| Ok(Vec::new())),
            started: Arc::new(|_, _| Ok("started".to_owned())),
            calls: Arc::default(),
        }
    }

    /// Each execution is there from its second on, and ends at the other.
    pub(super) fn runs(mut self, executions: &[(i64, i64, Execution)]) -> Self {
        let executions = executions.to_vec();
        self.recent = Arc::new(move |_, now| {
            let there = executions.iter().filter(|(from, ..)| now >= *from);
            let mut found: Vec<Execution> = there
                .map(|(_, until, one)| match now < *until {
                    true => Execution { status: ExecutionStatus::InProgress, ..one.clone() },
                    false => one.clone(),
                })
                .collect();
            found.reverse();
            Ok(found)
        });
        self
    }

    pub(super) fn follow(&self) -> Seen {
        self.follow_with(&["billing-prod"], &[target()], None, Duration::from_secs(600))
    }

    pub(super) fn follow_with(
        &self,
        names: &[&str],
        targets: &[StepTarget],
        start: Option<&str>,
        timeout: Duration,
    ) -> Seen {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let heard = Heard::default();
        let follow = Follow {
            pipelines: self,
            clock: &self.clock,
            names: &names,
            targets,
            environment: "prod",
            start,
            known: &BTreeMap::new(),
            timeout,
            pace: Pace::default(),
        };
        let followed = block_on(follow.run(&heard));
        let took = (self.clock.now() - self.began).num_seconds();
        Seen { followed, notes: heard.0.into_inner().unwrap(), took }
    }

    pub(super) fn called(&self, what: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| call.starts_with(what)).count()
    }

    fn second(&self, call: String) -> i64 {
        let now = (self.clock.now() - self.began).num_seconds();
        self.calls.lock().unwrap().push(format!("{call} at {now}"));
        now
    }
}

/// What following came to.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) followed: Followed,
    pub(super) notes: Vec<String>,
    /// Seconds of virtual time.
    pub(super) took: i64,
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl StepProgress for Heard {
    fn line(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

#[async_trait]
impl Pipelines for Script {
    async fn describe(&self, name: &str) -> Result<Declaration, ProviderError> {
        (self.declared)(name, self.second(format!("describe {name}")))
    }
    async fn recent(
        &self,
        name: &str,
        _since: Option<chrono::DateTime<chrono::Utc>>,
    ) -> Result<Vec<Execution>, ProviderError> {
        (self.recent)(name, self.second(format!("recent {name}")))
    }
    async fn look(&self, name: &str, id: &str) -> Result<Option<Execution>, ProviderError> {
        let now = self.second(format!("look {name} {id}"));
        Ok((self.recent)(name, now)?.into_iter().find(|one| one.id == id))
    }
    async fn actions(&self, name: &str, id: &str) -> Result<Vec<ActionRun>, ProviderError> {
        (self.actions)(name, self.second(format!("actions {name} {id}")))
    }
    async fn stages(&self, name: &str) -> Result<Vec<StageNow>, ProviderError> {
        (self.stages)(name, self.second(format!("stages {name}")))
    }
    async fn start(&self, name: &str, versions: &[Taken], token: &str) -> Result<String, ProviderError> {
        let given: Vec<String> = versions
            .iter()
            .map(|one| match &one.key {
                Some(key) => format!("{}={} of {key}", one.action, one.version),
                None => format!("{}={}", one.action, one.version),
            })
            .collect();
        (self.started)(name, self.second(format!("start {name} {} {token}", given.join(","))))
    }
    async fn answer(&self, _: &str, _: &Waiting, _: &Verdict) -> Result<(), ProviderError> {
        Ok(())
    }
    async fn roll_back_stage(&self, name: &str, stage: &str, id: &str) -> Result<String, ProviderError> {
        self.second(format!("roll back {name} {stage} {id}"));
        Ok("back".to_owned())
    }
    fn page(&self, name: &str, id: &str) -> Option<String> {
        Some(format!("https://console/{name}/{id}"))
    }
}

pub(super) fn declared(key: &str) -> Declaration {
    let stage = |name: &str, action: &str, approval: bool| DeclaredStage {
        name: name.to_owned(),
        actions: vec![DeclaredAction {
            name: action.to_owned(),
            approval,
            note: approval.then(|| "is uat fine?".to_owned()),
            link: None,
        }],
    };
    Declaration {
        stages: vec![
            stage("Source", "Zip", false),
            stage("Approve", "Manual", true),
            stage("Deploy", "CodeDeploy", false),
        ],
        sources: vec![Source {
            stage: "Source".to_owned(),
            action: "Zip".to_owned(),
            watches: Watched::Object { bucket: "acme".to_owned(), key: key.to_owned() },
            polls: Some(false),
            any_key: false,
        }],
        mode: Some("SUPERSEDED".to_owned()),
    }
}

/// The write that is followed: version `v2` of `s3://acme/prod.zip`, at the beginning.
pub(super) fn target() -> StepTarget {
    StepTarget {
        artifact: None,
        location: "s3://acme/prod.zip".parse().unwrap(),
        version: Some(VersionId("v2".to_owned())),
        token: Token("\"etag-2\"".to_owned()),
        digest: None,
        commit: "a93be01f4c7d2e8b6a5094d3c2b1a0f9e8d7c6b5".parse().unwrap(),
        committed_at: VirtualClock::default().now(),
    }
}

/// An execution that began so many seconds after the write, with this version.
pub(super) fn execution(id: &str, after: i64, version: &str, status: ExecutionStatus) -> Execution {
    Execution {
        id: id.to_owned(),
        status,
        why: None,
        started_at: Some(VirtualClock::default().now() + TimeDelta::seconds(after)),
        revisions: vec![Revision {
            action: "Zip".to_owned(),
            id: Some(version.to_owned()),
            summary: Some(format!("promotion of {version}")),
        }],
        trigger: Some("CloudWatchEvent".to_owned()),
    }
}

pub(super) fn action(stage: &str, action: &str, status: ActionStatus) -> ActionRun {
    ActionRun {
        stage: stage.to_owned(),
        action: action.to_owned(),
        status,
        started_at: None,
        message: None,
        link: None,
    }
}

pub(super) fn error(kind: ErrorKind, message: &str) -> ProviderError {
    ProviderError::new(kind, "CodePipeline", "billing-prod", message)
}
