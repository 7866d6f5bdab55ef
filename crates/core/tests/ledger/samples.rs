//! One record of each kind, as a chain, with every field filled in.

use crate::stage::{actor, commit, content};
use chrono::{DateTime, TimeDelta, Utc};
use promote_core::digest::Digest;
use promote_core::ledger::{
    Abort, Action, Before, Commit, Freeze, Head, Intent, Kind, Landed, Mark, Observe, Outcome, OutcomeResult,
    Override, PromotionId, Proof, Record, ReleaseRef, Seq, Shape, State, StepRecord, Strength, TargetMove,
    TargetState, Verified, Why,
};
use promote_core::port::{
    CopyGuard, FenceClass, Headers, PinnedSource, Precondition, StepEnd, StepReport, Token, VersionId,
};
use promote_core::rule::Finding;

pub const LEDGER: &str = "0123456789abcdef0123456789abcdef";

pub fn genesis() -> Digest {
    Digest::of(b"genesis")
}

pub fn start() -> DateTime<Utc> {
    "2026-01-05T09:00:00Z".parse().unwrap()
}

pub fn release(digit: char) -> ReleaseRef {
    ReleaseRef {
        commit: commit(digit),
        version: Some("1.4.0".to_owned()),
        committed_at: Some(start()),
        artifacts: [("main".to_owned(), Digest::of(&content(digit)))].into(),
        manifest: None,
    }
}

/// The record of this kind after `head`, without what its kind needs and without its state.
pub fn blank(head: Option<&Head>, kind: Kind) -> Record {
    let seq = head.map_or(Seq(1), |head| head.record.seq.next());
    let mut by = actor("ann");
    by.source = "github-actions".to_owned();
    by.strength = Strength::verified(&Proof::of_checked_signature());
    by.details.insert("run".to_owned(), "https://ci.example/runs/7".to_owned());
    Record {
        schema: promote_core::ledger::record::SCHEMA.to_owned(),
        ledger: LEDGER.to_owned(),
        lane: "prod".parse().unwrap(),
        seq,
        prev: head.map_or(genesis(), |head| head.id),
        nonce: format!("{:032x}", seq.0),
        kind,
        at: start() + TimeDelta::minutes(i64::try_from(seq.0).unwrap()),
        prev_stored_at: head.map(|head| head.stored_at),
        actor: by,
        why: Why {
            reason: Some("because".to_owned()),
            notes: [("ticket".to_owned(), "OPS-7".to_owned())].into(),
            overrides: vec![Override { rule: "soak".to_owned(), reason: "urgent".to_owned() }],
        },
        intent: None,
        commit: None,
        abort: None,
        outcome: None,
        observe: None,
        freeze: None,
        mark: None,
        state: State::default(),
    }
}

/// What a reader would make of a record that was stored half a second after it was written.
pub fn stored(record: &Record) -> Head {
    let id = Digest::of(&record.to_bytes().unwrap());
    let stored_at = record.at + TimeDelta::milliseconds(500);
    let mut record = record.clone();
    record.state = record.state.sealed(record.seq, id, Some(stored_at));
    Head { record, id, stored_at }
}

/// Fills a record in, computes its state, and stores it.
pub fn append(heads: &mut Vec<Head>, kind: Kind, fill: impl FnOnce(&mut Record, Option<&Head>)) -> Record {
    let last = heads.last();
    let mut record = blank(last, kind);
    fill(&mut record, last);
    let state = last.map(|head| head.state().clone()).unwrap_or_default();
    record.state = state.after(&record).unwrap();
    heads.push(stored(&record));
    record
}

pub fn intent(digit: char, action: Action, head: Option<&Head>) -> Intent {
    let state = head.map(|head| head.state().clone()).unwrap_or_default();
    let token = |digit: char| Token(format!("\"etag-{digit}\""));
    Intent {
        promotion: PromotionId::new(start(), [digit as u8; 16]),
        action,
        environment: "prod".parse().unwrap(),
        release: release(digit),
        from: state.release().map(|release| release.commit.clone()),
        supersedes: state.open.as_ref().and_then(|open| open.id),
        targets: vec![TargetMove {
            artifact: Some("main".parse().unwrap()),
            target: "s3://acme-releases/shop/prod.zip".parse().unwrap(),
            source: PinnedSource {
                location: format!("s3://acme-releases/shop/{}.zip", commit(digit)).parse().unwrap(),
                token: token(digit),
                version: Some(VersionId("source-version".to_owned())),
                sha256: Digest::of(&content(digit)),
                size: 14,
                headers: Headers { content_type: Some("application/zip".to_owned()), ..Headers::default() },
            },
            before: Some(Before {
                token: token('0'),
                version: Some(VersionId("version-before".to_owned())),
                sha256: Some(Digest::of(b"before")),
                size: 6,
            }),
            when: Precondition::Matches(token('0')),
            way: CopyGuard::ConditionalCopy,
            fence: FenceClass::Expiring,
            shape: Shape::Whole,
        }],
        follows: true,
        findings: vec![
            Finding::met("from", "verified in staging 2d ago").with("need_s", 7).opens(Some(start())),
        ],
        plan: Digest::of(b"plan"),
        lives_s: None,
        allowed: Vec::new(),
        gates: None,
        approvals: Default::default(),
        read: Default::default(),
    }
}

