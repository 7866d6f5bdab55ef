//! Importing: whose bytes an old version holds, which releases followed one another, and a ledger that is filled from
//! what lies in stores in memory.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it finds a fault"
)]

#[allow(dead_code, reason = "the stages of other tests use all of it")]
#[path = "acting/mod.rs"]
mod acting;
#[allow(dead_code, reason = "the protocol's tests use all of it")]
#[path = "protocol/stage.rs"]
mod stage;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_executor::block_on;
use promote_core::config::ArtifactKind;
use promote_core::digest::Digest;
use promote_core::exit::ExitStatus;
use promote_core::import::{Candidate, Event, ImportPlan, carry_out, holder, stays, survey};
use promote_core::ledger::{Ledger, TargetState};
use promote_core::location::StoreId;
use promote_core::port::{Bucket, Clock, Headers, Metadata, Object, Token};
use promote_core::ports::Ports;
use promote_core::template::Template;
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use stage::{End, Stage, actor, commit, content, name};
use std::sync::Arc;
use std::time::Duration;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_600_000_000 + seconds, 0).unwrap()
}

fn object(stored: i64, token: &str, size: u64, sha256: Option<&str>, named: Option<char>) -> Object {
    Object {
        key: "x".parse().unwrap(),
        size,
        token: Token(token.to_owned()),
        version: None,
        sha256: sha256.map(|text| Digest::of(text.as_bytes())),
        stored_at: at(stored),
        headers: Headers::default(),
        metadata: named
            .map(|digit| Metadata::from([("promote-commit".to_owned(), commit(digit).to_string())]))
            .unwrap_or_default(),
        checksums: Default::default(),
    }
}

#[test]
fn bytes_are_known_by_digest_then_by_name_then_by_token() {
    let at_source = |digit, object| Candidate { commit: commit(digit), object };
    let sources = [
        at_source('a', object(10, "etag-a", 5, Some("A"), None)),
        at_source('b', object(20, "etag-b", 5, None, None)),
        at_source('c', object(30, "etag-c", 7, None, None)),
        // The same bytes as c, built again.
        at_source('d', object(40, "etag-c", 7, None, None)),
    ];
    let cases = [
        ("same digest", object(50, "other", 5, Some("A"), None), Some('a')),
        ("other digest, same token", object(50, "etag-a", 5, Some("Z"), None), None),
        ("same token and size", object(50, "etag-b", 5, Some("Z"), None), Some('b')),
        ("same token, other size", object(50, "etag-b", 6, None, None), None),
        ("names itself", object(50, "other", 5, None, Some('b')), Some('b')),
        ("names itself, other size", object(50, "other", 9, None, Some('b')), None),
        ("names itself, other digest", object(50, "other", 5, Some("Z"), Some('a')), None),
        ("nobody's", object(50, "other", 5, None, None), None),
        ("two releases, both before", object(50, "etag-c", 7, None, None), Some('d')),
        ("two releases, one before", object(35, "etag-c", 7, None, None), Some('c')),
        ("two releases, both after", object(5, "etag-c", 7, None, None), Some('c')),
        ("two releases, and it says which", object(50, "etag-c", 7, None, Some('c')), Some('c')),
    ];
    let sums = |object: Object, md5: &str, crc: Option<&str>| Object {
        checksums: [("md5", Some(md5)), ("crc32c", crc)]
            .into_iter()
            .filter_map(|(name, sum)| Some((name.to_owned(), sum?.to_owned())))
            .collect(),
        ..object
    };
    let google = [
        at_source('a', sums(object(10, "1", 5, None, None), "m-a", Some("c-a"))),
        at_source('b', sums(object(20, "2", 5, None, None), "m-b", Some("c-a"))),
    ];
    for (what, md5, crc, expected) in [
        ("both checksums", "m-b", Some("c-a"), Some('b')),
        ("one of them", "m-a", None, Some('a')),
        ("one of them differs", "m-a", Some("c-b"), None),
    ] {
        let version = sums(object(50, "9", 5, None, None), md5, crc);
        let found = holder(&version, &google).map(|candidate| candidate.commit.clone());
        assert_eq!(found, expected.map(commit), "{what}");
    }
    for (what, version, expected) in cases {
        let found = holder(&version, &sources).map(|candidate| candidate.commit.clone());
        assert_eq!(found, expected.map(commit), "{what}");
    }
}

