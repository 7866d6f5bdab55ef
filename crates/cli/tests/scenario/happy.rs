//! Everything goes well.

use crate::stage::{CONFIG, Stage, commit};
use insta::assert_snapshot;
use promote_core::digest::Digest;
use promote_core::exit::ExitStatus;

#[test]
fn a_release_goes_all_the_way() {
    let mut stage = Stage::empty(CONFIG);
    stage.tell("promote status");
    stage.publish('a', "feat: invoices as PDF");
    stage.publish('b', "fix: rounding in totals");
    stage.tell("promote to staging aaaa --yes");
    stage.days(1);
    stage.tell("promote to uat --yes");
    stage.days(3);
    stage.quietly("promote to staging bbbb --yes");
    stage.tell("promote plan prod");
    stage.tell("promote to prod --yes");
    stage.tell("promote to prod --yes");
    stage.tell("promote status");
    stage.tell("promote history");
    stage.tell("promote verify --ledger");
    assert_snapshot!(stage.transcript());
}

#[test]
fn production_asks_for_its_name_and_a_rollback_always_does() {
    let mut stage = Stage::ready();
    stage.days(3);
    stage.terminal = true;
    stage.variables.insert("NO_COLOR".to_owned(), "1".to_owned());
    stage.answer("yes");
    stage.tell("promote to prod");
    stage.answer("prod");
    stage.tell("promote to prod");
    stage.answer("prod");
    stage.tell("promote rollback prod --reason \"502 on /pay (INC-88)\"");
    stage.answer("n");
    stage.tell("promote to uat cccc --override from --reason hotfix");
    stage.answer("uat");
    stage.tell("promote rollback uat");
    stage.tell("promote history prod -n 2");
    assert_snapshot!(stage.transcript());
}

#[test]
fn what_two_environments_have_apart_and_where_a_release_has_been() {
    let mut stage = Stage::ready();
    stage.tell("promote diff uat prod");
    stage.tell("promote diff staging uat");
    stage.tell("promote show aaaa");
    stage.tell("promote show uat");
    let (_, out, _) = stage.run("promote history prod --format plain");
    let (_, json, _) = stage.run("promote history prod --json=entries");
    assert_eq!(out.lines().count(), 1, "{out}");
    let entries: serde_json::Value = serde_json::from_str(&json).unwrap();
    let id = entries["entries"][0]["promotion"].as_str().unwrap().to_owned();
    stage.tell(&format!("promote show {id}"));
    stage.tell("promote history --format plain");
    stage.tell("promote history staging -n 1");
    stage.tell("promote history staging -n 1 --before 3");
    stage.tell("promote status --format markdown");
    assert_snapshot!(stage.transcript());
}

#[test]
fn a_saved_plan_is_carried_out_as_it_is_or_not_at_all() {
    let mut stage = Stage::ready();
    stage.days(3);
    stage.tell("promote plan prod --out plan.json --exit-code --format plain");
    stage.tell("promote to prod --plan plan.json --yes");
    stage.tell("promote to prod --plan plan.json --yes");
    stage.quietly("promote plan uat cccc --override from --reason hotfix --out uat.json");
    stage.tell("promote to prod --plan uat.json --yes");
    stage.quietly("promote to uat dddd --override from --reason hotfix --yes");
    stage.tell("promote to uat --plan uat.json --yes");
    stage.tell("promote to uat --plan none.json --yes");
    std::fs::write(stage.folder.path().join("odd.json"), "{}").unwrap();
    stage.tell("promote to uat --plan odd.json --yes");
    assert_snapshot!(stage.transcript());
}

/// Somebody looked at what would run.
#[test]
fn a_saved_plan_is_carried_out_with_the_steps_that_it_showed() {
    let stage = Stage::ready();
    stage.days(3);
    stage.quietly("promote plan prod --out plan.json");
    let write = |text: &str| std::fs::write(stage.folder.path().join("promote.toml"), text).unwrap();
    let deploy = "deploy = { run = \"./deploy\" }";
    for other in [
        "deploy = { run = \"./other\" }",
        "deploy = { run = \"./deploy\", workdir = \"there\" }",
        "deploy = { run = \"./deploy\", retries = 2 }",
        "deploy = { run = \"./deploy\" }\nprepare = { run = \"./migrate\" }",
        "deploy = { run = \"./deploy\" }\non-failure = \"rollback\"",
        "",
    ] {
        write(&CONFIG.replace(deploy, other));
        let (exit, out, err) = stage.run("promote to prod --plan plan.json --yes");
        assert_eq!(exit, ExitStatus::Conflict, "{other}: {out}{err}");
        assert!(err.contains("The steps in the file, or what becomes of a failure, are not those"), "{err}");
    }
    write(CONFIG);
    stage.quietly("promote to prod --plan plan.json --timeout 5m --yes");
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut stage = Stage::ready();
    stage.days(3);
    let before = stage.outside.bucket.snapshot();
    stage.tell("promote to prod --dry-run");
    stage.tell("promote rollback uat -n");
    stage.tell("promote plan uat --exit-code --format plain");
    assert_eq!(stage.outside.bucket.snapshot(), before);
    assert_snapshot!(stage.transcript());
}

#[test]
fn where_nothing_is_to_be_done_no_plan_is_saved_and_that_is_no_failure() {
    let stage = Stage::ready();
    for line in ["promote plan uat bbbb --out plan.json", "promote plan uat bbbb --out plan.json --exit-code"]
    {
        let (status, out, err) = stage.run(line);
        assert_eq!(status, ExitStatus::Ok, "{err}");
        assert!(out.contains("Nothing to do: uat is on bbbbbbb already."), "{out}");
        assert!(err.contains("no plan was saved"), "{err}");
        assert!(!stage.folder.path().join("plan.json").exists());
    }
}

#[test]
fn a_plan_whose_source_or_target_was_written_since_names_both_digests() {
    let (was, is) = (Digest::of(b"the bytes of b"), Digest::of(b"the bytes of x"));
    let stage = Stage::ready();
    stage.days(3);
    stage.quietly("promote plan prod --out plan.json");
    stage.tamper(&format!("shop/{}.zip", commit('b')), "the bytes of x");
    let (status, _, err) = stage.run("promote to prod --plan plan.json --yes");
    assert_eq!(status, ExitStatus::Conflict, "{err}");
    for digest in [was, is] {
        assert!(err.contains(&digest.to_string()), "{digest}: {err}");
    }
    let stage = Stage::ready();
    stage.days(3);
    stage.quietly("promote plan prod --out plan.json");
    stage.tamper("shop/prod.zip", "the bytes of x");
    let (status, _, err) = stage.run("promote to prod --plan plan.json --yes");
    assert_eq!(status, ExitStatus::Conflict, "{err}");
    let held = Digest::of(b"the bytes of a");
    assert!(err.contains(&format!("`s3://acme-releases/shop/prod.zip` held {held}, and holds ")), "{err}");
}
