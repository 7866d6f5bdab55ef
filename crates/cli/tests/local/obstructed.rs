//! Something in the way of a release in the local folder, in a target folder or in place of a whole target: an empty folder is
//! removed, and content is refused before anything is written.

use crate::own_release::published;
use crate::stage::{Stage, contents};
use promote_cli::Providers;
use promote_core::exit::ExitStatus;

fn config(prune: bool) -> String {
    format!(
        "project = \"shop\"\nenvironments = [\"prod\"]\nledger = \".promote/shop/\"\n\
         source = \"releases/{{sha}}/\"\ntarget = \"deployed/{{env}}/\"\nprune = {prune}\n[env.prod]\nauto = false\n"
    )
}

/// The first release has `sub/x` and is there; the second has the file `sub`, beside one more.
fn stage(prune: bool) -> (Stage, String) {
    let stage = Stage::with(&config(prune));
    stage.write("out/sub/x", "one");
    stage.run(&["publish", "out"]).ends(ExitStatus::Ok);
    let first = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "prod", &first, "--yes"]).ends(ExitStatus::Ok);
    std::fs::remove_dir_all(stage.path().join("out/sub")).unwrap();
    stage.write("out/sub", "two");
    stage.write("out/a", "two");
    let second = stage.commit("feat: second");
    stage.run(&["publish", "out"]).ends(ExitStatus::Ok);
    (stage, second)
}

/// What a kill leaves between the removal of the last file of a folder and that of the folder.
#[test]
fn an_empty_folder_is_removed() {
    for prune in [false, true] {
        let (stage, second) = stage(prune);
        std::fs::remove_file(stage.path().join("deployed/prod/sub/x")).unwrap();
        std::fs::create_dir(stage.path().join("deployed/prod/sub/y")).unwrap();
        // Without `prune` nothing could be put back, which the hint of the way back can't tell.
        stage.run_on(&["to", "prod", &second, "--yes"], &Providers).ends(ExitStatus::Ok);
        assert_eq!(stage.read("deployed/prod/sub"), b"two");
        stage.run(&["verify"]).ends(ExitStatus::Ok);
    }
}

#[test]
fn content_in_the_way_that_stays_is_refused_by_the_plan() {
    let (stage, second) = stage(false);
    for line in [&["plan", "prod", &second][..], &["to", "prod", &second, "--yes"]] {
        let answer = stage.run(line).ends(ExitStatus::Conflict);
        for said in ["`sub/x` stays there", "can't become the file `sub`", "remove it by hand"] {
            assert!(answer.all().contains(said), "{line:?} {said}: {}", answer.all());
        }
        assert!(!stage.has("deployed/prod/a"), "{line:?}");
    }
    // Once it is gone, the same command works.
    std::fs::remove_dir_all(stage.path().join("deployed/prod/sub")).unwrap();
    stage.run_on(&["to", "prod", &second, "--yes"], &Providers).ends(ExitStatus::Ok);
    // And back: a file is where the folder of one was.
    let answer = stage.run(&["rollback", "prod", "--yes"]).ends(ExitStatus::Conflict);
    assert!(
        answer.all().contains("`sub` stays there, so that `sub/x` can't be put below it"),
        "{}",
        answer.all()
    );
    assert_eq!(stage.read("deployed/prod/sub"), b"two");
    stage.run(&["verify"]).ends(ExitStatus::Ok);
}

/// A file, and a pointer to a folder.
#[test]
fn an_empty_folder_in_place_of_a_whole_target_is_removed() {
    for (source, target, given) in [
        ("releases/{sha}.txt", "live/{env}.txt", "out/a"),
        ("releases/{sha}/", "live/{env}.json", "out"),
        ("releases/{sha}/", "live/{env}/", "out"),
    ] {
        let (stage, first) = published(source, target, given);
        let place = match target.strip_suffix('/') {
            Some(folder) => format!("{folder}/.promote-folder.json"),
            None => target.to_owned(),
        };
        let place = place.replace("{env}", "staging");
        let path = stage.path().join(&place);
        std::fs::create_dir_all(path.join("inside")).unwrap();
        stage.run(&["status"]).ends(ExitStatus::Ok);
        stage.run(&["plan", "staging", &first]).ends(ExitStatus::Ok);
        // What is in it stays, and that is said.
        std::fs::write(path.join("inside/file"), "kept").unwrap();
        let refused = stage.run(&["to", "staging", &first, "--yes"]).ends(ExitStatus::Conflict);
        assert!(refused.all().contains("it is a folder"), "{target}: {}", refused.all());
        assert!(
            refused.all().contains("put a file in its place, or remove it"),
            "{target}: {}",
            refused.all()
        );
        std::fs::remove_file(path.join("inside/file")).unwrap();
        stage.run(&["to", "staging", &first, "--yes"]).ends(ExitStatus::Ok);
        assert!(path.is_file(), "{target}");
        stage.run(&["verify"]).ends(ExitStatus::Ok);

        // In place of what was moved it is a change by hand, as nothing would be.
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        stage.run(&["verify"]).ends(ExitStatus::Differs);
        let again =
            ["to", "staging", &first, "--yes", "--redeploy", "--override", "drift", "--reason", "gone"];
        stage.run(&again).ends(ExitStatus::Ok);
        assert!(path.is_file(), "{target}");
    }
}

/// A file where the folder of a target belongs: refused by the plan, and by the write where it came in between.
#[test]
fn a_file_in_the_place_of_a_folder_above_the_target_is_refused() {
    for (source, target, given) in [
        ("releases/{sha}.txt", "live/{env}/app.txt", "out/a"),
        ("releases/{sha}/", "live/{env}/", "out"),
        ("releases/{sha}/", "live/{env}/now.json", "out"),
    ] {
        for put in ["live", "live/staging"] {
            let (stage, commit) = published(source, target, given);
            stage.write(put, "a file");
            for line in [&["plan", "staging", &commit][..], &["to", "staging", &commit, "--yes"]] {
                let answer = stage.run(line).ends(ExitStatus::Conflict);
                let said = format!("`{put}` is a file, so that `live/staging");
                assert!(answer.all().contains(&said), "{target} {line:?}: {}", answer.all());
            }
            assert_eq!(stage.read(put), b"a file");
            std::fs::remove_file(stage.path().join(put)).unwrap();
            stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
        }
    }
}

/// What is no file, where a file of the release belongs: refused by the plan, also with other artifacts before it.
#[test]
fn a_link_or_a_pipe_in_the_place_of_a_file_is_refused_by_the_plan() {
    for (prune, put) in
        [(false, "ln -s /etc/hostname"), (true, "ln -s /etc/hostname"), (false, "mkfifo"), (true, "mkfifo")]
    {
        let (stage, second) = stage(prune);
        let kept = contents(&stage.path().join("deployed"));
        stage.shell(&format!("rm -rf deployed/prod/sub; {put} deployed/prod/a"));
        for line in [&["plan", "prod", &second][..], &["to", "prod", &second, "--yes"]] {
            let answer = stage.run(line).ends(ExitStatus::Conflict);
            assert!(
                answer.all().contains("a file of the release belongs there"),
                "{line:?}: {}",
                answer.all()
            );
        }
        stage.shell("rm deployed/prod/a; mkdir deployed/prod/sub; printf one > deployed/prod/sub/x");
        assert_eq!(contents(&stage.path().join("deployed")), kept, "{put}");
    }
}
