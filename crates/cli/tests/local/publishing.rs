//! Publishing and packing.

use crate::stage::{CONFIG, Stage, contents};
use promote_core::exit::ExitStatus;
use std::collections::BTreeMap;

#[test]
fn a_commit_is_published_once_and_the_first_environment_takes_it() {
    let stage = Stage::with(CONFIG);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    // What is not committed is no part of the release.
    stage.write("message.txt", "dirty");
    let first = stage.run(&["publish", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(first["schema"], "promote/publish@1");
    assert_eq!(
        (&first["sha"], &first["new"], &first["begun"]),
        (&commit.as_str().into(), &true.into(), &true.into())
    );
    assert_eq!(first["moves"][0]["environment"], "staging");
    assert_eq!(first["moves"][0]["result"], "promoted");
    let source = stage.read(&format!("releases/{commit}.zip"));
    assert_eq!(stage.read("deployed/staging.zip"), source);
    assert!(!stage.has("deployed/uat.zip"));

    let before = contents(&stage.path());
    let again = stage.run(&["publish", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!((&again["new"], &again["moves"][0]["result"]), (&false.into(), &"unchanged".into()));
    assert_eq!(again["artifacts"], first["artifacts"]);
    assert_eq!(contents(&stage.path()), before);
}

#[test]
fn later_jobs_are_told_what_was_published() {
    let stage = Stage::with(CONFIG);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    let told = |arguments: &[&str], exit| {
        stage.run(&[&["publish", "--dotenv", "told.env"], arguments].concat()).ends(exit);
        let text = String::from_utf8(stage.read("told.env")).unwrap();
        let lines = text.lines().map(|line| line.split_once('=').unwrap());
        lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<BTreeMap<_, _>>()
    };
    let planned = told(&["--dry-run"], ExitStatus::Ok);
    assert_eq!((planned["PROMOTE_STATUS"].as_str(), &planned["PROMOTE_SHA"]), ("planned", &commit));
    let first = told(&[], ExitStatus::Ok);
    let names =
        ["PROMOTE_DIGEST", "PROMOTE_ENV", "PROMOTE_ID", "PROMOTE_SHA", "PROMOTE_STATUS", "PROMOTE_TARGET"];
    assert!(first.keys().map(String::as_str).eq(names), "{first:?}");
    assert_eq!((first["PROMOTE_STATUS"].as_str(), first["PROMOTE_ENV"].as_str()), ("published", "staging"));
    assert!(first["PROMOTE_TARGET"].ends_with(&format!("releases/{commit}.zip")), "{first:?}");
    assert_eq!(told(&["--no-move"], ExitStatus::Ok)["PROMOTE_STATUS"], "unchanged");
    // However it ends.
    let wrong = told(&["missing.zip"], ExitStatus::Missing);
    assert_eq!(wrong, BTreeMap::from([("PROMOTE_STATUS".to_owned(), "missing".to_owned())]));
}

#[test]
fn what_is_packed_alone_is_what_is_published() {
    let stage = Stage::with(CONFIG);
    let packed = stage.run(&["pack", "--out", "out/a.zip", "--json"]);
    // The folder of `--out` is not made for anyone.
    let refused = packed.ends(ExitStatus::Failed);
    assert!(refused.err.contains("there is no folder `out`"), "{}", refused.err);
    let packed = stage.run(&["pack", "--out", "a.zip", "--json"]).ends(ExitStatus::Ok).json();
    let published = stage.run(&["publish", "--no-move", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(packed["digest"], published["artifacts"][0]["digest"]);
    assert_eq!(published["moves"], serde_json::json!([]));
    assert!(!stage.has("deployed/staging.zip"));
}

#[test]
fn a_broken_file_is_refused_before_anything_is_written() {
    let stage = Stage::with(CONFIG);
    stage.run(&["pack", "--out", "whole.zip"]).ends(ExitStatus::Ok);
    let whole = stage.read("whole.zip");
    stage.write("empty.zip", "");
    stage.write("text.zip", "no archive at all");
    stage.write("cut.zip", &whole[..whole.len() - 7]);
    let before = contents(&stage.path());
    let cases = [
        ("empty.zip", ExitStatus::Usage),
        ("text.zip", ExitStatus::Usage),
        ("cut.zip", ExitStatus::Usage),
        ("missing.zip", ExitStatus::Missing),
    ];
    for (file, exit) in cases {
        let answer = stage.run(&["publish", file]).ends(exit);
        assert!(answer.err.contains(file), "{}", answer.err);
        assert_eq!(contents(&stage.path()), before, "{file}");
    }
    stage.run(&["publish", "whole.zip"]).ends(ExitStatus::Ok);
    assert_eq!(stage.read("deployed/staging.zip"), whole);
}

#[test]
fn an_archive_is_verified_as_it_would_be_before_it_is_published() {
    let stage = Stage::with(CONFIG);
    stage.run(&["pack", "--out", "whole.zip"]).ends(ExitStatus::Ok);
    let whole = stage.read("whole.zip");
    stage.write("cut.zip", &whole[..whole.len() - 7]);
    let found = stage.run(&["verify-archive", "whole.zip", "--json"]).ends(ExitStatus::Ok).json();
    let packed = stage.run(&["pack", "--out", "again.zip", "--json"]).ends(ExitStatus::Ok).json();
    for field in ["digest", "content", "size", "members"] {
        assert_eq!(found[field], packed[field], "{field}");
    }
    let cut = stage.run(&["verify-archive", "cut.zip"]).ends(ExitStatus::Usage);
    assert!(cut.err.contains("cut.zip` would not be published"), "{}", cut.err);
    let missing = stage.run(&["verify-archive", "missing.zip"]).ends(ExitStatus::Missing);
    assert!(missing.err.contains("there is no file"), "{}", missing.err);
}

#[test]
fn other_bytes_for_a_published_commit_are_refused() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
    stage.write("out/other.txt", "another build");
    let answer = stage.run(&["publish", "out"]).ends(ExitStatus::Conflict);
    assert!(answer.err.contains("was published with other bytes"), "{}", answer.err);
}

#[test]
fn a_dry_run_writes_nothing() {
    let stage = Stage::with(CONFIG);
    let before = contents(&stage.path());
    let report = stage.run(&["publish", "--dry-run", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!((&report["new"], &report["dry_run"]), (&true.into(), &true.into()));
    assert_eq!(contents(&stage.path()), before);
}

#[test]
fn the_build_runs_first_and_belongs_to_the_commit_in_the_work_tree() {
    let config = format!(
        "{CONFIG}\n[pack]\nbuild = \"mkdir -p out && echo built-$PROMOTE_SHA > out/app\"\ninclude = [\"out\"]\nroot = \"out\"\n"
    );
    let stage = Stage::with(&config);
    let old = stage.git(&["rev-parse", "HEAD"]);
    let new = stage.commit("feat: second");
    let answer = stage.run(&["publish", "--commit", &old]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("the work tree is at"), "{}", answer.err);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let built = String::from_utf8(stage.read("out/app")).unwrap();
    assert_eq!(built.trim(), format!("built-{new}"));
    let failing = config.replace("mkdir -p out", "echo broken build; false");
    stage.write("promote.toml", failing);
    stage.commit("feat: third");
    let answer = stage.run(&["publish"]).ends(ExitStatus::Failed);
    assert!(answer.err.contains("exit status 1") && answer.err.contains("broken build"), "{}", answer.err);
}

#[test]
fn a_refused_move_leaves_the_publication_and_a_failed_deployment_is_told() {
    let stage = Stage::with(&format!("{CONFIG}\n[env.staging]\nverify = \"test ! -e bad\"\n"));
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["freeze", "staging", "--reason", "load test"]).ends(ExitStatus::Ok);
    let second = stage.commit("feat: second");
    let report = stage.run(&["publish", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!((&report["sha"], &report["moves"][0]["result"]), (&second.as_str().into(), &"blocked".into()));
    assert!(stage.has(&format!("releases/{second}.zip")));
    stage.run(&["unfreeze", "staging", "--yes"]).ends(ExitStatus::Ok);
    stage.write("bad", "");
    let report = stage.run(&["publish", "--json"]).ends(ExitStatus::DeployFailed).json();
    assert_eq!(report["moves"][0]["result"], "failed");
}

#[test]
fn a_release_without_a_repository_needs_its_file_and_its_whole_commit() {
    let stage = Stage::bare();
    stage.write("promote.toml", CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Missing);
    stage.write("out/app", "built elsewhere");
    stage.run(&["pack", "out", "--out", "app.zip"]).ends(ExitStatus::Ok);
    let sha = "a".repeat(40);
    stage.run(&["publish", "app.zip", "--commit", "aaaaaaa"]).ends(ExitStatus::Missing);
    let report = stage.run(&["publish", "app.zip", "--commit", &sha, "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(report["sha"], sha);
}

#[test]
fn every_artifact_is_named_when_there_are_several() {
    let config = r#"
project = "shop"
environments = ["staging"]
ledger = ".promote/shop/"
[artifact.app]
source = "releases/app-{sha}.zip"
target = "deployed/{env}-app.zip"
[artifact.web]
source = "releases/web-{sha}.zip"
target = "deployed/{env}-web.zip"
"#;
    let stage = Stage::with(config);
    for (folder, text) in [("out/a", "app"), ("out/w", "web")] {
        stage.write(&format!("{folder}/x"), text);
    }
    for wrong in [&["publish"][..], &["publish", "out/a"], &["publish", "app=out/a"]] {
        let answer = stage.run(wrong).ends(ExitStatus::Usage);
        assert!(answer.err.contains("app=PATH web=PATH"), "{}", answer.err);
    }
    stage.run(&["publish", "app=out/a", "web=out/w"]).ends(ExitStatus::Ok);
    assert!(stage.has("deployed/staging-app.zip") && stage.has("deployed/staging-web.zip"));

    // Steps, later jobs of GitLab and the action's outputs mean the same one by `PROMOTE_TARGET`.
    let step = format!("{config}[env.staging]\ndeploy = [{{ run = 'echo \"$PROMOTE_TARGET\" > seen' }}]\n");
    stage.write("promote.toml", step);
    stage.run(&["to", "staging", "--redeploy", "--yes", "--dotenv", "told.env"]).ends(ExitStatus::Ok);
    let text = |name: &str| String::from_utf8(stage.read(name)).unwrap();
    let seen = text("seen");
    assert!(seen.trim().ends_with("staging-app.zip"), "{seen}");
    let told = text("told.env");
    assert!(told.lines().any(|line| line == format!("PROMOTE_TARGET={}", seen.trim())), "{told}");
}

const SEVERAL: &str = r#"
project = "shop"
environments = ["staging", "prod"]
ledger = ".promote/shop/"
[artifact.config]
source = "releases/{sha}/{env}/"
target = "live/{env}/"
prune  = true
[artifact.rules]
source = "rules/{sha}/"
target = "live-{env}-rules.json"
[artifact.app]
source = "releases/app-{sha}.zip"
target = "deployed/{env}-app.zip"
"#;

#[test]
fn folders_are_published_file_by_file_and_brought_up_to_date_in_place() {
    let stage = Stage::with(SEVERAL);
    for environment in ["staging", "prod"] {
        stage.write(&format!("out/{environment}/app.yaml"), format!("for: {environment}\n"));
        stage.write(&format!("out/{environment}/deep/old.yaml"), "old: 1\n");
    }
    stage.write("rules.d/r.json", "{}");
    // The zip is packed from the commit: it is the only one there is.
    let given = ["publish", "config=out/{env}", "rules=rules.d"];
    let missing = stage.run(&["publish", "config=out/{env}"]).ends(ExitStatus::Usage);
    assert!(missing.err.contains("nothing was given for app, rules"), "{}", missing.err);
    stage.run(&given).ends(ExitStatus::Ok);
    assert!(stage.has("live/staging/app.yaml") && stage.has("live/staging/deep/old.yaml"));
    assert!(stage.has("live-staging-rules.json") && stage.has("deployed/staging-app.zip"));
    let plan = stage.run(&["plan", "prod"]).ends(ExitStatus::Ok);
    assert!(plan.out.contains("2 added") && plan.out.contains("live/prod/"), "{}", plan.out);
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["verify"]).ends(ExitStatus::Ok);
    // Again: nothing to do, and a folder that is given with other bytes is refused.
    stage.run(&given).ends(ExitStatus::Ok);
    stage.write("out/prod/app.yaml", "for: somebody else\n");
    stage.run(&given).ends(ExitStatus::Conflict);

    stage.write("live/prod/app.yaml", "by hand\n");
    let found = stage.run(&["verify", "prod"]).ends(ExitStatus::Differs);
    assert!(found.out.contains("`app.yaml` has 8 bytes instead of 10"), "{}{}", found.out, found.err);
    let sha = stage.run(&["status", "--json"]).ends(ExitStatus::Ok).json();
    let sha = sha["environments"][1]["running"]["sha"].as_str().unwrap().to_owned();
    stage.run(&["to", "prod", &sha, "--redeploy", "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["verify", "prod"]).ends(ExitStatus::Ok);
}

#[test]
fn nothing_foreign_is_a_command_for_the_runner_of_github() {
    let mut stage = Stage::with(CONFIG);
    stage.write("more.txt", "x");
    stage.commit("::error::owned ##[error]owned");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.variables.push(("GITHUB_ACTIONS", "true".to_owned()));
    for line in [&["status"][..], &["status", "--json"], &["plan", "uat"], &["plan", "uat", "--json"]] {
        let answer = stage.run(line);
        let told = answer.all();
        assert!(told.contains("owned") || line == ["plan", "uat"], "{told}");
        assert!(!told.lines().any(|line| line.trim().starts_with("::") || line.contains("##[")), "{told}");
    }
}
