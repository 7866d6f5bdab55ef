//! What the forge is told, for every way in which a promotion can go.

use super::*;
use crate::config::{ReadContext, read};
use crate::ledger::Seq;

const CONFIG: &str = "project = \"shop\"\nenvironments = [\"uat\", [\"prod\", \"demo\"]]\nsource = \"s3://acme/{sha}.zip\"\n\
                      target = \"s3://acme/{env}.zip\"\n[env.prod]\nbranch = \"main\"\n[env.demo]\ntarget = \"s3://acme/prod.zip\"\n";

fn config() -> Config {
    let context = ReadContext {
        default_project: None,
        variables: &|_| None,
        version: "0.1.0".parse().unwrap(),
        schemes: &[],
    };
    read(CONFIG, &context).unwrap().0
}

fn commit(digit: char) -> CommitId {
    digit.to_string().repeat(40).parse().unwrap()
}

fn id(text: &str) -> PromotionId {
    PromotionId(text.to_owned())
}

fn intent(promotion: &str, digit: char, moves: &[&str], follows: bool, over: Option<(&str, char)>) -> Event {
    Event::Intent {
        promotion: id(promotion),
        environment: moves[0].parse().unwrap(),
        action: Action::Promote,
        seq: Seq(1),
        release: commit(digit),
        moves: moves.iter().map(|name| name.parse().unwrap()).collect(),
        follows,
        over: over.map(|(promotion, digit)| TakenOver {
            promotions: vec![id("AAA"), id(promotion)],
            release: commit(digit),
        }),
    }
}

fn committed() -> Event {
    Event::Committed { promotion: id("P1"), seq: Seq(2) }
}

fn ended(result: OutcomeResult) -> Event {
    Event::Outcome { promotion: id("P1"), result }
}

/// Each order in a few words.
fn told(events: &[Event], closing: Closing) -> Vec<String> {
    let config = config();
    let mut trail = Trail::new(&config);
    let mut orders: Vec<Order> = events.iter().flat_map(|event| trail.hear(event)).collect();
    orders.extend(trail.close(closing));
    assert!(trail.close(closing).is_empty(), "nothing is told twice");
    let words = |order: Order| match order {
        Order::Begin(one) => {
            let more = if one.again { format!(" again{:?}", one.earlier.len()) } else { String::new() };
            format!("begin {} {} {}{more}", one.promotion, one.environment, one.commit.short(1))
        }
        Order::Settle(one) => {
            format!("settle {:?} {} {}", one.earlier.len(), one.environment, one.commit.short(1))
        }
        Order::Tell { promotion, environment, state, .. } => format!("{promotion} {environment} {state:?}"),
    };
    orders.into_iter().map(words).collect()
}

#[test]
fn a_deployment_is_told_its_end_whatever_it_is() {
    use {
        Closing::{CutOff, Done},
        OutcomeResult::*,
    };
    let stuck = Closing::Failed;
    let plain = || intent("P1", 'b', &["uat"], false, None);
    let steps = || intent("P1", 'b', &["uat"], true, None);
    let withdrawn = || Event::Aborted { why: "x".to_owned() };
    for (events, closing, end) in [
        (vec![plain(), committed()], Done, "Succeeded"),
        (vec![steps(), committed(), ended(Succeeded)], Done, "Succeeded"),
        (vec![steps(), committed(), ended(Failed)], Done, "Failed"),
        (vec![steps(), committed(), ended(Errored)], Done, "Errored"),
        (vec![steps(), committed(), ended(TimedOut)], Done, "Errored"),
        (vec![steps(), committed(), ended(Superseded)], Done, "Canceled"),
        (vec![steps(), committed(), ended(Interrupted)], Done, "Canceled"),
        (vec![steps(), withdrawn()], stuck, "Canceled"),
        (vec![steps()], stuck, "Errored"),
        (vec![steps()], CutOff, "Canceled"),
        (vec![steps(), committed()], CutOff, "Canceled"),
        (vec![steps(), committed()], stuck, "Errored"),
    ] {
        let said = told(&events, closing);
        assert_eq!(said, ["begin P1 uat b".to_owned(), format!("P1 uat {end}")], "{events:?} {closing:?}");
    }
    assert_eq!(
        told(&[steps(), committed()], Done),
        ["begin P1 uat b"],
        "what was not waited for has no end yet"
    );
    assert!(told(&[], CutOff).is_empty() && told(&[committed()], Done).is_empty());
}

#[test]
fn a_rollback_that_follows_is_a_deployment_of_its_own() {
    let back = intent("P2", 'a', &["uat"], false, None);
    let events = [
        intent("P1", 'b', &["uat"], true, None),
        committed(),
        ended(OutcomeResult::Failed),
        Event::RollingBack { environment: "uat".parse().unwrap() },
        back,
        committed(),
    ];
    assert_eq!(
        told(&events, Closing::Done),
        ["begin P1 uat b", "P1 uat Failed", "begin P2 uat a", "P2 uat Succeeded"]
    );
}

#[test]
fn what_is_resumed_keeps_its_deployment_and_what_is_undone_loses_it() {
    let resumed = intent("P2", 'b', &["uat"], false, Some(("P1", 'b')));
    assert_eq!(told(&[resumed, committed()], Closing::Done), ["begin P2 uat b again2", "P2 uat Succeeded"]);
    let undone = intent("P2", 'a', &["uat"], false, Some(("P1", 'b')));
    assert_eq!(
        told(&[undone, committed()], Closing::Done),
        ["settle 2 uat b", "begin P2 uat a", "P2 uat Succeeded"]
    );
    let again =
        Event::Again { promotion: id("P1"), release: commit('b'), moves: vec!["uat".parse().unwrap()] };
    assert_eq!(
        told(&[again, ended(OutcomeResult::Succeeded)], Closing::Done),
        ["begin P1 uat b again0", "P1 uat Succeeded"]
    );
}

#[test]
fn what_a_stage_went_back_from_did_not_hold() {
    let (promotion, environment) = (id("P1"), "uat".parse().unwrap());
    let back = Event::StageBack { promotion, environment, release: commit('b') };
    assert_eq!(told(&[back], Closing::Done), ["begin P1 uat b again0", "P1 uat Failed"]);
}

#[test]
fn every_environment_that_moves_is_shown() {
    let both = intent("P1", 'b', &["prod", "demo"], false, None);
    assert_eq!(
        told(&[both, committed()], Closing::Done),
        ["begin P1 prod b", "begin P1 demo b", "P1 prod Succeeded", "P1 demo Succeeded"]
    );
    let config = config();
    let orders = Trail::new(&config).hear(&intent("P1", 'b', &["prod"], false, None));
    let [Order::Begin(one)] = orders.as_slice() else { panic!("{orders:?}") };
    assert_eq!((one.tier, one.branch.as_deref()), (crate::config::Tier::Production, Some("main")));
    assert_eq!(one.description, "promotion P1 of shop to prod");
}
