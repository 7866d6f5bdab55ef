//! A release is its bytes, file by file: what was published as a folder moves only as long as it is that.

use crate::stage::{End, Stage, actor, commit, files, name, resume, run, wanted};
use futures_executor::block_on;
use promote_core::digest::Digest;
use promote_core::exit::ExitStatus;
use promote_core::flow::{Wait, carry_out, decide};
use promote_core::folder::FolderManifest;
use promote_core::location::Key;
use promote_core::plan::Decision;
use promote_core::port::Token;
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Call, Fault, FaultPlan, Log, Method};
use promote_testing::memory::MemoryKind;
use serde_json::Value;

/// A folder in place alone, and a folder behind a pointer alone.
pub const IN_PLACE: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
ledger       = "memory://store/.promote/shop/"
source       = "memory://store/config/{sha}/"
target       = "memory://store/live/{env}/"
prune        = true
"#;
pub const POINTER: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
ledger       = "memory://store/.promote/shop/"
source       = "memory://store/rules/{sha}/"
target       = "memory://store/{env}/rules.json"
"#;

/// Stores that compute no SHA-256 by themselves, and one that does.
pub fn kinds() -> Vec<(&'static str, MemoryKind)> {
    let silent = || MemoryKind { vouches: false, ..MemoryKind::s3_like() };
    let mut without_versions = silent();
    without_versions.truth.versioned = false;
    vec![
        ("S3 without digests", silent()),
        ("S3 without digests and versions", without_versions),
        ("Google", MemoryKind::gcs_like()),
        ("a local folder", MemoryKind::local_like()),
    ]
}

pub fn silent_kinds() -> Vec<(&'static str, MemoryKind)> {
    kinds().into_iter().filter(|(_, kind)| !kind.vouches).collect()
}

/// Releases a, b and c are published; a is in both environments, b in staging.
fn stage(file: &str, kind: MemoryKind) -> Stage {
    Stage::ready_with(file, kind)
}

pub fn file(digit: char, path: &str, what: &str) -> Key {
    format!("{what}/{}/{path}", commit(digit)).parse().unwrap()
}

pub fn to(environment: &str, digit: char) -> Request {
    Request::promote(name(environment), wanted(digit), actor("ann"))
}

/// Other bytes, as many as the release's file has.
pub fn foreign(digit: char, path: &str) -> String {
    let foreign = files(digit)[path].to_uppercase();
    assert_ne!(foreign, files(digit)[path]);
    foreign
}

/// What a request is refused for: its exit status and its obstacles. Nothing moves.
fn refused(stage: &Stage, request: Request, what: &str) -> (ExitStatus, String) {
    let before = stage.store.snapshot();
    let decision = block_on(decide(&stage.ports().view(), &stage.config, &request)).unwrap().1;
    let Decision::Refused(refusal) = decision else { panic!("{what}: {decision:?}") };
    let end = block_on(run(&stage.ports(), &stage.config, request));
    assert!(matches!(end, End::Refused(_)), "{what}: {end:?}");
    assert_eq!(before, stage.store.snapshot(), "{what}");
    (refusal.exit, refusal.obstacles.join("; "))
}

/// It is refused as other bytes, by both digests.
fn refused_as_other(stage: &Stage, request: Request, digit: char, path: &str, what: &str) {
    let (exit, why) = refused(stage, request, what);
    assert_eq!(exit, ExitStatus::Conflict, "{what}: {why}");
    let published = files(digit)[path].clone();
    for text in [published, foreign(digit, path)] {
        assert!(why.contains(&Digest::of(text.as_bytes()).to_string()), "{what}: {why}");
    }
    assert!(why.contains(path), "{what}: {why}");
}

pub fn done(stage: &Stage, request: Request, what: &str) -> Log {
    let (ports, log) = stage.recorded();
    let end = block_on(run(&ports, &stage.config, request));
    assert!(matches!(end, End::Done(_)), "{what}: {end:?}");
    log
}

/// The files of releases of which the bytes were read.
pub fn read(log: &Log) -> Vec<String> {
    let reads = |call: &Call| {
        let path = call.key.strip_prefix("rules/").or_else(|| call.key.strip_prefix("config/"))?;
        let read =
            matches!(call.method, Method::Get | Method::Read) && !path.ends_with(".promote-folder.json");
        Some(path.split_once('/')?.1.to_owned()).filter(|_| read)
    };
    let mut found: Vec<String> = log.calls().iter().filter_map(reads).collect();
    found.sort();
    found
}

