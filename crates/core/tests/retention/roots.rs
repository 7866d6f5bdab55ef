//! Each root by itself, as a table.

use chrono::{DateTime, TimeDelta, Utc};
use promote_core::commit::CommitId;
use promote_core::config::Config;
use promote_core::ledger::{
    Action, Deployed, Moment, OpenIntent, PastDeployment, PromotionId, ReleaseEntry, ReleaseRef, Seq, State,
};
use promote_core::names::LaneName;
use promote_core::retention::{Policy, Root, roots::roots};
use std::collections::BTreeMap;

use crate::stage::{commit, config, name};

pub fn now() -> DateTime<Utc> {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn moment(days: i64) -> Moment {
    let at = now() - TimeDelta::days(days);
    Moment { seq: Seq(1), at, stored: Some(at) }
}

pub fn reference(commit: &CommitId) -> ReleaseRef {
    ReleaseRef {
        commit: commit.clone(),
        version: None,
        committed_at: None,
        artifacts: BTreeMap::new(),
        manifest: None,
    }
}

pub fn current(commit: &CommitId, verified: bool) -> Deployed {
    Deployed {
        release: Some(reference(commit)),
        promotion: None,
        action: Some(Action::Promote),
        by: "ann".to_owned(),
        since: moment(90),
        verified: verified.then(|| moment(90)),
        outcome: None,
        follows: false,
        targets: Vec::new(),
        claimed: None,
    }
}

pub fn past(commit: &CommitId) -> PastDeployment {
    PastDeployment {
        release: reference(commit),
        since: moment(99),
        until: moment(90),
        verified: None,
        claimed: None,
        claimed_until: None,
    }
}

pub fn open(commit: &CommitId) -> OpenIntent {
    OpenIntent {
        id: None,
        since: moment(80),
        promotion: PromotionId("P".to_owned()),
        stamps: Vec::new(),
        action: Action::Promote,
        environment: name("prod"),
        release: reference(commit),
        superseding: false,
        follows: false,
        by: "ann".to_owned(),
        gates: None,
    }
}

pub fn published(days: i64) -> ReleaseEntry {
    ReleaseEntry { published: Some(now() - TimeDelta::days(days)), ..ReleaseEntry::default() }
}

fn lane(text: &str) -> LaneName {
    text.parse().unwrap()
}

/// Why release c is kept, among releases a to e that are 100, 99, … days old, with nothing kept for being new.
fn why(lanes: &[(&str, State)], entry: ReleaseEntry, policy: &Policy, config: &Config) -> Vec<String> {
    let mut releases: BTreeMap<CommitId, ReleaseEntry> = BTreeMap::new();
    for (digit, days) in [('a', 100), ('b', 99), ('d', 97), ('e', 96)] {
        releases.insert(commit(digit), published(days));
    }
    releases.insert(commit('c'), entry);
    let lanes = lanes.iter().map(|(text, state)| (lane(text), state.clone())).collect();
    let found = roots(config, &lanes, &releases, policy, now());
    found.get(&commit('c')).into_iter().flatten().map(Root::to_string).collect()
}

#[test]
fn each_root_by_itself() {
    let none = Policy { keep: 0, older_than: TimeDelta::zero(), ..Policy::default() };
    let (c, config) = (commit('c'), config());
    let with = |current: Option<Deployed>, trail: Vec<PastDeployment>, open: Option<OpenIntent>| State {
        current,
        trail,
        open,
        ..State::default()
    };
    let old = published(98);
    type Row = (&'static str, Vec<(&'static str, State)>, ReleaseEntry, Policy, &'static [&'static str]);
    let table: Vec<Row> = vec![
        ("nothing", vec![], old.clone(), none, &[]),
        ("unpublished", vec![], ReleaseEntry::default(), Policy::default(), &[]),
        (
            "current",
            vec![("prod", with(Some(current(&c, true)), vec![], None))],
            old.clone(),
            none,
            &["in prod"],
        ),
        (
            "current of a lane that no file names",
            vec![("qa", with(Some(current(&c, false)), vec![], None))],
            old.clone(),
            none,
            &["in qa"],
        ),
        (
            "verified where prod takes it from",
            vec![("staging", with(Some(current(&c, true)), vec![], None))],
            old.clone(),
            none,
            &["in staging", "may go to prod"],
        ),
        (
            "not verified there",
            vec![("staging", with(Some(current(&c, false)), vec![], None))],
            old.clone(),
            none,
            &["in staging"],
        ),
        ("open", vec![("prod", with(None, vec![], Some(open(&c))))], old.clone(), none, &["open in prod"]),
        (
            "what an open promotion would go back to",
            vec![("prod", with(Some(current(&c, false)), vec![], Some(open(&commit('d')))))],
            old.clone(),
            none,
            &["in prod"],
        ),
        (
            "the end of the trail, never verified",
            vec![("prod", with(None, vec![past(&commit('a')), past(&commit('b')), past(&c)], None))],
            old.clone(),
            none,
            &["may come back to prod"],
        ),
        ("pinned", vec![], ReleaseEntry { pin: 3, ..old.clone() }, none, &["pinned"]),
        ("unpinned", vec![], ReleaseEntry { pin: 4, ..old.clone() }, none, &[]),
        ("third newest of three", vec![], old.clone(), Policy { keep: 3, ..none }, &["one of the newest"]),
        ("third newest of two", vec![], old.clone(), Policy { keep: 2, ..none }, &[]),
        (
            "younger than the limit",
            vec![],
            old.clone(),
            Policy { older_than: TimeDelta::days(99), ..none },
            &["young"],
        ),
        ("as old as the limit", vec![], old.clone(), Policy { older_than: TimeDelta::days(98), ..none }, &[]),
        (
            "something unknown",
            vec![],
            ReleaseEntry { unknown: true, ..old.clone() },
            none,
            &["a newer version of promote said something about it"],
        ),
        (
            "gone takes no place among the newest",
            vec![],
            ReleaseEntry { gone: Some(now()), ..published(1) },
            Policy::default(),
            &[],
        ),
    ];
    for (what, lanes, entry, policy, expected) in table {
        assert_eq!(why(&lanes, entry, &policy, &config), expected, "{what}");
    }
}
