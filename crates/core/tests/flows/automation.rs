//! What automation leaves to people: which of two releases is newer where nothing tells, and a release that somebody
//! changed behind its back.

use crate::stage::{Stage, actor, commit, content, name};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_executor::block_on;
use promote_core::advance::Watch;
use promote_core::advance::advance;
use promote_core::automatic::promote;
use promote_core::exit::ExitStatus;
use promote_core::init_ledger::init_ledger;
use promote_core::marks::block;
use promote_core::port::Body;
use promote_core::publish::{Given, Publication, publish};
use promote_core::report::Moved;
use promote_core::request::{Request, Wanted};
use promote_testing::memory::MemoryKind;
use std::time::Duration;

struct Unwatched;

impl Watch for Unwatched {
    fn begins(&self, _: &promote_core::plan::Plan) {}
    fn ends(&self) {}
}

/// Publishes a release that was committed then, and moves it as `promote publish` does.
fn published(stage: &Stage, digit: char, committed_at: Option<DateTime<Utc>>) -> Vec<Moved> {
    let ports = stage.ports();
    stage.clock.advance(Duration::from_secs(60));
    block_on(init_ledger(&ports, &stage.config)).unwrap();
    let publication = Publication {
        commit: commit(digit),
        subject: None,
        committed_at,
        version: None,
        branches: vec!["main".to_owned()],
        artifacts: [("main".to_owned(), Given::Object { body: Body::Bytes(content(digit)), content: None })]
            .into(),
        built: "given".to_owned(),
        allowed: Default::default(),
        actor: actor("ci"),
    };
    block_on(publish(&ports, &stage.config, &publication)).unwrap();
    block_on(promote(&ports, &stage.config, &actor("ci"), &commit(digit), &Unwatched)).unwrap()
}

fn advanced(stage: &Stage, environment: &str, dry_run: bool) -> Moved {
    let names = [name(environment)];
    let (ports, timer) = (stage.ports(), actor("timer"));
    block_on(advance(&ports, &stage.config, &names, &timer, dry_run, &Unwatched)).unwrap().pop().unwrap()
}

#[test]
fn of_two_releases_of_one_time_the_first_stays_until_somebody_asks() {
    let at: DateTime<Utc> = "2026-01-05T09:00:00Z".parse().unwrap();
    for times in [Some(at), None] {
        for (first, second) in [('a', 'b'), ('b', 'a')] {
            let stage = Stage::empty(MemoryKind::s3_like());
            assert_eq!(published(&stage, first, times)[0].result, "promoted");
            let moved = published(&stage, second, times);
            // Without times, what was published later is newer; with the same one, nothing tells.
            let there = if times.is_some() { first } else { second };
            let result = if times.is_some() { "blocked" } else { "promoted" };
            assert_eq!(moved[0].result, result, "{times:?}: {moved:?}");
            let seq = stage.state("staging").current.unwrap().since.seq;
            for _ in 0..3 {
                for digit in [first, second] {
                    let ended = advanced(&stage, "staging", false);
                    assert!(ended.exit == ExitStatus::Ok || ended.exit == ExitStatus::Blocked, "{ended:?}");
                    published(&stage, digit, times);
                    assert_eq!(stage.state("staging").release().unwrap().commit, commit(there), "{times:?}");
                }
            }
            assert_eq!(stage.state("staging").current.unwrap().since.seq, seq, "{times:?}: nothing moved");
            // Who asks has chosen.
            let other = if times.is_some() { second } else { first };
            assert!(matches!(stage.to("staging", other), crate::stage::End::Done(_)));
            advanced(&stage, "staging", false);
            assert_eq!(stage.state("staging").release().unwrap().commit, commit(other), "{times:?}");
        }
    }
}

/// Release b is in staging, a in prod; both were verified in staging. Prod takes them by itself.
fn following() -> Stage {
    let mut stage = Stage::ready(MemoryKind::s3_like());
    assert!(matches!(stage.to("staging", 'c'), crate::stage::End::Done(_)));
    stage.config.environments.get_mut(&name("prod")).unwrap().auto = true;
    stage
}

#[test]
fn a_release_whose_source_has_other_bytes_is_told_and_no_older_one_moves_instead() {
    for (what, exit) in [("other bytes", ExitStatus::Conflict), ("gone", ExitStatus::Missing)] {
        let stage = following();
        let source = format!("rel/{}.zip", commit('c')).parse().unwrap();
        match exit {
            ExitStatus::Conflict => {
                stage.bucket.put(&source, Bytes::from(content('c').to_ascii_uppercase()));
            }
            _ => stage.bucket.remove(&source),
        }
        for dry_run in [true, false] {
            let moved = advanced(&stage, "prod", dry_run);
            assert_eq!((moved.result.as_str(), moved.exit), ("blocked", exit), "{what}: {moved:?}");
            assert_eq!(moved.sha, Some(commit('c').to_string()), "{what}");
            assert!(
                moved.why.iter().any(|why| why.contains(&format!("rel/{}.zip", commit('c')))),
                "{moved:?}"
            );
        }
        assert_eq!(stage.target("prod"), Some(content('a')), "{what}");
    }
    // What rules alone keep from moving lets an older one pass, as ever.
    let stage = following();
    let request = Request::promote(name("prod"), Wanted::Unnamed, actor("ann"));
    let request = Request { reason: Some("bad".to_owned()), ..request };
    block_on(block(&stage.ports(), &stage.config, &commit('c'), true, &request)).unwrap();
    let moved = advanced(&stage, "prod", false);
    assert_eq!((moved.result.as_str(), moved.sha), ("promoted", Some(commit('b').to_string())));
}
