//! A file that asks for less than it did at the last promotion: the plan says what was loosened, and production needs a
//! reason for it.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;

/// What guards production, one gate a line.
const STRICT: &str = r#"
[env.prod]
tier   = "production"
branch = "main"
freeze = ["2001-01-01 .. 2001-01-02"]
notes  = ["ticket"]
"#;

fn strict() -> String {
    let windows = "freeze = [\"Sat 00:00 .. Sat 00:01\"]";
    format!("{}{}", CONFIG.trim_start(), STRICT.replace("freeze = [\"2001-01-01 .. 2001-01-02\"]", windows))
}

const TO_PROD: &[&str] =
    &["to", "prod", "--yes", "--note", "ticket=A-1", "--override", "freeze", "--reason", "test"];

/// A project of which a release is in production, under the strict file; and the next one is ready for it.
fn promoted() -> Stage {
    let stage = Stage::with(&strict());
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    stage.run(TO_PROD).ends(ExitStatus::Ok);
    next(&stage);
    stage
}

fn next(stage: &Stage) {
    stage.commit(&format!("feat: after {}", stage.git(&["rev-parse", "HEAD"])));
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
}

#[test]
fn a_rule_dropped_from_the_file_on_a_branch_is_shown_by_the_plan_and_needs_an_override_in_production() {
    let stage = promoted();
    for (drop, told) in [
        ("branch = \"main\"\n", "prod: `branch` was `main`, is not set"),
        ("notes  = [\"ticket\"]\n", "prod: `notes` was `ticket`, is not set"),
        (
            "freeze = [\"Sat 00:00 .. Sat 00:01\"]\n",
            "prod: `freeze` was `Sat 00:00 .. Sat 00:01`, is not set",
        ),
    ] {
        assert!(strict().contains(drop));
        stage.write("promote.toml", strict().replace(drop, ""));
        let refused = stage.run(TO_PROD).ends(ExitStatus::Blocked);
        assert!(refused.all().contains(told), "{}", refused.all());
        let plan = stage.run(&["plan", "prod", "--json"]).json();
        let rules = plan["rules"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["rule"] == "loosened").unwrap();
        assert_eq!((&rule["met"], &rule["detail"]), (&false.into(), &told.into()));
        assert_eq!(rule["evidence"]["loosened"][0], told);
        let status = stage.run(&["status", "--json"]).ends(ExitStatus::Ok);
        assert!(status.out.contains(told), "{}", status.out);
    }
    // What was production stays it, whatever the file calls it now.
    stage.write("promote.toml", strict().replace("tier   = \"production\"", "tier   = \"test\""));
    let refused = stage.run(TO_PROD).ends(ExitStatus::Blocked);
    assert!(refused.all().contains("prod: `tier` was `production`, is `test`"), "{}", refused.all());
}

#[test]
fn after_an_override_the_new_list_is_in_force_and_tightening_passes_silently() {
    let stage = promoted();
    stage.write("promote.toml", strict().replace("branch = \"main\"\n", ""));
    let whole: Vec<&str> = TO_PROD.iter().copied().chain(["--override", "loosened"]).collect();
    stage.run(&whole).ends(ExitStatus::Ok);
    let show = stage.run(&["history", "prod", "--json"]).ends(ExitStatus::Ok);
    assert!(show.out.contains("loosened"), "{}", show.out);
    next(&stage);
    // The same file again: nothing to say.
    stage.run(TO_PROD).ends(ExitStatus::Ok);
    next(&stage);
    // Stricter than ever.
    stage.write("promote.toml", strict().replace("notes  = [\"ticket\"]", "notes  = [\"ticket\", \"risk\"]"));
    let done = stage.run(&[TO_PROD, &["--note", "risk=none"]].concat()).ends(ExitStatus::Ok);
    assert!(!done.all().contains("loosened"), "{}", done.all());
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
}

#[test]
fn elsewhere_than_in_production_what_was_loosened_is_shown_and_passes() {
    let uat = |gate: &str| format!("{}\n[env.uat]\ntier = \"test\"\n{gate}", CONFIG.trim_start());
    let stage = Stage::with(&uat("branch = \"main\"\n"));
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    stage.commit("feat: next");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.write("promote.toml", uat(""));
    let plan = stage.run(&["plan", "uat"]).ends(ExitStatus::Ok);
    assert!(plan.out.contains("uat: `branch` was `main`, is not set"), "{}", plan.all());
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
}

