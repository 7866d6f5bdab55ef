//! Going past rules, resuming, and the table of rules itself.

use crate::facts::{Case, at, open};
use insta::assert_snapshot;
use promote_core::config::Lane;
use promote_core::gates::Before;
use promote_core::ledger::Action;
use promote_core::rule::{RULES, Verdict, overridable};
use promote_core::window::Window;
use std::time::Duration;

/// A request that breaks nearly every rule there is.
fn everything_wrong() -> Case {
    let mut case = Case::new();
    let settings = &mut case.environment;
    settings.tier = promote_core::config::Tier::Production;
    settings.soak = Duration::from_secs(48 * 3600);
    settings.approvals.count = 1;
    settings.checks = vec![promote_core::config::RequiredCheck::named("ci")];
    settings.evidence = vec![crate::evidence::demand("load")];
    settings.freeze = vec![Window::parse("daily 00:00 .. 24:00").unwrap()];
    settings.branch = Some("main".to_owned());
    settings.versions = Some(">=1".parse().unwrap());
    settings.notes = vec!["ticket".to_owned()];
    settings.needs = vec!["memory://m/{version}.db".parse().unwrap()];
    case.snapshot.gates = Before::Lost("it was cut off".to_owned());
    case.config.lanes = vec![Lane {
        name: "prod".parse().unwrap(),
        environments: vec!["prod".parse().unwrap(), "demo".parse().unwrap()],
    }];
    case.upstream(promote_core::ledger::State::default());
    let candidate = &mut case.snapshot.candidate;
    candidate.blocked = Some(promote_core::ledger::Block {
        reason: "bad".to_owned(),
        by: "bob".to_owned(),
        at: at("2026-01-01T00:00:00Z"),
    });
    let said = candidate.blocked.clone().unwrap();
    candidate.doomed = Some(promote_core::snapshot::Doom { said, begun: false });
    candidate.manifest.artifacts.get_mut("main").unwrap().expires = Some("4w".to_owned());
    candidate.manifest.committed_at = Some(at("2020-01-01T00:00:00Z"));
    case.request.automatic = true;
    let commit = case.snapshot.commit().clone();
    case.state().rolled_back = vec![commit];
    case.state().held = Some(promote_core::ledger::Hold {
        reason: "r".to_owned(),
        by: "bob".to_owned(),
        since: crate::facts::ago(3),
    });
    case.snapshot.targets.get_mut("main").unwrap().object = None;
    case.snapshot.needs = vec![("memory://m/base.zip".parse().unwrap(), Some("is not there".to_owned()))];
    case.snapshot.capabilities.clear();
    case.snapshot.local_at = at("2026-01-08T12:00:00Z");
    case
}

fn verdicts(case: &Case) -> String {
    let lines: Vec<String> =
        case.findings().iter().map(|one| format!("{} {:?}", one.rule, one.verdict)).collect();
    lines.join("\n")
}

