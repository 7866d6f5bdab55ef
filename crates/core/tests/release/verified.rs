//! What verifying says of the folders that releases were published as.

use crate::published::{IN_PLACE, POINTER, done, file, foreign, kinds, older, read, silent_kinds, to};
use crate::stage::{End, Stage, actor, files, name, run};
use futures_executor::block_on;
use promote_core::remember::remember_all;
use promote_core::report::{Depth, VerifyReport, verify, verify_and_learn};
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan, Method};

fn report(stage: &Stage, bytes: bool) -> (VerifyReport, Vec<String>) {
    let (ports, log) = stage.recorded();
    let depth = Depth { bytes, ..Depth::default() };
    let report = block_on(verify(&ports.view(), &stage.config, &[], depth)).unwrap();
    (report, read(&log))
}

/// What is told of the source of a release: its state, and what differs inside.
fn told(report: &VerifyReport, digit: char) -> (bool, &'static str, Vec<String>) {
    let sources = report.sources.as_ref().unwrap();
    let found = sources.iter().find(|source| source.sha.starts_with(digit)).unwrap();
    (found.matches, found.state, found.inside.clone())
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn verifying_reads_nothing_where_every_token_is_the_one_that_was_noted() {
    for shape in [IN_PLACE, POINTER] {
        for (what, kind) in kinds() {
            let stage = Stage::ready_with(shape, kind);
            let (report, read) = report(&stage, false);
            assert!(report.matches, "{what}: {report:?}");
            assert_eq!(
                (told(&report, 'a'), told(&report, 'b')),
                ((true, "same", none()), (true, "same", none()))
            );
            assert_eq!(read, none(), "{what}");
        }
    }
}

#[test]
fn verifying_says_which_files_of_a_source_differ() {
    for (what, kind) in kinds() {
        let stage = Stage::ready_with(POINTER, kind);
        stage.store.remove(&file('b', "always.txt", "rules"));
        stage.store.put(&file('b', "only-b.txt", "rules"), "longer").unwrap();
        stage.store.put(&file('b', "x.py", "rules"), "foreign").unwrap();
        let (report, read) = report(&stage, false);
        assert!(!report.matches, "{what}");
        let (matches, state, inside) = told(&report, 'b');
        assert_eq!((matches, state, inside.len()), (false, "other", 3), "{what}: {inside:?}");
        assert!(inside[0].ends_with("/always.txt` is missing"), "{what}: {inside:?}");
        assert!(inside[1].contains("/only-b.txt` has 6 bytes"), "{what}: {inside:?}");
        assert!(inside[2].contains("/x.py` was not published"), "{what}: {inside:?}");
        assert_eq!(told(&report, 'a'), (true, "same", none()), "{what}");
        assert_eq!(read, none(), "{what}");
    }
}

#[test]
fn verifying_bytes_reads_every_file_of_a_source() {
    for (what, kind) in kinds() {
        let stage = Stage::ready_with(POINTER, kind);
        done(&stage, to("prod", 'b'), what);
        let (report_of_all, read) = report(&stage, true);
        assert!(report_of_all.matches, "{what}: {report_of_all:?}");
        assert_eq!(read, ["always.txt", "deep/changes.yaml", "only-b.txt"], "{what}");
        stage.store.put(&file('b', "always.txt", "rules"), foreign('b', "always.txt")).unwrap();
        let (report, _) = report(&stage, true);
        let (matches, state, inside) = told(&report, 'b');
        assert_eq!(
            (report.matches, matches, state, inside.len()),
            (false, false, "other", 1),
            "{what}: {inside:?}"
        );
        assert!(inside[0].contains("/always.txt` contains sha256:"), "{what}: {inside:?}");
    }
}

#[test]
fn verifying_bytes_reads_every_file_of_a_folder_in_place() {
    for (what, kind) in kinds() {
        let stage = Stage::ready_with(IN_PLACE, kind);
        let (ports, log) = stage.recorded();
        let depth = Depth { bytes: true, ..Depth::default() };
        let report = block_on(verify(&ports.view(), &stage.config, &[name("prod")], depth)).unwrap();
        assert!(report.matches, "{what}: {report:?}");
        for path in files('a').keys() {
            let place = format!("live/prod/{path}");
            let reads =
                log.calls().iter().filter(|call| call.key == place && call.method == Method::Read).count();
            assert_eq!(reads, 1, "{what}: {path}");
        }
    }
}

#[test]
fn a_file_that_was_written_again_is_read_once_and_its_bytes_decide() {
    for bytes in [false, true] {
        let stage = Stage::ready_with(POINTER, promote_testing::memory::MemoryKind::gcs_like());
        let place = file('b', "always.txt", "rules");
        stage.store.put(&place, foreign('b', "always.txt")).unwrap();
        let (found, _) = report(&stage, bytes);
        let (matches, state, inside) = told(&found, 'b');
        assert_eq!((found.matches, matches, state), (false, false, "other"), "{inside:?}");
        assert!(inside[0].contains("/always.txt` contains sha256:"), "{inside:?}");
        stage.store.put(&place, files('b')["always.txt"].clone()).unwrap();
        let (ports, log) = stage.recorded();
        let depth = Depth { bytes, ..Depth::default() };
        let (found, learned) = block_on(verify_and_learn(&ports.view(), &stage.config, &[], depth)).unwrap();
        assert!(found.matches, "{found:?}");
        assert_eq!(told(&found, 'b'), (true, "same", none()));
        assert_eq!(read(&log).iter().filter(|path| *path == "always.txt").count(), if bytes { 2 } else { 1 });
        block_on(remember_all(&ports, &learned, &actor("eve")));
        let (found, read) = report(&stage, false);
        assert!(found.matches && read.is_empty(), "{read:?}: it is remembered");
        let log = done(&stage, to("prod", 'b'), "to prod");
        assert_eq!(crate::published::read(&log), none(), "a promotion knows it, too");
    }
}

/// A third environment, in which nothing was yet.
const THIRD: &str = r#"
project      = "shop"
environments = ["staging", "prod", "extra"]
ledger       = "memory://store/.promote/shop/"
source       = "memory://store/config/{sha}/"
target       = "memory://store/live/{env}/"
prune        = true
"#;

fn files_of(stage: &Stage, environment: &str) -> (bool, usize) {
    let prefix = format!("live/{environment}/");
    let keys: Vec<String> = stage.store.keys().iter().map(ToString::to_string).collect();
    let own = keys.iter().any(|key| *key == format!("{prefix}.promote-folder.json"));
    (own, keys.iter().filter(|key| key.starts_with(&prefix)).count() - usize::from(own))
}

#[test]
fn a_folder_in_place_that_was_cut_off_in_its_first_promotion_is_not_said_to_be_not_there() {
    for (what, kind) in kinds() {
        let (mut loose, mut left) = (0, 0);
        for n in 1..60 {
            let stage = Stage::ready_with(THIRD, kind.clone());
            let plan = FaultPlan::new().with(n, Fault::CrashAfter);
            let request = to("extra", 'a');
            if block_on(plan.survive(run(&stage.faulty(&plan), &stage.config, request))).is_some() {
                break;
            }
            let check = |stage: &Stage| {
                let view = stage.ports().view();
                let found = block_on(verify(&view, &stage.config, &[name("extra")], Depth::default()));
                let [check] = found.unwrap().targets.unwrap().try_into().unwrap();
                check
            };
            let (own, count) = files_of(&stage, "extra");
            let open = stage.state("extra").open.is_some();
            let found: promote_core::report::TargetCheck = check(&stage);
            assert_eq!(found.open.is_some(), open, "{what}, call {n}");
            if !own && count > 0 {
                loose += 1;
                assert!(open && !found.matches, "{what}, call {n}: {found:?}");
                let detail = found.detail.unwrap();
                assert!(detail.contains("and no manifest; promotion"), "{what}: {detail}");
                let undo = found.open.unwrap().undo.unwrap();
                assert_eq!(undo, "promote rollback extra", "{what}");
            }
            if !open {
                continue;
            }
            let back = Request::rollback(name("extra"), Wanted::Unnamed, actor("bob")).taking_over();
            let end = block_on(run(&stage.ports(), &stage.config, back));
            assert!(matches!(end, End::Done(_)), "{what}, call {n}: {end:?}");
            let (own, count) = files_of(&stage, "extra");
            let found = check(&stage);
            assert_eq!(found.matches, !own && count == 0, "{what}, call {n}: {found:?}");
            if !own && count > 0 {
                left += 1;
                let detail = found.detail.unwrap();
                assert!(detail.contains("that no record accounts for"), "{what}: {detail}");
            }
        }
        assert!(loose > 0 && left > 0, "{what}: {loose} without a manifest, {left} left after the undoing");
    }
}

#[test]
fn a_later_promotion_that_was_cut_off_is_named_where_files_of_the_folder_differ() {
    for (what, kind) in kinds() {
        let mut between = 0;
        for n in 1..60 {
            let stage = Stage::ready_with(IN_PLACE, kind.clone());
            let plan = FaultPlan::new().with(n, Fault::CrashAfter);
            if block_on(plan.survive(run(&stage.faulty(&plan), &stage.config, to("prod", 'b')))).is_some() {
                break;
            }
            let view = stage.ports().view();
            let found = block_on(verify(&view, &stage.config, &[name("prod")], Depth::default())).unwrap();
            let [check] = found.targets.unwrap().try_into().unwrap();
            assert_eq!(check.open.is_some(), stage.state("prod").open.is_some(), "{what}, call {n}");
            let Some(open) = check.open.filter(|_| !check.inside.is_empty()) else { continue };
            between += 1;
            assert!(!check.matches, "{what}");
            assert_eq!(open.undo.as_deref(), Some("promote rollback prod"), "{what}");
        }
        assert!(between > 0, "{what}");
    }
}

#[test]
fn a_file_of_a_folder_in_place_that_somebody_wrote_is_read_where_bytes_are_asked_for() {
    for (what, kind) in kinds() {
        let stage = Stage::ready_with(IN_PLACE, kind);
        let place: promote_core::location::Key = "live/prod/always.txt".parse().unwrap();
        for (text, content) in
            [(foreign('a', "always.txt"), "other"), (files('a')["always.txt"].clone(), "the same")]
        {
            stage.clock.advance(std::time::Duration::from_secs(60));
            stage.store.put(&place, text).unwrap();
            let (found, _) = report(&stage, true);
            let check = found.targets.unwrap().into_iter().find(|one| one.environment == "prod").unwrap();
            assert_eq!(check.matches, content == "the same" && check.inside.is_empty(), "{what}");
            if let Some(inside) = check.inside.first() {
                assert!(inside.contains(&format!("{content} content")), "{what}: {inside}");
            }
        }
    }
}

#[test]
fn a_folder_published_by_an_older_version_is_said_to_be_unread() {
    for (what, kind) in silent_kinds() {
        let stage = Stage::ready_with(POINTER, kind);
        older(&stage, 'b', "rules");
        let (report, read) = report(&stage, false);
        let (matches, state, inside) = told(&report, 'b');
        assert_eq!(
            (report.matches, matches, state, inside.len()),
            (true, true, "unread", 1),
            "{what}: {inside:?}"
        );
        assert!(inside[0].contains("`promote verify --bytes` reads them"), "{what}: {inside:?}");
        assert_eq!(read, none(), "{what}");
    }
}
