//! The first release of an environment that did not succeed: what is said, and each way on works (each line's hints are
//! tried in a copy of its state).

use crate::cut_off::killed;
use crate::stage::{CONFIG, Next, Stage, commit};
use promote_core::exit::ExitStatus;
use serde_json::Value;
use std::time::Duration;

/// Releases a and b are published and verified in staging and uat for long; prod never had one.
fn before(more: &str) -> Stage {
    let mut stage = Stage::empty(&format!("{CONFIG}{more}"));
    for digit in ['a', 'b'] {
        stage.publish(digit, &format!("work on {digit}"));
        for environment in ["staging", "uat"] {
            stage.quietly(&format!("promote to {environment} {} --yes", commit(digit)));
        }
    }
    stage.days(3);
    stage
}

fn target(stage: &Stage) -> bool {
    stage.outside.bucket.bytes(&"shop/prod.zip".parse().unwrap()).is_some()
}

#[test]
fn every_bad_end_of_a_first_release_names_the_way_back_and_it_works() {
    for (next, exit) in [
        (Next::Fails, ExitStatus::DeployFailed),
        (Next::TimesOut, ExitStatus::Timeout),
        (Next::Hangs, ExitStatus::Interrupted),
    ] {
        let stage = before("");
        stage.step(next);
        let (status, _, err) = stage.run("promote to prod --yes");
        assert_eq!(status, exit, "{err}");
        if next != Next::Hangs {
            assert!(err.contains("`promote rollback prod` undoes it: nothing was there before"), "{err}");
        }
        let (_, out, err) = stage.run("promote status");
        let told = format!("{out}{err}");
        assert!(told.contains("`promote rollback prod` undoes it: nothing was there before"), "{told}");
        let (status, out, err) = stage.run("promote rollback prod --dry-run");
        assert_eq!(status, ExitStatus::Ok, "{err}");
        assert!(out.contains("prod bbbbbbb → (nothing)") && !out.contains("./deploy"), "{out}");
        let (status, out, err) = stage.run("promote rollback prod --yes");
        assert_eq!(status, ExitStatus::Ok, "{out}{err}");
        assert!(out.contains("prod is as it was before bbbbbbb."), "{out}");
        assert!(!target(&stage));
        let (_, out, _) = stage.run("promote status prod");
        assert!(out.contains("nothing yet"), "{out}");
        assert_eq!(stage.run("promote verify prod").0, ExitStatus::Ok);
        assert_eq!(stage.run("promote verify --ledger").0, ExitStatus::Ok);
        // The lane takes another one; the one that failed only by a word.
        assert_eq!(stage.run("promote to prod --yes").0, ExitStatus::Blocked);
        stage.quietly("promote to prod --yes --override rolled-back --reason fixed");
    }
}

#[test]
fn on_failure_says_that_the_first_release_was_undone_and_nothing_else() {
    let stage = before("on-failure = \"rollback\"\n");
    stage.step(Next::Fails);
    let (status, out, err) = stage.run("promote to prod --yes --json");
    assert_eq!(status, ExitStatus::RolledBack, "{out}{err}");
    assert!(err.contains("prod is as it was before bbbbbbb, as `on-failure` asks."), "{err}");
    for other in ["is on bbbbbbb", "is back at", "not put back", "rollback prod"] {
        assert!(!err.contains(other), "{other}: {err}");
    }
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["undone"]["action"], "undo");
    assert_eq!((&document["not_undone"], &document["undo"]), (&Value::Null, &Value::Null));
    assert!(!target(&stage));
}

#[test]
fn what_could_not_be_taken_back_is_told_with_on_failure_as_well() {
    let stage = before("on-failure = \"rollback\"\n");
    stage.tamper("shop/prod.zip", "by hand");
    stage.step(Next::Fails);
    let (status, _, err) = stage.run("promote to prod --yes --override drift --reason ours");
    assert_eq!(status, ExitStatus::DeployFailed, "{err}");
    assert!(err.contains("not all of it could be taken back:"), "{err}");
    assert!(err.contains("shop/prod.zip` stays as it is: what it held before was overwritten"), "{err}");
    assert!(
        err.contains("Nothing is recorded as being in prod. An object that stays there counts as drift"),
        "{err}"
    );
}