pub fn landed(digit: char) -> Landed {
    Landed {
        artifact: Some("main".parse().unwrap()),
        target: "s3://acme-releases/shop/prod.zip".parse().unwrap(),
        size: 14,
        token: Token(format!("\"etag-{digit}\"")),
        version: Some(VersionId("version-after".to_owned())),
        verified: Verified::ReadBack,
        wrote: true,
    }
}

pub fn target_state(digit: char) -> TargetState {
    TargetState {
        artifact: Some("main".parse().unwrap()),
        target: "s3://acme-releases/shop/prod.zip".parse().unwrap(),
        token: Token(format!("\"etag-{digit}\"")),
        version: None,
        sha256: Some(Digest::of(&content(digit))),
        size: 14,
    }
}

pub fn commit_of(of: Digest, digit: char, clean: bool) -> Commit {
    Commit { of, clean, targets: vec![landed(digit)], left: false }
}

pub fn outcome_of(of: Digest, result: OutcomeResult) -> Outcome {
    let report = StepReport {
        end: StepEnd::Succeeded,
        summary: "says ccccccc".to_owned(),
        tail: "last line\n".to_owned(),
        outputs: [("schema".to_owned(), "42".to_owned())].into(),
        took_s: 61,
    };
    Outcome {
        of,
        result,
        steps: vec![StepRecord { phase: "verify".to_owned(), name: "smoke".to_owned(), report }],
    }
}

/// Releases b, then c.
pub fn move_to(heads: &mut Vec<Head>, digit: char) {
    append(heads, Kind::Intent, |record, head| record.intent = Some(intent(digit, Action::Promote, head)));
    append(heads, Kind::Commit, |record, head| {
        record.commit = Some(commit_of(head.unwrap().id, digit, true));
    });
    append(heads, Kind::Outcome, |record, head| {
        record.outcome = Some(outcome_of(head.unwrap().id, OutcomeResult::Succeeded));
    });
}

/// A record of every kind, in an order in which they may stand.
pub fn all_kinds() -> Vec<(&'static str, Record)> {
    let mut heads = Vec::new();
    move_to(&mut heads, 'b');
    let mut out = vec![(
        "intent",
        append(&mut heads, Kind::Intent, |record, head| {
            record.intent = Some(intent('c', Action::Promote, head));
        }),
    )];
    let of = heads.last().unwrap().id;
    out.push((
        "abort",
        append(&mut heads, Kind::Abort, |record, _| {
            record.abort = Some(Abort { of, reason: "`prepare` did not succeed".to_owned(), restored: None });
        }),
    ));
    append(&mut heads, Kind::Intent, |record, head| record.intent = Some(intent('c', Action::Promote, head)));
    let of = heads.last().unwrap().id;
    out.push((
        "commit",
        append(&mut heads, Kind::Commit, |record, _| record.commit = Some(commit_of(of, 'c', false))),
    ));
    let of = heads.last().unwrap().id;
    out.push((
        "outcome",
        append(&mut heads, Kind::Outcome, |record, _| {
            record.outcome = Some(outcome_of(of, OutcomeResult::TimedOut));
        }),
    ));
    out.push((
        "mark",
        append(&mut heads, Kind::Mark, |record, _| {
            record.mark = Some(Mark {
                of: PromotionId::new(start(), [b'c'; 16]),
                label: "incident".to_owned(),
                sign: None,
            });
        }),
    ));
    let until = Some(start() + TimeDelta::days(2));
    out.push((
        "freeze",
        append(&mut heads, Kind::Freeze, |record, _| {
            record.freeze = Some(Freeze { until, environments: Vec::new() })
        }),
    ));
    out.push(("hold", append(&mut heads, Kind::Hold, |_, _| {})));
    out.push((
        "observe",
        append(&mut heads, Kind::Observe, |record, _| {
            record.observe = Some(Observe {
                release: Some(release('d')),
                targets: vec![target_state('d')],
                since: None,
                allowed: Vec::new(),
                read: Default::default(),
            });
        }),
    ));
    out.push(("unfreeze", append(&mut heads, Kind::Unfreeze, |_, _| {})));
    out.push(("unhold", append(&mut heads, Kind::Unhold, |_, _| {})));
    let report = promote_core::ledger::check_chain(&LEDGER.to_owned(), genesis(), &heads);
    assert_eq!(report.faults, [], "the samples are a sound chain");
    out
}