#[test]
fn releases_follow_one_another() {
    let event = |artifact: &str, seconds: i64, digit: Option<char>| Event {
        artifact: artifact.to_owned(),
        at: at(seconds),
        dated: true,
        commit: digit.map(commit),
        warning: None,
        target: TargetState {
            artifact: artifact.parse().ok(),
            target: "memory://m/x".parse().unwrap(),
            token: Token(format!("{artifact}{seconds}")),
            version: None,
            sha256: None,
            size: 1,
        },
        told: seconds.to_string(),
    };
    type Case = (
        &'static [&'static str],
        &'static [(&'static str, i64, Option<char>)],
        &'static [(i64, char, &'static str)],
    );
    let cases: [Case; 8] = [
        (&["main"], &[], &[]),
        (
            &["main"],
            &[("main", 2, Some('b')), ("main", 1, Some('a'))],
            &[(1, 'a', "main1"), (2, 'b', "main2")],
        ),
        // Put in place again: one stay, with the newest token.
        (&["main"], &[("main", 1, Some('a')), ("main", 2, Some('a'))], &[(1, 'a', "main2")]),
        (
            &["main"],
            &[("main", 1, Some('a')), ("main", 2, Some('b')), ("main", 3, Some('a'))],
            &[(1, 'a', "main1"), (2, 'b', "main2"), (3, 'a', "main3")],
        ),
        // Something unknown in between ends the stay.
        (
            &["main"],
            &[("main", 1, Some('a')), ("main", 2, None), ("main", 3, Some('a'))],
            &[(1, 'a', "main1"), (3, 'a', "main3")],
        ),
        (&["main"], &[("main", 1, None)], &[]),
        // Two artifacts are a release when both are of it.
        (
            &["web", "zip"],
            &[("zip", 1, Some('a')), ("web", 2, Some('a')), ("web", 3, Some('b')), ("zip", 4, Some('b'))],
            &[(2, 'a', "web2 zip1"), (4, 'b', "web3 zip4")],
        ),
        (&["web", "zip"], &[("zip", 1, Some('a')), ("web", 2, Some('b'))], &[]),
    ];
    for (artifacts, events, expected) in cases {
        let artifacts: Vec<String> = artifacts.iter().map(|&name| name.to_owned()).collect();
        let events =
            events.iter().map(|(artifact, seconds, digit)| event(artifact, *seconds, *digit)).collect();
        let found: Vec<_> = stays(&artifacts, events)
            .into_iter()
            .map(|stay| {
                let tokens: Vec<String> = stay.targets.iter().map(|target| target.token.0.clone()).collect();
                (stay.since.unwrap(), stay.commit.unwrap(), tokens.join(" "))
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(seconds, digit, tokens)| (at(*seconds), commit(*digit), (*tokens).to_owned()))
            .collect();
        assert_eq!(found, expected);
    }
}

/// A team that copied zips by hand: a, b, something foreign, and a again in prod; b in staging.
fn by_hand(kind: MemoryKind) -> Stage {
    let stage = Stage::empty(kind);
    let put = |key: &str, bytes: Bytes| {
        stage.clock.advance(Duration::from_secs(3600));
        stage.bucket.put(&key.parse().unwrap(), bytes);
    };
    for digit in ['a', 'b'] {
        put(&format!("rel/{}.zip", commit(digit)), content(digit));
    }
    put("rel/latest.zip", content('b'));
    put("prod.zip", content('a'));
    put("prod.zip", content('b'));
    put("prod.zip", Bytes::from_static(b"a hot fix"));
    put("prod.zip", content('a'));
    put("staging.zip", content('b'));
    stage.clock.advance(Duration::from_secs(3600));
    stage
}

fn surveyed(stage: &Stage) -> ImportPlan {
    let names = [name("staging"), name("prod")];
    block_on(survey(&stage.ports().view(), &stage.config, &names, &actor("ann"), 100)).unwrap()
}

