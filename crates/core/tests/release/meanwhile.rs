//! What somebody does to a release between the plan and the first write: while `prepare` runs, or a question waits for
//! its answer. Nothing moves then but what was planned, whichever way the target comes to hold it.

use crate::published::{IN_PLACE, POINTER, file, foreign, kinds, read, to};
use crate::stage::{End, Stage, commit, files, image, name, run, zip};
use async_trait::async_trait;
use bytes::Bytes;
use futures_executor::block_on;
use promote_core::config::{Step, StepAction};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::{Wait, carry_out, decide};
use promote_core::ledger::Override;
use promote_core::location::{FOLDER, Key};
use promote_core::plan::Decision;
use promote_core::port::{StepContext, StepEnd, StepProgress, StepReport, StepRunner};
use promote_core::request::Request;
use promote_testing::memory::{MemoryBucket, MemoryKind, Tokens};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A zip alone, and an image alone.
const ZIP: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
ledger       = "memory://store/.promote/shop/"
[artifact.app]
source = "memory://store/app/{sha}.zip"
target = "memory://store/{env}/app.zip"
"#;
/// A folder behind a pointer, and a zip after it.
const TWO: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
ledger       = "memory://store/.promote/shop/"
[artifact.rules]
source = "memory://store/rules/{sha}/"
target = "memory://store/{env}/rules.json"
[artifact.app]
source = "memory://store/app/{sha}.zip"
target = "memory://store/{env}/app.zip"
"#;
/// A zip, and a folder in place after it.
const IN_PLACE_AND_ZIP: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
ledger       = "memory://store/.promote/shop/"
[artifact.app]
source = "memory://store/app/{sha}.zip"
target = "memory://store/{env}/app.zip"
[artifact.config]
source = "memory://store/config/{sha}/"
target = "memory://store/{env}/config/"
"#;
const IMAGE: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
ledger       = "memory://store/.promote/shop/"
source       = "registry.test/acme/shop:{sha:8}"
target       = "registry.test/acme/shop:{env}"
"#;

type Act = Box<dyn Fn(&MemoryBucket) + Send + Sync>;

/// A step that changes something in the store.
struct Changing(MemoryBucket, Act);

impl fmt::Debug for Changing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changing")
    }
}

#[async_trait]
impl StepRunner for Changing {
    async fn run(&self, _: &Step, _: &StepContext, _: Duration, _: &dyn StepProgress) -> StepReport {
        (self.1)(&self.0);
        StepReport {
            end: StepEnd::Succeeded,
            summary: "done".to_owned(),
            tail: String::new(),
            outputs: BTreeMap::new(),
            took_s: 0,
        }
    }
}

fn step() -> Step {
    Step {
        action: StepAction::Run { command: "migrate".to_owned(), changed: None, saves: None },
        timeout: None,
        retries: 0,
        env: BTreeMap::new(),
        workdir: None,
        evidence: None,
    }
}

fn prepared(shape: &str, kind: MemoryKind) -> Stage {
    let mut stage = Stage::ready_with(shape, kind);
    stage.config.environments.get_mut(&name("prod")).unwrap().prepare = vec![step()];
    stage
}

/// Moves b to prod, whose `prepare` does this.
fn moved(stage: &Stage, act: Act) -> End {
    let ports = stage.ports_doing(Arc::new(Changing(stage.store.clone(), act)));
    // What the test's own change of the file loosens is let through.
    let reason = "a pipeline reads them".to_owned();
    let overrides = vec![Override { rule: "loosened".to_owned(), reason }];
    block_on(run(&ports, &stage.config, Request { overrides, ..to("prod", 'b') }))
}

/// The lane is as it was: nothing is open, and the target holds what it held.
fn as_it_was(stage: &Stage, before: [Option<char>; 3], what: &str) {
    let state = stage.state("prod");
    assert!(state.open.is_none(), "{what}");
    assert_eq!(state.release().map(|release| release.commit.clone()), Some(commit('a')), "{what}");
    assert_eq!(stage.held("prod"), before, "{what}");
}