#[test]
fn a_replaced_file_of_the_same_length_is_refused_in_a_folder_in_place() {
    for (what, kind) in kinds() {
        let stage = stage(IN_PLACE, kind);
        let place = file('b', "deep/changes.yaml", "config");
        stage.store.put(&place, foreign('b', "deep/changes.yaml")).unwrap();
        refused_as_other(&stage, to("prod", 'b'), 'b', "deep/changes.yaml", what);
        // The published bytes put back are the release again.
        stage.store.put(&place, files('b')["deep/changes.yaml"].clone()).unwrap();
        done(&stage, to("prod", 'b'), what);
        assert_eq!(stage.held("prod")[2], Some('b'), "{what}");
    }
}

#[test]
fn a_file_that_is_not_copied_from_the_release_stops_no_folder_in_place() {
    for (what, kind) in kinds() {
        let stage = stage(IN_PLACE, kind);
        stage.store.put(&file('b', "always.txt", "config"), foreign('b', "always.txt")).unwrap();
        stage.store.put(&file('b', "foreign.txt", "config"), "foreign").unwrap();
        done(&stage, to("prod", 'b'), what);
        assert_eq!(stage.held("prod")[2], Some('b'), "{what}");
    }
}

#[test]
fn a_deleted_file_is_refused_in_a_folder_in_place() {
    for (what, kind) in kinds() {
        let stage = stage(IN_PLACE, kind);
        stage.store.remove(&file('b', "only-b.txt", "config"));
        let (exit, why) = refused(&stage, to("prod", 'b'), what);
        assert_eq!(exit, ExitStatus::Missing, "{what}");
        assert!(why.ends_with("/only-b.txt` is missing"), "{what}: {why}");
    }
}

#[test]
fn a_pointer_does_not_move_when_a_file_behind_it_was_replaced() {
    for (what, kind) in kinds() {
        let stage = stage(POINTER, kind);
        stage.store.put(&file('b', "always.txt", "rules"), foreign('b', "always.txt")).unwrap();
        refused_as_other(&stage, to("prod", 'b'), 'b', "always.txt", what);
        assert_eq!(stage.held("prod")[1], Some('a'), "{what}");
    }
}

#[test]
fn a_pointer_does_not_move_when_a_file_behind_it_was_deleted() {
    for (what, kind) in kinds() {
        let stage = stage(POINTER, kind);
        stage.store.remove(&file('b', "always.txt", "rules"));
        stage.store.remove(&file('b', "only-b.txt", "rules"));
        let (exit, why) = refused(&stage, to("prod", 'b'), what);
        assert_eq!(exit, ExitStatus::Missing, "{what}");
        assert!(
            why.contains("/always.txt` is missing; ") && why.ends_with("/only-b.txt` is missing"),
            "{why}"
        );
    }
}

#[test]
fn a_pointer_does_not_move_to_a_folder_that_holds_a_file_which_was_not_published() {
    for (what, kind) in kinds() {
        let stage = stage(POINTER, kind);
        let place = file('b', "x.py", "rules");
        stage.store.put(&place, "foreign").unwrap();
        let (exit, why) = refused(&stage, to("prod", 'b'), what);
        assert_eq!(exit, ExitStatus::Conflict, "{what}");
        assert!(why.contains("/x.py` was not published"), "{what}: {why}");
        stage.store.remove(&place);
        done(&stage, to("prod", 'b'), what);
    }
}

#[test]
fn a_rollback_to_a_folder_that_was_tampered_with_is_refused() {
    for (shape, prefix) in [(IN_PLACE, "config"), (POINTER, "rules")] {
        for (what, kind) in kinds() {
            let stage = stage(shape, kind);
            done(&stage, to("prod", 'b'), what);
            let place = file('a', "deep/changes.yaml", prefix);
            stage.store.put(&place, foreign('a', "deep/changes.yaml")).unwrap();
            let back = Request::rollback(name("prod"), Wanted::Previous, actor("ann"));
            refused_as_other(&stage, back, 'a', "deep/changes.yaml", what);
        }
    }
}

