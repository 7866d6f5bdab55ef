//! A release is its bytes: what lies at its source is moved only when it is known to be what was published there.

use crate::stage::{End, Stage, actor, commit, content, name, resume, run, wanted};
use bytes::Bytes;
use futures_executor::block_on;
use promote_core::digest::Digest;
use promote_core::exit::ExitStatus;
use promote_core::flow::decide;
use promote_core::location::Key;
use promote_core::plan::Decision;
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan, Faulty, Log, Method};
use promote_testing::memory::{MemoryBucket, MemoryKind};
use std::sync::Arc;

/// Stores that compute no SHA-256 by themselves, and one that does.
fn kinds() -> Vec<(&'static str, MemoryKind)> {
    let silent = || MemoryKind { vouches: false, ..MemoryKind::s3_like() };
    let without_versions = |mut kind: MemoryKind| {
        kind.truth.versioned = false;
        kind
    };
    vec![
        ("S3 without digests", silent()),
        ("S3 without digests and versions", without_versions(silent())),
        ("Google", MemoryKind::gcs_like()),
        ("Google without versions", without_versions(MemoryKind::gcs_like())),
        ("a folder", MemoryKind::local_like()),
    ]
}

/// Those of them that don't tell what they hold.
fn silent_kinds() -> Vec<(&'static str, MemoryKind)> {
    kinds().into_iter().filter(|(_, kind)| !kind.vouches).collect()
}

/// Watches nothing.
struct Unwatched;

impl promote_core::advance::Watch for Unwatched {
    fn begins(&self, _: &promote_core::plan::Plan) {}
    fn ends(&self) {}
}

fn source(digit: char) -> Key {
    format!("rel/{}.zip", commit(digit)).parse().unwrap()
}

/// Other bytes, as many as the release has.
fn foreign(digit: char) -> Bytes {
    let bytes = Bytes::from(content(digit).to_ascii_uppercase());
    assert!(bytes.len() == content(digit).len() && bytes != content(digit));
    bytes
}

fn to(environment: &str, digit: char) -> Request {
    Request::promote(name(environment), wanted(digit), actor("ann"))
}

/// What a request is refused for: its exit status and its obstacles.
fn refusal(stage: &Stage, request: &Request) -> (ExitStatus, String) {
    match block_on(decide(&stage.ports().view(), &stage.config, request)).unwrap().1 {
        Decision::Refused(refusal) => (refusal.exit, refusal.obstacles.join("; ")),
        other => panic!("{other:?}"),
    }
}

/// It is refused as other bytes, and nothing moves.
fn refused(stage: &Stage, request: Request, digit: char, what: &str) {
    let before = stage.bucket.snapshot();
    let (exit, why) = refusal(stage, &request);
    assert_eq!(exit, ExitStatus::Conflict, "{what}: {why}");
    for digest in [Digest::of(&content(digit)), Digest::of(&foreign(digit))] {
        assert!(why.contains(&digest.to_string()), "{what}: {why}");
    }
    let end = block_on(run(&stage.ports(), &stage.config, request));
    assert!(matches!(end, End::Refused(_)), "{what}: {end:?}");
    assert_eq!(before, stage.bucket.snapshot(), "{what}");
}

/// The reads of bytes of one promotion that is carried out.
fn reads(stage: &Stage, request: Request, what: &str) -> usize {
    let (ports, log) = stage.recorded();
    let end = block_on(run(&ports, &stage.config, request));
    assert!(matches!(end, End::Done(_)), "{what}: {end:?}");
    count(&log)
}

fn count(log: &Log) -> usize {
    log.calls().iter().filter(|call| call.method == Method::Read).count()
}

/// The entries about what was found out by reading.
fn remembered(bucket: &MemoryBucket, digit: char) -> usize {
    let prefix = format!(".promote/shop/releases/{}/seen/", commit(digit));
    bucket.keys().iter().filter(|key| key.as_str().starts_with(&prefix)).count()
}

