//! The pipelines that `promote ci` writes, judged by those who know: actionlint for GitHub's, GitLab's published schema
//! for GitLab's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use promote_tests::console::blocks;
use promote_tests::project::Project;
use promote_tests::server::tool;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The files of five real teams, and one in which things move by themselves.
fn files() -> Vec<(String, String)> {
    let teams = root().join("crates/core/src/config/tests/teams");
    let mut found: Vec<(String, String)> = std::fs::read_dir(teams)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() >= 5, "{found:?}");
    let automatic = "project = \"shop\"\nenvironments = [\"staging\", [\"uat\", \"perf\"], \"prod\"]\nauto = true\n\
                     source = \"s3://acme/shop/{sha}.zip\"\ntarget = \"s3://acme/shop/{env}.zip\"\nnotes = [\"risk\"]\n[pack]\n\
                     [env.prod]\nauto = false\nchecks = [\"build\"]\n[forge]\nkind = \"github\"\n";
    found.push(("automatic".to_owned(), automatic.to_owned()));
    found.push(("page".to_owned(), block(&blocks(&page(), "toml")[0]).replace("stage", "staging")));
    found
}

/// The page that teams copy from.
fn page() -> String {
    std::fs::read_to_string(root().join("docs/guides/zips-and-codepipeline.md")).unwrap()
}

fn block(lines: &[(usize, &str)]) -> String {
    lines.iter().map(|(_, line)| format!("{line}\n")).collect()
}

#[test]
fn the_workflows_of_the_page_on_zips_are_sound() {
    let page = page();
    let all = blocks(&page, "yaml");
    assert_eq!(all.len(), 2);
    let folder = tempfile::tempdir().unwrap();
    for (at, lines) in all.iter().enumerate() {
        let file = folder.path().join(format!("{at}.yml"));
        std::fs::write(&file, block(lines)).unwrap();
        judge(&tool("actionlint").unwrap(), &["-no-color"], &file);
    }
    // The step that publishes is the one that the generated file names in its comment.
    let project = Project::new(PROGRAM).unwrap();
    project.write("promote.toml", block(&blocks(&page, "toml")[0])).unwrap();
    let text = project.done(&["ci", "github", "--stdout"]).unwrap();
    let said: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix('#')).map(str::trim).collect();
    let shown = block(&all[1]);
    for line in ["do: publish", "paths: |", "infra=PATH", "app=PATH"] {
        let shown_as = line.replace("infra=PATH", "infra=infra.zip").replace("app=PATH", "app=app.zip");
        assert!(said.contains(&line) && shown.contains(&shown_as), "{line}: {text}");
    }
}

fn judge(program: &Path, arguments: &[&str], file: &Path) {
    let output = Command::new(program).args(arguments).arg(file).output().unwrap();
    let said =
        [&output.stdout[..], &output.stderr[..]].map(|part| String::from_utf8_lossy(part).into_owned());
    let text = std::fs::read_to_string(file).unwrap();
    assert!(output.status.success(), "{}\n{said:?}\n{text}", file.display());
}

const SCHEMA: [&str; 4] = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"];

#[test]
fn what_is_written_is_sound_and_a_stale_file_is_found() {
    let (actionlint, schema) = (tool("actionlint").unwrap(), tool("check-jsonschema").unwrap());
    for (name, text) in files() {
        let project = Project::new(PROGRAM).unwrap();
        project.write("promote.toml", &text).unwrap();
        for (system, file) in [("github", ".github/workflows/promote.yml"), ("gitlab", ".gitlab/promote.yml")]
        {
            let missing = project.run(&["ci", system, "--check"]).unwrap();
            assert_eq!(missing.code, Some(10), "{name}: {missing:?}");
            project.done(&["ci", system]).unwrap();
            let path = project.folder().join(file);
            match system {
                "github" => judge(&actionlint, &["-no-color"], &path),
                _ => judge(&schema, &SCHEMA, &path),
            }
            project.done(&["ci", system, "--check"]).unwrap();
            let printed = project.done(&["ci", system, "--stdout"]).unwrap();
            assert_eq!(printed.trim_end(), std::fs::read_to_string(&path).unwrap().trim_end());
        }
        project
            .write(
                "promote.toml",
                text.replace("\"staging\"", "\"acceptance\"").replace("env.staging", "env.acceptance"),
            )
            .unwrap();
        for system in ["github", "gitlab"] {
            let stale = project.run(&["ci", system, "--check"]).unwrap();
            assert_eq!(stale.code, Some(10), "{name}: {stale:?}");
            assert!(stale.err.contains(&format!("`promote ci {system}` writes it")), "{stale:?}");
        }
    }
}

/// The component as GitLab sees it once the inputs are filled in, and what it asks for.
#[test]
fn the_component_is_sound() {
    let text = std::fs::read_to_string(root().join("templates/promote/template.yml")).unwrap();
    let (spec, job) = text.split_once("\n---\n").unwrap();
    let mut job = job.to_owned();
    for (name, value) in [
        ("to", "prod"),
        ("version", "$CI_COMMIT_SHA"),
        ("do", "promote"),
        ("stage", "deploy"),
        ("when", "manual"),
        ("audience", "sts.amazonaws.com"),
        ("image", "registry.example/promote:1"),
        ("protected", "only"),
        ("reason", "\"why\""),
        ("override", "\"\""),
        ("notes", "\"\""),
    ] {
        let place = format!("$[[ inputs.{name} ]]");
        assert!(job.contains(&place) && spec.contains(&format!("\n    {name}:\n")), "{name}");
        job = job.replace(&place, value);
    }
    assert!(!job.contains("$[["), "every input is declared: {job}");
    let schema = tool("check-jsonschema").unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("spec.yml", spec), ("job.yml", &job)] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        judge(&schema, &SCHEMA, &file);
    }
    // Nothing but variables stands in scripts.
    let original = text.split_once("script:").unwrap().1;
    assert!(!original.split("artifacts:").next().unwrap().contains("$[["), "{original}");
}

