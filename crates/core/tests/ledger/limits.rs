//! A record of a lane that has seen much still fits, with names as long as teams really have.

use crate::samples::{append, blank, intent, landed};
use chrono::TimeDelta;
use promote_core::digest::Digest;
use promote_core::ledger::record::LIMIT;
use promote_core::ledger::{Action, Commit, Head, Intent, Kind, Outcome, OutcomeResult, ReleaseRef};
use promote_core::ledger::{state::TRAIL, trail::TRAIL_BYTES};
use promote_core::location::Location;
use promote_core::port::{Token, VersionId};
use promote_core::rule::{Finding, RULES};

fn name(index: usize) -> String {
    format!("artifact-with-a-long-name-{index:03}")
}

/// Release `number`, of this many artifacts.
fn release(number: usize, artifacts: usize) -> ReleaseRef {
    ReleaseRef {
        commit: format!("{number:040x}").parse().unwrap(),
        version: Some(format!("{number}.0.0-rc.1+build.20260105090000")),
        committed_at: Some(crate::samples::start() + TimeDelta::nanoseconds(123_456_789)),
        artifacts: (0..artifacts).map(|index| (name(index), Digest::of(name(index).as_bytes()))).collect(),
        manifest: Some(Digest::of(b"manifest")),
    }
}

fn place(index: usize) -> Location {
    let folder = "a-department/a-team/a-product/a-component";
    format!("s3://a-bucket-with-a-long-name-of-an-enterprise/{folder}/{}/prod.zip", name(index))
        .parse()
        .unwrap()
}

/// The largest intent that is to be expected.
fn large(number: usize, artifacts: usize, head: Option<&Head>) -> Intent {
    let mut intent = intent('b', Action::Promote, head);
    intent.release = release(number, artifacts);
    let one = intent.targets[0].clone();
    intent.targets = (0..artifacts)
        .map(|index| {
            let mut target = one.clone();
            target.artifact = Some(name(index).parse().unwrap());
            target.target = place(index);
            target.source.location = place(index);
            target.source.version = Some(VersionId("v".repeat(32)));
            target.source.token = Token(format!("\"{}-12\"", "e".repeat(32)));
            target
        })
        .collect();
    intent.findings = RULES.iter().map(|rule| Finding::met(rule.name, "x".repeat(120))).collect();
    intent
}

/// The largest record of a lane after this many promotions, in bytes, of each kind.
fn life(artifacts: usize, promotions: usize) -> (usize, Head) {
    let mut heads: Vec<Head> = Vec::new();
    let mut largest = 0;
    for number in 1..=promotions {
        let record = append(&mut heads, Kind::Intent, |record, head| {
            record.intent = Some(large(number, artifacts, head));
        });
        largest = largest.max(record.to_bytes().unwrap().len());
        let of = heads.last().unwrap().id;
        let record = append(&mut heads, Kind::Commit, |record, _| {
            let targets = (0..artifacts).map(|index| {
                let mut one = landed('b');
                one.artifact = Some(name(index).parse().unwrap());
                one.target = place(index);
                one.version = Some(VersionId("v".repeat(32)));
                one
            });
            record.commit = Some(Commit { of, clean: true, targets: targets.collect(), left: false });
        });
        largest = largest.max(record.to_bytes().unwrap().len());
        let of = heads.last().unwrap().id;
        let record = append(&mut heads, Kind::Outcome, |record, _| {
            record.outcome = Some(Outcome { of, result: OutcomeResult::Succeeded, steps: Vec::new() });
        });
        largest = largest.max(record.to_bytes().unwrap().len());
        let last = heads.pop().unwrap();
        heads = vec![last];
    }
    (largest, heads.pop().unwrap())
}

#[test]
fn records_fit_with_a_full_trail_and_long_names() {
    for (artifacts, remembered) in [(1, TRAIL), (5, 10), (12, 6)] {
        let (largest, head) = life(artifacts, 2 * TRAIL);
        let trail = &head.state().trail;
        assert!(trail.len() >= remembered, "{artifacts} artifacts: {} are remembered", trail.len());
        let bytes: usize = trail.iter().map(|past| serde_json::to_vec(past).unwrap().len()).sum();
        assert!(bytes <= TRAIL_BYTES, "{bytes}");
        // Besides, there is room for what the outcome keeps of the steps, and for reasons and notes.
        let state = serde_json::to_vec(head.state()).unwrap().len();
        assert!(state + 14 * 1024 < LIMIT, "{artifacts} artifacts: the state has {state} bytes");
        assert!(largest < LIMIT, "{artifacts} artifacts: {largest} bytes");
    }
}

#[test]
fn a_trail_of_huge_releases_keeps_the_way_back() {
    let mut heads = Vec::new();
    append(&mut heads, Kind::Hold, |_, _| {});
    let mut head = heads.pop().unwrap();
    let state = &mut head.record.state;
    let past = |number| promote_core::ledger::PastDeployment {
        release: release(number, 100),
        since: state.held.as_ref().unwrap().since,
        claimed: None,
        claimed_until: None,
        until: state.held.as_ref().unwrap().since,
        verified: None,
    };
    let (many, current) = ((1..=TRAIL).map(past).collect::<Vec<_>>(), past(99));
    state.trail = many;
    state.current = Some(promote_core::ledger::Deployed {
        release: Some(current.release),
        promotion: None,
        action: None,
        by: "ann".to_owned(),
        since: current.since,
        claimed: None,
        verified: None,
        outcome: None,
        follows: false,
        targets: Vec::new(),
    });
    let mut record = blank(Some(&head), Kind::Observe);
    record.observe = Some(promote_core::ledger::Observe {
        release: None,
        targets: Vec::new(),
        since: None,
        allowed: Vec::new(),
        read: Default::default(),
    });
    let next = head.state().after(&record).unwrap();
    let kept: Vec<_> = next.trail.iter().map(|past| past.release.commit.clone()).collect();
    assert_eq!(kept.len(), 4, "the newest stay, whatever they take");
    assert_eq!(kept.first(), Some(&release(99, 1).commit));
}