#[test]
fn other_bytes_of_the_same_length_at_the_source_are_refused() {
    for (what, kind) in kinds() {
        let stage = Stage::ready(kind);
        stage.bucket.put(&source('b'), foreign('b'));
        refused(&stage, to("prod", 'b'), 'b', what);
        assert_eq!(stage.target("prod"), Some(content('a')), "{what}");
        // The published bytes put back are the release again.
        stage.bucket.put(&source('b'), content('b'));
        let end = block_on(run(&stage.ports(), &stage.config, to("prod", 'b')));
        assert!(matches!(end, End::Done(_)), "{what}: {end:?}");
        assert_eq!(stage.target("prod"), Some(content('b')), "{what}");
    }
}

#[test]
fn a_rollback_refuses_other_bytes_of_the_same_length() {
    for (what, kind) in kinds() {
        let stage = Stage::ready(kind);
        assert!(matches!(stage.to("prod", 'b'), End::Done(_)), "{what}");
        stage.bucket.put(&source('a'), foreign('a'));
        let back = Request::rollback(name("prod"), Wanted::Previous, actor("ann"));
        refused(&stage, back, 'a', what);
        assert_eq!(stage.target("prod"), Some(content('b')), "{what}");
    }
}

#[test]
fn a_promotion_that_is_resumed_refuses_other_bytes_of_the_same_length() {
    for (what, kind) in kinds() {
        // Killed after the intent, before the target was written.
        let stage = (1..30)
            .map(|n| {
                let stage = Stage::ready(kind.clone());
                let plan = FaultPlan::new().with(n, Fault::CrashBefore);
                let faulty = Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone()));
                drop(block_on(plan.survive(run(&stage.ports_on(faulty), &stage.config, to("prod", 'b')))));
                stage
            })
            .find(|stage| stage.state("prod").open.is_some())
            .unwrap();
        stage.bucket.put(&source('b'), foreign('b'));
        let end = block_on(resume(&stage.ports(), &stage.config, "prod", "bob"));
        assert!(matches!(end, End::Refused(_)), "{what}: {end:?}");
        assert_eq!(stage.target("prod"), Some(content('a')), "{what}");
        assert!(stage.state("prod").open.is_some(), "{what}: it stays open");
        let back = Request::rollback(name("prod"), Wanted::Unnamed, actor("bob")).taking_over();
        let end = block_on(run(&stage.ports(), &stage.config, back));
        assert!(matches!(end, End::Done(_)), "{what}: the way back is open: {end:?}");
    }
}

#[test]
fn advance_refuses_other_bytes_of_the_same_length_and_does_not_call_that_busy() {
    for (what, kind) in kinds() {
        let stage = Stage::ready(kind);
        stage.bucket.put(&source('c'), foreign('c'));
        let moved = block_on(promote_core::advance::attempt(
            &stage.ports(),
            &stage.config,
            &to("staging", 'c'),
            false,
            &Unwatched,
        ));
        let moved = moved.unwrap();
        assert_eq!(
            (moved.result.as_str(), moved.exit),
            ("blocked", ExitStatus::Conflict),
            "{what}: {moved:?}"
        );
        assert_eq!(stage.target("staging"), Some(content('b')), "{what}");
    }
}

#[test]
fn the_very_same_bytes_put_there_again_are_allowed_and_read_once() {
    for (what, kind) in silent_kinds() {
        let by_content = kind.tokens == promote_testing::memory::Tokens::Content && !kind.truth.versioned;
        let stage = Stage::ready(kind);
        stage.clock.advance(std::time::Duration::from_secs(60));
        stage.bucket.put(&source('c'), content('c'));
        // A token that is made of the content comes back with it.
        let once = usize::from(!by_content);
        assert_eq!(reads(&stage, to("staging", 'c'), what), once, "{what}");
        assert_eq!(remembered(&stage.bucket, 'c'), once, "{what}");
        assert_eq!(reads(&stage, to("prod", 'c'), what), 0, "{what}: it is remembered");
        assert_eq!(remembered(&stage.bucket, 'c'), once, "{what}");
        // Put there a second time, it is another object again.
        stage.bucket.put(&source('c'), content('c'));
        let mut again = to("prod", 'c');
        again.action = promote_core::ledger::Action::Redeploy;
        assert_eq!(reads(&stage, again, what), once, "{what}");
        assert_eq!(remembered(&stage.bucket, 'c'), 2 * once, "{what}");
    }
}

