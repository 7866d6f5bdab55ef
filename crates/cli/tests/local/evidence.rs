//! `promote record`: a result opens the gate of an environment that asks for it, and is shown.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;

fn asking() -> Stage {
    let stage = Stage::with(CONFIG);
    let gate = "[env.uat]\nevidence = [{ name = \"load\", strength = \"claimed\" }, \"scan\"]\n";
    stage.write("promote.toml", format!("{}{gate}", CONFIG.trim_start()));
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage
}

#[test]
fn a_result_is_recorded_shown_and_counted() {
    let stage = asking();
    let looked = stage.run(&["record", "load", "--result", "passed", "--dry-run"]).ends(ExitStatus::Ok);
    assert!(looked.out.contains("nothing was"), "{}", looked.out);
    let said = stage
        .run(&["record", "load", "--result", "passed", "--url", "https://ci.example/7", "--json"])
        .ends(ExitStatus::Ok)
        .json();
    assert_eq!((said["changed"].clone(), said["result"].clone()), (true.into(), "passed".into()));
    stage.run(&["record", "scan", "--env", "staging", "--result", "failed"]).ends(ExitStatus::Ok);
    let plan = stage.run(&["plan", "uat", "--json"]).json();
    let rules = plan["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["rule"] == "evidence").unwrap();
    assert_eq!(rule["evidence"]["need"], serde_json::json!(["load", "scan"]));
    let detail = rule["detail"].as_str().unwrap();
    assert!(detail.contains("load: passed") && detail.contains("scan: failed"), "{detail}");
    let sha = said["sha"].as_str().unwrap();
    let shown = stage.run(&["show", sha, "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(shown["evidence"][0]["url"], "https://ci.example/7");
    assert_eq!(shown["evidence"][1]["environment"], "staging");
    let page = stage.run(&["show", sha]).ends(ExitStatus::Ok).out;
    assert!(page.contains("✓ load passed") && page.contains("✗ scan failed"), "{page}");
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
}

#[test]
fn what_can_not_be_a_result_is_refused_and_nothing_is_recorded() {
    let stage = asking();
    for (line, exit) in [
        (&["record", "Load", "--result", "passed"][..], ExitStatus::Usage),
        (&["record", "load", "--result", "maybe"], ExitStatus::Usage),
        (&["record", "load", "--result", "passed", "--url", "javascript:alert(1)"], ExitStatus::Usage),
        (&["record", "load", "--result", "passed", "--env", "mars"], ExitStatus::Missing),
        (&["record", "load", "feedbeef", "--result", "passed"], ExitStatus::Missing),
        (&["record", "load", "--env", "prod", "--result", "passed"], ExitStatus::Missing),
    ] {
        stage.run(line).ends(exit);
    }
    let shown = stage.run(&["show", "HEAD", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(shown["evidence"], serde_json::json!([]));
}

/// Each names the command with all that was typed.
#[test]
fn where_no_release_is_told_the_hint_takes_one() {
    let stage = asking();
    let none =
        stage.run(&["record", "load", "--env", "prod", "--result", "failed"]).ends(ExitStatus::Missing);
    assert!(none.err.contains("`promote record load RELEASE --result failed --env prod`"), "{}", none.err);
    stage.git(&["checkout", "--quiet", "--orphan", "nothing-yet"]);
    let none = stage.run(&["record", "scan", "--result", "passed"]).ends(ExitStatus::Missing);
    assert!(none.err.contains("no commit is checked out here"), "{}", none.err);
    assert!(none.err.contains("`promote record scan RELEASE --result passed`"), "{}", none.err);
}

/// A dry run leads to nothing: the plan would say what it said before.
#[test]
fn what_follows_is_named_where_something_was_recorded() {
    let stage = asking();
    let line = ["record", "load", "--result", "passed"];
    let looked = stage.run(&[&line[..], &["--dry-run"]].concat()).ends(ExitStatus::Ok);
    assert!(
        looked.out.contains("Asked for by uat.") && !looked.out.contains("promote plan"),
        "{}",
        looked.out
    );
    let done = stage.run(&line).ends(ExitStatus::Ok);
    assert!(done.all().contains("promote plan uat"), "{}", done.all());
    let unasked = stage.run(&["record", "smoke", "--result", "passed"]).ends(ExitStatus::Ok);
    assert!(unasked.out.contains("No environment asks for it; `evidence = [\"smoke\"]`"), "{}", unasked.out);
}
