//! What every plan has, whatever it comes to write: what it was made for, on which base, and on what terms.

use super::document::{Base, Plan, SCHEMA};
use crate::config::{Config, Environment};
use crate::ledger::{Action, ReleaseRef};
use crate::request::{Request, Terms};
use crate::rule::Finding;
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;

impl Plan {
    /// A plan that writes nothing yet, on what was seen and on the terms of the request.
    pub(super) fn draft(
        config: &Config,
        environment: &Environment,
        snapshot: &Snapshot,
        request: &Request,
        (action, release): (Action, ReleaseRef),
        findings: Vec<Finding>,
    ) -> Self {
        let (manifest, state) = (&snapshot.candidate.manifest, snapshot.state());
        Self {
            schema: SCHEMA.to_owned(),
            project: config.project.clone(),
            ledger: snapshot.genesis.0.ledger.clone(),
            lane: environment.lane.clone(),
            environment: environment.name.clone(),
            base: Base {
                seq: snapshot.head.as_ref().map(|head| head.record.seq),
                id: snapshot.head.as_ref().map_or(snapshot.genesis.1, |head| head.id),
            },
            action,
            release,
            subject: manifest.subject.clone(),
            from: state.release().cloned(),
            supersedes: state.open.as_ref().and_then(|open| open.id),
            targets: Vec::new(),
            follows: false,
            steps: None,
            findings,
            terms: Terms {
                include: request.include.clone(),
                overrides: request.overrides_once(),
                notes: request.notes.clone(),
                reason: request.reason.clone(),
            },
            taken_at: snapshot.taken_at,
            changes: BTreeMap::new(),
            stays: Vec::new(),
            named_at: None,
            let_through: manifest.allowed.names(),
            approvals: BTreeMap::new(),
        }
    }
}