#[test]
fn an_environment_renamed_past_a_freeze_is_refused_and_named() {
    let stage = promoted();
    stage.run(&["freeze", "prod", "--reason", "INC-88"]).ends(ExitStatus::Ok);
    let renamed = strict()
        .replace("\"prod\"]", "\"prod2\"]")
        .replace("[env.prod]", "[env.prod2]\ntarget = \"deployed/prod.zip\"");
    stage.write("promote.toml", &renamed);
    let to = |more: &[&str]| {
        let line: Vec<&str> =
            TO_PROD.iter().map(|word| if *word == "prod" { "prod2" } else { word }).collect();
        stage.run(&[&line, more].concat())
    };
    stage.run(&["adopt", "prod2", "--reason", "as it is", "--yes"]).ends(ExitStatus::Ok);
    let refused = to(&[]).ends(ExitStatus::Blocked);
    let told = refused.all();
    assert!(told.contains("`deployed/prod.zip` was last moved as the lane prod"), "{told}");
    assert!(told.contains("prod is frozen by") && told.contains("INC-88"), "{told}");
    // Adopting twice is no way around it.
    stage.write("deployed/prod.zip", "by hand");
    stage.run(&["adopt", "prod2", "--reason", "as it is", "--yes"]).ends(ExitStatus::Ok);
    to(&[]).ends(ExitStatus::Blocked);
    // On purpose, once.
    to(&["--override", "loosened"]).ends(ExitStatus::Ok);
    next(&stage);
    to(&[]).ends(ExitStatus::Ok);
}

#[test]
fn a_ledger_that_points_elsewhere_is_refused_and_the_promotion_that_it_does_not_know_is_named() {
    let stage = promoted();
    stage.write("promote.toml", strict().replace(".promote/shop/", ".promote2/shop/"));
    stage.commit("chore: another ledger");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["adopt", "staging", "--reason", "as it is", "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["adopt", "uat", "--reason", "as it is", "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["adopt", "prod", "--reason", "as it is", "--yes"]).ends(ExitStatus::Ok);
    let refused = stage.run(TO_PROD).ends(ExitStatus::Blocked);
    assert!(refused.all().contains("which this ledger does not know"), "{}", refused.all());
    let whole: Vec<&str> = TO_PROD.iter().copied().chain(["--override", "loosened"]).collect();
    stage.run(&whole).ends(ExitStatus::Ok);
}

#[test]
fn a_rollback_is_not_held_to_what_was_loosened_and_does_not_make_it_the_rule() {
    let stage = promoted();
    stage.run(TO_PROD).ends(ExitStatus::Ok);
    stage.write("promote.toml", strict().replace("branch = \"main\"\n", ""));
    stage.run(&["rollback", "prod", "--yes", "--reason", "broken"]).ends(ExitStatus::Ok);
    next(&stage);
    let refused = stage.run(TO_PROD).ends(ExitStatus::Blocked);
    assert!(refused.all().contains("prod: `branch` was `main`, is not set"), "{}", refused.all());
}

/// Two environments that read one target, of which the second gets one of its own.
const SHARED: &str = r#"
project      = "shop"
environments = ["staging", ["eu", "us"]]
source       = "releases/{sha}.zip"
target       = "deployed/{env}.zip"
ledger       = ".promote/shop/"
[env.eu]
target = "deployed/live.zip"
tier   = "production"
[env.us]
target = "deployed/live.zip"
tier   = "test"
soak   = "1s"
freeze = ["Sat 00:00 .. Sat 00:01"]
"#;