fn told(failure: &Failure) -> String {
    format!("{failure}: {}", failure.state.join(" "))
}

/// What is done to a folder, and the file that must be named.
fn changes(prefix: &'static str) -> Vec<(&'static str, Act)> {
    vec![
        (
            "always.txt",
            Box::new(move |store| {
                store.put(&file('b', "always.txt", prefix), foreign('b', "always.txt")).unwrap();
            }),
        ),
        ("deep/changes.yaml", Box::new(move |store| store.remove(&file('b', "deep/changes.yaml", prefix)))),
        (
            "only-b.txt",
            Box::new(move |store| {
                store.put(&file('b', "only-b.txt", prefix), "longer than it was").unwrap();
            }),
        ),
    ]
}

#[test]
fn a_pointer_does_not_move_when_a_file_behind_it_is_changed_while_prepare_runs() {
    for (what, kind) in kinds() {
        let stray: Act = Box::new(|store| {
            store.put(&file('b', "x.py", "rules"), "foreign").unwrap();
        });
        let manifest: Act = Box::new(|store| {
            store.put(&file('b', ".promote-folder.json", "rules"), "rubbish").unwrap();
        });
        let more = vec![("x.py", stray), (".promote-folder.json", manifest)];
        for (path, act) in changes("rules").into_iter().chain(more) {
            let stage = prepared(POINTER, kind.clone());
            let before = stage.held("prod");
            let End::Failed(failure) = moved(&stage, act) else { panic!("{what}: {path}") };
            assert_eq!(failure.exit, ExitStatus::Conflict, "{what}: {}", told(&failure));
            assert!(told(&failure).contains(&format!("/{path}`")), "{what}: {}", told(&failure));
            assert!(told(&failure).contains("prod is as it was"), "{what}: {}", told(&failure));
            as_it_was(&stage, before, what);
        }
    }
}

#[test]
fn a_pointer_moves_when_the_same_bytes_were_put_behind_it_while_prepare_ran() {
    for (what, kind) in kinds() {
        let stage = prepared(POINTER, kind);
        let end = moved(
            &stage,
            Box::new(|store| {
                for (path, text) in files('b') {
                    store.put(&file('b', path, "rules"), text).unwrap();
                }
            }),
        );
        assert!(matches!(end, End::Done(_)), "{what}: {end:?}");
        assert_eq!(stage.held("prod")[1], Some('b'), "{what}");
    }
}

#[test]
fn a_pointer_does_not_move_when_a_file_behind_it_is_changed_before_the_question_is_answered() {
    for (what, kind) in kinds() {
        for asked in [true, false] {
            for (path, act) in changes("rules") {
                let stage = Stage::ready_with(POINTER, kind.clone());
                let before = stage.held("prod");
                let ports = stage.ports();
                let request = Request { asked, ..to("prod", 'b') };
                let (snapshot, decision) = block_on(decide(&ports.view(), &stage.config, &request)).unwrap();
                let Decision::Allowed(plan) = decision else { panic!("{what}: {decision:?}") };
                act(&stage.store);
                if !asked {
                    // Whoever decides and carries out by other means takes time as well.
                    stage.clock.advance(Duration::from_secs(60));
                }
                let failure =
                    block_on(carry_out(&ports, &stage.config, &plan, &snapshot, &request, Wait::Yes))
                        .unwrap_err();
                assert_eq!(failure.exit, ExitStatus::Conflict, "{what}: {}", told(&failure));
                assert!(told(&failure).contains(&format!("/{path}`")), "{what}: {}", told(&failure));
                as_it_was(&stage, before, what);
            }
        }
    }
}

