//! What is said to do next can be done: the hints of every scenario are tried where they are printed; here are those
//! that need a state of their own.

use crate::hint::{Ended, fails};
use crate::stage::{CONFIG, Next, Stage};
use promote_core::exit::ExitStatus;

fn hinted(err: &str, wanted: &str) {
    assert!(err.contains(&format!("`{wanted}`")), "{wanted} is not named:\n{err}");
}

#[test]
fn a_hint_is_a_command_that_works_now() {
    let stage = Stage::ready();
    let said =
        |text: &str| Ended { exit: ExitStatus::Ok, out: String::new(), err: format!("hint: {text}\n") };
    let line = ["promote", "to", "prod", "--yes"].map(str::to_owned);
    for bad in [
        "`promote to nowhere` moves it",
        "`promote rollback prod` goes back",
        "`promote to staging SOMETHING` moves it",
        "`promote to prod` moves it now",
        "`promote status --jsn` tells",
        "`--override nothing --reason TEXT` goes past it",
    ] {
        assert!(fails(&line, &said(bad), &stage).is_some(), "{bad}");
    }
    for good in [
        "`promote plan prod` tells",
        "`--override soak --reason TEXT` is recorded",
        "`promote to staging COMMIT`",
    ] {
        assert_eq!(fails(&line, &said(good), &stage), None, "{good}");
    }
}

#[test]
fn the_hint_of_a_plan_keeps_every_term_that_it_was_made_on() {
    let stage = Stage::ready();
    let (_, out, err) = stage.run("promote to uat bbbb --redeploy --reason \"it's lost\" --dry-run");
    assert!(out.contains("Allowed"), "{out}{err}");
    hinted(&err, "promote to uat bbbbbbb --redeploy --reason 'it'\\''s lost'");
    let (_, _, err) = stage.run("promote plan prod --override soak --reason INC-1 --note ticket=A-1");
    hinted(&err, "promote to prod bbbbbbb --override soak --reason INC-1 --note ticket=A-1");
    let (_, _, err) = stage.run("promote to prod --override soak --reason INC-1 --timeout 90s --dry-run");
    hinted(&err, "promote to prod bbbbbbb --override soak --reason INC-1 --timeout 90s");
    let (_, out, _) = stage.run("promote plan prod --override soak --reason INC-1 --json");
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["command"], "promote to prod bbbbbbb --override soak --reason INC-1");
    // What is open is gone on with, whatever it is called.
    std::fs::write(
        stage.folder.path().join("promote.toml"),
        format!("{CONFIG}prepare = {{ run = \"./prepare\" }}\n"),
    )
    .unwrap();
    stage.days(3);
    crate::cut_off::killed(&stage, "promote to prod --yes");
    let (_, _, err) = stage.run("promote resume prod --dry-run");
    hinted(&err, "promote resume prod --take-over");
    stage.outside.clock.advance(std::time::Duration::from_secs(61));
    let (_, _, err) = stage.run("promote resume prod --dry-run");
    hinted(&err, "promote resume prod");
    let (_, _, err) = stage.run("promote rollback prod --dry-run --reason back");
    hinted(&err, "promote rollback prod --to aaaaaaa --reason back");
}

#[test]
fn what_was_adopted_is_moved_again_by_the_command_that_status_names() {
    let stage = Stage::ready();
    stage.tamper("shop/uat.zip", "the bytes of c");
    stage.quietly("promote adopt uat --as cccc --reason x --yes");
    let (_, _, err) = stage.run("promote status uat");
    hinted(&err, "promote to uat --redeploy --override from --reason TEXT");
    stage.tamper("shop/staging.zip", "the bytes of c");
    stage.quietly("promote adopt staging --as cccc --reason x --yes");
    let (_, _, err) = stage.run("promote status staging");
    hinted(&err, "promote to staging --redeploy");
}

#[test]
fn a_release_that_was_not_in_the_environment_before_is_looked_at_there() {
    let stage = Stage::ready();
    // `c` went to staging and was replaced: it can neither be in uat nor simply go to staging again.
    stage.quietly("promote to staging cccc --yes");
    stage.quietly("promote to staging dddd --yes");
    for (line, wanted) in [
        ("promote to prod cccc --yes", "promote plan uat ccccccc"),
        ("promote to uat eeee --yes", "promote plan staging eeeeeee"),
    ] {
        let (exit, _, err) = stage.run(line);
        assert_eq!(exit, ExitStatus::Blocked, "{err}");
        hinted(&err, wanted);
    }
    let (_, _, err) = stage.run("promote to staging cccc --yes");
    hinted(&err, "promote rollback staging --to ccccccc");
    let (_, _, err) = stage.run("promote to uat aaaa --yes");
    hinted(&err, "promote rollback uat --to aaaaaaa");
}