#[test]
fn versions_become_a_history_that_no_rule_trusts() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like()] {
        let stage = by_hand(kind);
        let before = stage.bucket.snapshot();
        let plan = surveyed(&stage);
        assert_eq!(stage.bucket.snapshot(), before, "a survey writes nothing");
        let told: Vec<_> =
            plan.lanes[1].records.iter().map(|one| one.release.as_ref().unwrap().commit.clone()).collect();
        assert_eq!(told, [commit('a'), commit('b'), commit('a')]);
        assert_eq!(plan.lanes[1].left.len(), 1, "{:?}", plan.lanes[1].left);
        let done = block_on(carry_out(&stage.ports(), &stage.config, &plan, &actor("ann"))).unwrap();
        assert_eq!((done.releases, done.records), (2, 4));
        let state = stage.state("prod");
        let current = state.current.clone().unwrap();
        assert_eq!(current.release.unwrap().commit, commit('a'));
        assert_eq!((current.verified, current.outcome), (None, None), "nobody verified it");
        assert_eq!(current.claimed, plan.lanes[1].records[2].since);
        assert!(current.since.time() > current.claimed.unwrap(), "the true time is that of the record");
        assert_eq!(state.trail.len(), 2);
        assert_eq!(state.trail[0].claimed_until, current.claimed);
        // Again: nothing is left to do.
        assert_eq!(surveyed(&stage).to_write(), 0);
        // b is in staging for an hour, as is claimed; that satisfies no soak.
        let mut config = stage.config.clone();
        config.environments.get_mut(&name("prod")).unwrap().soak = Duration::from_secs(60);
        let request = promote_core::request::Request::promote(name("prod"), stage::wanted('b'), actor("ann"));
        let end = block_on(stage::run(&stage.ports(), &config, request));
        assert!(matches!(end, End::Refused(_)), "{end:?}");
        // Put in place by promote it counts, and prod moves on from what was imported.
        stage.publish('c');
        assert!(matches!(stage.to("staging", 'c'), End::Done(_)));
        assert!(matches!(stage.to("prod", 'c'), End::Done(_)));
        assert_eq!(stage.target("prod"), Some(content('c')));
        let failure =
            block_on(survey(&stage.ports().view(), &stage.config, &[name("prod")], &actor("ann"), 100))
                .unwrap_err();
        assert_eq!(failure.exit, ExitStatus::Conflict, "it has a history of its own now");
    }
}

#[test]
fn of_a_target_that_was_deleted_nothing_is_taken_over() {
    let stage = by_hand(MemoryKind::s3_like());
    let (key, any) = ("staging.zip".parse().unwrap(), promote_core::port::Precondition::Any);
    block_on(Bucket::delete(&stage.bucket, &key, &any)).unwrap();
    let plan = surveyed(&stage);
    assert_eq!((plan.lanes[0].records.len(), plan.lanes[1].records.len()), (0, 3));
    let left = &plan.lanes[0].left;
    assert!(left.len() == 1 && left[0].why.contains("it was deleted"), "{left:?}");
}

#[test]
fn an_import_that_is_cut_off_goes_on() {
    for call in 1..40 {
        let stage = by_hand(MemoryKind::local_like());
        let plan = surveyed(&stage);
        let faults = FaultPlan::new().with(call, Fault::CrashAfter);
        let faulty = Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), faults.clone()));
        let first = block_on(carry_out(&stage.ports_on(faulty), &stage.config, &plan, &actor("ann")));
        let again = surveyed(&stage);
        block_on(carry_out(&stage.ports(), &stage.config, &again, &actor("ben"))).unwrap();
        let told = stage.state("prod").trail.len();
        assert_eq!(told, 2, "cut off at call {call}");
        assert_eq!(stage.state("prod").current.unwrap().release.unwrap().commit, commit('a'));
        assert_eq!(surveyed(&stage).to_write(), 0, "cut off at call {call}");
        if first.is_ok() {
            assert!(call > 6, "an import has more calls than {call}");
            return;
        }
    }
    panic!("the import did not come to its end in 40 calls");
}

