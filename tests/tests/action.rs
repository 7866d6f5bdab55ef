//! The program behind the GitHub Action, on a real project: it promotes, says so in the runner's files, and answers
//! a blocked promotion and bad inputs as documented.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it finds a fault")]

use promote_action::{Surroundings, run};
use promote_core::exit::ExitStatus;
use promote_tests::lane_project::{LaneProject, Place};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-killed");

struct Answer {
    exit: ExitStatus,
    log: String,
    outputs: String,
    summary: String,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn act(folder: &Path, inputs: &[(&str, &str)]) -> Answer {
    act_in(folder, inputs, &[])
}

/// The same in a job with these variables of the runner.
fn act_in(folder: &Path, inputs: &[(&str, &str)], job: &[(&str, &str)]) -> Answer {
    let (outputs, summary) =
        (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
    let mut variables: BTreeMap<String, String> =
        inputs.iter().map(|(name, value)| (format!("INPUT_{name}"), (*value).to_owned())).collect();
    variables.insert("PATH".to_owned(), std::env::var("PATH").unwrap());
    variables.insert("GITHUB_ACTIONS".to_owned(), "true".to_owned());
    variables.insert("GITHUB_ACTOR".to_owned(), "mona".to_owned());
    variables.insert("GITHUB_OUTPUT".to_owned(), outputs.path().display().to_string());
    variables.insert("GITHUB_STEP_SUMMARY".to_owned(), summary.path().display().to_string());
    variables.extend(job.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let surroundings = Surroundings { variables, folder: folder.to_owned() };
    let log = Shared::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let exit = runtime.block_on(run(&surroundings, Box::new(log.clone())));
    Answer {
        exit,
        log: String::from_utf8(log.0.lock().unwrap().clone()).unwrap(),
        outputs: std::fs::read_to_string(outputs.path()).unwrap(),
        summary: std::fs::read_to_string(summary.path()).unwrap(),
    }
}

#[test]
fn the_action_promotes_and_says_what_it_did() {
    let project = LaneProject::new(PROGRAM, &Place::Local, 1, 2).unwrap();
    let folder = project.folder.path();
    let (old, new) = (&project.releases[0], &project.releases[1]);

    let planned = act(folder, &[("TO", "e0"), ("VERSION", new), ("DRY-RUN", "true")]);
    assert_eq!(planned.exit, ExitStatus::Ok, "{}", planned.log);
    assert!(planned.outputs.contains("\nplanned\n") && !folder.join("deploy/e0.zip").exists());

    // The names of the inputs that hand-written workflows have.
    let done = act(folder, &[("ecr_tag".to_uppercase().as_str(), "e0"), ("COMMIT_SHA", new)]);
    assert_eq!(done.exit, ExitStatus::Ok, "{}", done.log);
    assert!(done.outputs.contains("\npromoted\n") && done.outputs.contains(new.as_str()), "{}", done.outputs);
    assert!(
        done.summary.contains("e0 is on") && done.summary.contains("nothing to go back to"),
        "{}",
        done.summary
    );
    assert!(folder.join("deploy/e0.zip").exists());
    let status = project.status("e0").unwrap();
    assert!(status.to_string().contains("mona"), "{status}");

    let older = [("TO", "e0"), ("VERSION", old.as_str())];
    let blocked = act(folder, &older);
    assert_eq!(blocked.exit, ExitStatus::Blocked, "{}", blocked.log);
    assert!(blocked.log.starts_with("::error title=") && blocked.log.contains("order"), "{}", blocked.log);
    let neutral = act(folder, &[older.as_slice(), &[("ON-BLOCKED", "neutral")]].concat());
    assert_eq!(neutral.exit, ExitStatus::Ok);
    assert!(neutral.log.starts_with("::warning title=") && neutral.outputs.contains("\nblocked\n"));

    for (inputs, exit) in [
        (vec![("TO", "e0"), ("VERSION", "latest")], ExitStatus::Usage),
        (vec![("TO", "e0"), ("VERSION", "$(id)")], ExitStatus::Usage),
        (vec![("TO", "e9"), ("VERSION", old)], ExitStatus::Missing),
        (vec![("VERSION", old)], ExitStatus::Usage),
        (vec![("TO", "e0"), ("DRY-RUN", "yes")], ExitStatus::Usage),
        (vec![("TO", "e0"), ("CONFIG", "gone.toml")], ExitStatus::Missing),
        (vec![("TO", "e0"), ("NOTES", "ticket: a\u{1b}[31mb")], ExitStatus::Usage),
    ] {
        let answer = act(folder, &inputs);
        assert_eq!(answer.exit, exit, "{inputs:?}: {}", answer.log);
        assert!(answer.log.starts_with("::error title=promote::"), "{}", answer.log);
    }
}

/// The project with a merge of a branch checked out, as a runner does it for a pull request: the proposed commit and
/// the merge.
fn merging(project: &LaneProject) -> [String; 2] {
    let git = |arguments: &[&str]| project.git(arguments).unwrap();
    git(&["switch", "--quiet", "--create", "proposed"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "proposed"]);
    let head = git(&["rev-parse", "HEAD"]);
    git(&["switch", "--quiet", "--detach", "HEAD~1"]);
    git(&["merge", "--quiet", "--no-ff", "--message", "Merge", &head]);
    [head, git(&["rev-parse", "HEAD"])]
}

#[test]
fn the_action_does_not_publish_the_merge_that_tries_out_a_pull_request() {
    let project = LaneProject::new(PROGRAM, &Place::Local, 1, 1).unwrap();
    let folder = project.folder.path();
    let [head, merge] = merging(&project);
    let event = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(event.path(), format!(r#"{{"pull_request":{{"head":{{"sha":"{head}"}}}}}}"#)).unwrap();
    let event = event.path().display().to_string();
    let job = [
        ("GITHUB_REF", "refs/pull/5/merge"),
        ("GITHUB_SHA", merge.as_str()),
        ("GITHUB_EVENT_PATH", event.as_str()),
    ];
    let publish = [("DO", "publish")];
    for inputs in [&publish[..], &[("DO", "publish"), ("VERSION", merge.as_str())]] {
        let refused = act_in(folder, inputs, &job);
        assert_eq!(refused.exit, ExitStatus::Usage, "{}", refused.log);
        assert!(refused.log.contains("pull request 5") && refused.log.contains(&head), "{}", refused.log);
    }
    let let_through = act_in(folder, &[("DO", "publish"), ("ALLOW-UNMERGED", "true")], &job);
    assert_eq!(let_through.exit, ExitStatus::Ok, "{}", let_through.log);
    assert!(let_through.summary.contains("unmerged") && let_through.log.contains("unmerged"));
    assert!(!let_through.outputs.contains("\npromoted\n"), "{}", let_through.outputs);
    let meant = act_in(folder, &[("DO", "publish"), ("VERSION", head.as_str())], &job);
    assert_eq!(meant.exit, ExitStatus::Ok, "{}", meant.log);
}

#[test]
fn the_action_ends_as_the_deployment_did_that_it_finds_in_place() {
    let project = LaneProject::new(PROGRAM, &Place::Local, 1, 1).unwrap();
    let folder = project.folder.path();
    let file = folder.join("promote.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{config}\n[env.e0]\nauto = true\nverify = \"false\"\n")).unwrap();
    for _ in 0..2 {
        let ended = act(folder, &[("DO", "publish")]);
        assert_eq!(ended.exit, ExitStatus::DeployFailed, "{}", ended.log);
    }
    let again = act(folder, &[("DO", "publish")]);
    assert!(again.log.contains("promote resume e0"), "{}", again.log);
    let advanced = act(folder, &[("DO", "advance")]);
    assert_eq!(advanced.exit, ExitStatus::DeployFailed, "{}", advanced.log);
    let unwaited = act(folder, &[("TO", "e0"), ("VERSION", &project.releases[0]), ("WAIT", "false")]);
    assert_ne!(unwaited.exit, ExitStatus::Ok, "{}", unwaited.log);
}

#[test]
fn the_action_refuses_blank_reasons_keys_that_are_not_acted_on_and_the_ledger_of_another_project() {
    let project = LaneProject::new(PROGRAM, &Place::Local, 1, 1).unwrap();
    let folder = project.folder.path();
    let file = folder.join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let release = project.releases[0].as_str();
    let to = [("TO", "e0"), ("VERSION", release)];
    for reason in ["", "  ", "\u{200b}"] {
        let answer = act(folder, &[&to[..], &[("OVERRIDE", "drift"), ("REASON", reason)]].concat());
        assert_eq!(answer.exit, ExitStatus::Usage, "{}", answer.log);
        assert!(answer.log.contains("reason"), "{}", answer.log);
    }
    std::fs::write(&file, format!("plan = \"x\"\n{text}")).unwrap();
    for act_of in ["promote", "rollback", "publish", "advance"] {
        let answer = act(folder, &[&to[..], &[("DO", act_of)]].concat());
        assert_eq!(answer.exit, ExitStatus::Usage, "{act_of}: {}", answer.log);
        let place = "::error title=promote.toml,file=promote.toml,line=1,";
        assert!(
            answer.log.contains("`plan` is read") && answer.log.contains(place),
            "{act_of}: {}",
            answer.log
        );
    }
    let looked = act(folder, &[("DO", "status")]);
    assert_eq!(looked.exit, ExitStatus::Ok, "{}", looked.log);
    assert!(looked.log.contains("::warning") && looked.log.contains("`plan` is read"), "{}", looked.log);

    let named = text.lines().find(|line| line.trim_start().starts_with("project")).unwrap();
    let ledger = if text.contains("ledger") { "" } else { "ledger = \".promote/p/\"\n" };
    let other = text.replace(named, "project = \"another\"");
    std::fs::write(&file, format!("{ledger}{other}")).unwrap();
    if !ledger.is_empty() {
        // The ledger lies where it did when its place followed from the project's name.
        let name = named.split('"').nth(1).unwrap();
        std::fs::write(&file, format!("ledger = \".promote/{name}/\"\n{other}")).unwrap();
    }
    for act_of in ["promote", "plan", "status", "verify", "rollback", "advance"] {
        let answer = act(folder, &[&to[..], &[("DO", act_of)]].concat());
        assert_eq!(answer.exit, ExitStatus::Usage, "{act_of}: {}", answer.log);
        assert!(answer.log.contains("belongs to the project"), "{act_of}: {}", answer.log);
    }
    assert!(!folder.join("deploy/e0.zip").exists());
}

#[test]
fn after_a_rollback_that_failed_too_the_action_names_the_way_on() {
    let project = LaneProject::new(PROGRAM, &Place::Local, 1, 2).unwrap();
    let folder = project.folder.path();
    let file = folder.join("promote.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let more = "\n[env.e0]\nauto = false\ndeploy = \"test ! -e broken\"\non-failure = \"rollback\"\n";
    std::fs::write(&file, format!("{config}{more}")).unwrap();
    let to = |release: &str| act(folder, &[("TO", "e0"), ("VERSION", release)]);
    let done = to(&project.releases[0]);
    assert_eq!(done.exit, ExitStatus::Ok, "{}", done.log);
    std::fs::write(folder.join("broken"), "").unwrap();
    let failed = to(&project.releases[1]);
    assert_eq!(failed.exit, ExitStatus::DeployFailed, "{}", failed.log);
    let way = "e0 has no other verified release that may come back";
    for (what, text) in [("log", &failed.log), ("summary", &failed.summary), ("outputs", &failed.outputs)] {
        assert!(text.contains(way), "{what}: {text}");
    }
}