#[test]
fn a_release_of_an_older_version_is_read_at_its_first_use_only() {
    for (what, kind) in silent_kinds() {
        let stage = Stage::ready(kind);
        let manifest: Key = format!(".promote/shop/releases/{}/manifest.json", commit('c')).parse().unwrap();
        let mut document: serde_json::Value =
            serde_json::from_slice(&stage.bucket.bytes(&manifest).unwrap()).unwrap();
        let seen = document["artifacts"]["main"].as_object_mut().unwrap().remove("seen");
        assert!(seen.is_some(), "{what}: it is kept");
        stage.bucket.put(&manifest, serde_json::to_vec(&document).unwrap());
        assert_eq!(reads(&stage, to("staging", 'c'), what), 1, "{what}");
        assert_eq!(reads(&stage, to("prod", 'c'), what), 0, "{what}");
        assert_eq!(remembered(&stage.bucket, 'c'), 1, "{what}");
    }
}

#[test]
fn a_release_that_nobody_touched_needs_no_more_requests_than_before() {
    for (what, kind) in kinds() {
        let stage = Stage::ready(kind);
        let (ports, log) = stage.recorded();
        let end = block_on(run(&ports, &stage.config, to("prod", 'b')));
        assert!(matches!(end, End::Done(_)), "{what}: {end:?}");
        assert_eq!(count(&log), 0, "{what}");
        assert!(log.rounds() <= 5 && log.total() <= 13, "{what}: {:#?}", log.calls());
        assert_eq!(remembered(&stage.bucket, 'b'), 0, "{what}");
    }
}

#[test]
fn whoever_only_looks_writes_nothing_down() {
    for (what, kind) in silent_kinds() {
        let stage = Stage::ready(kind);
        stage.bucket.put(&source('b'), content('b'));
        let before = stage.bucket.snapshot();
        let decision = block_on(decide(&stage.ports().view(), &stage.config, &to("prod", 'b'))).unwrap().1;
        assert!(matches!(decision, Decision::Allowed(_)), "{what}: {decision:?}");
        assert_eq!(before, stage.bucket.snapshot(), "{what}");
    }
}

#[test]
fn publishing_again_reads_what_was_put_there_again_once() {
    for (what, kind) in silent_kinds() {
        let by_content = kind.tokens == promote_testing::memory::Tokens::Content && !kind.truth.versioned;
        let stage = Stage::ready(kind);
        stage.bucket.put(&source('c'), content('c'));
        stage.publish('c');
        assert_eq!(remembered(&stage.bucket, 'c'), usize::from(!by_content), "{what}");
        assert_eq!(reads(&stage, to("staging", 'c'), what), 0, "{what}");
        // Deleted and published again: what the store says of the new object is remembered.
        stage.bucket.remove(&source('d'));
        stage.publish('d');
        assert_eq!(reads(&stage, to("staging", 'd'), what), 0, "{what}");
    }
}

#[test]
fn publishing_again_reads_only_what_the_store_does_not_tell_and_refuses_other_bytes() {
    for (what, kind) in kinds() {
        let stage = Stage::ready(kind);
        let (ports, log) = stage.recorded();
        assert!(!stage.try_publish(&ports, 'b').unwrap().new, "{what}");
        assert_eq!(count(&log), 0, "{what}: {:#?}", log.calls());
        let looks = log.calls().iter().filter(|call| call.key == source('b').as_str()).count();
        assert_eq!(looks, 1, "{what}: {:#?}", log.calls());

        stage.bucket.put(&source('b'), foreign('b'));
        let before = stage.bucket.snapshot();
        let failure = stage.try_publish(&stage.ports(), 'b').unwrap_err();
        assert_eq!(failure.exit, ExitStatus::Conflict, "{what}: {failure:?}");
        let told = failure.state.join(" ");
        for bytes in [foreign('b'), content('b')] {
            assert!(told.contains(&Digest::of(&bytes).to_string()), "{what}: {told}");
        }
        assert_eq!(before, stage.bucket.snapshot(), "{what}");

        stage.bucket.remove(&source('b'));
        let end = stage.try_publish(&stage.ports(), 'b').unwrap();
        assert!(end.standing.gone()[0].contains("is not there"), "{what}: {end:?}");
        assert_eq!(stage.bucket.bytes(&source('b')), Some(content('b')), "{what}");
    }
}

