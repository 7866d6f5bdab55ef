//! One environment with source and target of its own, and a release of two files: what happens to them is the tests'.

use crate::stage::Stage;
use promote_core::exit::ExitStatus;

pub(crate) fn config(source: &str, target: &str) -> String {
    format!(
        "project = \"shop\"\nenvironments = [\"staging\"]\nledger = \".promote/shop/\"\n\
         source = \"{source}\"\ntarget = \"{target}\"\n[env.staging]\ntier = \"test\"\nauto = false\n"
    )
}

/// A published release of what lies in `out`, and its commit.
pub(crate) fn published(source: &str, target: &str, given: &str) -> (Stage, String) {
    let stage = Stage::with(&config(source, target));
    stage.write("out/a", "one");
    stage.write("out/b", "two");
    stage.run(&["publish", given]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    (stage, commit)
}
