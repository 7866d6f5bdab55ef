//! Links and pipes in the local folder: nobody is led by them, and nobody passes over them.

use crate::own_release::{config, published};
use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;
use std::os::unix::fs::symlink;

fn pipe(stage: &Stage, path: &str) {
    let made = std::process::Command::new("mkfifo").arg(stage.path().join(path)).status().unwrap();
    assert!(made.success());
}

fn remove(stage: &Stage, path: &str) {
    std::fs::remove_file(stage.path().join(path)).unwrap();
}

#[test]
fn beside_the_files_of_a_folder_they_are_files_that_were_not_published() {
    let (stage, commit) = published("releases/{sha}/", "live/{env}.json", "out");
    let odd = format!("releases/{commit}/odd");
    for make in [|stage: &Stage, odd: &str| symlink("a", stage.path().join(odd)).unwrap(), pipe] {
        make(&stage, &odd);
        let answer = stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Conflict);
        assert!(answer.err.contains("/odd` was not published"), "{}", answer.err);
        assert!(!stage.has("live/staging.json"));
        remove(&stage, &odd);
    }
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    pipe(&stage, &odd);
    let answer = stage.run(&["verify"]).ends(ExitStatus::Differs);
    assert!(answer.out.contains("/odd` was not published"), "{}", answer.out);
}

#[test]
fn in_the_ledger_they_are_found_and_nothing_is_taken_from_behind_them() {
    let (stage, commit) = published("releases/{sha}.txt", "live/{env}.txt", "out/a");
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    let release = format!(".promote/shop/releases/{commit}");
    for odd in [format!("{release}/odd"), ".promote/shop/odd".to_owned()] {
        symlink("manifest.json", stage.path().join(&odd)).unwrap();
        let answer = stage.run(&["verify", "--ledger"]).ends(ExitStatus::Differs);
        assert!(answer.out.contains("odd` is nothing that belongs in a ledger"), "{}", answer.out);
        remove(&stage, &odd);
    }
    let log = ".promote/shop/lanes/staging/log/999/999/999";
    for path in [format!("{release}/manifest.json"), format!("{log}/998.json")] {
        let away = stage.path().join("away");
        std::fs::rename(stage.path().join(&path), &away).unwrap();
        symlink(&away, stage.path().join(&path)).unwrap();
        let answer = stage.run(&["verify", "--ledger"]).ends(ExitStatus::Differs);
        assert!(answer.out.contains("is a symbolic link"), "{path}: {}", answer.out);
        remove(&stage, &path);
        std::fs::rename(&away, stage.path().join(&path)).unwrap();
    }
    // One in front of the newest record.
    symlink("998.json", stage.path().join(format!("{log}/900.json"))).unwrap();
    stage.run(&["status"]).ends(ExitStatus::Failed);
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Failed);
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Differs);
}

#[test]
fn a_source_that_is_gone_is_missing_and_one_that_is_something_else_is_a_conflict() {
    for (source, target, given, at) in [
        ("releases/{sha}.txt", "live/{env}.txt", "out/a", ".txt"),
        ("releases/{sha}/", "live/{env}.json", "out", "/a"),
        ("releases/{sha}/", "live/{env}/", "out", "/a"),
    ] {
        let (stage, commit) = published(source, target, given);
        let path = format!("releases/{commit}{at}");
        let away = stage.path().join("away");
        std::fs::rename(stage.path().join(&path), &away).unwrap();
        let line = ["to", "staging", &commit, "--yes"];
        stage.run(&line).ends(ExitStatus::Missing);
        symlink(&away, stage.path().join(&path)).unwrap();
        let answer = stage.run(&line).ends(ExitStatus::Conflict);
        assert!(answer.err.contains(&path), "{}", answer.err);
        remove(&stage, &path);
        stage.write(&path, "own");
        stage.run(&line).ends(ExitStatus::Conflict);
        assert!(!stage.has("live"), "nothing was written");
    }
}