#[test]
fn a_promotion_that_is_resumed_refuses_a_folder_that_was_tampered_with() {
    for (shape, prefix) in [(IN_PLACE, "config"), (POINTER, "rules")] {
        for (what, kind) in kinds() {
            // Killed after the intent, before the target was written.
            let stage = (1..30)
                .map(|n| {
                    let stage = stage(shape, kind.clone());
                    let plan = FaultPlan::new().with(n, Fault::CrashBefore);
                    drop(block_on(plan.survive(run(&stage.faulty(&plan), &stage.config, to("prod", 'b')))));
                    stage
                })
                .find(|stage| stage.state("prod").open.is_some())
                .unwrap();
            let place = file('b', "always.txt", prefix);
            stage.store.put(&place, foreign('b', "always.txt")).unwrap();
            let before = stage.store.snapshot();
            let end = block_on(resume(&stage.ports(), &stage.config, "prod", "bob"));
            assert!(matches!(end, End::Refused(_)), "{what}: {end:?}");
            assert_eq!(before, stage.store.snapshot(), "{what}");
            // The published bytes are the release again.
            stage.store.put(&place, files('b')["always.txt"].clone()).unwrap();
            let end = block_on(resume(&stage.ports(), &stage.config, "prod", "bob"));
            assert!(matches!(end, End::Done(_)), "{what}: {end:?}");
        }
    }
}

#[test]
fn moving_the_same_release_again_refuses_a_folder_that_was_tampered_with() {
    for (what, kind) in kinds() {
        let stage = stage(POINTER, kind);
        stage.store.put(&file('a', "always.txt", "rules"), foreign('a', "always.txt")).unwrap();
        let request = Request { action: promote_core::ledger::Action::Redeploy, ..to("prod", 'a') };
        refused_as_other(&stage, request, 'a', "always.txt", what);
    }
}

#[test]
fn a_file_that_is_replaced_after_the_plan_is_not_copied() {
    for (what, kind) in kinds() {
        let stage = stage(IN_PLACE, kind);
        let request = to("prod", 'b');
        let ports = stage.ports();
        let (snapshot, decision) = block_on(decide(&ports.view(), &stage.config, &request)).unwrap();
        let Decision::Allowed(plan) = decision else { panic!("{what}: {decision:?}") };
        let place = file('b', "deep/changes.yaml", "config");
        stage.store.put(&place, foreign('b', "deep/changes.yaml")).unwrap();
        block_on(carry_out(&ports, &stage.config, &plan, &snapshot, &request, Wait::Yes)).unwrap_err();
        let there = stage.bytes("live/prod/deep/changes.yaml");
        assert_eq!(there, Some(files('a')["deep/changes.yaml"].clone()), "{what}");
    }
}

#[test]
fn the_same_bytes_put_there_again_are_allowed_and_read_once() {
    for (shape, prefix) in [(IN_PLACE, "config"), (POINTER, "rules")] {
        // Where the token follows from the content, it is the same object as before.
        let stage = stage(shape, MemoryKind::gcs_like());
        for path in ["deep/changes.yaml", "always.txt"] {
            stage.store.put(&file('c', path, prefix), files('c')[path].clone()).unwrap();
        }
        let log = done(&stage, to("staging", 'c'), prefix);
        // In place, what is there already is not needed.
        let all = if shape == POINTER {
            vec!["always.txt", "deep/changes.yaml"]
        } else {
            vec!["deep/changes.yaml"]
        };
        assert_eq!(read(&log), all, "{prefix}");
        let log = done(&stage, to("prod", 'c'), prefix);
        assert_eq!(read(&log), Vec::<String>::new(), "{prefix}");
    }
}

#[test]
fn other_bytes_that_came_and_went_are_no_other_object_in_the_end() {
    for (what, kind) in silent_kinds() {
        let stage = stage(POINTER, kind);
        let place = file('b', "always.txt", "rules");
        stage.store.put(&place, foreign('b', "always.txt")).unwrap();
        stage.store.put(&place, files('b')["always.txt"].clone()).unwrap();
        done(&stage, to("prod", 'b'), what);
        assert_eq!(stage.held("prod")[1], Some('b'), "{what}");
    }
}

#[test]
fn only_the_files_that_are_not_the_published_ones_by_their_tokens_are_read() {
    for (what, kind) in silent_kinds() {
        let stage = stage(POINTER, kind);
        assert_eq!(read(&done(&stage, to("prod", 'b'), what)), Vec::<String>::new(), "{what}");
        stage.store.put(&file('c', "always.txt", "rules"), foreign('c', "always.txt")).unwrap();
        let (ports, log) = stage.recorded();
        let end = block_on(run(&ports, &stage.config, to("staging", 'c')));
        assert!(matches!(end, End::Refused(_)), "{what}: {end:?}");
        assert_eq!(read(&log), ["always.txt"], "{what}");
    }
}

