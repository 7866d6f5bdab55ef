//! In a job of GitLab: what it leaves for later jobs and for its page, folded steps, and the project's freeze.

use crate::stage::{Next, Stage, commit};
use insta::assert_snapshot;
use promote_core::exit::ExitStatus;

fn job() -> Stage {
    let mut stage = Stage::ready();
    for (name, value) in
        [("GITLAB_CI", "true"), ("CI", "true"), ("CI_PROJECT_URL", "https://gitlab.example/acme/shop")]
    {
        stage.variables.insert(name.to_owned(), value.to_owned());
    }
    let file = stage.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("[env.prod]\n", "[env.prod]\nurl = \"https://shop.example\"\n"))
        .unwrap();
    stage
}

fn left(stage: &Stage, name: &str) -> Option<String> {
    std::fs::read_to_string(stage.folder.path().join(name)).ok()
}

#[test]
fn a_job_leaves_its_result_and_links_however_it_ends() {
    let mut stage = job();
    let mut told = String::new();
    let mut tell = |stage: &mut Stage, line: &str| {
        stage.tell(line);
        for name in ["promote.env", "promote-annotations.json"] {
            let text = left(stage, name).unwrap_or_else(|| "nothing\n".to_owned());
            told.push_str(&format!("{line}: {name}\n{text}\n"));
            let _ = std::fs::remove_file(stage.folder.path().join(name));
        }
    };
    tell(&mut stage, "promote to prod --yes");
    stage.days(3);
    tell(&mut stage, "promote to prod --dry-run");
    stage.step(Next::Fails);
    tell(&mut stage, "promote to prod --yes");
    tell(&mut stage, "promote rollback prod --yes");
    tell(&mut stage, "promote to prod aaaa --yes");
    tell(&mut stage, "promote to prod ffff --yes");
    tell(&mut stage, "promote to uat cccc --yes --dotenv other.env --annotations none");
    tell(&mut stage, "promote status");
    assert_snapshot!(format!("{told}=====\n{}", stage.transcript()));
    assert!(left(&stage, "other.env").unwrap().contains(commit('c').as_str()));
}

#[test]
fn elsewhere_files_are_written_only_when_they_are_asked_for() {
    let stage = Stage::ready();
    let before = std::fs::read_dir(stage.folder.path()).unwrap().count();
    stage.quietly("promote to staging cccc --yes");
    assert_eq!(std::fs::read_dir(stage.folder.path()).unwrap().count(), before);
    stage.quietly("promote to uat cccc --yes --dotenv result.env");
    assert!(left(&stage, "result.env").unwrap().starts_with("PROMOTE_STATUS=promoted\nPROMOTE_ENV=uat\n"));
    // A place that can't be written is said, and the promotion stays done.
    let (status, _, err) = stage.run("promote to staging dddd --yes --dotenv nowhere/at/all.env");
    assert_eq!(status, ExitStatus::Ok);
    assert!(err.contains("warning: `") && err.contains("all.env"), "{err}");
}

/// A freeze of the project stops promotions and automation alike; a rollback may always be made.
#[test]
fn a_freeze_of_the_project_is_a_freeze() {
    let mut stage = job();
    stage.days(3);
    stage.variables.insert("CI_DEPLOY_FREEZE".to_owned(), "true".to_owned());
    stage.tell("promote to prod --yes --dotenv none --annotations none");
    stage.tell("promote advance");
    stage.tell("promote explain uat cccc");
    let (status, ..) = stage.run("promote rollback prod --yes");
    assert_eq!(status, ExitStatus::Missing, "nothing to go back to, but no rule forbids it");
    let (status, ..) = stage.run("promote rollback uat --yes");
    assert_eq!(status, ExitStatus::Ok);
    let (status, ..) = stage.run("promote to prod --yes --override freeze --reason INC-1");
    assert_eq!(status, ExitStatus::Ok);
    assert_snapshot!(stage.transcript());
}

#[test]
fn debugging_says_everything() {
    let mut stage = job();
    stage.variables.clear();
    stage.days(3);
    stage.variables.insert("CI_DEBUG_TRACE".to_owned(), "true".to_owned());
    let (_, _, err) = stage.run("promote to prod --yes");
    assert!(err.contains("rolling "), "the output of steps is shown: {err}");
    let (_, _, err) = stage.run("promote rollback prod --yes --quiet");
    assert!(!err.contains("rolling"), "{err}");
}

#[test]
fn what_an_address_carries_of_secrets_stays_out() {
    let mut stage = job();
    let address = "https://bot:geheim@gitlab.example/acme/shop?private_token=geheim";
    for name in ["CI_PROJECT_URL", "PROMOTE_RUN_URL", "CI_JOB_URL"] {
        stage.variables.insert(name.to_owned(), address.to_owned());
    }
    let (_, out, err) = stage.run("promote to prod --yes -vv");
    let left = ["promote.env", "promote-annotations.json"].map(|name| left(&stage, name).unwrap());
    assert!(left[1].contains("https://gitlab.example/acme/shop/-/commit/"), "{}", left[1]);
    assert!(!format!("{out}{err}{left:?}").contains("geheim"), "{out}{err}{left:?}");
}
