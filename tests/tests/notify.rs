//! Whom a project tells what happens, with the command itself: each record once, what was lost by the next command, and
//! nothing of a promotion depends on it. Slack is a stand-in; no address of Slack is ever asked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it finds a fault")]

use promote_tests::lane_project::{LaneProject, Place, Ran};
use promote_tests::stand_in::{Answer, Heard, StandIn};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");
/// In the path of each address: no output, record or log may have it.
const CANARY: &str = "canary0123456789canary";
const ALL: &str =
    "on = [\"waiting\", \"started\", \"succeeded\", \"failed\", \"rolled-back\", \"overridden\", \"drift\"]";

fn ok() -> Answer {
    (200, Vec::new(), b"ok".to_vec())
}

/// A project of two environments that tell what happens, with this after the keys of the whole project.
fn project(notify: &str, rest: &str, slack: &str, hook: &str) -> LaneProject {
    let mut project = LaneProject::new(PROGRAM, &Place::Local, 2, 3).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}notify = {{ {notify} }}\n{rest}")).unwrap();
    for name in ["GITHUB_TOKEN", "GITLAB_CI", "CI", "PROMOTE_ACTOR"] {
        project.variables.insert(name.to_owned(), String::new());
    }
    let secret = |host: &str| format!("http://{host}/services/T0/{CANARY}");
    project.variables.insert("SLACK_URL".to_owned(), secret(slack));
    project.variables.insert("HOOK_URL".to_owned(), secret(hook));
    project.variables.insert("PROMOTE_WEBHOOK_SECRET".to_owned(), "geheim-canary-0123".to_owned());
    project
}

fn both() -> String {
    format!("slack = \"$SLACK_URL\", webhook = \"$HOOK_URL\", {ALL}")
}

fn run(project: &LaneProject, arguments: &[&str]) -> Ran {
    let ran = project.run(arguments, &[]).unwrap();
    assert!(!format!("{}{}", ran.out, ran.err).contains("canary"), "{ran:?}");
    ran
}

fn body(heard: &Heard) -> Value {
    serde_json::from_slice(&heard.body).unwrap()
}

/// What a webhook heard: each event with its id.
fn events(server: &StandIn) -> Vec<String> {
    server.heard().iter().map(|heard| body(heard)["event"].as_str().unwrap_or_default().to_owned()).collect()
}

/// What Slack heard.
fn texts(server: &StandIn) -> Vec<String> {
    server.heard().iter().map(|heard| body(heard)["text"].as_str().unwrap_or_default().to_owned()).collect()
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => found.push(path),
        }
    }
}

/// The files of the project that say what was told.
fn told(project: &LaneProject) -> Vec<String> {
    let mut all = Vec::new();
    files(project.folder.path(), &mut all);
    all.iter().map(|path| path.display().to_string()).filter(|path| path.contains("/told/")).collect()
}