#[test]
fn a_target_that_became_a_link_is_a_conflict_and_the_hint_leads_on() {
    let (stage, first) = published("releases/{sha}.txt", "live/{env}.txt", "out/a");
    stage.run(&["to", "staging", &first, "--yes"]).ends(ExitStatus::Ok);
    let second = stage.commit("feat: second");
    stage.run(&["publish", "out/b"]).ends(ExitStatus::Ok);
    let (target, away) = (stage.path().join("live/staging.txt"), stage.path().join("away"));
    std::fs::rename(&target, &away).unwrap();
    symlink(&away, &target).unwrap();
    let lines = [
        &["to", "staging", &second, "--yes"][..],
        &["rollback", "staging", "--to", &first, "--yes"],
        &["plan", "staging", &second],
    ];
    for line in lines {
        let answer = stage.run(line).ends(ExitStatus::Conflict);
        assert!(answer.err.contains("put a file in its place, or remove it"), "{}", answer.err);
    }
    stage.run(&["verify"]).ends(ExitStatus::Differs);
    std::fs::remove_file(&target).unwrap();
    std::fs::copy(&away, &target).unwrap();
    stage.run(&["adopt", "staging", "--reason", "the link is gone", "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["to", "staging", &second, "--yes"]).ends(ExitStatus::Ok);
}

#[test]
fn a_target_that_becomes_a_link_while_a_promotion_prepares_ends_it_before_anything_is_written() {
    let prepare =
        "prepare = \"if [ -e go ]; then mv live/staging.txt away; ln -s ../away live/staging.txt; fi\"\n";
    let stage = Stage::with(&format!("{}{prepare}", config("releases/{sha}.txt", "live/{env}.txt")));
    stage.write("out/a", "one");
    stage.run(&["publish", "out/a"]).ends(ExitStatus::Ok);
    let first = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "staging", &first, "--yes"]).ends(ExitStatus::Ok);
    let second = stage.commit("feat: second");
    stage.write("out/a", "two");
    stage.run(&["publish", "out/a"]).ends(ExitStatus::Ok);
    stage.write("go", "");
    let answer = stage.run(&["to", "staging", &second, "--yes"]).ends(ExitStatus::Conflict);
    assert!(answer.err.contains("No target was written; staging is as it was."), "{}", answer.err);
    assert!(answer.err.contains("put a file in its place, or remove it"), "{}", answer.err);
}

#[test]
fn a_file_that_is_not_there_ends_publishing_and_looking_alike() {
    let stage = Stage::with(&config("releases/{sha}.zip", "live/{env}.zip"));
    pipe(&stage, "pipe.zip");
    let plain = Stage::with(&config("releases/{sha}.txt", "live/{env}.txt"));
    pipe(&plain, "pipe.txt");
    for (name, exit) in [("none", ExitStatus::Missing), ("pipe", ExitStatus::Usage)] {
        stage.run(&["publish", &format!("{name}.zip")]).ends(exit);
        stage.run(&["verify-archive", &format!("{name}.zip")]).ends(exit);
        plain.run(&["publish", &format!("{name}.txt")]).ends(exit);
        let packed = plain.run(&["pack", &format!("{name}.txt"), "--out", "x.zip"]).ends(exit);
        assert!(packed.err.contains(&format!("{name}.txt")) && !plain.has("x.zip"), "{}", packed.err);
        plain.run(&["status", "--config", &format!("{name}.txt")]).ends(exit);
    }
}

#[test]
fn in_a_copy_of_the_ledger_a_pipe_is_found_and_not_waited_for() {
    let (stage, commit) = published("releases/{sha}.txt", "live/{env}.txt", "out/a");
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    let line = ["verify", "--offline", ".promote/shop"];
    stage.run(&line).ends(ExitStatus::Ok);
    for (path, exit) in [
        (format!("releases/{commit}/manifest.json"), ExitStatus::Differs),
        ("lanes/staging/log/999/999/999/998.json".to_owned(), ExitStatus::Differs),
        ("ledger.json".to_owned(), ExitStatus::Failed),
    ] {
        let path = format!(".promote/shop/{path}");
        let away = stage.path().join("away");
        std::fs::rename(stage.path().join(&path), &away).unwrap();
        pipe(&stage, &path);
        let answer = stage.run(&line).ends(exit);
        let said = format!("{}{}", answer.out, answer.err);
        assert!(said.contains("it is no regular file"), "{path}: {said}");
        remove(&stage, &path);
        std::fs::rename(&away, stage.path().join(&path)).unwrap();
    }
}

