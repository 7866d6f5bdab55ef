//! Folders whose names are not UTF-8: a repository may lie in one, and what lies in one is compared as anything else or refused.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

fn odd() -> &'static OsStr {
    OsStr::from_bytes(b"caf\xe9")
}

#[test]
fn a_repository_may_lie_in_a_folder_whose_name_is_not_utf_8() {
    for (ledger, own) in [(".promote/shop/", "sub"), ("git:promote-ledger", "caf\u{e9}")] {
        let mut stage = Stage::within(odd(), &CONFIG.replace(".promote/shop/", ledger));
        let commit = stage.git(&["rev-parse", "HEAD"]);
        stage.git(&["tag", "v1.0.0"]);
        for line in [
            &["check"][..],
            &["publish", "--dry-run"],
            &["publish"],
            &["pack", "--out", "out.zip"],
            &["verify-archive", "out.zip"],
            &["status"],
            &["plan", "uat", "v1.0.0"],
            &["to", "uat", "--yes"],
            &["history"],
            &["diff", "staging", "uat"],
            &["show", "v1.0.0"],
            &["pin", "v1.0.0", "--reason", "x"],
            &["doctor"],
            &["ci", "github", "--stdout"],
            &["ci", "gitlab", "--stdout"],
        ] {
            stage.run(line).ends(ExitStatus::Ok);
        }
        assert_eq!(stage.read("deployed/uat.zip"), stage.read(&format!("releases/{commit}.zip")));
        stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
        // Somewhere inside of it as well.
        stage.write(&format!("{own}/x"), "");
        stage.enters(own);
        stage.run(&["status"]).ends(ExitStatus::Ok);
        stage.run(&["publish"]).ends(ExitStatus::Ok);
    }
}

#[test]
fn what_is_given_behind_a_name_that_is_not_utf_8_is_not_taken_for_the_commits() {
    let stage = Stage::with(CONFIG);
    let inside = stage.path().join(odd());
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("a.txt"), "a").unwrap();
    std::os::unix::fs::symlink(odd(), stage.path().join("linked")).unwrap();
    for line in [&["publish", "linked"][..], &["publish", "linked", "--dry-run"]] {
        let refused = stage.run(line).ends(ExitStatus::Usage);
        assert!(refused.err.contains("its name is not UTF-8"), "{}", refused.all());
    }
}