#[test]
fn an_environment_that_leaves_a_shared_target_does_not_leave_its_freeze_and_gates_unnoticed() {
    let stage = Stage::with(SHARED);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let go: &[&str] = &["--yes", "--override", "freeze", "--override", "soak", "--reason", "test"];
    stage.run(&[&["to", "eu", "--include", "us"], go].concat()).ends(ExitStatus::Ok);
    stage.run(&["freeze", "eu", "--reason", "INC-88"]).ends(ExitStatus::Ok);

    let own = "target = \"deployed/us.zip\"\ntier   = \"test\"\n";
    let gates = "soak   = \"1s\"\nfreeze = [\"Sat 00:00 .. Sat 00:01\"]\n";
    let alone = SHARED.replace("target = \"deployed/live.zip\"\ntier   = \"test\"\n", own);
    for left in [
        alone.clone(),
        alone.replace(gates, ""),
        alone
            .replace("\"eu\", \"us\"", "\"us\"")
            .replace("[env.eu]\ntarget = \"deployed/live.zip\"\ntier   = \"production\"\n", ""),
    ] {
        stage.write("promote.toml", &left);
        let plan = stage.run(&["plan", "us"]).all();
        for told in [
            "us was last moved with the lane eu",
            "eu is frozen by",
            "INC-88",
            "us: `target` was `deployed/live.zip`, is `deployed/us.zip`",
        ] {
            assert!(plan.contains(told), "{told}: {plan}");
        }
        assert!(!plan.contains("eu: `environments`"), "{plan}");
        assert_eq!(plan.contains("us: `soak` was `1s`, is not set"), !left.contains(gates), "{plan}");
        let status = stage.run(&["status", "us", "--json"]).ends(ExitStatus::Ok);
        assert!(status.out.contains("us was last moved with the lane eu"), "{}", status.out);
    }
    // What was production stays it.
    stage.write("promote.toml", alone.replace("tier   = \"test\"", "tier   = \"production\""));
    let refused = stage.run(&[&["to", "us"], go].concat()).ends(ExitStatus::Blocked);
    assert!(refused.all().contains("us was last moved with the lane eu"), "{}", refused.all());
    stage.run(&[&["to", "us"], go, &["--override", "loosened"]].concat()).ends(ExitStatus::Ok);
    let plan = stage.run(&["plan", "us"]).all();
    assert!(!plan.contains("with the lane"), "{plan}");
}

/// The first environment of a shared target, alone in it, and the second one with a target of its own.
fn apart() -> String {
    SHARED.replacen("deployed/live.zip", "deployed/eu.zip", 1)
}

#[test]
fn an_environment_that_joins_the_target_of_another_does_not_lose_its_freeze_and_gates_unnoticed() {
    for us_moved in [true, false] {
        let stage = Stage::with(&apart());
        stage.run(&["publish"]).ends(ExitStatus::Ok);
        let go: &[&str] = &["--yes", "--override", "freeze", "--override", "soak", "--reason", "test"];
        stage.run(&["to", "eu", "--yes"]).ends(ExitStatus::Ok);
        if us_moved {
            stage.run(&[&["to", "us"], go].concat()).ends(ExitStatus::Ok);
        }
        stage.run(&["freeze", "us", "--reason", "INC-88"]).ends(ExitStatus::Ok);
        stage.commit("feat: next");
        stage.run(&["publish"]).ends(ExitStatus::Ok);
        // Both at the place of the first.
        stage.write("promote.toml", SHARED.replace("deployed/live.zip", "deployed/eu.zip"));
        let to = [&["to", "eu", "--include", "us"], go].concat();
        let refused = stage.run(&to).ends(ExitStatus::Blocked).all();
        for told in ["the lane us", "us is frozen by", "INC-88"] {
            assert!(refused.contains(told), "{told}: {refused}");
        }
        assert_eq!(refused.contains("us: `target` was `deployed/live.zip`"), us_moved, "{refused}");
        stage.run(&[&to, &["--override", "loosened"][..]].concat()).ends(ExitStatus::Ok);
        let plan = stage.run(&["plan", "eu", "--include", "us"]).all();
        assert!(!plan.contains("lane us"), "{plan}");
    }
}

#[test]
fn a_freeze_of_a_shared_target_that_was_never_moved_is_told_where_an_environment_leaves_it() {
    let stage = Stage::with(SHARED);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["freeze", "eu", "--reason", "INC-88"]).ends(ExitStatus::Ok);
    stage.write(
        "promote.toml",
        SHARED.replace("deployed/live.zip\"\ntier   = \"test", "deployed/us.zip\"\ntier   = \"test"),
    );
    let plan = stage.run(&["plan", "us"]).all();
    assert!(plan.contains("us was in the lane eu") && plan.contains("INC-88"), "{plan}");
}

#[test]
fn what_was_renamed_and_moved_at_once_may_be_what_is_gone_from_the_file() {
    let stage = Stage::with(&apart());
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "eu", "--yes"]).ends(ExitStatus::Ok);
    stage.commit("feat: next");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let renamed =
        apart().replace("\"eu\"", "\"emea\"").replace("[env.eu]", "[env.emea]").replace("eu.zip", "new.zip");
    stage.write("promote.toml", &renamed);
    let refused = stage.run(&["to", "emea", "--yes"]).ends(ExitStatus::Blocked).all();
    assert!(refused.contains("the file has no environment of the lane eu any more"), "{refused}");
    stage.run(&["to", "emea", "--yes", "--override", "loosened", "--reason", "renamed"]).ends(ExitStatus::Ok);
}