/// What `verify` says of the sources, or of the targets.
fn verified(stage: &Stage, bytes: bool) -> (bool, Vec<(String, &'static str)>, Vec<bool>) {
    let depth = promote_core::report::Depth { chains: true, bytes };
    let found =
        block_on(promote_core::report::verify(&stage.ports().view(), &stage.config, &[], depth)).unwrap();
    let sources = found.sources.unwrap();
    let sources = sources.into_iter().map(|it| (it.sha.chars().take(1).collect(), it.state)).collect();
    (found.matches, sources, found.targets.unwrap().into_iter().map(|target| target.matches).collect())
}

/// Verifies as the commands do, which write down what they found out; the reads of sources and targets.
fn learning(stage: &Stage, bytes: bool, what: &str) -> usize {
    let (ports, log) = stage.recorded();
    let depth = promote_core::report::Depth { chains: true, bytes };
    let (found, learned) =
        block_on(promote_core::report::verify_and_learn(&ports.view(), &stage.config, &[], depth)).unwrap();
    assert!(found.matches, "{what}: {found:?}");
    block_on(promote_core::remember::remember_all(&ports, &learned, &actor("eve")));
    count(&log)
}

#[test]
fn what_verify_bytes_read_is_not_read_again() {
    for (what, kind) in silent_kinds() {
        let by_content = kind.tokens == promote_testing::memory::Tokens::Content && !kind.truth.versioned;
        let stage = Stage::ready(kind);
        stage.bucket.put(&source('b'), content('b'));
        // Both sources and both targets, once.
        assert_eq!(learning(&stage, true, what), 4, "{what}");
        assert_eq!(remembered(&stage.bucket, 'b'), usize::from(!by_content), "{what}");
        assert_eq!(learning(&stage, false, what), 0, "{what}");
        assert_eq!(learning(&stage, true, what), 4, "{what}: that is what it is for");
        assert_eq!(remembered(&stage.bucket, 'b'), usize::from(!by_content), "{what}");
    }
}

#[test]
fn verify_bytes_reads_a_target_that_has_drifted() {
    for (what, kind) in silent_kinds() {
        let by_content = kind.tokens == promote_testing::memory::Tokens::Content && !kind.truth.versioned;
        let stage = Stage::ready(kind);
        let target: Key = "prod.zip".parse().unwrap();
        for (bytes, says) in
            [(foreign('a'), "contains sha256:"), (content('a'), "are those that the ledger says")]
        {
            stage.clock.advance(std::time::Duration::from_secs(60));
            stage.bucket.put(&target, bytes.clone());
            let view = stage.ports().view();
            let depth = promote_core::report::Depth { chains: false, bytes: true };
            let found =
                block_on(promote_core::report::verify(&view, &stage.config, &[name("prod")], depth)).unwrap();
            let [check] = found.targets.unwrap().try_into().unwrap();
            let digest = check.found.as_ref().and_then(|found| found.sha256.clone());
            assert_eq!(digest, Some(Digest::of(&bytes).to_string()), "{what}: {check:?}");
            if by_content && bytes == content('a') {
                assert!(check.matches, "{what}: a token that is made of the content comes back with it");
                continue;
            }
            assert!(!check.matches, "{what}: somebody wrote there");
            assert!(check.detail.as_ref().unwrap().contains(says), "{what}: {check:?}");
        }
    }
}

fn states(one: &'static str, two: &'static str) -> Vec<(String, &'static str)> {
    vec![("a".to_owned(), one), ("b".to_owned(), two)]
}

#[test]
fn verify_compares_sources_with_what_is_kept_and_reads_them_with_bytes() {
    for (what, kind) in silent_kinds() {
        let by_content = kind.tokens == promote_testing::memory::Tokens::Content && !kind.truth.versioned;
        let stage = Stage::ready(kind);
        assert_eq!(verified(&stage, false), (true, states("same", "same"), vec![true, true]), "{what}");
        assert_eq!(verified(&stage, true), (true, states("same", "same"), vec![true, true]), "{what}");
        stage.bucket.put(&source('b'), foreign('b'));
        for bytes in [false, true] {
            assert_eq!(verified(&stage, bytes), (false, states("same", "other"), vec![true, true]), "{what}");
        }
        stage.bucket.put(&source('b'), content('b'));
        // The very same bytes are the release, and are read once.
        assert_eq!(verified(&stage, false), (true, states("same", "same"), vec![true, true]), "{what}");
        let once = usize::from(!by_content);
        assert_eq!((learning(&stage, false, what), learning(&stage, false, what)), (once, 0), "{what}");
        assert_eq!(remembered(&stage.bucket, 'b'), once, "{what}");
        assert_eq!(reads(&stage, to("prod", 'b'), what), 0, "{what}: a promotion knows it, too");
        assert_eq!(learning(&stage, false, what), 0, "{what}");
        let (matches, sources, _) = verified(&stage, true);
        assert_eq!((matches, sources), (true, vec![("b".to_owned(), "same")]), "{what}");
        stage.bucket.remove(&source('b'));
        let (matches, sources, _) = verified(&stage, false);
        assert_eq!((matches, sources), (false, vec![("b".to_owned(), "missing")]), "{what}");
    }
}

#[test]
fn verify_finds_bytes_of_a_target_that_its_token_does_not_tell() {
    let stage = Stage::ready(MemoryKind { vouches: false, ..MemoryKind::s3_like() });
    // What an older version moved: foreign bytes that the ledger and the metadata call the release.
    let target: Key = "prod.zip".parse().unwrap();
    stage.bucket.put(&target, foreign('a'));
    let said = block_on(promote_core::port::BucketReader::head(&stage.bucket, &target)).unwrap().unwrap();
    let head = stage.bucket.keys().into_iter().find(|key| key.as_str().contains("lanes/prod/log")).unwrap();
    let text = String::from_utf8(stage.bucket.bytes(&head).unwrap().to_vec()).unwrap();
    let state = stage.state("prod");
    let recorded = &state.current.as_ref().unwrap().targets[0];
    let text = text
        .replace(
            &serde_json::to_string(&recorded.token).unwrap(),
            &serde_json::to_string(&said.token).unwrap(),
        )
        .replace(
            &serde_json::to_string(&recorded.version).unwrap(),
            &serde_json::to_string(&said.version).unwrap(),
        );
    stage.bucket.put(&head, text);
    assert_eq!(verified(&stage, false).2, [true, true]);
    assert_eq!(verified(&stage, true).2, [true, false]);
}

#[test]
fn verify_does_not_call_a_release_of_an_older_version_changed() {
    for (what, kind) in silent_kinds() {
        let stage = Stage::ready(kind);
        let manifest: Key = format!(".promote/shop/releases/{}/manifest.json", commit('c')).parse().unwrap();
        let mut document: serde_json::Value =
            serde_json::from_slice(&stage.bucket.bytes(&manifest).unwrap()).unwrap();
        document["artifacts"]["main"].as_object_mut().unwrap().remove("seen");
        stage.bucket.put(&manifest, serde_json::to_vec(&document).unwrap());
        assert_eq!(reads(&stage, to("staging", 'c'), what), 1, "{what}");
        let seen = format!(".promote/shop/releases/{}/seen/", commit('c'));
        for key in stage.bucket.keys().into_iter().filter(|key| key.as_str().starts_with(&seen)) {
            stage.bucket.remove(&key);
        }
        let states = |state| vec![("a".to_owned(), "same"), ("c".to_owned(), state)];
        assert_eq!(verified(&stage, false), (true, states("unread"), vec![true, true]), "{what}");
        assert_eq!(learning(&stage, true, what), 4, "{what}");
        assert_eq!(verified(&stage, false), (true, states("same"), vec![true, true]), "{what}");
    }
}
