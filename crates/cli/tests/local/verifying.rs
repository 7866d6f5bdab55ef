//! What `verify` says of what people do in the folder with plain tools.

use crate::stage::{CONFIG, Stage, contents};
use promote_core::exit::ExitStatus;
use std::fs;
use std::os::unix::fs::symlink;

fn moved() -> (Stage, String) {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
    (stage, commit)
}

#[test]
fn a_source_that_was_replaced_by_a_link_is_a_finding_and_the_rest_is_checked() {
    let (stage, commit) = moved();
    let source = stage.path().join(format!("releases/{commit}.zip"));
    let elsewhere = stage.path().join("elsewhere.zip");
    fs::rename(&source, &elsewhere).unwrap();
    symlink(&elsewhere, &source).unwrap();
    for flags in [&[][..], &["--ledger"], &["--bytes"]] {
        let line = [&["verify", "--json"], flags].concat();
        let report = stage.run(&line).ends(ExitStatus::Differs).json();
        assert_eq!(report["targets"][0]["matches"], true, "{report}");
        let source = &report["sources"][0];
        assert_eq!((&source["matches"], &source["state"]), (&false.into(), &"other".into()), "{report}");
        assert!(source["detail"].as_str().unwrap().contains("symbolic link"), "{report}");
    }
    fs::remove_file(&source).unwrap();
    fs::rename(&elsewhere, &source).unwrap();
    stage.run(&["verify"]).ends(ExitStatus::Ok);
}

#[test]
fn a_target_that_was_replaced_by_a_link_is_a_finding() {
    let (stage, _) = moved();
    let target = stage.path().join("deployed/staging.zip");
    let elsewhere = stage.path().join("elsewhere.zip");
    fs::rename(&target, &elsewhere).unwrap();
    symlink(&elsewhere, &target).unwrap();
    let said = stage.run(&["verify"]).ends(ExitStatus::Differs);
    assert!(said.out.contains("symbolic link"), "{said:?}");
    // Nobody knows what it has, which is not that it differs.
    assert!(said.out.contains("1 target can't be compared with the ledger"), "{}", said.out);
    assert!(!said.out.contains("not match"), "{}", said.out);
}

#[test]
fn the_hint_for_a_target_that_was_deleted_is_a_command_that_works() {
    let (stage, commit) = moved();
    fs::remove_file(stage.path().join("deployed/staging.zip")).unwrap();
    let said = stage.run(&["verify"]).ends(ExitStatus::Differs);
    let text = format!("{}{}", said.out, said.err);
    assert!(!text.contains("promote adopt"), "{text}");
    let line = format!("promote to staging {} --override drift --reason TEXT", &commit[..7]);
    assert!(text.contains(&line), "{text}");
    stage
        .run(&["to", "staging", &commit[..7], "--override", "drift", "--reason", "x", "--yes"])
        .ends(ExitStatus::Ok);
    stage.run(&["verify"]).ends(ExitStatus::Ok);
}

#[test]
fn a_copy_of_a_ledger_is_checked_without_following_links() {
    let (stage, _) = moved();
    let ledger = stage.path().join(".promote");
    let ledger = fs::read_dir(&ledger).unwrap().next().unwrap().unwrap().path();
    let copy = stage.path().join("copy");
    let copied = std::process::Command::new("cp").arg("-r").arg(&ledger).arg(&copy).status().unwrap();
    assert!(copied.success());
    stage.run(&["verify", "--offline", "copy"]).ends(ExitStatus::Ok);
    let outside = stage.path().join("outside");
    for place in ["releases", "lanes/staging"] {
        fs::rename(copy.join(place), &outside).unwrap();
        symlink(&outside, copy.join(place)).unwrap();
        let report = stage.run(&["verify", "--offline", "copy", "--json"]).ends(ExitStatus::Differs).json();
        let faults = report["ledger"]["faults"].to_string();
        assert!(faults.contains(&format!("`{place}` is nothing that belongs in a ledger")), "{faults}");
        fs::remove_file(copy.join(place)).unwrap();
        fs::rename(&outside, copy.join(place)).unwrap();
    }
    // A record, and the ledger's own document.
    let record = walk(&copy.join("lanes/staging")).pop().unwrap();
    for place in [record, copy.join("ledger.json")] {
        fs::rename(&place, &outside).unwrap();
        symlink(&outside, &place).unwrap();
        let said = stage.run(&["verify", "--offline", "copy"]);
        assert!(!matches!(said.exit, ExitStatus::Ok), "{place:?}: {said:?}");
        assert!(format!("{}{}", said.out, said.err).contains("symbolic link"), "{place:?}: {said:?}");
        fs::remove_file(&place).unwrap();
        fs::rename(&outside, &place).unwrap();
    }
    stage.run(&["verify", "--offline", "copy"]).ends(ExitStatus::Ok);
}

/// All files below a folder.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_ledger_that_lost_its_beginning_is_not_begun_anew() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let place = stage.path().join(".promote/shop/ledger.json");
    let kept = std::fs::read(&place).unwrap();
    std::fs::remove_file(&place).unwrap();
    stage.write("more.txt", "x");
    stage.commit("feat: second");
    let before = contents(&stage.path());
    for line in [
        &["publish"][..],
        &["publish", "--no-move"],
        &["status"],
        &["plan", "uat"],
        &["to", "uat", "--yes"],
        &["verify", "--ledger"],
        &["freeze", "uat", "--reason", "INC-1", "--yes"],
    ] {
        let told = stage.run(line).ends(ExitStatus::Failed);
        assert!(told.err.contains("has lost its beginning"), "{line:?}: {}", told.all());
    }
    assert_eq!(contents(&stage.path()), before);
    std::fs::write(&place, kept).unwrap();
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
}