#[test]
fn a_soak_refusal_says_when_it_opens() {
    let stage = Stage::ready();
    let (exit, out, err) = stage.run("promote to prod --yes --json");
    assert_eq!(exit, ExitStatus::Blocked);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    let rules = document["rules"].as_array().unwrap();
    let soak = rules.iter().find(|rule| rule["rule"] == "soak").unwrap();
    let at: chrono::DateTime<chrono::Utc> = soak["opens_at"].as_str().unwrap().parse().unwrap();
    let said = format!("opens {} UTC", at.format("%a %Y-%m-%d %H:%M"));
    assert!(err.contains(&said) && soak["detail"].as_str().unwrap().contains(&said), "{said}\n{err}");
    // Of a stay that has ended, waiting makes no more.
    stage.quietly("promote to staging cccc --yes");
    stage.quietly("promote to uat --yes");
    let (_, _, err) = stage.run("promote to prod bbbb --yes");
    assert!(err.contains("waiting alone does not help"), "{err}");
}

const SHARED: &str = r#"
project = "shop"
environments = ["staging", ["demo", "prod"]]
source = "s3://acme-releases/shop/{sha}.zip"
target = "s3://acme-releases/shop/live.zip"
ledger = "s3://acme-releases/.promote/shop/"

[env.staging]
target = "s3://acme-releases/shop/staging.zip"

[env.prod]
deploy = { run = "./deploy" }
"#;

#[test]
fn what_moves_along_is_named_wherever_it_is_needed() {
    let mut stage = Stage::empty(SHARED);
    for digit in ['a', 'b', 'c'] {
        stage.publish(digit, "work");
        stage.quietly(&format!("promote to staging {digit}{digit}{digit}{digit} --yes"));
        let (exit, _, err) = stage.run("promote to prod --yes");
        assert_eq!(exit, ExitStatus::Blocked, "{err}");
        hinted(&err, "--include demo");
        if digit != 'c' {
            stage.quietly("promote to prod --include demo --yes");
        }
    }
    let (_, _, err) = stage.run("promote plan prod --include demo");
    hinted(&err, "promote to prod ccccccc --include demo");
    let (_, out, _) = stage.run("promote to prod --include demo --yes");
    hinted(&out, "promote rollback prod --include demo");
    stage.step(Next::Fails);
    let (_, _, err) = stage.run("promote to prod --include demo --redeploy --yes");
    assert!(!err.contains("rollback"), "the same release was there before: {err}");
    stage.tell("promote status");
    stage.tell("promote to prod aaaa --include demo --yes");
    stage.publish('d', "work");
    stage.quietly("promote to staging dddd --yes");
    stage.step(Next::Hangs);
    let (_, _, err) = stage.run("promote to prod --include demo --yes");
    // What was there last did not succeed; the one before it did.
    hinted(&err, "promote rollback prod --include demo");
    assert!(!err.contains("--to ccccccc"), "{err}");
    stage.tell("promote status");
    stage.tell("promote to prod --include demo --yes");
}

#[test]
fn a_hint_keeps_the_file_that_was_named() {
    let stage = Stage::ready();
    let here = |name: &str| stage.folder.path().join(name);
    std::fs::rename(here("promote.toml"), here("my shop.toml")).unwrap();
    let (_, _, err) =
        stage.run("promote plan uat cccc --override from --reason INC-1 --config \"my shop.toml\"");
    hinted(&err, "promote to uat ccccccc --override from --reason INC-1 --config 'my shop.toml'");
    let (_, out, _) = stage.run("promote to prod cccc --yes --json --config \"my shop.toml\"");
    assert!(out.contains("promote plan uat ccccccc --config 'my shop.toml'"), "{out}");
}

/// What puts a release back has to pass every rule that is not met at this moment.
#[test]
fn what_verify_names_passes_the_rules_of_the_moment() {
    let stage = Stage::ready();
    stage.tamper("shop/prod.zip", "something else");
    stage.days(3);
    let (_, _, err) = stage.run("promote verify prod");
    hinted(&err, "promote to prod aaaaaaa --override drift --reason TEXT");
    stage.quietly("promote freeze prod --reason stocktaking --yes");
    let (_, _, err) = stage.run("promote verify prod");
    hinted(&err, "promote to prod aaaaaaa --override freeze --override drift --reason TEXT");
    stage.quietly("promote block aaaa --reason CVE --yes");
    let (exit, _, err) = stage.run("promote verify prod");
    assert_eq!(exit, ExitStatus::Differs);
    hinted(
        &err,
        "promote to prod aaaaaaa --override blocked --override freeze --override drift --reason TEXT",
    );
}