/// As an older version of promote published it: no tokens anywhere.
pub fn older(stage: &Stage, digit: char, prefix: &str) {
    let place: Key = format!("{prefix}/{}/.promote-folder.json", commit(digit)).parse().unwrap();
    let stored = FolderManifest::from_bytes(&stage.store.bytes(&place).unwrap()).unwrap();
    let bare = stored.source().to_bytes();
    let in_ledger: Key = format!(".promote/shop/releases/{}/manifest.json", commit(digit)).parse().unwrap();
    let mut manifest: Value = serde_json::from_slice(&stage.store.bytes(&in_ledger).unwrap()).unwrap();
    let main = manifest["artifacts"]["main"].as_object_mut().unwrap();
    main.remove("seen");
    main["size"] = bare.len().into();
    main["folder"].as_object_mut().unwrap().remove("stored");
    stage.store.put(&place, bare).unwrap();
    stage.store.put(&in_ledger, serde_json::to_vec_pretty(&manifest).unwrap()).unwrap();
}

#[test]
fn a_folder_published_by_an_older_version_is_hashed_at_its_first_use_and_not_at_the_second() {
    for (what, kind) in silent_kinds() {
        let stage = stage(POINTER, kind);
        older(&stage, 'c', "rules");
        let log = done(&stage, to("staging", 'c'), what);
        assert_eq!(read(&log), ["always.txt", "deep/changes.yaml"], "{what}");
        let log = done(&stage, to("prod", 'c'), what);
        assert_eq!(read(&log), Vec::<String>::new(), "{what}");
    }
}

#[test]
fn a_folder_in_place_published_by_an_older_version_has_those_files_hashed_that_are_copied() {
    for (what, kind) in silent_kinds() {
        let stage = stage(IN_PLACE, kind);
        older(&stage, 'c', "config");
        let log = done(&stage, to("staging", 'c'), what);
        assert_eq!(read(&log), ["deep/changes.yaml"], "{what}");
        let log = done(&stage, to("prod", 'c'), what);
        assert_eq!(read(&log), Vec::<String>::new(), "{what}");
        assert_eq!(stage.held("prod")[2], Some('c'), "{what}");
    }
}

#[test]
fn a_token_that_was_replaced_together_with_its_file_is_not_believed() {
    for (what, kind) in silent_kinds() {
        let stage = stage(POINTER, kind);
        let place = file('b', "always.txt", "rules");
        stage.store.put(&place, foreign('b', "always.txt")).unwrap();
        let token = stage.store.snapshot()[&place].0.token.clone();
        let own = file('b', ".promote-folder.json", "rules");
        let mut manifest = FolderManifest::from_bytes(&stage.store.bytes(&own).unwrap()).unwrap();
        let identity = manifest.identity();
        for file in &mut manifest.files {
            if file.path.as_str() == "always.txt" {
                file.token = Some(Token(token.0.clone()));
            }
        }
        assert_eq!(manifest.identity(), identity);
        stage.store.put(&own, manifest.to_bytes()).unwrap();
        refused_as_other(&stage, to("prod", 'b'), 'b', "always.txt", what);
    }
}

#[test]
fn a_folder_whose_manifest_is_another_one_is_refused() {
    for (what, kind) in kinds() {
        let stage = stage(POINTER, kind);
        let own = file('b', ".promote-folder.json", "rules");
        let mut manifest = FolderManifest::from_bytes(&stage.store.bytes(&own).unwrap()).unwrap();
        let published = manifest.identity();
        manifest.files.pop();
        stage.store.put(&own, manifest.to_bytes()).unwrap();
        let (exit, why) = refused(&stage, to("prod", 'b'), what);
        assert_eq!(exit, ExitStatus::Conflict, "{what}: {why}");
        for digest in [published, manifest.identity()] {
            assert!(why.contains(&digest.to_string()), "{what}: {why}");
        }
        stage.store.put(&own, "rubbish").unwrap();
        let (exit, why) = refused(&stage, to("prod", 'b'), what);
        assert_eq!(exit, ExitStatus::Conflict, "{what}: {why}");
        assert!(why.contains("what is in place of the manifest"), "{what}: {why}");
    }
}

#[test]
fn a_pointer_costs_one_request_for_the_manifest_behind_it_and_one_listing() {
    for (what, kind) in kinds() {
        let stage = stage(POINTER, kind);
        let log = done(&stage, to("prod", 'b'), what);
        let calls = log.calls();
        let mut asked: Vec<_> =
            calls.iter().filter(|call| call.key.starts_with("rules/")).map(|call| call.method).collect();
        asked.sort();
        assert_eq!(asked, [Method::Get, Method::List], "{what}");
    }
}