#[test]
fn a_pointer_that_moves_at_once_costs_no_second_listing_and_one_after_a_pause_costs_one() {
    for (what, kind) in kinds() {
        for (asked, listings) in [(false, 1), (true, 2)] {
            let stage = Stage::ready_with(POINTER, kind.clone());
            let (ports, log) = stage.recorded();
            let request = Request { asked, ..to("prod", 'b') };
            assert!(matches!(block_on(run(&ports, &stage.config, request)), End::Done(_)), "{what}");
            let calls = log.calls();
            let asked: Vec<_> = calls.iter().filter(|call| call.key.starts_with("rules/")).collect();
            assert_eq!(asked.len(), listings + 1, "{what}: {asked:?}");
            assert_eq!(read(&log), Vec::<String>::new(), "{what}");
        }
    }
}

#[test]
fn a_folder_in_place_is_left_alone_when_a_file_for_it_is_changed_while_prepare_runs() {
    for (what, kind) in kinds() {
        // What the target has already is not taken from the release.
        for (path, act) in changes("config").into_iter().filter(|(path, _)| *path != "always.txt") {
            let stage = prepared(IN_PLACE, kind.clone());
            let before = stage.held("prod");
            let End::Failed(failure) = moved(&stage, act) else { panic!("{what}: {path}") };
            assert_eq!(failure.exit, ExitStatus::Conflict, "{what}: {}", told(&failure));
            assert!(told(&failure).contains(&format!("/{path}`")), "{what}: {}", told(&failure));
            as_it_was(&stage, before, what);
        }
    }
}

#[test]
fn no_folder_moves_whose_manifest_is_changed_while_prepare_runs() {
    for (what, kind) in kinds() {
        for (shape, prefix) in [(IN_PLACE, "config"), (POINTER, "rules")] {
            let acts: [Act; 2] = [
                Box::new(move |store| {
                    let manifest = store.bytes(&file('a', FOLDER, prefix)).unwrap();
                    store.put(&file('b', FOLDER, prefix), manifest).unwrap();
                }),
                Box::new(move |store| store.remove(&file('b', FOLDER, prefix))),
            ];
            for act in acts {
                let stage = prepared(shape, kind.clone());
                let before = stage.held("prod");
                let End::Failed(failure) = moved(&stage, act) else { panic!("{what}: {prefix}") };
                assert_eq!(failure.exit, ExitStatus::Conflict, "{what}: {}", told(&failure));
                assert!(told(&failure).contains("is not the manifest"), "{what}: {}", told(&failure));
                as_it_was(&stage, before, what);
            }
        }
    }
}

/// Stores of every kind, and some without versions where a write of the same bytes has a token of its own, or whose tokens
/// tell nothing.
fn all_kinds() -> Vec<(&'static str, MemoryKind)> {
    let mut all = kinds();
    for (what, tells) in [("without versions", true), ("whose tokens tell nothing", false)] {
        let mut kind = MemoryKind { tokens: Tokens::Unique, vouches: false, ..MemoryKind::s3_like() };
        kind.truth.versioned = false;
        kind.truth.tokens_tell = tells;
        all.push((what, kind));
    }
    all
}

#[test]
fn what_is_copied_and_was_written_again_with_the_same_bytes_is_the_release() {
    let zip_again = || -> Act {
        Box::new(|store| {
            store.put(&zip_of('b'), zip('b')).unwrap();
        })
    };
    let folder_again = || -> Act {
        Box::new(|store| {
            for (path, text) in files('b') {
                store.put(&file('b', path, "config"), text).unwrap();
            }
        })
    };
    for (what, kind) in all_kinds() {
        let again: [(&str, &str, Act); 6] = [
            ("a folder in place", IN_PLACE, folder_again()),
            ("a folder after a zip", IN_PLACE_AND_ZIP, folder_again()),
            ("a zip alone", ZIP, zip_again()),
            ("a zip after a pointer", TWO, zip_again()),
            ("a zip before a folder", IN_PLACE_AND_ZIP, zip_again()),
            ("nothing", IN_PLACE_AND_ZIP, Box::new(|_| {})),
        ];
        for (of, shape, act) in again {
            let stage = prepared(shape, kind.clone());
            let end = moved(&stage, act);
            assert!(matches!(end, End::Done(_)), "{what}: {of}: {end:?}");
            let state = stage.state("prod");
            assert!(state.open.is_none(), "{what}: {of}");
            assert_eq!(state.release().unwrap().commit, commit('b'), "{what}: {of}");
            if shape != IN_PLACE {
                assert_eq!(stage.held("prod")[0], Some('b'), "{what}: {of}");
            }
            if shape == IN_PLACE_AND_ZIP {
                for (path, text) in files('b') {
                    assert_eq!(stage.bytes(&format!("prod/config/{path}")), Some(text), "{what}: {of}");
                }
            }
        }
    }
}

