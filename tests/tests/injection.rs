//! Text that others write (branches, tags, subjects, names, inputs, answers of servers) reaches the action and comes out
//! as text: no command for the runner, no output, no markup, no shell. And a secret comes out nowhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it finds a fault"
)]

use promote_action::OUTPUTS;
use promote_tests::lane_project::{LaneProject, Place};
use promote_tests::runner::{Runner, Step};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-killed");
const ACTION: &str = env!("CARGO_BIN_EXE_promote-action-tested");

/// Shell and workflow syntax at once, on one line.
const EVIL: &str = "$(touch owned)`touch owned`;touch owned #\"'\\ ::set-output name=status::promoted ##[add-path]/owned ${{ secrets.X }} \
                    <img src=x onerror=alert(1)> [x](javascript:alert(1)) | ``` <!-- --> %0A::error::owned @acme/all";

/// The same over several lines, each of which would be a command.
const LINES: &str = "x\n::set-output name=status::owned\n##[set-env name=OWNED]1\n::stop-commands::x\nEOF\nstatus=owned\r\n::add-path::/owned";

fn git(project: &LaneProject, arguments: &[&str]) {
    let named = ["-c", "user.name=$(touch owned) <b>::error::x", "-c", "user.email=a@example.com"];
    let output =
        Command::new("git").args(named).args(arguments).current_dir(project.folder.path()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

fn project(more: &str) -> LaneProject {
    let project = LaneProject::new(PROGRAM, &Place::Local, 1, 1).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + more).unwrap();
    project
}

/// What a runner that goes by the rules would do with a log.
fn commands(log: &str) -> (Vec<String>, bool) {
    let mut child = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol/runner.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node 20 or later");
    child.stdin.take().unwrap().write_all(json!([{ "log": log }]).to_string().as_bytes()).unwrap();
    let told: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    let found = told[0]["commands"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned());
    (found.collect(), told[0]["stopped"].as_bool().unwrap())
}

/// That nothing in a step's traces is more than text.
fn harmless(project: &LaneProject, step: &Step, status: &str) {
    let (commands, stopped) = commands(&step.log);
    let known = ["error", "warning", "group", "endgroup", "add-mask", "debug"];
    assert!(commands.iter().all(|one| known.contains(&one.as_str())), "{commands:?}\n{}", step.log);
    assert!(commands.iter().filter(|one| *one == "error" || *one == "warning").count() <= 1, "{}", step.log);
    assert!(!stopped, "{}", step.log);
    assert!(!step.log.chars().any(|c| c.is_control() && c != '\n'), "{:?}", step.log);
    let names: BTreeSet<&str> = step.outputs.keys().map(String::as_str).collect();
    assert_eq!(names, OUTPUTS.iter().map(|output| output.name).collect(), "{}", step.log);
    assert_eq!(step.outputs["status"], status, "{}", step.log);
    assert!(step.path.is_empty());
    markup(&step.summary);
    for name in ["owned", "deploy/owned"] {
        assert!(!project.folder.path().join(name).exists(), "a shell ran it");
    }
}

/// That a summary holds no tag but ours, and no link but to the repository.
fn markup(summary: &str) {
    let ours = [
        "<code>",
        "</code>",
        "<br>",
        "<br/>",
        "<sub>",
        "</sub>",
        "<https://github.example/acme/lanes/",
        "<https://ci.example/",
    ];
    for (at, _) in summary.match_indices('<') {
        assert!(
            ours.iter().any(|tag| summary[at..].starts_with(tag)),
            "{}",
            &summary[at..(at + 40).min(summary.len())]
        );
    }
    for (at, _) in summary.match_indices("](") {
        assert!(summary[at + 2..].starts_with("<https://"), "{}", &summary[at..]);
    }
    assert!(
        summary.matches("```").count() <= 2 && !summary.contains("<!--") && !summary.contains('@'),
        "{summary}"
    );
}

fn run(project: &LaneProject, inputs: &[(&str, &str)]) -> Step {
    let mut runner = Runner::new(project.folder.path()).unwrap();
    runner.variables.insert("GITHUB_ACTOR".into(), EVIL.into());
    runner.variables.insert("GITHUB_WORKFLOW".into(), LINES.into());
    runner.variables.insert("GITHUB_REF_NAME".into(), EVIL.into());
    runner.variables.insert("RUNNER_DEBUG".into(), "1".into());
    runner.run(&[inputs, &[("binary", ACTION)]].concat()).unwrap()
}

#[test]
fn what_others_wrote_stays_text() {
    let script = "cat said; cat outputs >>\"$PROMOTE_OUTPUT\"";
    let project = project(&format!("notes = [\"why\"]\nverify = [{{ run = '''{script}''' }}]\n"));
    let folder = project.folder.path();
    std::fs::write(folder.join("said"), format!("{EVIL}\n{LINES}\n\u{1b}[2J\u{202e}")).unwrap();
    let outputs = format!("link=https://u:p@ci.example/run?t=1\nodd={EVIL}\n");
    std::fs::write(folder.join("outputs"), outputs).unwrap();
    std::fs::write(folder.join("app.txt"), "evil\n").unwrap();
    let tag = "v1.0.0-evil::error::$(touch${IFS}owned)";
    git(&project, &["checkout", "-qb", "evil/$(touch${IFS}owned);<b>|x##]"]);
    git(&project, &["commit", "-qam", EVIL]);
    git(&project, &["tag", "odd-$(touch${IFS}owned)<b>##]x"]);
    let ran = project.run(&["publish", "--yes", "--no-move"], &[]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let notes = format!("why: {EVIL}");
    let good = [("to", "e0"), ("version", "evil-branch"), ("notes", notes.as_str()), ("reason", EVIL)];
    let commit = String::from_utf8(
        Command::new("git").args(["rev-parse", "HEAD"]).current_dir(folder).output().unwrap().stdout,
    )
    .unwrap();
    let good = good.map(|(name, value)| (name, if name == "version" { commit.trim() } else { value }));

    // A reason is one line.
    let several = good.map(|(name, value)| (name, if name == "reason" { LINES } else { value }));
    let refused = run(&project, &several);
    assert_eq!(refused.code, Some(2), "{}", refused.log);
    harmless(&project, &refused, "failed");

    let planned = run(&project, &[good.as_slice(), &[("do", "plan")]].concat());
    harmless(&project, &planned, "planned");
    let done = run(&project, &good);
    assert_eq!(done.code, Some(0), "{}", done.log);
    harmless(&project, &done, "promoted");
    assert!(
        done.summary.contains("alert&#40;1&#41;") && done.summary.contains("(<https://ci.example/run>)"),
        "{}",
        done.summary
    );
    harmless(&project, &run(&project, &[("do", "status")]), "looked");
    harmless(&project, &run(&project, &[("do", "verify")]), "matches");

    for name in [
        "do",
        "to",
        "version",
        "config",
        "plan",
        "notes",
        "override",
        "include",
        "dry-run",
        "wait",
        "on-blocked",
        "ledger",
    ] {
        for value in [EVIL, LINES, tag] {
            let inputs: Vec<(&str, &str)> =
                good.into_iter().filter(|(one, _)| *one != name).chain([(name, value)]).collect();
            let step = run(&project, &inputs);
            // A note may say anything.
            let noted = name == "notes" && step.code == Some(0);
            assert!(noted || matches!(step.code, Some(2 | 5)), "{name}: {:?} {}", step.code, step.log);
            harmless(&project, &step, if noted { "unchanged" } else { "failed" });
        }
    }
    // A file that says all that itself.
    std::fs::write(
        folder.join("evil.toml"),
        format!("'{}' = 1\nproject = '''{EVIL}'''\n", EVIL.replace('\'', "")),
    )
    .unwrap();
    let step = run(&project, &[("to", "e0"), ("config", "evil.toml")]);
    assert_eq!(step.code, Some(2));
    let (commands, _) = commands(&step.log);
    assert!(commands.iter().all(|one| ["error", "debug"].contains(&one.as_str())), "{commands:?}");
    markup(&step.summary);
}

/// A server that refuses every request with this message.
fn refusing(message: &'static str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.read(&mut [0; 8192]);
            let escaped = message.replace('&', "&amp;").replace('<', "&lt;");
            let body = format!(
                "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>{escaped}</Message></Error>"
            );
            let _ = write!(
                stream,
                "HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

#[test]
fn what_a_server_answers_stays_text() {
    let project = project("");
    for message in [EVIL, LINES] {
        let file = format!(
            "project = \"x\"\nenvironments = [\"e0\"]\nsource = \"s3://evil-bucket/{{sha}}.zip\"\ntarget = \"s3://evil-bucket/e0.zip\"\n[store.evil-bucket]\nendpoint = \"{}\"\n",
            refusing(message)
        );
        std::fs::write(project.folder.path().join("far.toml"), file).unwrap();
        let mut runner = Runner::new(project.folder.path()).unwrap();
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
            ("AWS_SECRET_ACCESS_KEY", "a-secret-of-no-value"),
            ("AWS_REGION", "us-east-1"),
        ] {
            runner.variables.insert(name.into(), value.into());
        }
        let inputs = [
            ("to", "e0"),
            ("version", project.releases[0].as_str()),
            ("config", "far.toml"),
            ("binary", ACTION),
        ];
        let step = runner.run(&inputs).unwrap();
        assert_eq!(step.code, Some(4), "{}", step.log);
        assert!(
            step.log.contains("touch owned") || step.log.contains("owned"),
            "the message is shown: {}",
            step.log
        );
        harmless(&project, &step, "failed");
    }
}

const CANARY: &str = "c4nary-5f2e9d71";

/// Every file below a folder that holds the text, but those that the test wrote it into.
fn holding(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holding(&path, found);
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(CANARY) {
            found.push(path.display().to_string());
        }
    }
}

#[test]
fn a_secret_comes_out_nowhere() {
    let shows = "echo \"$HOOK $MY_TOKEN $INPUT_TOKEN\"; echo \"a=$HOOK\" >>\"$PROMOTE_OUTPUT\"; echo \"$HOOK\" >&2; exit 7";
    let health = "deploy = [{ http = \"$HEALTH_URL\", timeout = \"1s\" }]\n";
    let shown = format!(
        "deploy = [{{ run = '''{shows}''', env = {{ HOOK = \"$DEPLOY_HOOK\", SLACK = \"$SLACK_URL\" }} }}]\n"
    );
    for (more, on_failure) in [(health, "stop"), (shown.as_str(), "stop"), (shown.as_str(), "rollback")] {
        let project = project(&format!("on-failure = \"{on_failure}\"\n{more}"));
        let mut runner = Runner::new(project.folder.path()).unwrap();
        let secret = |suffix: &str| format!("{CANARY}-{suffix}");
        for (name, value) in [
            ("MY_TOKEN", secret("by-name")),
            ("DEPLOY_HOOK", secret("by-reference\nsecond line of it")),
            ("HEALTH_URL", format!("https://user:{CANARY}@127.0.0.1:1/{CANARY}?sig={CANARY}#{CANARY}")),
            ("SLACK_URL", format!("https://hooks.example/{CANARY}")),
            ("AWS_SECRET_ACCESS_KEY", secret("aws")),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", secret("oidc")),
            ("ACTIONS_RUNTIME_TOKEN", secret("runtime")),
            ("RUNNER_DEBUG", "1".to_owned()),
        ] {
            runner.variables.insert(name.into(), value);
        }
        let token = secret("input");
        let inputs = [
            ("to", "e0"),
            ("version", project.releases[0].as_str()),
            ("token", token.as_str()),
            ("binary", ACTION),
        ];
        for more in [
            [("do", "plan")].as_slice(),
            &[("do", "promote")],
            &[("do", "status")],
            &[("do", "rollback")],
            &[("do", "odd")],
        ] {
            let step = runner.run(&[inputs.as_slice(), more].concat()).unwrap();
            let masks = step.log.lines().filter(|line| line.starts_with("::add-mask::")).count();
            assert!(masks >= 5, "{}", step.log);
            let mut seen_other = false;
            for line in step.log.lines() {
                let mask = line.starts_with("::add-mask::");
                assert!(mask || !line.contains(CANARY), "{more:?}: {line}\n{}", step.log);
                seen_other |= !mask;
            }
            assert!(seen_other);
            assert!(!format!("{:?}{}", step.outputs, step.summary).contains(CANARY), "{more:?}");
        }
        let mut found = Vec::new();
        holding(project.folder.path(), &mut found);
        assert!(found.is_empty(), "the ledger or a target holds it: {found:?}");
    }
}
