//! The action as a workflow uses it: `action.yml`, the launcher and the program in a scratch runner, without a network.
//! Every way that a promotion ends, with its outputs, summary and annotations kept as snapshots.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it finds a fault"
)]

use promote_tests::lane_project::{LaneProject, Place};
use promote_tests::runner::{Runner, Step};
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-killed");
const ACTION: &str = env!("CARGO_BIN_EXE_promote-action-tested");

/// A project of three releases; `more` is added to its `promote.toml`.
fn project(more: &str) -> LaneProject {
    let project = LaneProject::new(PROGRAM, &Place::Local, 1, 3).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + more).unwrap();
    project
}

fn run(project: &LaneProject, inputs: &[(&str, &str)]) -> Step {
    let runner = Runner::new(project.folder.path()).unwrap();
    runner.run(&[inputs, &[("binary", ACTION)]].concat()).unwrap()
}

/// Everything that a step left behind, as text.
fn left(step: &Step) -> String {
    let outputs: Vec<String> = step
        .outputs
        .iter()
        .filter(|(name, value)| *name != "json" && !value.is_empty())
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    format!(
        "exit {:?}\n\n=== outputs\n{}\n\n=== log\n{}\n=== summary\n{}",
        step.code,
        outputs.join("\n"),
        step.log,
        step.summary
    )
}

/// Compares what a step left behind, with what differs from run to run replaced.
fn kept(name: &str, project: &LaneProject, step: &Step) {
    let mut text = left(step);
    for (at, commit) in project.releases.iter().enumerate() {
        text = text.replace(commit, &format!("COMMIT-{at}")).replace(&commit[..7], &format!("SHORT-{at}"));
    }
    let folder = project.folder.path().canonicalize().unwrap();
    text = text.replace(&folder.display().to_string(), "FOLDER");
    insta::with_settings!({
        filters => vec![
            (r"[0-9a-f]{32,}", "HEX"),
            (r"sha256(:|&#58;)[0-9a-f]{12}…", "sha256:PART…"),
            (r"\b01[0-9A-HJKMNP-TV-Z]{14}\b", "PROMOTION"),
            (r"20\d\d-\d\d-\d\d[ T]\d\d(:|&#58;)\d\d((:|&#58;)\d\d)?(\.\d+)?Z?", "TIME"),
            (r"\(\d+ s\)", "(TOOK)"),
            (r" · took [0-9dhms ]+\n", " · took SOME\n"),
            (r"\b\d+d( \d+h)?\b", "DAYS"),
        ],
        omit_expression => true,
        prepend_module_to_snapshot => false,
    }, { insta::assert_snapshot!(name, text) });
}

#[test]
fn it_promotes() {
    let project =
        project("url = \"https://lanes.example\"\nverify = [{ run = \"echo ::error::x; echo it runs\" }]\n");
    let (old, new) = (&project.releases[0], &project.releases[2]);
    let first = run(&project, &[("to", "e0"), ("version", old)]);
    assert_eq!(first.code, Some(0), "{}", first.log);
    // The names of the inputs that hand-written workflows have.
    let step = run(&project, &[("ecr_tag", "e0"), ("commit_sha", new)]);
    kept("promoted", &project, &step);
    let json: serde_json::Value = serde_json::from_str(&step.outputs["json"]).unwrap();
    assert_eq!(
        (json["schema"].as_str(), json["release"]["sha"].as_str()),
        (Some("promote/outcome@1"), Some(new.as_str()))
    );
    let again = run(&project, &[("to", "e0"), ("version", new)]);
    assert_eq!((again.code, again.outputs["status"].as_str()), (Some(0), "unchanged"), "{}", again.log);
    let status = run(&project, &[("do", "status")]);
    assert_eq!((status.code, status.outputs["version"].as_str()), (Some(0), new.as_str()));
    let verified = run(&project, &[("do", "verify"), ("ledger", "true")]);
    assert_eq!(
        (verified.code, verified.outputs["status"].as_str()),
        (Some(0), "matches"),
        "{}",
        verified.log
    );
    std::fs::write(project.folder.path().join("deploy/e0.zip"), "by hand").unwrap();
    let differs = run(&project, &[("do", "verify"), ("to", "e0")]);
    assert_eq!((differs.code, differs.outputs["status"].as_str()), (Some(10), "differs"), "{}", differs.log);
}