const FOLDER: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
source       = "releases/{sha}/"
target       = "live/{env}/"
ledger       = ".promote/shop/"
"#;

/// A release of a folder, in staging.
fn with_folder() -> (Stage, String) {
    let stage = Stage::with(FOLDER);
    stage.write("out/a.txt", "a");
    stage.write("out/b.txt", "b");
    stage.run(&["publish", "out"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["verify"]).ends(ExitStatus::Ok);
    (stage, commit)
}

#[test]
fn of_a_folder_whose_manifest_alone_was_deleted_just_that_is_said() {
    let (stage, commit) = with_folder();
    fs::remove_file(stage.path().join("live/staging/.promote-folder.json")).unwrap();
    let said = stage.run(&["verify"]).ends(ExitStatus::Differs);
    let wanted = "`live/staging/` has 2 files, its manifest is missing";
    assert!(said.out.contains(wanted) && !said.out.contains("gone"), "{}", said.all());
    let report = stage.run(&["verify", "--json"]).json();
    assert_eq!(report["targets"][0]["detail"], wanted);
    let status = stage.run(&["status", "staging"]);
    assert!(status.out.contains("the manifest of `live/staging/` is missing"), "{}", status.all());
    // The hint that was tried: nothing is there to adopt, and files alone are not the whole of it.
    let line = format!("`promote to staging {} --override drift --reason TEXT`", &commit[..7]);
    assert!(said.err.contains(&line), "{}", said.all());
    assert!(!said.err.contains("adopt") && !said.err.contains("--redeploy"), "{}", said.all());
    fs::remove_dir_all(stage.path().join("live/staging")).unwrap();
    let said = stage.run(&["verify"]).ends(ExitStatus::Differs);
    assert!(said.out.contains("`live/staging/` is gone"), "{}", said.all());
}

#[test]
fn where_a_manifest_and_files_of_a_folder_differ_the_only_way_is_named() {
    let (stage, commit) = with_folder();
    fs::write(stage.path().join("live/staging/a.txt"), "by hand").unwrap();
    // Files alone: what is recorded is still there, and is written again.
    let said = stage.run(&["verify"]).ends(ExitStatus::Differs);
    assert!(
        said.err.contains(&format!("`promote to staging {} --redeploy`", &commit[..7])),
        "{}",
        said.all()
    );
    let place = stage.path().join("live/staging/.promote-folder.json");
    let bytes = fs::read(&place).unwrap();
    fs::remove_file(&place).unwrap();
    fs::write(&place, bytes).unwrap();
    for line in [&["verify"][..], &["verify", "--bytes"]] {
        let said = stage.run(line).ends(ExitStatus::Differs);
        let drift = format!("`promote to staging {} --override drift --reason TEXT`", &commit[..7]);
        assert!(said.err.contains(&drift), "{line:?}: {}", said.all());
        assert!(!said.err.contains("--redeploy"), "{line:?}: {}", said.all());
    }
}

#[test]
fn the_same_bytes_that_somebody_wrote_again_are_not_said_to_be_others() {
    let (stage, commit) = moved();
    let target = stage.path().join("deployed/staging.zip");
    let bytes = fs::read(&target).unwrap();
    fs::remove_file(&target).unwrap();
    fs::write(&target, bytes).unwrap();
    let said = stage.run(&["verify", "--bytes"]).ends(ExitStatus::Differs);
    let short = &commit[..7];
    assert!(said.out.contains(&format!("has the bytes of {short}, and was written again")), "{}", said.all());
    assert!(!said.out.contains(&format!("is not {short}")), "{}", said.all());
}

#[test]
fn files_of_a_copy_are_named_as_they_lie_there() {
    let (stage, commit) = moved();
    let ledger = fs::read_dir(stage.path().join(".promote")).unwrap().next().unwrap().unwrap().path();
    let copy = stage.path().join("here");
    assert!(std::process::Command::new("cp").arg("-r").arg(&ledger).arg(&copy).status().unwrap().success());
    let manifest = copy.join(format!("releases/{commit}/manifest.json"));
    fs::write(&manifest, vec![b'x'; 300 * 1024]).unwrap();
    let report = stage.run(&["verify", "--offline", "here", "--json"]).ends(ExitStatus::Differs).json();
    let faults = report["ledger"]["faults"].to_string();
    let place = manifest.display().to_string();
    assert!(faults.contains(&place) && !faults.contains("`copy/"), "{faults}");
}

#[test]
fn a_ledger_whose_beginning_is_broken_names_what_helps() {
    let (stage, _) = moved();
    let place = ".promote/shop/ledger.json";
    let kept = stage.read(place);
    let there = stage.path().join(place);
    let says_what_helps = || {
        for line in [&["verify", "--ledger"][..], &["verify"], &["status"]] {
            let said = stage.run(line).ends(ExitStatus::Failed);
            assert!(said.err.contains(&format!("put `{place}` back")), "{line:?}: {}", said.all());
            assert!(!said.err.contains("`promote verify --ledger`"), "{line:?}: {}", said.all());
        }
    };
    stage.write(place, "{");
    says_what_helps();
    fs::remove_file(&there).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&there).status().unwrap().success());
    says_what_helps();
    fs::remove_file(&there).unwrap();
    stage.write(place, kept);
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
}

#[test]
fn a_target_that_can_t_be_compared_is_named_in_full() {
    let (stage, _) = moved();
    let lane = stage.path().join(".promote/shop/lanes/staging/log");
    let newest = walk(&lane).into_iter().min().unwrap();
    fs::write(&newest, "rubbish").unwrap();
    let report = stage.run(&["verify", "staging", "--json"]).ends(ExitStatus::Differs).json();
    assert_eq!(report["targets"][0]["target"], "deployed/staging.zip");
}
