//! Files that are longer than they can be: they are refused as that, and read no further.

use crate::stage::Stage;
use promote_core::exit::ExitStatus;

const CONFIG: &str = "project = \"shop\"\nenvironments = [\"staging\"]\nledger = \".promote/shop/\"\n\
    source = \"releases/{sha}.txt\"\ntarget = \"live/{env}.txt\"\n[env.staging]\ntier = \"test\"\nauto = false\n";

fn published() -> (Stage, String) {
    let stage = Stage::with(CONFIG);
    stage.write("out/a", "one");
    stage.run(&["publish", "out/a"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    (stage, commit)
}

#[test]
fn a_saved_plan_of_more_than_4_mib_is_none() {
    let (stage, commit) = published();
    stage.run(&["plan", "staging", &commit, "--out", "plan.json"]).ends(ExitStatus::Ok);
    let mut text = stage.read("plan.json");
    text.resize(4 * 1024 * 1024 + 1, b' ');
    stage.write("plan.json", &text);
    let answer = stage.run(&["to", "staging", "--plan", "plan.json", "--yes"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("`plan.json` is too large to be a plan"), "{}", answer.err);
    text.truncate(4 * 1024 * 1024);
    stage.write("plan.json", &text);
    stage.run(&["to", "staging", "--plan", "plan.json", "--yes"]).ends(ExitStatus::Ok);
}

#[test]
fn a_manifest_of_more_than_256_kib_is_none() {
    let (stage, commit) = published();
    let name = format!(".promote/shop/releases/{commit}/manifest.json");
    let mut text = stage.read(&name);
    text.resize(256 * 1024 + 1, b' ');
    stage.write(&name, &text);
    for line in [["to", "staging", &commit, "--yes"].as_slice(), &["show", &commit], &["verify", "--ledger"]]
    {
        let answer = stage.run(line);
        assert!(
            matches!(answer.exit, ExitStatus::Failed | ExitStatus::Differs),
            "{line:?}: {}",
            answer.all()
        );
        assert!(answer.all().contains("manifest.json"), "{line:?}: {}", answer.all());
    }
    assert!(!stage.has("live"));
}