#[test]
fn what_was_overwritten_is_not_said_to_come_back_and_each_line_names_what_works() {
    let stage = before("");
    stage.tamper("shop/prod.zip", "by hand");
    stage.step(Next::Fails);
    let (status, _, err) = stage.run("promote to prod --yes --override drift --reason ours");
    assert_eq!(status, ExitStatus::DeployFailed, "{err}");
    let hint = "`promote rollback prod --dry-run` shows what undoing it leaves: \
                `s3://acme-releases/shop/prod.zip` stays as it is: what it held before was overwritten";
    assert!(err.contains(hint), "{err}");
    let (_, _, err) = stage.run("promote status prod");
    assert!(err.contains(hint), "{err}");
    let (status, out, err) = stage.run("promote rollback prod --dry-run");
    assert_eq!(status, ExitStatus::Ok, "{err}");
    for told in ["prod bbbbbbb → (nothing recorded)", "prod.zip` stays as it is: what it held before was"] {
        assert!(out.contains(told), "{told}: {out}");
    }
    let (status, out, err) = stage.run("promote rollback prod --yes");
    assert_eq!(status, ExitStatus::DeployFailed, "{out}{err}");
    assert!(err.contains("(nothing recorded)") && !format!("{out}{err}").contains("as it was"), "{out}{err}");
    assert!(err.contains("`promote verify prod` shows what is there"), "{err}");
    let (_, out, _) = stage.run("promote show bbbb");
    assert!(out.contains("↩ undone"), "{out}");
    assert_eq!(stage.run("promote to prod aaaa --yes").0, ExitStatus::Blocked);
    let (status, _, err) =
        stage.run("promote to prod aaaa --yes --override drift --override soak --reason ours");
    assert_eq!(status, ExitStatus::Ok, "{err}");
    assert_eq!(stage.run("promote verify --ledger").0, ExitStatus::Ok);
}

#[test]
fn a_folder_in_place_is_not_said_to_go_when_its_first_promotion_is_undone() {
    let folder = CONFIG.replace("shop/{sha}.zip", "shop/{sha}/").replace("shop/{env}.zip", "shop/{env}/");
    let stays = "stays as it is: it is a folder, whose files are not taken back one by one";
    let moved = |line: &str| {
        let mut stage = Stage::empty(&folder.replace("soak = \"2d\"\n", "auto = true\n"));
        stage.publish('a', "work on a");
        for environment in ["staging", "uat"] {
            stage.quietly(&format!("promote to {environment} {} --yes", commit('a')));
        }
        stage.step(Next::Fails);
        let (status, out, err) = stage.run(line);
        assert_eq!(status, ExitStatus::DeployFailed, "{err}");
        let told = format!("{out}{err}");
        let hint = "`promote rollback prod --dry-run` shows what undoing it leaves";
        assert!(told.contains(hint) && told.contains(stays) && !told.contains("undoes it"), "{told}");
        stage
    };
    moved("promote advance prod");
    let stage = moved("promote to prod --yes");
    let (_, out, err) = stage.run("promote rollback prod --dry-run");
    assert!(out.contains("(nothing recorded)") && out.contains("stays as it is"), "{out}{err}");
    assert!(out.contains("there stay") && !out.contains("are deleted"), "{out}");
    let (status, _, err) = stage.run("promote rollback prod --yes");
    assert_eq!(status, ExitStatus::DeployFailed, "{err}");
    assert!(err.contains(stays), "{err}");
    assert!(err.contains("A folder without its manifest does not"), "{err}");
}