#[test]
fn a_rule_that_is_not_met_blocks_or_warns() {
    let project = project("");
    let (old, new) = (&project.releases[0], &project.releases[2]);
    assert_eq!(run(&project, &[("to", "e0"), ("version", new)]).code, Some(0));
    let blocked = run(&project, &[("to", "e0"), ("version", old)]);
    kept("blocked", &project, &blocked);
    let neutral = run(&project, &[("to", "e0"), ("version", old), ("on-blocked", "neutral")]);
    assert_eq!((neutral.code, neutral.outputs["status"].as_str()), (Some(0), "blocked"));
    assert!(neutral.log.contains("::warning title=") && !neutral.log.contains("::error"), "{}", neutral.log);
    let past = [("to", "e0"), ("version", old.as_str()), ("override", "order"), ("reason", "INC-1")];
    assert_eq!(run(&project, &past[..3]).code, Some(2));
    let overridden = run(&project, &past);
    assert_eq!(overridden.code, Some(0), "{}", overridden.log);
    assert!(overridden.summary.contains("overridden&#58; INC-1"));
}

#[test]
fn a_saved_plan_is_carried_out_as_it_is_or_not_at_all() {
    let project = project("");
    let (first, second) = (project.releases[1].as_str(), project.releases[2].as_str());
    let plan = [("do", "plan"), ("to", "e0"), ("version", first), ("plan", "plan.json")];
    let planned = run(&project, &plan);
    kept("planned", &project, &planned);
    let carried = [("to", "e0"), ("plan", "plan.json")];
    let refused = run(&project, &[carried.as_slice(), &[("version", first)]].concat());
    assert_eq!(refused.code, Some(2), "{}", refused.log);
    assert_eq!(run(&project, &[("to", "e0"), ("version", second)]).code, Some(0));
    kept("conflict", &project, &run(&project, &carried));
    assert_eq!(
        run(&project, &[&plan[..2], &[("version", "previous"), ("plan", "back.json")]].concat()).code,
        Some(6 - 1)
    );
}

#[test]
fn a_failed_deployment_fails_the_step() {
    let project =
        project("deploy = [{ run = \"if grep -q 'release 2' app.txt; then echo down; exit 3; fi\" }]\n");
    kept("failed", &project, &run(&project, &[("to", "e0"), ("version", &project.releases[2])]));
}

#[test]
fn a_failed_deployment_is_rolled_back_where_that_is_wanted() {
    let more = "on-failure = \"rollback\"\ndeploy = [{ run = 'test \"$PROMOTE_ACTION\" = rollback -o ! -e broken' }]\n";
    let project = project(more);
    let good = &project.releases[0];
    assert_eq!(run(&project, &[("to", "e0"), ("version", good)]).code, Some(0));
    std::fs::write(project.folder.path().join("broken"), "").unwrap();
    let step = run(&project, &[("to", "e0"), ("version", &project.releases[2])]);
    assert_eq!(step.outputs["version"], *good, "what runs now is what ran before");
    kept("rolled-back", &project, &step);
    let back = run(&project, &[("do", "rollback"), ("to", "e0"), ("dry-run", "true")]);
    assert_eq!(back.outputs["exit"], "missing", "{}", back.log);
}

#[test]
fn a_mistake_in_the_file_is_an_annotation_at_its_place() {
    let project = project("sauce = \"x\"\nauto = 3\n");
    let step = run(&project, &[("to", "e0"), ("version", &project.releases[0])]);
    kept("mistakes", &project, &step);
    let mut many = String::new();
    for n in 0..30 {
        many += &format!("odd-key-{n} = 1\n");
    }
    let project = self::project(&many);
    let step = run(&project, &[("to", "e0")]);
    assert_eq!((step.code, step.log.matches("::error ").count()), (Some(2), 10), "{}", step.log);
    assert!(step.log.contains("more mistakes") && step.log.contains("odd-key-29"), "{}", step.log);
}