/// What a script hands to the command, each word in a line, with these variables.
fn handed(script: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("promote");
    std::fs::write(&program, "#!/bin/sh\nprintf '<%s>\\n' \"$@\"\n").unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let output = Command::new("/bin/sh")
        .args(["-ec", script])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(std::fs::read_dir(folder.path()).unwrap().count() == 1, "nothing that was written was run");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The last script of a job.
fn script(file: &serde_json::Value, job: &str) -> String {
    let lines = file.pointer(&format!("/{job}/script")).and_then(serde_json::Value::as_array).unwrap();
    lines.last().and_then(serde_json::Value::as_str).unwrap().to_owned()
}

/// Reason, rules and notes reach the command word for word, from the component as from the generated file.
#[test]
fn gitlab_hands_reason_override_and_notes_over() {
    let hostile = "it's; $(touch x) `id` * $HOME";
    let notes = format!("ticket: INC-7\nrisk: {hostile}");
    let wanted = format!(
        "<--override=soak>\n<--override=order>\n<--note=ticket= INC-7>\n<--note=risk= {hostile}>\n<--reason={hostile}>\n"
    );
    let text = std::fs::read_to_string(root().join("templates/promote/template.yml")).unwrap();
    let job = text.split_once("\n---\n").unwrap().1.replace("$[[ inputs.do ]]:$[[ inputs.to ]]", "job");
    let component = script(&promote_tests::yaml::read(&job).unwrap(), "promote:job");
    for (does, begins) in [
        ("promote", "<to>\n<prod>\n<4c1d>\n<--yes>\n"),
        ("plan", "<plan>\n<prod>\n<4c1d>\n"),
        ("rollback", "<rollback>\n<prod>\n<--yes>\n"),
    ] {
        let mut variables =
            vec![("PROMOTE_JOB_DO", does), ("PROMOTE_JOB_TO", "prod"), ("PROMOTE_JOB_RELEASE", "4c1d")];
        assert_eq!(handed(&component, &variables), (Some(0), begins.to_owned()));
        variables.extend([
            ("PROMOTE_JOB_REASON", hostile),
            ("PROMOTE_JOB_OVERRIDE", "soak, order"),
            ("PROMOTE_JOB_NOTES", &notes),
        ]);
        assert_eq!(handed(&component, &variables), (Some(0), format!("{begins}{wanted}")));
    }
    assert_eq!(handed(&component, &[("PROMOTE_JOB_NOTES", "ticket")]).0, Some(2));

    let project = Project::new(PROGRAM).unwrap();
    let (_, automatic) = files().into_iter().find(|(name, _)| name == "automatic").unwrap();
    project.write("promote.toml", automatic).unwrap();
    let text = project.done(&["ci", "gitlab", "--stdout"]).unwrap();
    let file = promote_tests::yaml::read(&text).unwrap();
    let generated = script(&file, "promote:prod");
    let variables =
        [("RELEASE", "4c1d"), ("REASON", hostile), ("OVERRIDE", "soak, order"), ("NOTES", notes.as_str())];
    assert_eq!(handed(&generated, &variables), (Some(0), format!("<to>\n<prod>\n<4c1d>\n<--yes>\n{wanted}")));
    for (name, declared) in file["variables"].as_object().unwrap() {
        assert_eq!(declared["expand"], serde_json::json!(false), "{name}: what is written is kept");
    }
    assert!(!text.contains("OWNER"), "{text}");
}

/// The schedule that compares moves nothing.
#[test]
fn gitlabs_nightly_look_moves_nothing() {
    let project = Project::new(PROGRAM).unwrap();
    let (_, automatic) = files().into_iter().find(|(name, _)| name == "automatic").unwrap();
    project.write("promote.toml", automatic).unwrap();
    let text = project.done(&["ci", "gitlab", "--stdout"]).unwrap();
    let file = promote_tests::yaml::read(&text).unwrap();
    let jobs = file.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("promote:advance:"));
    let rules: Vec<String> = jobs.map(|(_, job)| job["rules"].to_string()).collect();
    assert!(!rules.is_empty() && rules.iter().all(|rule| rule.contains("$PROMOTE_VERIFY !=")), "{rules:?}");
}

/// The judges are no yes-men.
#[test]
fn what_is_unsound_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let github = folder.path().join("x.yml");
    std::fs::write(
        &github,
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.head_ref }}\n",
    )
    .unwrap();
    let gitlab = folder.path().join("y.yml");
    std::fs::write(&gitlab, "a:\n  script: x\n  environment: { name: e, action: jump }\n").unwrap();
    let said = Command::new(tool("actionlint").unwrap()).arg(&github).output().unwrap();
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    let said = Command::new(tool("check-jsonschema").unwrap()).args(SCHEMA).arg(&gitlab).output().unwrap();
    assert_eq!(said.status.code(), Some(1), "{said:?}");
}
