//! The facts of a request, with defaults under which every rule that speaks is met: release b goes to prod, where a
//! is; b was verified in staging an hour ago. Tests change one thing each.

use crate::stage::{actor, commit, config, content, name};
use chrono::{DateTime, TimeDelta, Utc};
use promote_core::config::{Config, Environment};
use promote_core::digest::Digest;
use promote_core::ledger::{
    Action, BuiltArtifact, Deployed, Genesis, Head, Kind, Manifest, Moment, OpenIntent, OutcomeResult,
    Override, PastDeployment, PromotionId, Record, ReleaseRef, Seq, State, TargetState, Why,
};
use promote_core::location::{Location, StoreId};
use promote_core::port::{Object, Token, VersionId};
use promote_core::request::{Request, Wanted};
use promote_core::rule::{Facts, Finding, evaluate};
use promote_core::snapshot::{Candidate, Seen, Snapshot};
use promote_testing::memory::MemoryKind;
use std::collections::BTreeMap;

/// Everything that rules look at, free to be changed.
#[derive(Debug, Clone)]
pub struct Case {
    pub config: Config,
    pub environment: Environment,
    pub snapshot: Snapshot,
    pub request: Request,
}

/// A Wednesday.
pub fn now() -> DateTime<Utc> {
    at("2026-01-07T12:00:00Z")
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn hours(count: i64) -> TimeDelta {
    TimeDelta::hours(count)
}

/// A record's moment as many hours ago, by the store's clock; the writer's own was a day wrong.
pub fn ago(count: i64) -> Moment {
    Moment { seq: Seq(3), at: now() - hours(count) - hours(24), stored: Some(now() - hours(count)) }
}

pub fn release(digit: char) -> ReleaseRef {
    ReleaseRef {
        commit: commit(digit),
        version: None,
        committed_at: Some(now() - hours(1000) + hours(i64::from(digit as u32))),
        artifacts: [("main".to_owned(), Digest::of(&content(digit)))].into(),
        manifest: None,
    }
}

pub fn target(environment: &str) -> Location {
    format!("memory://m/{environment}.zip").parse().unwrap()
}

/// A release that is in an environment since so many hours, verified since so many.
pub fn there(environment: &str, digit: char, since: i64, verified: Option<i64>) -> Deployed {
    Deployed {
        release: Some(release(digit)),
        promotion: Some(PromotionId("00000000000000AA".to_owned())),
        action: Some(Action::Promote),
        by: "ann".to_owned(),
        since: ago(since),
        claimed: None,
        verified: verified.map(ago),
        outcome: verified.map(|_| OutcomeResult::Succeeded),
        follows: true,
        targets: vec![TargetState {
            artifact: None,
            target: target(environment),
            token: Token(format!("token-{digit}")),
            version: Some(VersionId(format!("version-{digit}"))),
            sha256: Some(Digest::of(&content(digit))),
            size: content(digit).len() as u64,
        }],
    }
}

/// A release that was there, from so many hours ago to so many, verified since so many.
pub fn was(digit: char, since: i64, until: i64, verified: Option<i64>) -> PastDeployment {
    PastDeployment {
        release: release(digit),
        since: ago(since),
        claimed: None,
        until: ago(until),
        claimed_until: None,
        verified: verified.map(ago),
    }
}

pub fn open(digit: char, action: Action) -> OpenIntent {
    OpenIntent {
        id: Some(Digest::of(b"intent")),
        since: ago(1),
        promotion: PromotionId("00000000000000CC".to_owned()),
        stamps: vec![PromotionId("00000000000000BB".to_owned()), PromotionId("00000000000000CC".to_owned())],
        action,
        environment: name("prod"),
        release: release(digit),
        superseding: false,
        follows: true,
        by: "bob".to_owned(),
        gates: None,
    }
}

pub fn object(environment: &str, digit: char) -> Object {
    Object {
        key: target(environment).key,
        size: content(digit).len() as u64,
        token: Token(format!("token-{digit}")),
        version: Some(VersionId(format!("version-{digit}"))),
        sha256: Some(Digest::of(&content(digit))),
        stored_at: now() - hours(30),
        headers: promote_core::port::Headers::default(),
        metadata: BTreeMap::new(),
        checksums: BTreeMap::new(),
    }
}

pub fn head(lane: &str, state: State) -> Head {
    let record = Record {
        schema: promote_core::ledger::record::SCHEMA.to_owned(),
        ledger: "0".repeat(32),
        lane: lane.parse().unwrap(),
        seq: Seq(9),
        prev: Digest::of(b"prev"),
        nonce: "1".repeat(32),
        kind: Kind::Hold,
        at: now() - hours(1),
        prev_stored_at: None,
        actor: actor("ann"),
        why: Why::default(),
        intent: None,
        commit: None,
        abort: None,
        outcome: None,
        observe: None,
        freeze: None,
        mark: None,
        state,
    };
    Head { record, id: Digest::of(lane.as_bytes()), stored_at: now() - hours(1) }
}

pub fn manifest(digit: char) -> Manifest {
    Manifest {
        schema: promote_core::ledger::manifest::SCHEMA.to_owned(),
        commit: commit(digit),
        subject: Some(format!("work on {digit}")),
        committed_at: release(digit).committed_at,
        version: None,
        branches: Vec::new(),
        artifacts: [(
            "main".to_owned(),
            BuiltArtifact {
                location: format!("memory://m/rel/{}.zip", commit(digit)).parse().unwrap(),
                sha256: Digest::of(&content(digit)),
                size: content(digit).len() as u64,
                content: None,
                folder: None,
                expires: None,
                seen: None,
            },
        )]
        .into(),
        built: "given".to_owned(),
        allowed: Default::default(),
        at: now() - hours(100),
        actor: actor("ci"),
    }
}

impl Case {
    /// `b` to `prod`.
    pub fn new() -> Self {
        let config = config();
        let environment = config.environments.get(&name("prod")).unwrap().clone();
        let mut source = object("staging", 'b');
        source.key = format!("rel/{}.zip", commit('b')).parse().unwrap();
        let snapshot = Snapshot {
            taken_at: now(),
            began_at: now(),
            heard: None,
            local_at: now(),
            named_at: now(),
            newer: BTreeMap::new(),
            relocated: Vec::new(),
            standstill: None,
            untold_tags: Default::default(),
            needs: Vec::new(),
            files: BTreeMap::new(),
            there: BTreeMap::new(),
            obstructed: BTreeMap::new(),
            changes: BTreeMap::new(),
            stays: Vec::new(),
            adopted: None,
            descent: None,
            votes: Default::default(),
            checks: None,
            gates: promote_core::gates::Before::Same,
            genesis: (
                Genesis {
                    schema: promote_core::ledger::genesis::SCHEMA.to_owned(),
                    project: config.project.clone(),
                    ledger: "0".repeat(32),
                    at: now() - hours(200),
                    probes: Vec::new(),
                },
                Digest::of(b"genesis"),
            ),
            head: None,
            upstream: BTreeMap::new(),
            candidate: Candidate {
                manifest: manifest('b'),
                blocked: None,
                doomed: None,
                on_branch: None,
                tags: Vec::new(),
                read: Default::default(),
                sources: [("main".to_owned(), Some(source))].into(),
                folders: BTreeMap::new(),
                identities: BTreeMap::new(),
                findings: Default::default(),
                evidence: BTreeMap::new(),
            },
            targets: [(
                "main".to_owned(),
                Seen { location: target("prod"), object: Some(object("prod", 'a')), files: None },
            )]
            .into(),
            capabilities: [(StoreId::Memory("m".to_owned()), MemoryKind::s3_like().truth)].into(),
        };
        let request = Request::promote(name("prod"), Wanted::Unnamed, actor("ann"));
        let mut case = Self { config, environment, snapshot, request };
        case.here(State { current: Some(there("prod", 'a', 30, Some(30))), ..State::default() });
        case.upstream(State { current: Some(there("staging", 'b', 2, Some(1))), ..State::default() });
        case
    }

    /// With this state in prod.
    pub fn here(&mut self, state: State) -> &mut Self {
        self.snapshot.head = Some(head("prod", state));
        self
    }

    /// With one thing of the state in prod changed.
    pub fn state(&mut self) -> &mut State {
        &mut self.snapshot.head.as_mut().unwrap().record.state
    }

    /// With a deployment of what is in prod, by bob, that began just now.
    pub fn deploying(&mut self) -> &mut Self {
        let state = self.state();
        state.committed = Some(Digest::of(b"commit"));
        let current = state.current.as_mut().unwrap();
        (current.by, current.since) = ("bob".to_owned(), ago(0));
        (current.outcome, current.verified) = (None, None);
        self
    }

    /// With this state in staging.
    pub fn upstream(&mut self, state: State) -> &mut Self {
        self.snapshot.upstream.insert(name("staging"), Some(head("staging", state)));
        self
    }

    /// The same request as a rollback to release `digit`.
    pub fn back_to(&mut self, digit: char) -> &mut Self {
        self.request = Request::rollback(name("prod"), Wanted::Unnamed, actor("ann")).taking_over();
        self.snapshot.candidate.manifest = manifest(digit);
        self
    }

    pub fn overriding(&mut self, rule: &str) -> &mut Self {
        self.request.overrides.push(Override { rule: rule.to_owned(), reason: "it must be".to_owned() });
        self
    }

    pub fn findings(&self) -> Vec<Finding> {
        let release = self.snapshot.candidate.manifest.reference();
        evaluate(&Facts {
            config: &self.config,
            environment: &self.environment,
            snapshot: &self.snapshot,
            request: &self.request,
            release: &release,
        })
    }

    /// What one rule finds.
    pub fn finding(&self, rule: &str) -> Option<Finding> {
        self.findings().into_iter().find(|finding| finding.rule == rule)
    }

    /// The same as text.
    pub fn check(&self, rule: &str) -> String {
        let Some(finding) = self.finding(rule) else { return "nothing to say".to_owned() };
        let mut lines =
            vec![format!("{}: {}", format!("{:?}", finding.verdict).to_lowercase(), finding.detail)];
        let time = |at: DateTime<Utc>| at.format("%a %Y-%m-%dT%H:%MZ").to_string();
        lines.extend(finding.opens_at.map(|at| format!("opens {}", time(at))));
        lines.extend(finding.closes_at.map(|at| format!("closes {}", time(at))));
        lines.extend(finding.hint.map(|hint| format!("hint: {hint}")));
        if !finding.evidence.is_empty() {
            lines.push(serde_json::to_string(&finding.evidence).unwrap());
        }
        lines.join("\n")
    }
}