#[test]
fn a_release_is_published_and_the_programs_are_installed() {
    let project = project("");
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("auto = false", "auto = true");
    std::fs::write(&file, text).unwrap();
    std::fs::write(project.folder.path().join("app.txt"), "release 3\n").unwrap();
    for arguments in [["add", "app.txt", "promote.toml"].as_slice(), &["commit", "-qm", "release 3"]] {
        let named = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"];
        let status = Command::new("git")
            .args(named)
            .args(arguments)
            .current_dir(project.folder.path())
            .status()
            .unwrap();
        assert!(status.success());
    }
    let step = run(&project, &[("do", "publish")]);
    assert_eq!((step.code, step.outputs["status"].as_str()), (Some(0), "published"), "{}", step.log);
    assert_eq!(step.outputs["environment"], "e0");
    assert!(project.folder.path().join("deploy/e0.zip").exists(), "{}", step.log);
    let again = run(&project, &[("do", "publish")]);
    assert_eq!((again.code, again.outputs["status"].as_str()), (Some(0), "unchanged"), "{}", again.log);
    let step = run(&project, &[("do", "publish"), ("paths", "gha-creds-1.json")]);
    assert_eq!(step.code, Some(2), "{}", step.log);

    let step = run(&project, &[("do", "install")]);
    assert_eq!(step.code, Some(0), "{}", step.log);
    assert_eq!(Path::new(step.path.trim_end()), Path::new(ACTION).parent().unwrap());
}

