//! The action as a job has it: who acts is proven, the server's freeze is kept to, what is automatic moves, a cancelled
//! job leaves a ledger that says so, and the forge shows what the job itself does not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it finds a fault")]

use promote_tests::forge_fake::{ForgeFake, TOKEN};
use promote_tests::issuer::{BEARER, Issuer};
use promote_tests::lane_project::{LaneProject, Place};
use promote_tests::runner::{Runner, Step};
use serde_json::{Value, json};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");
const ACTION: &str = env!("CARGO_BIN_EXE_promote-action-tested");

fn project(keys: &str) -> LaneProject {
    let project = LaneProject::new(PROGRAM, &Place::Local, 2, 2).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}{keys}")).unwrap();
    project
}

fn runner(project: &LaneProject, variables: &[(&str, &str)]) -> Runner {
    let mut runner = Runner::new(project.folder.path()).unwrap();
    runner.variables.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    runner
}

fn run(runner: &Runner, inputs: &[(&str, &str)]) -> Step {
    runner.run(&[inputs, &[("binary", ACTION)]].concat()).unwrap()
}

/// The whole of a promotion, as the command shows it.
fn shown(project: &LaneProject, promotion: &str) -> Value {
    let ran = project.run(&["show", promotion, "--json"], &[]).unwrap();
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// Whether a log says no secret but to have it masked.
fn hidden(log: &str) -> bool {
    let mut said = log.lines().filter(|line| !line.starts_with("::add-mask::"));
    !said.any(|line| line.contains("canary"))
}

/// The files of a project that hold a text.
fn holding(project: &LaneProject, text: &str) -> String {
    let output =
        Command::new("grep").args(["-rlF", text, "."]).current_dir(project.folder.path()).output().unwrap();
    assert_ne!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn who_acts_is_proven_and_the_token_is_nowhere() {
    let issuer = Issuer::start(&json!({
        "aud": "promote", "sub": "repo:acme/lanes:environment:e0", "repository": "acme/lanes", "actor": "alice",
        "run_id": "1658821493", "ref": "refs/heads/main", "environment": "e0", "jti": "unique-1",
    }))
    .unwrap();
    let variables = issuer.variables();
    let mut variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.extend([("PROMOTE_REQUIRE_OIDC", "1"), ("RUNNER_DEBUG", "1")]);
    let project = project("[env.e0]\ndeploy = \"env; env > seen\"\n");
    let commit = &project.releases[0];

    let planned = run(&runner(&project, &variables), &[("do", "plan"), ("to", "e0"), ("version", commit)]);
    assert_eq!((planned.code, issuer.given().len()), (Some(0), 0), "a plan changes nothing: {}", planned.log);

    let done = run(&runner(&project, &variables), &[("to", "e0"), ("version", commit)]);
    assert_eq!(done.code, Some(0), "{}", done.log);
    let [token] = issuer.given().try_into().unwrap();
    // Masked once, before anything else is done with it, and then in no trace.
    let masked: Vec<&str> = done.log.lines().filter(|line| line.contains(&token)).collect();
    assert_eq!(masked, [format!("::add-mask::{token}")], "{}", done.log);
    let first = done.log.lines().position(|line| line.contains(&token)).unwrap();
    let moved = done.log.lines().position(|line| line.contains("is open (record")).unwrap();
    assert!(first < moved, "{}", done.log);
    assert!(!done.summary.contains(&token) && done.outputs.values().all(|value| !value.contains(&token)));
    assert!(holding(&project, &token).is_empty() && !done.summary.contains(BEARER));
    let seen = std::fs::read_to_string(project.folder.path().join("seen")).unwrap();
    assert!(seen.contains("PROMOTE_SHA"), "{seen}");

    let records = shown(&project, &done.outputs["promotion"])["records"].clone();
    let who = (&records[0]["by"], &records[0]["by_strength"]);
    assert_eq!(who, (&json!("alice"), &json!("verified")), "{records}");
    let claims = [
        ("oidc-subject", "repo:acme/lanes:environment:e0"),
        ("oidc-run_id", "1658821493"),
        ("oidc-jti", "unique-1"),
    ];
    for (name, value) in claims {
        let files = holding(&project, &format!("\"{name}\":\"{value}\""));
        let of_ledger = files.lines().filter(|file| file.contains("/.promote/")).count();
        assert_eq!(of_ledger, 3, "intent, commit and outcome hold {name}: {files}");
    }

    // Where nothing vouches for the job, nothing moves.
    let bare = runner(&project, &[("PROMOTE_REQUIRE_OIDC", "1")]);
    let refused = run(&bare, &[("to", "e1"), ("version", commit)]);
    assert_eq!((refused.code, refused.outputs["exit"].as_str()), (Some(4), "denied"), "{}", refused.log);
}

#[test]
fn a_freeze_of_the_server_is_kept_to() {
    let project = project("");
    let frozen = runner(&project, &[("CI_DEPLOY_FREEZE", "1")]);
    let inputs = [("to", "e0"), ("version", project.releases[0].as_str())];
    let refused = run(&frozen, &inputs);
    assert_eq!((refused.code, refused.outputs["status"].as_str()), (Some(3), "blocked"), "{}", refused.log);
    assert!(refused.log.contains("CI_DEPLOY_FREEZE"), "{}", refused.log);
    let open = run(&runner(&project, &[("CI_DEPLOY_FREEZE", "")]), &inputs);
    assert_eq!(open.code, Some(0), "{}", open.log);
}

#[test]
fn what_is_automatic_moves_and_each_of_it_is_told() {
    let project = project(
        "url = \"https://{env}.acme.example\"\n[env.e0]\nauto = true\n[env.e1]\nauto = true\ndeploy = \"test ! -e bad\"\n",
    );
    let at = |name: &str| project.folder.path().join(name);
    let newest = &project.releases[1];
    let plain = runner(&project, &[]);
    let looked = run(&plain, &[("do", "advance"), ("dry-run", "true")]);
    assert_eq!((looked.code, looked.outputs["status"].as_str()), (Some(0), "planned"), "{}", looked.log);
    assert!(looked.outputs["promotion"].is_empty() && !at("deploy/e0.zip").exists());

    let frozen = run(&runner(&project, &[("CI_DEPLOY_FREEZE", "1")]), &[("do", "advance")]);
    assert_eq!(frozen.code, Some(0), "a rule that is not met is no failure of a schedule: {}", frozen.log);
    assert!(!at("deploy/e0.zip").exists());

    std::fs::write(at("bad"), "").unwrap();
    let half = run(&plain, &[("do", "advance")]);
    assert_eq!((half.code, half.outputs["status"].as_str()), (Some(7), "failed"), "{}", half.log);
    assert_eq!(half.outputs["environment"], "e0\ne1");
    assert_eq!(half.outputs["version"], format!("{newest}\n{newest}"));
    assert_eq!(half.outputs["url"], "https://e0.acme.example\nhttps://e1.acme.example");
    assert_eq!(half.outputs["promotion"].lines().count(), 2);
    for text in ["## ✗ e0, e1 moved", "✓ **e0 runs** [**", "✗ e1&#58; the deployment of ", " failed"] {
        assert!(half.summary.contains(text), "{text}: {}", half.summary);
    }
    // Nothing was there before: what did not succeed can be undone all the same.
    assert!(half.summary.contains("<code>promote rollback e1</code> undoes it"), "{}", half.summary);
    assert!(!half.summary.contains("promote rollback e0"), "{}", half.summary);
    assert_eq!(half.log.matches("::error ").count(), 1, "{}", half.log);
    let document: Value = serde_json::from_str(&half.outputs["json"]).unwrap();
    assert_eq!(document["schema"], "promote/advance@1");

    let again = run(&plain, &[("do", "advance"), ("to", "e0")]);
    assert_eq!((again.code, again.outputs["status"].as_str()), (Some(0), "unchanged"), "{}", again.log);
    assert!(again.outputs["environment"].is_empty() && again.summary.contains("nothing moved"));
    let all = run(&plain, &[("do", "advance")]);
    assert_eq!(all.code, Some(7), "what failed is still there: {}", all.log);
}

#[cfg(unix)]
#[test]
fn a_cancelled_job_is_recorded_as_such() {
    use rustix::process::{Pid, Signal, kill_process};
    // What moves by itself is the newest release.
    for (act, release, signal, code, word) in [
        ("promote", 0, Signal::INT, 130, "interrupted"),
        ("promote", 0, Signal::TERM, 143, "terminated"),
        ("advance", 1, Signal::TERM, 143, "terminated"),
    ] {
        let auto = act == "advance";
        let project = project(&format!("[env.e0]\nauto = {auto}\ndeploy = \"touch begun; sleep 60\"\n"));
        let fake = ForgeFake::start(&project.releases).unwrap();
        let file = project.folder.path().join("promote.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}{}deployments = \"always\"\n", fake.table("github"))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("output");
        std::fs::write(&output, "").unwrap();
        let child = Command::new(ACTION)
            .current_dir(project.folder.path())
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap())
            .envs([("GITHUB_ACTIONS", "true"), ("GITHUB_ACTOR", "mona"), ("INPUT_TO", "e0")])
            .env("INPUT_DO", act)
            .env("INPUT_VERSION", if auto { "" } else { project.releases[release].as_str() })
            .env("PROMOTE_FORGE_TOKEN", TOKEN)
            .env("GITHUB_OUTPUT", &output)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let begun = project.folder.path().join("begun");
        for _ in 0..600 {
            if begun.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ended = child.wait_with_output().unwrap();
        let log = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(ended.status.code(), Some(code), "{log}");
        assert!(log.contains(&format!("{word} while promoting to e0")), "{log}");
        assert!(
            log.contains("The ledger also records that promote stopped waiting for its deployment."),
            "{log}"
        );
        assert!(hidden(&log), "{log}");
        let outputs = promote_tests::runner::pairs(&std::fs::read_to_string(&output).unwrap()).unwrap();
        assert_eq!((outputs["status"].as_str(), outputs["exit"].as_str()), ("failed", word));

        let history = project.run(&["history", "e0", "--json"], &[]).unwrap();
        let history: Value = serde_json::from_str(&history.out).unwrap();
        assert_eq!(history["entries"][0]["result"], "interrupted", "{history}");
        let chain = project.run(&["verify", "e0", "--ledger"], &[]).unwrap();
        assert_eq!(chain.code, Some(0), "{chain:?}");
        assert_eq!((fake.rows().len(), fake.rows()[0].state()), (1, "error"));

        // Run again, it goes on with the promotion and with its deployment.
        std::fs::write(&file, std::fs::read_to_string(&file).unwrap().replace("sleep 60", "true")).unwrap();
        let resumed = run(
            &runner(&project, &[("PROMOTE_FORGE_TOKEN", TOKEN)]),
            &[("to", "e0"), ("version", &project.releases[release])],
        );
        assert_eq!(
            (resumed.code, resumed.outputs["status"].as_str()),
            (Some(0), "promoted"),
            "{}",
            resumed.log
        );
        assert_eq!((fake.rows().len(), fake.rows()[0].state()), (1, "success"), "{}", resumed.log);
        assert!(resumed.outputs["json"].contains("\"deployments\":[{\"forge\":\"github\""), "{resumed:?}");
    }
}

#[test]
fn a_job_without_an_environment_is_shown_with_its_own_token() {
    let issuer = Issuer::start(&json!({
        "aud": "promote", "sub": "repo:acme/lanes:ref:refs/heads/main", "repository": "acme/lanes", "actor": "alice",
    }))
    .unwrap();
    let project = project("");
    let fake = ForgeFake::start(&project.releases).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}{}", fake.table("github"))).unwrap();
    let (api, other) = (fake.api("github"), "https://api.github.example".to_owned());
    for (vouched, deploys, server, environment, count) in
        [(false, "", &api, "e0", 0), (true, "", &api, "e0", 1), (false, "false", &api, "e1", 2)]
    {
        let mut variables: Vec<(&str, String)> = vec![("GITHUB_API_URL", server.clone())];
        variables.extend(vouched.then(|| issuer.variables()).into_iter().flatten());
        variables.push(("PROMOTE_JOB_DEPLOYS", deploys.to_owned()));
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // Of two, so that each moves something.
        let commit = &project.releases[usize::from(vouched)];
        let inputs = [("to", environment), ("version", commit.as_str()), ("token", TOKEN)];
        let done = run(&runner(&project, &variables), &inputs);
        assert_eq!((done.code, fake.rows().len()), (Some(0), count), "{vouched} {deploys}: {}", done.log);
        assert!(hidden(&done.log), "{}", done.log);
    }
    // The job's own token is for the server that runs the job.
    let elsewhere = runner(&project, &[("GITHUB_API_URL", &other), ("PROMOTE_JOB_DEPLOYS", "false")]);
    let inputs = [("to", "e1"), ("version", project.releases[1].as_str()), ("token", TOKEN)];
    let done = run(&elsewhere, &inputs);
    assert_eq!((done.code, fake.rows().len()), (Some(0), 2), "{}", done.log);
    assert!(done.log.contains("there is no token for it"), "{}", done.log);
}
