//! For random ledgers: no release that a lane, a person or the policy needs is ever doomed or deleted.

use crate::roots::{current, now, open, past, published};
use crate::stage::config;
use chrono::TimeDelta;
use promote_core::commit::CommitId;
use promote_core::ledger::manifest::SCHEMA;
use promote_core::ledger::{Actor, BuiltArtifact, Head, Kind, Manifest, Record, ReleaseEntry, Seq, State};
use promote_core::retention::{Fate, Policy, Survey, judge};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn commit(number: usize) -> CommitId {
    format!("{number:040x}").parse().unwrap()
}

fn actor() -> Actor {
    crate::stage::actor("ann")
}

fn head(lane: &str, state: State) -> Head {
    let digest = promote_core::digest::Digest::of(b"x");
    let record = Record {
        schema: promote_core::ledger::record::SCHEMA.to_owned(),
        ledger: "0".repeat(32),
        lane: lane.parse().unwrap(),
        seq: Seq(1),
        prev: digest,
        nonce: "1".repeat(32),
        kind: Kind::Hold,
        at: now(),
        prev_stored_at: None,
        actor: actor(),
        why: Default::default(),
        intent: None,
        commit: None,
        abort: None,
        outcome: None,
        observe: None,
        freeze: None,
        mark: None,
        state,
    };
    Head { record, id: digest, stored_at: now() }
}

/// `place`: releases with the same number lie in the same place.
fn manifest(number: usize, place: usize) -> Manifest {
    let location = format!("memory://m/rel/{place}.zip").parse().unwrap();
    let sha256 = promote_core::digest::Digest::of(b"x");
    let size = 1;
    let built =
        BuiltArtifact { location, sha256, size, content: None, folder: None, expires: None, seen: None };
    Manifest {
        schema: SCHEMA.to_owned(),
        commit: commit(number),
        subject: None,
        committed_at: None,
        version: None,
        branches: Vec::new(),
        artifacts: [("main".to_owned(), built)].into(),
        built: "given".to_owned(),
        allowed: Default::default(),
        at: now(),
        actor: actor(),
    }
}

type Lane = (Option<(usize, bool)>, Vec<usize>, Option<usize>);

fn lanes() -> impl Strategy<Value = Vec<Lane>> {
    let release = || 0..40_usize;
    let lane = (
        prop::option::of((release(), any::<bool>())),
        prop::collection::vec(release(), 0..24),
        prop::option::of(release()),
    );
    prop::collection::vec(lane, 0..4)
}

type Said = (i64, u32, u32, bool, bool, usize);

fn releases() -> impl Strategy<Value = Vec<Said>> {
    let one = (0..60_i64, 0..4_u32, 0..4_u32, any::<bool>(), prop::bool::weighted(0.1), 0..60_usize);
    prop::collection::vec(one, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn what_is_needed_is_never_doomed(
        lanes in lanes(),
        said in releases(),
        keep in 0..8_usize,
        days in 0..40_i64,
    ) {
        let policy = Policy { keep, older_than: TimeDelta::days(days), ..Policy::default() };
        let names = ["prod", "staging", "qa", "elsewhere"];
        let mut needed: BTreeSet<CommitId> = BTreeSet::new();
        let mut heads = BTreeMap::new();
        for ((here, trail, opened), text) in lanes.iter().zip(names) {
            needed.extend(here.iter().map(|(number, _)| commit(*number)));
            needed.extend(trail.iter().chain(opened).map(|number| commit(*number)));
            let state = State {
                current: here.map(|(number, verified)| current(&commit(number), verified)),
                trail: trail.iter().map(|number| past(&commit(*number))).collect(),
                open: opened.map(|number| open(&commit(number))),
                ..State::default()
            };
            heads.insert(text.parse().unwrap(), head(text, state));
        }
        let mut listed: BTreeMap<CommitId, ReleaseEntry> = BTreeMap::new();
        let mut manifests = BTreeMap::new();
        for (number, (age, pin, doom, long, gone, place)) in said.iter().enumerate() {
            let doomed_at = now() - if *long { TimeDelta::hours(1) } else { TimeDelta::minutes(59) };
            let entry = ReleaseEntry {
                pin: *pin,
                doom: *doom,
                doomed_at: (*doom > 0).then_some(doomed_at),
                gone: gone.then(now),
                ..published(*age)
            };
            if entry.pinned() || *age < days {
                needed.insert(commit(number));
            }
            listed.insert(commit(number), entry);
            if !gone {
                manifests.insert(commit(number), manifest(number, *place));
            }
        }
        let mut ages: Vec<_> = listed.iter().filter(|(_, entry)| entry.gone.is_none()).collect();
        ages.sort_by_key(|(commit, entry)| (std::cmp::Reverse(entry.published), (*commit).clone()));
        needed.extend(ages.iter().take(keep).map(|(commit, _)| (*commit).clone()));
        let survey = Survey { at: now(), heads, releases: listed.clone(), manifests: manifests.clone(), signs: Vec::new() };
        let judged = judge(&config(), &policy, &survey, |_| true);
        prop_assert_eq!(judged.len(), listed.len());
        let place = |commit: &CommitId| {
            manifests.get(commit).map(|manifest| manifest.artifacts["main"].location.clone())
        };
        let taken: BTreeSet<_> = needed.iter().filter_map(place).collect();
        let stay: BTreeSet<_> = judged
            .iter()
            .filter(|(_, one)| one.fate != Fate::Delete)
            .filter_map(|(commit, _)| place(commit))
            .collect();
        for (commit, one) in &judged {
            let entry = &listed[commit];
            let lies = place(commit);
            let kept = needed.contains(commit) || lies.as_ref().is_some_and(|lies| taken.contains(lies));
            match one.fate {
                Fate::Gone => prop_assert!(entry.gone.is_some()),
                Fate::Keep | Fate::Lift => prop_assert!(kept && entry.doomed() == (one.fate == Fate::Lift)),
                Fate::Doom => prop_assert!(!kept && !entry.doomed()),
                Fate::Wait { .. } => prop_assert!(!kept && entry.doomed()),
                Fate::Delete => {
                    prop_assert!(!kept && entry.doomed());
                    prop_assert!(now() - entry.doomed_at.unwrap() >= policy.grace);
                    prop_assert!(!stay.contains(&lies.unwrap()), "it lies where something else stays");
                }
            }
        }
    }
}