/// A copy of the action's files with a manifest of its own, and the archive that it names.
fn released(runner: &Runner) -> (std::path::PathBuf, Vec<u8>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let action = runner.folder.path().join("action-copy");
    std::fs::create_dir_all(action.join("action")).unwrap();
    std::fs::copy(root.join("action/main.sh"), action.join("action/main.sh")).unwrap();
    let made = runner.folder.path().join("made");
    std::fs::create_dir_all(made.join("in")).unwrap();
    std::fs::copy(ACTION, made.join("in/promote-action")).unwrap();
    let targets = [
        "aarch64-apple-darwin",
        "aarch64-unknown-linux-musl",
        "x86_64-apple-darwin",
        "x86_64-pc-windows-msvc",
        "x86_64-unknown-linux-musl",
    ];
    // Only the bytes of this platform's are looked at.
    let file = |target: &str| made.join(format!("promote-9.8.7-{target}.tar.gz"));
    let mine = file(targets[4]);
    let status =
        Command::new("tar").arg("-czf").arg(&mine).args(["-C", "in", "."]).current_dir(&made).status();
    assert!(status.unwrap().success());
    for target in &targets[..4] {
        std::fs::write(file(target), target).unwrap();
    }
    let output = Command::new(root.join(".github/manifest.sh"))
        .args(["9.8.7", "made", "https://github.invalid/acme/promote/releases/download/v9.8.7"])
        .current_dir(runner.folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
    std::fs::write(action.join("action/manifest.json"), output.stdout).unwrap();
    (action, std::fs::read(mine).unwrap())
}

#[test]
fn the_launcher_runs_only_what_the_commit_names() {
    let project = project("");
    let inputs = [("to", "e0"), ("version", project.releases[0].as_str()), ("dry-run", "true")];
    let mut runner = Runner::new(project.folder.path()).unwrap();
    // Before the first release.
    let step = runner.run(&inputs).unwrap();
    assert_eq!(step.code, Some(1));
    assert!(step.log.contains("no release for x86_64-unknown-linux-musl yet"), "{}", step.log);
    for binary in ["promote.toml", "nowhere", "x\n::add-path::y"] {
        let step = runner.run(&[inputs.as_slice(), &[("binary", binary)]].concat()).unwrap();
        assert!(step.code == Some(1) && step.log.lines().count() == 1, "{}", step.log);
    }
    // With what the manifest names in the tool cache.
    let (action, archive) = released(&runner);
    runner.action = action;
    let cache = runner.folder.path().join("tools/promote/9.8.7/x86_64-unknown-linux-musl");
    std::fs::create_dir_all(&cache).unwrap();
    let file = cache.join("promote-9.8.7-x86_64-unknown-linux-musl.tar.gz");
    std::fs::write(&file, &archive).unwrap();
    let step = runner.run(&inputs).unwrap();
    assert_eq!((step.code, step.outputs["status"].as_str()), (Some(0), "planned"), "{}", step.log);
    assert!(!step.log.contains("downloading"), "{}", step.log);
    // One byte more: it is not run, and here there is nothing to download from.
    std::fs::write(&file, [archive.as_slice(), b"x"].concat()).unwrap();
    // A stand-in for curl gives the same wrong bytes.
    let bin = runner.folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let curl = "#!/bin/sh\nwhile [ $# -gt 1 ]; do [ \"$1\" = --output ] && out=$2; shift; done\n\
                [ -z \"$FAKE_CURL\" ] && exit 6\ncat \"$FAKE_CURL\" >\"$out\"\n";
    std::fs::write(bin.join("curl"), curl).unwrap();
    Command::new("chmod").arg("+x").arg(bin.join("curl")).status().unwrap();
    runner.variables.insert("PATH".into(), format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    let step = runner.run(&inputs).unwrap();
    assert!(step.code == Some(1) && step.log.contains("can't be downloaded"), "{}", step.log);
    runner.variables.insert("FAKE_CURL".into(), file.display().to_string());
    let step = runner.run(&inputs).unwrap();
    assert!(
        step.code == Some(1) && step.log.contains("is not what this commit's manifest names"),
        "{}",
        step.log
    );
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 1, "nothing is left behind");
    // The right bytes are kept for the next job.
    let right = runner.folder.path().join("right");
    std::fs::write(&right, &archive).unwrap();
    runner.variables.insert("FAKE_CURL".into(), right.display().to_string());
    let step = runner.run(&inputs).unwrap();
    assert!(step.code == Some(0) && step.log.contains("downloading"), "{}", step.log);
    assert_eq!(std::fs::read(&file).unwrap(), archive);
    // Somebody who writes to the cache at the worst of times: whenever a sum is taken, there is another program afterwards.
    let evil = runner.folder.path().join("evil");
    std::fs::create_dir(&evil).unwrap();
    std::fs::write(evil.join("promote-action"), "#!/bin/sh\necho owned\n").unwrap();
    Command::new("chmod").arg("+x").arg(evil.join("promote-action")).status().unwrap();
    let swapped = runner.folder.path().join("evil.tar.gz");
    let tar = Command::new("tar")
        .arg("-czf")
        .arg(&swapped)
        .args(["-C", "evil", "."])
        .current_dir(runner.folder.path())
        .status();
    assert!(tar.unwrap().success());
    let sum = format!("#!/bin/sh\n/usr/bin/sha256sum\ncp '{}' '{}'\n", swapped.display(), file.display());
    std::fs::write(bin.join("sha256sum"), sum).unwrap();
    Command::new("chmod").arg("+x").arg(bin.join("sha256sum")).status().unwrap();
    let step = runner.run(&inputs).unwrap();
    assert!(step.code == Some(0) && !step.log.contains("owned"), "{}", step.log);
    assert_ne!(std::fs::read(&file).unwrap(), archive, "the cache was written to meanwhile");
    std::fs::remove_file(bin.join("sha256sum")).unwrap();
    runner.variables.insert("RUNNER_OS".into(), "Plan9".into());
    assert!(runner.run(&inputs).unwrap().log.contains("no program for Plan9"));
    runner.variables.insert("BASH_FUNC_tar%%".into(), "() { touch owned; }".into());
    let step = runner.run(&inputs).unwrap();
    assert!(step.code == Some(1) && step.log.contains("exported shell functions"), "{}", step.log);
}
