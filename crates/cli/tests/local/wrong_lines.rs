//! What is said of a command line that is not whole, or names what is not there.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;

#[test]
fn a_command_that_needs_another_names_it() {
    let said = Stage::with(CONFIG).run(&["config"]).ends(ExitStatus::Usage);
    assert!(said.err.contains("error: a command is missing after `config`"), "{}", said.err);
    assert!(said.err.contains("`promote config show`"), "{}", said.err);
}

#[test]
fn a_word_that_is_not_alike_is_not_proposed() {
    let stage = Stage::with(CONFIG);
    let said = stage.run(&["completions", "tcsh"]).ends(ExitStatus::Usage);
    assert!(!said.err.contains("did you mean") && said.err.contains("possible values: "), "{}", said.err);
    let said = stage.run(&["completions", "bas"]).ends(ExitStatus::Usage);
    assert!(said.err.contains("did you mean `bash`?"), "{}", said.err);
}

#[test]
fn a_target_that_is_not_there_is_said_not_to_exist() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
    let said = stage.run(&["adopt", "prod", "--reason", "as it was", "--yes"]).ends(ExitStatus::Missing);
    assert!(said.err.contains("prod.zip` does not exist: nothing to adopt"), "{}", said.err);
}