#[test]
fn a_saved_plan_that_is_a_pipe_is_not_waited_for() {
    let (stage, _) = published("releases/{sha}.txt", "live/{env}.txt", "out/a");
    pipe(&stage, "plan.json");
    let answer = stage.run(&["to", "staging", "--plan", "plan.json", "--yes"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("it is no regular file"), "{}", answer.err);
}

#[test]
fn a_source_that_becomes_something_else_while_a_promotion_prepares_is_a_conflict() {
    for (source, target, given, at) in [
        ("releases/{sha}.txt", "live/{env}.txt", "out/a", ".txt"),
        ("releases/{sha}/", "live/{env}.json", "out", "/a"),
        ("releases/{sha}/", "live/{env}.json", "out", "/.promote-folder.json"),
        ("releases/{sha}/", "live/{env}/", "out", "/a"),
    ] {
        for make in ["ln -s ../away $f", "mkfifo $f", "mkdir $f"] {
            let text = format!("f=releases/$(cat go){at}; mv $f away; {make}");
            let prepare = format!("prepare = \"if [ -e go ]; then {text}; fi\"\n");
            let stage = Stage::with(&format!("{}{prepare}", config(source, target)));
            stage.write("out/a", "one");
            stage.run(&["publish", given]).ends(ExitStatus::Ok);
            let commit = stage.git(&["rev-parse", "HEAD"]);
            stage.write("go", &commit);
            let answer = stage.run(&["to", "staging", &commit, "--yes"]);
            let told = format!("{target} {at} {make}: {:?} {}", answer.exit, answer.err);
            assert_eq!(answer.exit, ExitStatus::Conflict, "{told}");
            assert!(answer.err.contains("No target was written"), "{told}");
            assert!(!stage.has("live"), "{told}");
        }
    }
}

#[test]
fn a_folder_in_place_of_a_file_is_told_as_what_it_is() {
    let (stage, commit) = published("releases/{sha}.txt", "live/{env}.txt", "out/a");
    let (source, away) = (stage.path().join(format!("releases/{commit}.txt")), stage.path().join("away"));
    let target = stage.path().join("live/staging.txt");
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    for (place, lines) in [
        (&source, &[&["publish", "out/a"][..], &["to", "staging", &commit, "--redeploy", "--yes"]][..]),
        (&target, &[&["to", "staging", &commit, "--yes"][..], &["plan", "staging", &commit]][..]),
    ] {
        std::fs::rename(place, &away).unwrap();
        std::fs::create_dir(place).unwrap();
        if *place == target {
            // An empty one makes way.
            std::fs::write(place.join("x"), "inside").unwrap();
        }
        for line in lines {
            let answer = stage.run(line).ends(ExitStatus::Conflict);
            assert!(answer.err.contains("it is a folder"), "{}", answer.err);
            assert!(answer.err.contains("put a file in its place, or remove it"), "{}", answer.err);
        }
        let answer = stage.run(&["verify"]).ends(ExitStatus::Differs);
        assert!(answer.out.contains("it is a folder"), "{}", answer.out);
        std::fs::remove_dir_all(place).unwrap();
        std::fs::rename(&away, place).unwrap();
    }
    std::fs::remove_file(&source).unwrap();
    stage.run(&["publish", "out/a"]).ends(ExitStatus::Ok);
}

#[test]
fn in_place_of_a_folders_file_they_are_called_what_they_are() {
    let (stage, commit) = published("releases/{sha}/", "live/{env}/", "out");
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    let path = format!("releases/{commit}/a");
    remove(&stage, &path);
    pipe(&stage, &path);
    let answer = stage.run(&["verify"]).ends(ExitStatus::Differs);
    assert!(answer.out.contains("a` is a named pipe, and was published as"), "{}", answer.out);
}

#[test]
fn a_linked_folder_on_the_way_to_a_source_is_a_conflict() {
    for (source, target, given) in
        [("releases/{sha}.txt", "live/{env}.txt", "out/a"), ("releases/{sha}/", "live/{env}/", "out")]
    {
        // One that leads elsewhere, and one that leads to itself.
        for to in ["elsewhere", "releases"] {
            let stage = Stage::with(&config(source, target));
            stage.write("out/a", "one");
            stage.write("elsewhere/x", "");
            symlink(to, stage.path().join("releases")).unwrap();
            let answer = stage.run(&["publish", given]).ends(ExitStatus::Conflict);
            assert!(answer.err.contains("`releases`: it is a symbolic link"), "{}", answer.err);
            assert!(answer.err.contains("put the folder itself in its place"), "{}", answer.err);
            remove(&stage, "releases");
            stage.run(&["publish", given]).ends(ExitStatus::Ok);
        }
    }
}

#[test]
fn in_place_of_a_targets_file_they_are_refused_before_anything_is_written() {
    let (stage, commit) = published("releases/{sha}/", "live/{env}/", "out");
    let again = ["to", "staging", &commit, "--redeploy", "--yes"];
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    let path = "live/staging/b";
    type Make = fn(&Stage, &str);
    let socket: Make = |stage, path| {
        drop(std::os::unix::net::UnixListener::bind(stage.path().join(path)).unwrap());
    };
    let link: Make = |stage, path| symlink("a", stage.path().join(path)).unwrap();
    for (make, what) in [(pipe as Make, "a named pipe"), (socket, "a socket"), (link, "a symbolic link")] {
        remove(&stage, path);
        make(&stage, path);
        let before = stage.read("live/staging/.promote-folder.json");
        let answer = stage.run(&again).ends(ExitStatus::Conflict);
        for said in ["`b` is", what, "a file of the release belongs there", "remove it by hand"] {
            assert!(answer.err.contains(said), "{said}: {}", answer.err);
        }
        assert_eq!(stage.read("live/staging/.promote-folder.json"), before);
        stage.run(&["verify"]).ends(ExitStatus::Differs);
    }
    remove(&stage, path);
    stage.run(&again).ends(ExitStatus::Ok);
    assert_eq!(stage.read(path), b"two");
}

#[test]
fn names_that_are_not_utf_8_are_told_and_never_passed_over() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    // A folder behind a pointer: nothing may lie beside what was published.
    let (stage, commit) = published("releases/{sha}/", "live/{env}.json", "out");
    let odd = OsStr::from_bytes(b"caf\xe9");
    let told = "caf\u{fffd}E9";
    let put = |folder: &str| {
        let path = stage.path().join(folder).join(odd);
        std::fs::write(&path, "x").unwrap();
        path
    };
    let to = ["to", "staging", &commit, "--yes"];
    // Beside what is published.
    let path = put(&format!("releases/{commit}"));
    let answer = stage.run(&to).ends(ExitStatus::Conflict);
    assert!(answer.err.contains(told), "{}", answer.err);
    assert!(!stage.has("live"));
    std::fs::remove_file(path).unwrap();
    stage.run(&to).ends(ExitStatus::Ok);
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
    for folder in [&format!("releases/{commit}")[..], ".promote/shop"] {
        let path = put(folder);
        let answer = stage.run(&["verify", "--ledger"]);
        assert!(answer.out.contains(told), "{folder}: {}{}", answer.out, answer.err);
        std::fs::remove_file(path).unwrap();
    }
    // At a target that is a folder.
    {
        let (stage, commit) = published("releases/{sha}/", "live/{env}/", "out");
        stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
        std::fs::write(stage.path().join("live/staging").join(odd), "x").unwrap();
        let answer = stage.run(&["verify"]).ends(ExitStatus::Differs);
        assert!(answer.out.contains(told), "{}", answer.out);
    }
    // In what is to be published.
    put("out");
    let answer = stage.run(&["publish", "out", "--commit", &stage.commit("feat: second")]);
    assert_eq!(answer.exit, ExitStatus::Usage, "{}", answer.err);
    assert!(answer.err.contains("caf"), "{}", answer.err);
}