#[test]
fn what_was_adopted_before_the_first_release_is_what_comes_back() {
    let stage = before("");
    let key = format!("shop/{}.zip", commit('a'));
    let bytes = stage.outside.bucket.bytes(&key.parse().unwrap()).unwrap();
    stage.outside.bucket.put(&"shop/prod.zip".parse().unwrap(), bytes).unwrap();
    stage.quietly("promote adopt prod --yes --reason ours");
    stage.step(Next::Fails);
    let (status, _, err) = stage.run("promote to prod --yes");
    assert_eq!(status, ExitStatus::DeployFailed, "{err}");
    assert!(err.contains("`promote rollback prod` puts aaaaaaa back"), "{err}");
    let (_, out, err) = stage.run("promote status prod --json");
    assert!(out.contains(r#""undo": "promote rollback prod""#), "{out}{err}");
    let (status, out, err) = stage.run("promote rollback prod --yes");
    assert_eq!(status, ExitStatus::Ok, "{out}{err}");
    assert!(out.contains("prod runs aaaaaaa again"), "{out}");
}

#[test]
fn a_verified_first_release_is_not_taken_away() {
    let stage = before("");
    stage.quietly("promote to prod --yes");
    let (status, _, err) = stage.run("promote rollback prod --yes");
    assert_eq!(status, ExitStatus::Missing, "{err}");
    assert!(target(&stage));
}

#[test]
fn one_that_failed_when_it_was_redeployed_is_not_taken_away_and_no_line_says_so() {
    for more in ["", "on-failure = \"rollback\"\n"] {
        let stage = before(more);
        stage.quietly("promote to prod --yes");
        stage.step(Next::Fails);
        let (status, _, err) = stage.run("promote to prod --redeploy --yes");
        assert_eq!(status, ExitStatus::DeployFailed, "{err}");
        assert!(!err.contains("rollback prod") && !err.contains("undone"), "{err}");
        assert_eq!(err.contains("It was not put back: it is there already."), !more.is_empty(), "{err}");
        let (status, _, err) = stage.run("promote rollback prod --yes");
        assert_eq!(status, ExitStatus::Missing, "{err}");
        assert!(err.contains("bbbbbbb, which is there, was there before it was moved again"), "{err}");
        assert!(target(&stage));
    }
}

#[test]
fn later_jobs_are_told_of_no_release_once_the_first_one_is_undone() {
    for (more, line, exit) in [
        ("on-failure = \"rollback\"\n", "promote to prod --yes --dotenv told.env", ExitStatus::RolledBack),
        ("", "promote rollback prod --yes --dotenv told.env", ExitStatus::Ok),
    ] {
        let stage = before(more);
        stage.step(Next::Fails);
        if more.is_empty() {
            assert_eq!(stage.run("promote to prod --yes").0, ExitStatus::DeployFailed);
        }
        let (status, _, err) = stage.run(line);
        assert_eq!(status, exit, "{err}");
        let told = std::fs::read_to_string(stage.folder.path().join("told.env")).unwrap();
        assert!(told.starts_with("PROMOTE_STATUS=rolled-back\nPROMOTE_ENV=prod\n"), "{told}");
        for gone in ["PROMOTE_SHA", "PROMOTE_TARGET", "PROMOTE_DIGEST", "PROMOTE_IMAGE"] {
            assert!(!told.contains(gone), "{told}");
        }
    }
}

#[test]
fn where_several_failed_one_after_the_other_the_one_before_is_named() {
    let stage = before("");
    stage.step(Next::Fails);
    assert_eq!(
        stage.run("promote to prod aaaa --yes --override soak --reason x").0,
        ExitStatus::DeployFailed
    );
    stage.step(Next::Fails);
    assert_eq!(stage.run("promote to prod bbbb --yes").0, ExitStatus::DeployFailed);
    let (status, _, err) = stage.run("promote rollback prod --yes");
    assert_eq!(status, ExitStatus::Missing, "{err}");
    assert!(err.contains("promote rollback prod --to aaaaaaa --override from --reason TEXT"), "{err}");
    stage.quietly("promote block aaaa --reason \"loses orders\"");
    let (status, _, err) = stage.run("promote rollback prod --yes");
    assert_eq!(status, ExitStatus::Missing, "{err}");
    assert!(!err.contains("aaaaaaa") && err.contains("publish one with a fix"), "{err}");
}

#[test]
fn a_plan_that_takes_over_says_so_in_the_line_that_does_it() {
    let stage = before("prepare = { run = \"./prepare\" }\n");
    killed(&stage, "promote to prod --yes");
    stage.outside.clock.advance(Duration::from_secs(1));
    let (status, out, err) = stage.run("promote rollback prod --dry-run --take-over");
    assert_eq!(status, ExitStatus::Ok, "{err}");
    let told = format!("{out}{err}");
    assert!(told.contains("`promote rollback prod --take-over` does it"), "{told}");
    for step in ["./prepare", "./deploy"] {
        assert!(!told.contains(step), "{step} does not run: {told}");
    }
    stage.quietly("promote rollback prod --take-over --yes");
}

#[test]
fn what_is_open_where_nothing_is_recorded_is_not_said_to_be_as_recorded() {
    for (config, told) in [
        (CONFIG.to_owned(), "shop/prod.zip` is as it was before: nothing is recorded"),
        (
            CONFIG.replace("shop/{sha}.zip", "shop/{sha}/").replace("shop/{env}.zip", "shop/{env}/"),
            "shop/prod/` has no manifest; some of its files may be of that promotion",
        ),
    ] {
        let config = config.replace("soak = \"2d\"\n", "prepare = { run = \"./prepare\" }\n");
        let mut stage = Stage::empty(&config);
        stage.publish('a', "work on a");
        for environment in ["staging", "uat"] {
            stage.quietly(&format!("promote to {environment} {} --yes", commit('a')));
        }
        killed(&stage, "promote to prod --yes");
        let (_, out, err) = stage.run("promote status prod");
        assert!(out.contains(told), "{out}{err}");
    }
}

#[test]
fn bytes_that_nobody_knows_are_not_nothing() {
    let stage = before("");
    stage.tamper("shop/prod.zip", "by hand");
    stage.quietly("promote adopt prod --yes --reason ours");
    for line in ["promote plan prod", "promote explain prod"] {
        let (_, out, err) = stage.run(line);
        assert!(out.contains("prod (unknown) → bbbbbbb"), "{line}: {out}{err}");
    }
}

#[test]
fn a_first_release_that_is_undone_by_itself_was_not_put_back() {
    let stage = before("auto = true\non-failure = \"rollback\"\n");
    stage.step(Next::Fails);
    let (status, out, err) = stage.run("promote advance prod");
    assert_eq!(status, ExitStatus::RolledBack, "{out}{err}");
    assert!(out.contains("it was undone: no release was there before"), "{out}{err}");
    assert!(!out.contains("put back"), "{out}");
}

#[test]
fn what_a_first_promotion_of_a_folder_that_was_killed_leaves_is_told_in_documents_too() {
    let folder = CONFIG.replace("shop/{sha}.zip", "shop/{sha}/").replace("shop/{env}.zip", "shop/{env}/");
    let mut stage =
        Stage::empty(&folder.replace("[env.staging]\n", "[env.staging]\nprepare = \"./prepare\"\n"));
    stage.publish('a', "work on a");
    killed(&stage, &format!("promote to staging {} --yes", commit('a')));
    stage.days(1);
    let (_, out, err) = stage.run("promote status staging --json");
    let document: Value = serde_json::from_str(&out).unwrap();
    let found = &document["environments"][0];
    assert_eq!(found["undo"], "promote rollback staging", "{out}{err}");
    let stays = found["stays"][0].as_str().unwrap();
    assert!(
        stays.contains("shop/staging/` stays as it is") && stays.contains("may have been written"),
        "{stays}"
    );
    let (_, out, err) = stage.run("promote status staging");
    assert!(format!("{out}{err}").contains(stays), "{out}{err}");
}
