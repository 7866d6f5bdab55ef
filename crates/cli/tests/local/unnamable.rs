//! A folder whose name is not UTF-8 inside a target: no deletion removes it, so no plan is allowed that would have to.

use crate::stage::Stage;
use promote_core::exit::ExitStatus;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

#[test]
fn a_folder_that_can_not_be_removed_is_refused_before_a_file_is_written() {
    let stage = Stage::with(
        "project = \"shop\"\nenvironments = [\"staging\"]\nledger = \".promote/shop/\"\n\
         source = \"releases/{sha}/\"\ntarget = \"live/{env}/\"\nprune = true\n\
         [env.staging]\ntier = \"test\"\nauto = false\n",
    );
    stage.write("out/a", "one");
    stage.run(&["publish", "out"]).ends(ExitStatus::Ok);
    let first = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "staging", &first, "--yes"]).ends(ExitStatus::Ok);
    stage.write("out/a", "two");
    let second = stage.commit("feat: second");
    stage.run(&["publish", "out"]).ends(ExitStatus::Ok);
    let odd = stage.path().join("live/staging").join(OsStr::from_bytes(b"d\xfe"));
    std::fs::create_dir(&odd).unwrap();
    let to = ["to", "staging", &second, "--yes"];
    let answer = stage.run(&to).ends(ExitStatus::Conflict);
    for said in ["live/staging/d\u{fffd}FE", "remove it by hand"] {
        assert!(answer.err.contains(said), "{said}: {}", answer.err);
    }
    // The plan tells it, so nothing is begun.
    stage.run(&["plan", "staging", &second]).ends(ExitStatus::Conflict);
    assert_eq!(stage.read("live/staging/a"), b"one");
    std::fs::remove_dir(&odd).unwrap();
    stage.run(&to).ends(ExitStatus::Ok);
    assert_eq!(stage.read("live/staging/a"), b"two");
}