#[test]
fn a_folder_in_place_of_what_is_needed_is_a_rule_that_is_not_met() {
    let text = format!("{}needs = [\"base.txt\"]\n", config("releases/{sha}.txt", "live/{env}.txt"));
    let stage = Stage::with(&text);
    stage.write("out/a", "one");
    stage.run(&["publish", "out/a"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    let to = ["to", "staging", &commit, "--yes"];
    let missing = stage.run(&to).ends(ExitStatus::Blocked);
    assert!(missing.err.contains("`base.txt` is not there"), "{}", missing.err);
    std::fs::create_dir(stage.path().join("base.txt")).unwrap();
    let folder = stage.run(&to).ends(ExitStatus::Blocked);
    assert!(folder.err.contains("`base.txt` is no object: it is a folder"), "{}", folder.err);
    std::fs::remove_dir(stage.path().join("base.txt")).unwrap();
    stage.write("base.txt", "");
    stage.run(&to).ends(ExitStatus::Ok);
}

#[test]
fn a_release_is_not_ready_for_a_target_that_can_not_be_looked_at() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let ready = |stage: &Stage| {
        let report = stage.run(&["status", "uat", "--json"]).ends(ExitStatus::Ok).json();
        report["environments"][0]["next"].clone()
    };
    assert_eq!(ready(&stage)["ready"], true);
    let place = stage.path().join("deployed/uat.zip");
    std::fs::create_dir_all(&place).unwrap();
    assert_eq!(ready(&stage)["ready"], true);
    std::fs::write(place.join("x"), "inside").unwrap();
    let next = ready(&stage);
    assert_eq!(next["ready"], false, "{next}");
    let rules = next["rules"].as_array().unwrap();
    let drift = rules.iter().find(|rule| rule["rule"] == "drift").unwrap();
    assert!(drift["detail"].as_str().unwrap().starts_with("the target can't be looked at"), "{drift}");
    let said = stage.run(&["status", "uat"]).ends(ExitStatus::Ok);
    assert!(!said.all().contains("may go to uat"), "{}", said.all());
}