#[test]
fn all_rules_are_asked_in_their_order() {
    assert_snapshot!(verdicts(&everything_wrong()), @r#"
    shared-target Unmet
    blocked Unmet
    doomed Unmet
    from Unmet
    soak Unmet
    approvals Unmet
    checks Unmet
    evidence Unmet
    freeze Unmet
    branch Unmet
    versions Unmet
    notes Unmet
    loosened Unmet
    order Unmet
    rolled-back Unmet
    hold Unmet
    needs Unmet
    expiry Unmet
    target-name Unmet
    drift Unmet
    guard Unmet
    clock Unmet
    "#);
    let named: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    let mut case = everything_wrong();
    case.state().open = Some(open('c', Action::Promote));
    // `rolled-back` and `deploying` are the rules that an open promotion silences.
    let found: Vec<String> = case.findings().into_iter().map(|one| one.rule).collect();
    let expected: Vec<&str> =
        named.into_iter().filter(|name| !["rolled-back", "deploying"].contains(name)).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_override_goes_past_its_own_rule_alone_and_is_recorded() {
    for rule in RULES {
        let mut case = everything_wrong();
        case.state().open = (rule.name == "unfinished").then(|| open('c', Action::Promote));
        if rule.name == "deploying" {
            case.deploying();
            assert_eq!(case.finding("deploying").map(|one| one.verdict), Some(Verdict::Unmet));
        }
        let before = case.findings();
        case.overriding(rule.name);
        for (old, new) in before.iter().zip(case.findings()) {
            if new.rule == rule.name && rule.overridable {
                assert_eq!((old.verdict, new.verdict), (Verdict::Unmet, Verdict::Overridden), "{rule:?}");
                assert_eq!(new.evidence["override-reason"], "it must be");
                assert!(new.passes());
            } else {
                assert_eq!(*old, new, "an override of {rule:?}");
            }
        }
        assert_eq!(overridable(rule.name).is_ok(), rule.overridable);
    }
    let known = overridable("frezee").unwrap_err();
    assert!(known.contains(&"freeze") && !known.contains(&"unfinished") && !known.contains(&"shared-target"));
}

#[test]
fn an_override_of_a_rule_that_is_met_changes_nothing() {
    let mut case = Case::new();
    let before = case.findings();
    for rule in RULES {
        case.overriding(rule.name);
    }
    assert_eq!(case.findings(), before);
}

#[test]
fn resuming_is_held_only_to_what_protects_the_targets() {
    let mut case = everything_wrong();
    case.request.take_over = promote_core::request::TakeOver::Confirmed;
    case.state().open = Some(open('b', Action::Promote));
    assert_snapshot!(verdicts(&case), @r#"
    unfinished Met
    shared-target Unmet
    blocked Unmet
    from Skipped
    soak Skipped
    approvals Skipped
    checks Skipped
    evidence Skipped
    freeze Skipped
    branch Skipped
    versions Skipped
    notes Skipped
    loosened Unmet
    order Skipped
    hold Skipped
    needs Unmet
    expiry Skipped
    target-name Unmet
    drift Unmet
    guard Unmet
    clock Unmet
    "#);
    // Another release, or another action, is no resuming.
    for (digit, action) in [('c', Action::Promote), ('b', Action::Rollback)] {
        case.state().open = Some(open(digit, action));
        assert_eq!(case.finding("soak").map(|one| one.verdict), Some(Verdict::Unmet), "{digit} {action:?}");
    }
    // Nor is a plain promotion that meets an open one.
    case.request.take_over = promote_core::request::TakeOver::No;
    case.state().open = Some(open('b', Action::Promote));
    assert_eq!(case.finding("soak").map(|one| one.verdict), Some(Verdict::Unmet));
    assert_eq!(case.finding("unfinished").map(|one| one.verdict), Some(Verdict::Unmet));
}

#[test]
fn a_finding_is_kept_as_it_was() {
    for finding in everything_wrong().findings() {
        let json = serde_json::to_string(&finding).unwrap();
        assert_eq!(serde_json::from_str::<promote_core::rule::Finding>(&json).unwrap(), finding);
    }
}

#[test]
fn a_lax_environment_cannot_move_a_strict_one() {
    let mut case = Case::new();
    let mut strict = case.environment.clone();
    strict.name = crate::stage::name("training");
    strict.soak = std::time::Duration::from_secs(7 * 86_400);
    strict.notes = vec!["backfill".to_owned()];
    case.config.environments.insert(strict.name.clone(), strict.clone());
    let lane = case.config.lanes.iter_mut().find(|lane| lane.name == case.environment.lane).unwrap();
    lane.environments.push(strict.name.clone());
    case.request.include = vec![strict.name.clone()];
    let unmet: Vec<String> = case
        .findings()
        .into_iter()
        .filter(|one| !one.passes())
        .map(|one| format!("{}: {}", one.rule, one.detail))
        .collect();
    assert_eq!(
        unmet,
        [
            "soak: training: 1h of 7d; opens Wed 2026-01-14 11:00 UTC",
            "notes: training: backfill is not given"
        ]
    );
    case.request.include = vec![crate::stage::name("staging")];
    assert_eq!(
        case.check("shared-target"),
        "unmet: staging does not read this target, so it can't move along"
    );
}
