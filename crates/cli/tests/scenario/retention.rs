//! Cleaning up: what is shown, what is kept, what is deleted, and who is told.

use crate::stage::{Stage, commit};
use insta::assert_snapshot;
use promote_core::exit::ExitStatus;
use promote_testing::memory::MemoryBucket;
use std::time::Duration;

fn hours(stage: &Stage, hours: u64) {
    stage.outside.clock.advance(Duration::from_secs(hours * 3600));
}

fn has(stage: &Stage, digit: char) -> bool {
    let bucket: &MemoryBucket = &stage.outside.bucket;
    bucket.bytes(&format!("shop/{}.zip", commit(digit)).parse().unwrap()).is_some()
}

#[test]
fn what_nothing_needs_is_doomed_and_later_deleted() {
    let mut stage = Stage::ready();
    let before = stage.outside.bucket.keys();
    stage.tell("promote prune");
    stage.days(60);
    stage.tell("promote pin dddd --reason \"the audit\"");
    stage.tell("promote prune --keep 0");
    assert_eq!(stage.outside.bucket.keys().len(), before.len() + 1, "only the pin is new");
    stage.tell("promote prune --keep 0 --yes");
    stage.tell("promote show cccc");
    stage.tell("promote to staging cccc --yes");
    stage.tell("promote prune --keep 0");
    stage.tell("promote pin eeee --reason \"needed after all\"");
    hours(&stage, 2);
    stage.tell("promote prune --keep 0 --yes");
    assert_eq!(['a', 'b', 'c', 'd', 'e'].map(|digit| has(&stage, digit)), [true, true, false, true, true]);
    stage.tell("promote show cccc");
    stage.tell("promote to staging cccc --yes");
    stage.tell("promote pin cccc --reason late");
    stage.tell("promote unpin dddd --dry-run");
    stage.tell("promote unpin dddd");
    stage.tell("promote prune --keep 0 --yes");
    stage.tell("promote prune --keep 0 --yes");
    assert_snapshot!(stage.transcript());
}

#[test]
fn the_document_has_everything() {
    let stage = Stage::ready();
    stage.days(60);
    let document = |line: &str| {
        let (status, out, err) = stage.run(line);
        assert_eq!(status, ExitStatus::Ok, "{err}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    let plan = document("promote prune --keep 1 --json");
    assert_eq!((&plan["schema"], &plan["done"]), (&"promote/prune@1".into(), &false.into()));
    let fates: Vec<(&str, &str)> = plan["releases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["sha"].as_str().unwrap()[..1], one["fate"].as_str().unwrap()))
        .collect();
    assert_eq!(fates, [("e", "keep"), ("d", "doom"), ("c", "doom"), ("b", "keep"), ("a", "keep")]);
    assert_eq!(
        plan["releases"][3]["roots"],
        serde_json::json!([
            { "why": "current", "lane": "staging" },
            { "why": "current", "lane": "uat" },
            { "why": "next", "environment": "prod" },
            { "why": "next", "environment": "uat" },
        ])
    );
    assert_eq!(plan["doom_bytes"], 28);
    document("promote prune --keep 1 --yes --json");
    hours(&stage, 1);
    let done = document("promote prune --keep 1 --yes --json");
    assert_eq!((&done["done"], &done["delete_bytes"]), (&true.into(), &28.into()));
    assert_eq!(done["releases"][1]["erased"][0]["objects"], 1);
    let again = document("promote prune --keep 1 --yes --json");
    assert_eq!(again["releases"][1]["fate"], "gone");
    for line in ["promote prune --grace 59m --yes", "promote prune --keep x", "promote pin aaaa"] {
        assert_eq!(stage.run(line).0, ExitStatus::Usage, "{line}");
    }
}

#[test]
fn the_command_that_is_named_does_what_was_shown_and_no_more() {
    let flags = [
        "",
        " --keep 0",
        " --keep 0 --grace 2h",
        " --keep 2 --older-than 1d",
        " --older-than 1h30m --keep 1",
    ];
    let doomed = |out: &str| -> Vec<String> {
        let document: serde_json::Value = serde_json::from_str(out).unwrap();
        let releases = document["releases"].as_array().unwrap().clone();
        let doomed = releases.iter().filter(|one| one["fate"] == "doom");
        doomed.map(|one| one["sha"].to_string()).collect()
    };
    for flags in flags {
        let stage = Stage::ready();
        stage.days(60);
        let (_, shown, _) = stage.run(&format!("promote prune{flags} --json"));
        let (_, _, page) = stage.run(&format!("promote prune{flags}"));
        let named = page.split('`').nth(1).map(str::to_owned);
        if doomed(&shown).is_empty() {
            assert_eq!(named, None, "{flags}: {page}");
            continue;
        }
        let named = named.unwrap();
        assert!(named.starts_with("promote prune") && named.contains("--yes"), "{named}");
        let (_, done, _) = stage.run(&format!("{named} --json"));
        assert_eq!(doomed(&done), doomed(&shown), "{flags}: {named}");
        let (_, _, page) = stage.run(&named);
        assert!(!page.contains("`promote prune --yes`"), "{flags}: {page}");
    }
}

#[test]
fn what_was_stopped_names_the_command_that_was_typed() {
    let stage = Stage::ready();
    stage.days(60);
    stage.outside.signal.store(true, std::sync::atomic::Ordering::SeqCst);
    let (exit, _, err) = stage.run("promote prune --keep 0 --grace 2h --yes");
    assert_eq!(exit, ExitStatus::Interrupted, "{err}");
    assert!(err.contains("`promote prune --keep 0 --grace 2h --yes` goes on"), "{err}");
}
