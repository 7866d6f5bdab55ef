//! One page for each document: what the action writes as a job's summary is what the command shows with `--format markdown`, of
//! the same document in the same job.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it finds a fault")]

use promote_tests::lane_project::{LaneProject, Place};
use promote_tests::runner::Runner;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");
const ACTION: &str = env!("CARGO_BIN_EXE_promote-action-tested");

/// Two projects that differ in their folders alone.
fn twins(more: &str) -> [LaneProject; 2] {
    [(); 2].map(|()| {
        let project = LaneProject::new(PROGRAM, &Place::Local, 2, 3).unwrap();
        let file = project.folder.path().join("promote.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text + more).unwrap();
        project
    })
}

/// The page that the command shows in the job of a runner.
fn shown(project: &LaneProject, arguments: &[&str]) -> String {
    let job = [
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_ACTOR", "mona"),
        ("GITHUB_WORKFLOW", "deploy"),
        ("GITHUB_SERVER_URL", "https://github.example"),
        ("GITHUB_REPOSITORY", "acme/lanes"),
        ("GITHUB_RUN_ID", "1658821493"),
        ("GITHUB_RUN_ATTEMPT", "1"),
    ];
    let ran = project.run(&[arguments, &["--format", "markdown"]].concat(), &job).unwrap();
    assert!(!ran.out.is_empty(), "{arguments:?}: {ran:?}");
    ran.out
}

/// The summary that the action writes.
fn summary(project: &LaneProject, inputs: &[(&str, &str)]) -> String {
    let runner = Runner::new(project.folder.path()).unwrap();
    let step = runner.run(&[inputs, &[("binary", ACTION)]].concat()).unwrap();
    assert!(!step.summary.is_empty(), "{}", step.log);
    step.summary
}

/// The words of a page, without what two runs of the same differ in: names of promotions and plans, moments, spans.
fn words(page: &str) -> Vec<&str> {
    let differs = |word: &str| {
        let of = |kind: fn(&char) -> bool| word.chars().all(|c| kind(&c));
        let promotion = word.len() == 16 && of(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        let plan = word.len() == 64 && of(char::is_ascii_hexdigit);
        promotion || plan || (word.len() < 7 && word.starts_with(|c: char| c.is_ascii_digit()))
    };
    page.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !differs(word)).collect()
}

#[test]
fn the_action_and_the_command_make_the_same_page_of_a_document() {
    let steps = "on-failure = \"rollback\"\nnotes = [\"ticket\"]\n\
                 verify = [{ run = \"echo report=https://ci.example/1 >>\\\"$PROMOTE_OUTPUT\\\"; test ! -e broken -o $PROMOTE_ACTION = rollback\" }]\n";
    let [by_action, by_command] = twins(steps);
    let all: Vec<&str> = by_action.releases.iter().map(String::as_str).collect();
    assert_eq!(by_action.releases, by_command.releases);
    let note = ["--note", "ticket=<b> PAY-1"];
    let same = |inputs: &[(&str, &str)], arguments: &[&str]| {
        let inputs = &[inputs, &[("notes", "ticket: <b> PAY-1")]].concat();
        let (of_action, of_command) = (summary(&by_action, inputs), shown(&by_command, arguments));
        assert_eq!(words(&of_action), words(&of_command), "{of_action}\n=== {arguments:?}\n{of_command}");
        of_action
    };
    let moved = |release: &str| {
        let arguments = [&["to", "e0", release, "--yes"][..], &note].concat();
        same(&[("to", "e0"), ("version", release)], &arguments)
    };
    let planned = same(
        &[("do", "plan"), ("to", "e0"), ("version", all[0])],
        &[&["plan", "e0", all[0]][..], &note].concat(),
    );
    assert!(planned.starts_with("## ✓ e0 may take ") && planned.contains("PAY-1"), "{planned}");
    let first = moved(all[0]);
    assert!(first.starts_with("## ✓ e0 runs ") && first.contains("```mermaid"), "{first}");
    assert!(first.contains("(<https://ci.example/1>)"), "{first}");
    moved(all[2]);
    assert!(moved(all[2]).contains(" already"), "nothing is to be done");
    let blocked = moved(all[1]);
    assert!(blocked.starts_with("## ✗ e0 cannot take "), "{blocked}");
    for project in [&by_action, &by_command] {
        std::fs::write(project.folder.path().join("broken"), "").unwrap();
    }
    let past = ["--override", "order", "--reason", "INC-7"];
    let back = same(
        &[("to", "e0"), ("version", all[1]), ("override", "order"), ("reason", "INC-7")],
        &[&["to", "e0", all[1], "--yes"][..], &note, &past].concat(),
    );
    assert!(back.contains("was rolled back") && back.contains("### Steps of the rollback"), "{back}");
    for act in ["status", "verify"] {
        same(&[("do", act)], &[act]);
    }
    let missing =
        same(&[("to", "e9"), ("version", all[0])], &[&["to", "e9", all[0], "--yes"][..], &note].concat());
    assert!(missing.starts_with("## ✗ "), "{missing}");
}