#[test]
fn each_record_is_told_once_and_signed() {
    let (slack, hook) = (StandIn::start(|_| ok()).unwrap(), StandIn::start(|_| ok()).unwrap());
    let project = project(&both(), "", &slack.host, &hook.host);
    let (first, second) = (project.releases[0].clone(), project.releases[1].clone());
    for arguments in [["to", "e0", &first, "--yes"], ["to", "e0", &second, "--yes"]] {
        let ran = run(&project, &arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(!ran.err.contains("told"), "{ran:?}");
    }
    assert_eq!(events(&hook), ["started", "succeeded", "started", "succeeded"]);
    // Nothing to do is nothing to tell.
    assert_eq!(run(&project, &["to", "e0", &second, "--yes"]).code, Some(0));
    let planned = run(&project, &["to", "e1", &second, "--dry-run"]);
    assert_eq!((planned.code, hook.heard().len()), (Some(0), 4), "{planned:?}");
    let back = run(&project, &["rollback", "e0", "--yes", "--take-over", "--reason", "<!channel> & co"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(events(&hook)[4..], ["started", "rolled-back"]);
    assert_eq!(slack.heard().len(), 6);
    let said = texts(&slack).join("\n");
    assert!(said.contains(&format!("e0 is back at {}", &first[..7])), "{said}");
    for heard in slack.heard() {
        assert!(heard.header("promote-signature").is_none(), "the secret is for webhooks");
        assert!(!String::from_utf8_lossy(&heard.body).contains("<!channel>"), "{heard:?}");
    }
    let mut ids: Vec<String> =
        hook.heard().iter().map(|heard| heard.header("promote-id").unwrap().to_owned()).collect();
    let last = hook.heard().pop().unwrap();
    assert_eq!(body(&last)["id"], ids.last().unwrap().as_str());
    assert_eq!(body(&last)["schema"], "promote/event@1");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6, "each record has its own");
    assert_eq!(last.header("promote-signature").unwrap(), signed(&last));
    // The ledger is as whole as before, and holds nothing that is secret.
    let check = run(&project, &["verify", "--ledger"]);
    assert_eq!(check.code, Some(0), "{check:?}");
    assert!(!told(&project).is_empty());
    let mut all = Vec::new();
    files(project.folder.path(), &mut all);
    for path in all.iter().filter(|path| !path.to_string_lossy().contains("/.git/")) {
        let text = std::fs::read(path).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("canary"), "{}", path.display());
    }
}

/// The signature as another program makes it.
fn signed(heard: &Heard) -> String {
    let script = "import hmac,sys; b=sys.stdin.buffer.read(); \
                  print('sha256='+hmac.new(b'geheim-canary-0123', sys.argv[1].encode()+b'.'+b, 'sha256').hexdigest())";
    let mut child = std::process::Command::new("python3")
        .args(["-c", script, heard.header("promote-timestamp").unwrap()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &heard.body).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}

#[test]
fn what_slack_answers_is_told_in_words_and_never_with_the_address() {
    let header = |name: &'static str, value: &str| vec![(name, value.to_owned())];
    let mut project = project("slack = \"$SLACK_URL\"", "", "127.0.0.1:1", "127.0.0.1:1");
    for (status, headers, said, words, tries) in [
        (200, vec![], "ok", "answers 200", 1),
        (400, vec![], "invalid_payload", "it can't read the message", 1),
        (400, vec![], "user_not_found", "whom it would be shown to is not there", 1),
        (403, vec![], "action_prohibited", "an administrator of Slack forbids it", 1),
        (404, vec![], "channel_not_found", "its channel is not there any more", 1),
        (410, vec![], "channel_is_archived", "its channel is archived", 1),
        (404, vec![], "no_service", "Slack knows no such webhook", 1),
        (500, vec![], "rollup_error", "Slack has a fault of its own", 3),
        (429, header("retry-after", "1"), "rate_limited", "takes no more messages for now", 3),
        (429, header("retry-after", "3600"), "rate_limited", "it asks to wait 3600 s", 1),
        (429, header("retry-after", "18446744073709551615"), "rate_limited", "it asks to wait", 1),
        (302, header("location", "http://127.0.0.1:1/elsewhere"), "", "is not followed", 1),
        (200, vec![], "<html>", "what no webhook of Slack answers", 1),
        (418, vec![], CANARY, "it answers 418", 1),
    ] {
        let text = said.as_bytes().to_vec();
        let slack = StandIn::start(move |_| (status, headers.clone(), text.clone())).unwrap();
        let address = format!("http://{}/services/T0/{CANARY}", slack.host);
        project.variables.insert("SLACK_URL".to_owned(), address);
        let ran = run(&project, &["notify", "--test", "e0", "-vv", "--json"]);
        let code = if words == "answers 200" { 0 } else { 1 };
        assert_eq!(ran.code, Some(code), "{status} {said}: {ran:?}");
        assert!(ran.out.contains(words), "{status} {said}: {ran:?}");
        assert_eq!(slack.heard().len(), tries, "{status} {said}");
        assert!(told(&project).is_empty());
    }
}

#[test]
fn what_is_lost_is_told_by_the_next_command_and_what_was_taken_is_not_told_again() {
    let broken = Arc::new(AtomicUsize::new(1));
    let state = Arc::clone(&broken);
    let slack = StandIn::start(move |_| match state.load(Ordering::SeqCst) {
        0 => ok(),
        _ => (404, Vec::new(), b"channel_not_found".to_vec()),
    })
    .unwrap();
    let hook = StandIn::start(|_| ok()).unwrap();
    let project = project(&both(), "", &slack.host, &hook.host);
    let (first, second) = (project.releases[0].clone(), project.releases[1].clone());
    let ran = run(&project, &["to", "e0", &first, "--yes"]);
    assert_eq!(ran.code, Some(0), "a promotion does not fail: {ran:?}");
    assert!(ran.err.contains("its channel is not there any more"), "{ran:?}");
    assert!(ran.err.contains("the next command that writes there tells it"), "{ran:?}");
    assert_eq!(events(&hook), ["started", "succeeded"]);
    assert_eq!(slack.heard().len(), 1, "who refuses one thing is not asked for the next");
    broken.store(0, Ordering::SeqCst);
    let ran = run(&project, &["to", "e0", &second, "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(events(&hook), ["started", "succeeded", "started", "succeeded"]);
    let said = texts(&slack).split_off(1);
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[0].contains(&first[..7]) && said[3].contains(&second[..7]), "{said:?}");
}

#[test]
fn a_receiver_that_hangs_costs_its_time_and_nothing_else() {
    let hung = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = hung.local_addr().unwrap().to_string();
    let hook = StandIn::start(|_| ok()).unwrap();
    let notify = "slack = \"$SLACK_URL\", webhook = \"$HOOK_URL\", on = [\"succeeded\"]";
    let project = project(notify, "", &host, &hook.host);
    let ran = run(&project, &["to", "e0", &project.releases[0].clone(), "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("no") && ran.err.contains("was not told to slack"), "{ran:?}");
    assert_eq!(events(&hook), ["succeeded"], "the other one is told");
    assert_eq!(run(&project, &["status"]).code, Some(0));
}

#[test]
fn a_promotion_that_waits_for_people_is_told_once_for_what_is_missing() {
    let hook = StandIn::start(|_| ok()).unwrap();
    let rest = "[env.e1]\napprovals = { count = 1, strength = \"claimed\" }\n";
    let project = project("webhook = \"$HOOK_URL\"", rest, &hook.host, &hook.host);
    let release = project.releases[0].clone();
    for _ in 0..2 {
        let ran = run(&project, &["to", "e1", &release, "--yes"]);
        assert_eq!(ran.code, Some(3), "{ran:?}");
    }
    assert_eq!(events(&hook), ["waiting"]);
    let waiting = body(&hook.heard()[0]);
    let line = waiting["missing"]["line"].as_str().unwrap();
    assert!(line.contains("promote approve e1") && line.contains("one more person"), "{waiting}");
    // Another release waits for itself.
    assert_eq!(run(&project, &["to", "e1", &project.releases[1].clone(), "--yes"]).code, Some(3));
    assert_eq!(events(&hook), ["waiting", "waiting"]);
    // A plan only looks.
    assert_eq!(run(&project, &["plan", "e1", &project.releases[2].clone(), "--exit-code"]).code, Some(3));
    assert_eq!(events(&hook).len(), 2);
}

#[test]
fn what_was_changed_past_promote_is_told_once_when_it_is_found_and_when_it_is_adopted() {
    let hook = StandIn::start(|_| ok()).unwrap();
    let project = project("webhook = \"$HOOK_URL\", on = [\"drift\"]", "", &hook.host, &hook.host);
    assert_eq!(run(&project, &["to", "e0", &project.releases[0].clone(), "--yes"]).code, Some(0));
    std::fs::write(project.folder.path().join("deploy/e0.zip"), "by hand").unwrap();
    for _ in 0..2 {
        let ran = run(&project, &["verify"]);
        assert_eq!(ran.code, Some(10), "{ran:?}");
    }
    assert_eq!(events(&hook), ["drift"]);
    let ran = run(&project, &["adopt", "e0", "--reason", "INC-1", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(events(&hook), ["drift", "drift"]);
    assert_eq!(body(&hook.heard()[1])["reason"], "INC-1");
}

#[test]
fn nobody_is_told_where_nobody_is_named_and_a_host_in_the_file_must_be_allowed() {
    let project = LaneProject::new(PROGRAM, &Place::Local, 2, 1).unwrap();
    let release = project.releases[0].clone();
    assert_eq!(project.run(&["to", "e0", &release, "--yes"], &[]).unwrap().code, Some(0));
    assert!(told(&project).is_empty());
    let none = project.run(&["notify", "--test"], &[]).unwrap();
    assert_eq!(none.code, Some(2), "{none:?}");
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}notify = {{ webhook = \"https://in.file.example/x\" }}\n")).unwrap();
    let ran = project.run(&["notify", "--test", "e1", "--json"], &[]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("nobody has allowed that anything is sent to `in.file.example`"), "{ran:?}");
}
