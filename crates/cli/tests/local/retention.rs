//! Cleaning up in a real folder. Its clock is the machine's, so what should be old is made old: a file's time is the
//! store's time of it.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;
use std::time::{Duration, SystemTime};

/// Says that this file was written so many hours ago.
fn age(stage: &Stage, file: &str, hours: u64) {
    let file = std::fs::File::options().write(true).open(stage.path().join(file)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
}

fn publish(stage: &Stage, message: &str) -> String {
    let commit = stage.commit(message);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    commit
}

fn fates(stage: &Stage, line: &[&str]) -> Vec<(String, String)> {
    let json = stage.run(line).ends(ExitStatus::Ok).json();
    let releases = json["releases"].as_array().unwrap().clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    releases.iter().map(|one| (text(&one["sha"]), text(&one["fate"]))).collect()
}

#[test]
fn a_release_in_a_folder_is_doomed_and_deleted() {
    let config = CONFIG.to_owned() + "\n[env.staging]\nauto = false\n";
    let stage = Stage::with(&config);
    let commits: Vec<String> = ["one", "two", "three"].iter().map(|text| publish(&stage, text)).collect();
    let [old, kept, new] = [0, 1, 2].map(|at| commits.get(at).unwrap().as_str());
    stage.run(&["to", "staging", kept, "--yes"]).ends(ExitStatus::Ok);
    let line = &["prune", "--keep", "1", "--older-than", "10d", "--json"][..];
    assert!(fates(&stage, line).iter().all(|(_, fate)| fate == "keep"));
    for commit in &commits {
        age(&stage, &format!(".promote/shop/releases/{commit}/manifest.json"), 24 * 20);
    }
    // The newest has the same age now as the others, so the name decides: two of the three may be taken for it.
    age(&stage, &format!(".promote/shop/releases/{new}/manifest.json"), 24 * 19);
    let would = fates(&stage, line);
    assert!(would.contains(&(old.to_owned(), "doom".to_owned())), "{would:?}");
    assert_eq!(would.iter().filter(|(_, fate)| fate == "keep").count(), 2);
    assert!(!stage.has(&format!(".promote/shop/releases/{old}/doom")));
    let done = [line, &["--yes"]].concat();
    fates(&stage, &done);
    let waits = fates(&stage, &done);
    assert!(waits.contains(&(old.to_owned(), "wait".to_owned())), "{waits:?}");
    let refused = stage.run(&["to", "staging", old, "--yes"]).ends(ExitStatus::Blocked);
    assert!(refused.err.contains("doomed"), "{}", refused.err);
    stage.write("again.zip", stage.read(&format!("releases/{old}.zip")));
    let line_again = &["publish", "again.zip", "--commit", old, "--no-move"];
    let again = stage.run(line_again).ends(ExitStatus::Conflict);
    assert!(again.err.contains("promote pin"), "{}", again.err);
    assert!(stage.has(&format!("releases/{old}.zip")));
    age(&stage, &format!(".promote/shop/releases/{old}/doom/000001.json"), 2);
    let deleted = fates(&stage, &done);
    assert!(deleted.contains(&(old.to_owned(), "delete".to_owned())), "{deleted:?}");
    assert!(!stage.has(&format!("releases/{old}.zip")));
    for commit in [kept, new] {
        assert!(stage.has(&format!("releases/{commit}.zip")));
    }
    let show = stage.run(&["show", old, "--json"]).ends(ExitStatus::Ok).json();
    assert!(show["gone_at"].is_string() && show["doomed"]["by"].is_string(), "{show}");
    let again = stage.run(line_again).ends(ExitStatus::Conflict);
    assert!(!stage.has(&format!("releases/{old}.zip")));
    assert!(again.err.contains("retention has deleted it"), "{}", again.err);
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
    stage.run(&["rollback", "staging"]).ends(ExitStatus::Missing);
}
