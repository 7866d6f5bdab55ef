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

#[test]
fn what_contradicts_itself_or_is_none_of_its_kind_is_refused() {
    let stage = Stage::with(CONFIG);
    for (line, why) in [
        (&["to", "prod", "--wait", "--no-wait", "--yes"][..], "--no-wait"),
        (&["ci", "github", "--stdout", "--out", "x.yml"], "--out"),
        (&["iam", "aws", "--account", "abc"], "12 digits"),
        (&["iam", "aws", "--account", "12345678901"], "12 digits"),
        (&["iam", "aws", "--region", "x y"], "eu-central-1"),
    ] {
        let said = stage.run(line).ends(ExitStatus::Usage);
        assert!(said.err.contains(why), "{line:?}: {}", said.err);
    }
    assert!(!stage.has("x.yml"));
}

#[test]
fn a_saved_plan_is_read_as_a_whole() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["plan", "uat", "--out", "plan.json"]).ends(ExitStatus::Ok);
    let plan: serde_json::Value = serde_json::from_slice(&stage.read("plan.json")).unwrap();
    let (mut odd, mut inner) = (plan.clone(), plan);
    odd["force"] = true.into();
    inner["terms"]["everything"] = true.into();
    for (text, why) in [
        (odd.to_string(), "`odd.json` is not a saved plan: nothing reads its key `force`"),
        (inner.to_string(), "nothing reads its key `terms.everything`"),
        ("[]".to_owned(), "`odd.json` is not a saved plan: it is a list"),
        ("7".to_owned(), "it is a number"),
    ] {
        stage.write("odd.json", text);
        let said = stage.run(&["to", "uat", "--plan", "odd.json", "--yes"]).ends(ExitStatus::Usage);
        assert!(said.err.contains(why), "{}", said.err);
    }
    assert!(!stage.has("deployed/uat.zip"));
    stage.run(&["to", "uat", "--plan", "plan.json", "--yes"]).ends(ExitStatus::Ok);
}
