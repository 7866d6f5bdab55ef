//! `freeze` and `clock`: what depends on the time, which is the store's.

use crate::facts::{Case, ago, at};
use chrono::TimeDelta;
use insta::assert_snapshot;
use promote_core::ledger::{Actor, Frozen, Standstill, StoredStandstill, standstill};
use promote_core::window::Window;

fn windows(texts: &[&str]) -> Vec<Window> {
    texts.iter().map(|text| Window::parse(text).unwrap()).collect()
}

/// Prod in Berlin with these windows, at this moment by the store.
fn berlin(freeze: &[&str], open: &[&str], moment: &str) -> Case {
    let mut case = Case::new();
    case.config.timezone = chrono_tz::Europe::Berlin;
    case.environment.freeze = windows(freeze);
    case.environment.open = windows(open);
    case.snapshot.taken_at = at(moment);
    case.snapshot.local_at = at(moment);
    case
}

#[test]
fn without_windows_it_is_always_open() {
    assert_eq!(Case::new().check("freeze"), "nothing to say");
}

#[test]
fn windows_are_read_in_the_projects_time_zone() {
    let freeze = ["Fri 16:00 .. Mon 08:00"];
    assert_snapshot!(berlin(&freeze, &[], "2026-01-09T14:59:00Z").check("freeze"), @r#"
    met: open until Fri 2026-01-09 16:00 Europe/Berlin
    closes Fri 2026-01-09T15:00Z
    "#);
    assert_snapshot!(berlin(&freeze, &[], "2026-01-09T15:00:00Z").check("freeze"), @r#"
    unmet: closed until Mon 2026-01-12 08:00 Europe/Berlin (`Fri 16:00 .. Mon 08:00`)
    opens Mon 2026-01-12T07:00Z
    "#);
    assert_snapshot!(berlin(&freeze, &[], "2026-01-12T07:00:00Z").check("freeze"), @r#"
    met: open until Fri 2026-01-16 16:00 Europe/Berlin
    closes Fri 2026-01-16T15:00Z
    "#);
}

#[test]
fn windows_keep_their_local_times_where_the_clock_changes() {
    // On 2026-03-29 Berlin goes from UTC+1 to UTC+2, on 2026-10-25 back.
    let freeze = ["Fri 16:00 .. Mon 08:00"];
    assert_snapshot!(berlin(&freeze, &[], "2026-03-28T12:00:00Z").check("freeze"), @r#"
    unmet: closed until Mon 2026-03-30 08:00 Europe/Berlin (`Fri 16:00 .. Mon 08:00`)
    opens Mon 2026-03-30T06:00Z
    "#);
    assert_snapshot!(berlin(&freeze, &[], "2026-10-24T12:00:00Z").check("freeze"), @r#"
    unmet: closed until Mon 2026-10-26 08:00 Europe/Berlin (`Fri 16:00 .. Mon 08:00`)
    opens Mon 2026-10-26T07:00Z
    "#);
    let nightly = ["daily 22:00 .. 02:30"];
    assert_snapshot!(berlin(&nightly, &[], "2026-03-28T23:00:00Z").check("freeze"), @r#"
    unmet: closed until Sun 2026-03-29 03:00 Europe/Berlin (`daily 22:00 .. 02:30`)
    opens Sun 2026-03-29T01:00Z
    "#);
    assert_snapshot!(berlin(&nightly, &[], "2026-10-25T00:45:00Z").check("freeze"), @r#"
    unmet: closed until Sun 2026-10-25 02:30 Europe/Berlin (`daily 22:00 .. 02:30`)
    opens Sun 2026-10-25T01:30Z
    "#);
}

#[test]
fn open_windows_close_everything_else_and_a_freeze_wins() {
    let open = ["Mon-Thu 09:00 .. 16:00"];
    assert_snapshot!(berlin(&[], &open, "2026-01-07T12:00:00Z").check("freeze"), @r#"
    met: open until Wed 2026-01-07 16:00 Europe/Berlin
    closes Wed 2026-01-07T15:00Z
    "#);
    assert_snapshot!(berlin(&[], &open, "2026-01-07T20:00:00Z").check("freeze"), @r#"
    unmet: closed until Thu 2026-01-08 09:00 Europe/Berlin
    opens Thu 2026-01-08T08:00Z
    "#);
    let holidays = ["2025-12-20 .. 2026-01-08"];
    assert_snapshot!(berlin(&holidays, &open, "2026-01-07T12:00:00Z").check("freeze"), @r#"
    unmet: closed until Mon 2026-01-12 09:00 Europe/Berlin (`2025-12-20 .. 2026-01-08`)
    opens Mon 2026-01-12T08:00Z
    "#);
}

#[test]
fn the_stores_clock_decides_and_not_this_machines() {
    let mut case = berlin(&["Fri 16:00 .. Mon 08:00"], &[], "2026-01-09T15:00:00Z");
    case.snapshot.local_at = at("2026-01-07T12:00:00Z");
    assert!(case.check("freeze").starts_with("unmet"));
    case.snapshot.local_at = at("2026-01-09T15:00:00Z");
    case.snapshot.taken_at = at("2026-01-09T14:59:59Z");
    assert!(case.check("freeze").starts_with("met"));
}

fn frozen(until: Option<&str>) -> Case {
    let mut case = berlin(&[], &[], "2026-01-07T12:00:00Z");
    case.state().frozen = Some(Frozen {
        until: until.map(at),
        reason: "inventory".to_owned(),
        by: "bob".to_owned(),
        since: ago(3),
    });
    case
}

#[test]
fn a_freeze_by_hand_lasts_until_its_end_or_until_it_is_lifted() {
    assert_snapshot!(frozen(None).check("freeze"), @r#"
    unmet: frozen until it is lifted by bob: inventory
    hint: `promote unfreeze prod` lifts it
    {"by":"bob","reason":"inventory"}
    "#);
    assert_snapshot!(frozen(Some("2026-01-07T18:00:00Z")).check("freeze"), @r#"
    unmet: frozen until Wed 2026-01-07 19:00 Europe/Berlin by bob: inventory
    opens Wed 2026-01-07T18:00Z
    hint: `promote unfreeze prod` lifts it
    {"by":"bob","reason":"inventory"}
    "#);
    assert_eq!(frozen(Some("2026-01-07T12:00:00Z")).check("freeze"), "nothing to say");
    // It wins over an open window.
    let mut case = frozen(None);
    case.environment.open = windows(&["daily 00:00 .. 24:00"]);
    assert!(case.check("freeze").starts_with("unmet: frozen until it is lifted"));
    case.state().frozen = None;
    assert_snapshot!(case.check("freeze"), @"met: open");
}

/// Everything, by an entry with this end.
fn standing_still(until: Option<&str>) -> Case {
    let mut case = berlin(&[], &[], "2026-01-07T12:00:00Z");
    let said = Standstill {
        schema: standstill::SCHEMA.to_owned(),
        ledger: case.snapshot.genesis.0.ledger.clone(),
        number: 1,
        frozen: true,
        until: until.map(at),
        reason: Some("INC-91".to_owned()),
        link: Some("https://status.example/91".to_owned()),
        at: at("2026-01-07T11:00:00Z"),
        actor: Actor::claimed("bob", "local-user"),
        prev: None,
    };
    let stored_at = at("2026-01-07T11:00:00Z");
    case.snapshot.standstill =
        Some(StoredStandstill { number: Some(1), stored_at, digest: None, content: Ok(said) });
    case
}

#[test]
fn a_freeze_of_everything_closes_every_environment_until_it_ends() {
    assert_snapshot!(standing_still(None).check("freeze"), @r#"
    unmet: everything is frozen until it is lifted by bob: INC-91
    hint: `promote unfreeze --all` lifts it
    {"by":"bob","link":"https://status.example/91","reason":"INC-91"}
    "#);
    assert_snapshot!(standing_still(Some("2026-01-07T18:00:00Z")).check("freeze"), @r#"
    unmet: everything is frozen until Wed 2026-01-07 19:00 Europe/Berlin by bob: INC-91
    opens Wed 2026-01-07T18:00Z
    hint: `promote unfreeze --all` lifts it
    {"by":"bob","link":"https://status.example/91","reason":"INC-91"}
    "#);
    assert_eq!(standing_still(Some("2026-01-07T12:00:00Z")).check("freeze"), "nothing to say");
    // Its end leaves the environment's own freeze.
    let mut both = standing_still(Some("2026-01-07T12:00:00Z"));
    both.state().frozen = frozen(None).state().frozen.clone();
    assert!(both.check("freeze").starts_with("unmet: frozen until it is lifted"));
    assert!(standing_still(None).back_to('c').check("freeze").starts_with("skipped"));
}

#[test]
fn an_entry_about_everything_that_can_not_be_read_closes_every_environment() {
    let mut case = standing_still(Some("2026-01-07T12:00:00Z"));
    case.snapshot.standstill.as_mut().unwrap().content = Err("it is gone".to_owned());
    assert_snapshot!(case.check("freeze"), @r#"
    unmet: everything is frozen until it is lifted: its entry in the ledger can't be read: it is gone
    hint: `promote unfreeze --all` lifts it
    {"by":"","reason":"its entry in the ledger can't be read: it is gone"}
    "#);
}

#[test]
fn a_rollback_passes_every_freeze() {
    let mut case = frozen(None);
    assert_snapshot!(case.back_to('c').check("freeze"), @"skipped: a release verified here before may always come back");
    let mut case = berlin(&["daily 00:00 .. 24:00"], &[], "2026-01-07T12:00:00Z");
    assert!(case.check("freeze").starts_with("unmet"));
    assert!(case.back_to('c').check("freeze").starts_with("skipped"));
}

#[test]
fn a_clock_that_is_far_off_is_refused() {
    let off = |seconds| {
        let mut case = Case::new();
        case.snapshot.local_at = case.snapshot.taken_at + TimeDelta::seconds(seconds);
        case.check("clock")
    };
    for near in [0, 300, -300] {
        assert_eq!(off(near), "nothing to say", "{near}");
    }
    assert_snapshot!(off(301), @r#"
    unmet: this machine's clock is 5m 1s ahead of the store's
    hint: set the clock
    {"off_s":301}
    "#);
    assert_snapshot!(off(-7200), @r#"
    unmet: this machine's clock is 2h behind the store's
    hint: set the clock
    {"off_s":-7200}
    "#);
}
