//! The approve job: whoever starts it says yes or no by the name that the job's token proves, and the job that promotes
//! counts it. The same closed gate keeps every other way to production shut.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it finds a fault")]

use promote_tests::issuer::Issuer;
use promote_tests::lane_project::{LaneProject, Place};
use promote_tests::runner::{Runner, Step};
use serde_json::json;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");
const ACTION: &str = env!("CARGO_BIN_EXE_promote-action-tested");

/// Two lanes; the second asks for an approval, and takes releases by itself.
fn project() -> LaneProject {
    let project = LaneProject::new(PROGRAM, &Place::Local, 2, 2).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let asks = "[env.e0]\nauto = false\n[env.e1]\nauto = true\napprovals = { count = 1, self = true }\n";
    std::fs::write(&file, format!("{text}{asks}")).unwrap();
    project
}

/// A job that `actor` started.
fn job(project: &LaneProject, actor: Option<&str>, inputs: &[(&str, &str)]) -> Step {
    let issuer = actor.map(|actor| {
        let subject = "repo:acme/lanes:environment:e1";
        Issuer::start(
            &json!({ "aud": "promote", "sub": subject, "repository": "acme/lanes", "actor": actor }),
        )
        .unwrap()
    });
    let mut runner = Runner::new(project.folder.path()).unwrap();
    let given = issuer.iter().flat_map(Issuer::variables);
    runner.variables.extend(given.map(|(name, value)| (name.to_owned(), value)));
    runner.run(&[inputs, &[("binary", ACTION)]].concat()).unwrap()
}

#[test]
fn somebody_approves_in_one_job_and_another_job_promotes() {
    let project = project();
    let commit = project.releases[0].as_str();
    let to = [("to", "e1"), ("version", commit)];
    let with = |act| [&[("do", act)][..], &to].concat();
    let refused = job(&project, Some("alice"), &to);
    assert_eq!((refused.code, refused.outputs["status"].as_str()), (Some(3), "blocked"), "{}", refused.log);

    // A name that nothing proves is not written down.
    let unproven = job(&project, None, &with("approve"));
    assert_eq!(unproven.outputs["exit"], "blocked", "{}", unproven.log);

    // What is only looked at is not said to be done.
    let looked = job(&project, Some("bob"), &[&with("approve")[..], &[("dry-run", "true")]].concat());
    assert_eq!((looked.code, looked.outputs["status"].as_str()), (Some(0), "planned"), "{}", looked.log);
    assert!(looked.log.contains("would be approved for e1 by bob"), "{}", looked.log);
    assert!(!looked.log.contains("is approved"), "{}", looked.log);

    let said = job(&project, Some("bob"), &with("approve"));
    assert_eq!((said.code, said.outputs["status"].as_str()), (Some(0), "approved"), "{}", said.log);
    assert!(said.summary.contains("is approved for e1 by bob"), "{}", said.summary);
    let again = job(&project, Some("bob"), &with("approve"));
    assert_eq!((again.code, again.outputs["status"].as_str()), (Some(0), "unchanged"), "{}", again.log);

    let no = job(&project, Some("carol"), &[&with("reject")[..], &[("reason", "not today")]].concat());
    assert_eq!((no.code, no.outputs["status"].as_str()), (Some(0), "rejected"), "{}", no.log);
    let refused = job(&project, Some("alice"), &to);
    assert!(refused.code == Some(3) && refused.log.contains("rejected by carol"), "{}", refused.log);

    let yes = job(&project, Some("bob"), &[&with("approve")[..], &[("reason", "today after all")]].concat());
    assert_eq!(yes.code, Some(0), "{}", yes.log);
    let content = [("content", &*format!("sha256:{}", "0".repeat(64)))];
    let other = job(&project, Some("dora"), &[&with("approve")[..], &content].concat());
    assert_eq!(other.outputs["exit"], "conflict", "{}", other.log);
    let done = job(&project, Some("alice"), &to);
    assert_eq!((done.code, done.outputs["status"].as_str()), (Some(0), "promoted"), "{}", done.log);
}

/// Tries to bring the first release to production, and gives what was said.
type Way = fn(&LaneProject) -> String;

fn command(project: &LaneProject, line: &[&str]) -> String {
    format!("{:?}", project.run(line, &[("PROMOTE_ACTOR", "bob")]).unwrap())
}

fn by_job(project: &LaneProject, act: &str) -> String {
    job(project, Some("alice"), &[("do", act), ("to", "e1"), ("version", &project.releases[0])]).log
}

/// Every way to production.
const WAYS: [(&str, Way); 5] = [
    ("to", |project| command(project, &["to", "e1", &project.releases[0], "--yes"])),
    ("a saved plan", |project| command(project, &["to", "e1", "--plan", "plan.json", "--yes"])),
    ("advance", |project| command(project, &["advance", "e1"])),
    ("the action's promote", |project| by_job(project, "promote")),
    ("the action's advance", |project| by_job(project, "advance")),
];

#[test]
fn the_closed_gate_keeps_every_way_shut() {
    let moves = |project: &LaneProject| project.folder.path().join("deploy/e1.zip").exists();
    let opened = || {
        let project = project();
        let file = project.folder.path().join("promote.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("approvals = ", "# approvals = ")).unwrap();
        project.run(&["plan", "e1", &project.releases[0], "--out", "plan.json"], &[]).unwrap();
        (project, file, text)
    };
    for (name, way) in WAYS {
        let (project, ..) = opened();
        let said = way(&project);
        assert!(moves(&project), "{name} is a way where the gate is open: {said}");
    }
    // The plan was saved while nothing was asked for.
    let (project, file, text) = opened();
    std::fs::write(&file, text).unwrap();
    for (name, way) in WAYS {
        let said = way(&project);
        assert!(!moves(&project), "{name} moved it: {said}");
        assert!(said.contains("approvals"), "{name} was kept back by something else: {said}");
    }
    let overridden =
        ["to", "e1", &project.releases[0], "--yes", "--override", "approvals", "--reason", "INC-1"];
    let said = command(&project, &overridden);
    assert!(moves(&project), "{said}");
}