fn zip_of(digit: char) -> Key {
    format!("app/{}.zip", commit(digit)).parse().unwrap()
}

/// Other bytes of the same length, and nothing.
fn zip_changes() -> [Act; 2] {
    [
        Box::new(|store| {
            store.put(&zip_of('b'), zip('b').to_uppercase()).unwrap();
        }),
        Box::new(|store| store.remove(&zip_of('b'))),
    ]
}

#[test]
fn a_zip_that_is_changed_while_prepare_runs_is_not_moved() {
    for (what, kind) in kinds() {
        for act in zip_changes() {
            let stage = prepared(ZIP, kind.clone());
            let before = stage.held("prod");
            match moved(&stage, act) {
                // The very version that was planned is there for ever.
                End::Done(_) => assert_eq!(stage.held("prod")[0], Some('b'), "{what}"),
                End::Failed(failure) => {
                    assert_eq!(failure.exit, ExitStatus::Conflict, "{what}: {}", told(&failure));
                    as_it_was(&stage, before, what);
                }
                other => panic!("{what}: {other:?}"),
            }
        }
    }
}

#[test]
fn of_several_artifacts_none_is_moved_when_the_last_one_is_changed_while_prepare_runs() {
    for (what, kind) in kinds() {
        for act in zip_changes() {
            let stage = prepared(TWO, kind.clone());
            let before = stage.held("prod");
            let End::Failed(failure) = moved(&stage, act) else { panic!("{what}") };
            assert_eq!(failure.exit, ExitStatus::Conflict, "{what}: {}", told(&failure));
            assert!(told(&failure).contains(zip_of('b').as_str()), "{what}: {}", told(&failure));
            as_it_was(&stage, before, what);
        }
    }
}

#[test]
fn what_is_not_moved_is_not_deployed_when_it_is_changed_while_prepare_runs() {
    for (what, kind) in kinds() {
        for act in zip_changes() {
            let mut stage = prepared(TWO, kind.clone());
            // A pipeline reads it where it lies.
            let prod = stage.config.environments.get_mut(&name("prod")).unwrap();
            prod.artifacts.iter_mut().for_each(|artifact| artifact.target = None);
            let end = moved(&stage, act);
            let End::Failed(failure) = end else { panic!("{what}: {end:?}") };
            assert_eq!(failure.exit, ExitStatus::Conflict, "{what}: {}", told(&failure));
            let state = stage.state("prod");
            assert!(state.open.is_none(), "{what}");
            assert_eq!(state.release().map(|release| release.commit.clone()), Some(commit('a')), "{what}");
        }
    }
}

#[test]
fn an_image_whose_tag_is_moved_while_prepare_runs_moves_by_its_digest_or_not_at_all() {
    let stage = prepared(IMAGE, MemoryKind::s3_like());
    let registry = stage.registry.clone();
    let tag: Key = "b".repeat(8).parse().unwrap();
    let end = moved(
        &stage,
        Box::new(move |_| {
            registry.put(&tag, image('c')).unwrap();
        }),
    );
    let wanted = match end {
        End::Done(_) => 'b',
        End::Failed(failure) => {
            assert_eq!(failure.exit, ExitStatus::Conflict, "{}", told(&failure));
            'a'
        }
        other => panic!("{other:?}"),
    };
    let there = stage.registry.bytes(&"prod".parse().unwrap());
    assert_eq!(there, Some(Bytes::from(image(wanted))));
    assert!(stage.state("prod").open.is_none());
}