/// Images under new tags each time: the tags are the history.
#[test]
fn tags_with_a_timestamp_are_a_history() {
    let stage = Stage::empty(MemoryKind::local_like());
    let registry = StoreId::Image("quay.io/acme/core".to_owned());
    let images = stage.bucket.world().bucket(registry.clone(), MemoryKind::local_like());
    for digit in ['a', 'b'] {
        images.put(&commit(digit).short(8).parse().unwrap(), content(digit));
    }
    let prod = |digit: char, digits: usize, time: i64| {
        format!("prod-{}-13-09-2020.{time}", commit(digit).short(digits))
    };
    images.put(&prod('b', 8, 1_600_000_500).parse().unwrap(), content('b'));
    images.put(&prod('a', 7, 1_600_000_100).parse().unwrap(), content('a'));
    // Rebuilt by hand under a commit's name, of an unknown commit, and a label.
    images.put(&prod('a', 8, 1_600_000_600).parse().unwrap(), Bytes::from_static(b"rebuilt"));
    images.put(&prod('e', 8, 1_600_000_700).parse().unwrap(), content('e'));
    images.put(&"prod-hotfix".parse().unwrap(), content('b'));
    images.put(&"dev-aaaaaaaa-13-09-2020.1600000050".parse().unwrap(), content('a'));
    let mut config = stage.config.clone();
    for environment in config.environments.values_mut() {
        let artifact = &mut environment.artifacts[0];
        artifact.kind = ArtifactKind::Image;
        artifact.source = Template::parse("quay.io/acme/core:{sha:8}").unwrap();
        let target = "quay.io/acme/core:{env}-{sha:8}-{date:%d-%m-%Y}.{timestamp}";
        artifact.target = Some(Template::parse(target).unwrap());
    }
    let clock: Arc<dyn Clock> = Arc::new(stage.clock.clone());
    let mut ports: Ports = stage.ports();
    ports.ledger = Ledger::new(Arc::new(stage.bucket.clone()), ".promote/shop".parse().unwrap(), clock);
    ports.stores.insert(registry, Arc::new(images) as Arc<dyn Bucket>);
    ports.history = Some(Arc::new(Repository));
    let plan = block_on(survey(&ports.view(), &config, &[name("prod")], &actor("ann"), 100)).unwrap();
    let lane = &plan.lanes[0];
    let told: Vec<_> = lane
        .records
        .iter()
        .map(|one| (one.since.unwrap(), one.release.as_ref().map(|release| release.commit.clone())))
        .collect();
    // What is newest is of no known commit, so it is recorded as unknown; what came between leaves a gap.
    assert_eq!(
        told,
        [(at(100), Some(commit('a'))), (at(500), Some(commit('b'))), (at(700), None)],
        "{lane:#?}"
    );
    let left: Vec<&str> = lane.left.iter().map(|left| left.why.as_str()).collect();
    assert_eq!(left.len(), 3, "{:#?}", lane.left);
    assert!(left.iter().any(|why| why.contains("held other bytes")), "{left:?}");
    assert!(left.iter().any(|why| why.contains("no commit that begins with eeeeeeee")), "{left:?}");
    let done = block_on(carry_out(&ports, &config, &plan, &actor("ann"))).unwrap();
    assert_eq!((done.releases, done.records), (2, 3));
    let current = stage.state("prod").current.unwrap();
    assert_eq!(current.release, None, "the older one is not said to run");
    assert_eq!(
        current.targets[0].target.to_string(),
        format!("quay.io/acme/core:{}", prod('e', 8, 1_600_000_700))
    );
}

/// A repository with the commits a and b.
#[derive(Debug)]
struct Repository;

#[async_trait::async_trait]
impl promote_core::port::History for Repository {
    async fn resolve(
        &self,
        name: &str,
    ) -> Result<Option<promote_core::port::Commit>, promote_core::port::ProviderError> {
        let id = ['a', 'b'].map(commit).into_iter().find(|id| id.as_str().starts_with(name));
        Ok(id.map(|id| promote_core::port::Commit {
            id,
            subject: "work".to_owned(),
            author: "ann".to_owned(),
            committed_at: at(0),
        }))
    }

    async fn on_branch(
        &self,
        _: &promote_core::commit::CommitId,
        _: &str,
    ) -> Result<Option<bool>, promote_core::port::ProviderError> {
        Ok(None)
    }

    async fn tags(
        &self,
        _: &promote_core::commit::CommitId,
    ) -> Result<Vec<String>, promote_core::port::ProviderError> {
        Ok(vec!["v1.4.0".to_owned()])
    }

    async fn branches(
        &self,
        _: &promote_core::commit::CommitId,
    ) -> Result<Vec<String>, promote_core::port::ProviderError> {
        Ok(vec!["main".to_owned()])
    }

    async fn authors(
        &self,
        _: Option<&promote_core::commit::CommitId>,
        _: &promote_core::commit::CommitId,
    ) -> Result<Option<Vec<promote_core::port::Author>>, promote_core::port::ProviderError> {
        Ok(None)
    }

    async fn between(
        &self,
        _: &promote_core::commit::CommitId,
        _: &promote_core::commit::CommitId,
        _: usize,
    ) -> Result<Option<(usize, Vec<promote_core::port::Commit>)>, promote_core::port::ProviderError> {
        Ok(None)
    }
}
