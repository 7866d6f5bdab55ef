//! `from` and `soak`: where the same bytes were before, and for how long.

use crate::facts::{Case, ago, at, hours, now, release, there, was};
use crate::stage::name;
use chrono::TimeDelta;
use insta::assert_snapshot;
use promote_core::digest::Digest;
use promote_core::ledger::{Action, Moment, OutcomeResult, Seq, State};
use std::time::Duration;

fn staging(
    current: Option<promote_core::ledger::Deployed>,
    trail: Vec<promote_core::ledger::PastDeployment>,
) -> Case {
    let mut case = Case::new();
    case.environment.soak = Duration::from_secs(24 * 3600);
    case.upstream(State { current, trail, ..State::default() });
    case
}

#[test]
fn the_same_bytes_were_verified_before() {
    assert_snapshot!(Case::new().check("from"), @"met: verified in staging 1h ago");
    // Never there, and nothing known of the lane at all.
    assert_snapshot!(staging(None, vec![]).check("from"), @r#"
    unmet: staging: bbbbbbb has not been there
    hint: `promote plan staging bbbbbbb` checks staging, which comes first
    "#);
    let mut case = Case::new();
    case.snapshot.upstream.insert(name("staging"), None);
    assert_snapshot!(case.check("from"), @r#"
    unmet: staging: it has never been there
    hint: `promote plan staging bbbbbbb` checks staging, which comes first
    "#);
    case.snapshot.upstream.clear();
    assert_snapshot!(case.check("from"), @r#"
    unmet: staging: it has never been there
    hint: `promote plan staging bbbbbbb` checks staging, which comes first
    "#);
    // There, but not verified, for each reason.
    let mut current = there("staging", 'b', 2, None);
    assert_snapshot!(staging(Some(current.clone()), vec![]).check("from"), @r#"
    unmet: staging: bbbbbbb is there, its deployment is unfinished
    hint: `promote plan staging bbbbbbb` checks staging, which comes first
    "#);
    for (outcome, words) in [
        (OutcomeResult::Failed, "deployment failed"),
        (OutcomeResult::TimedOut, "timed out"),
        (OutcomeResult::Errored, "was not verified"),
        (OutcomeResult::Superseded, "was not verified"),
        (OutcomeResult::Interrupted, "was not verified"),
    ] {
        current.outcome = Some(outcome);
        let said = staging(Some(current.clone()), vec![]).check("from");
        assert!(said.starts_with("unmet") && said.contains(words), "{outcome:?}: {said}");
    }
    // Left again, verified or not.
    let other = || Some(there("staging", 'c', 1, Some(1)));
    assert_snapshot!(staging(other(), vec![was('b', 50, 1, Some(49))]).check("from"), @"met: verified in staging 2d 1h ago");
    assert_snapshot!(staging(other(), vec![was('b', 50, 1, None)]).check("from"), @r#"
    unmet: staging: bbbbbbb was there, but was not verified
    hint: `promote plan staging bbbbbbb` checks staging, which comes first
    "#);
}

#[test]
fn the_same_commit_with_other_bytes_is_another_release() {
    let mut current = there("staging", 'b', 2, Some(1));
    let other = current.release.as_mut().unwrap();
    other.artifacts.insert("main".to_owned(), Digest::of(b"other bytes"));
    assert_snapshot!(staging(Some(current.clone()), vec![]).check("from"), @r#"
    unmet: staging: bbbbbbb is there with other bytes
    hint: `promote plan staging bbbbbbb` checks staging, which comes first
    "#);
    // And without any artifact in common there is nothing to compare.
    current.release.as_mut().unwrap().artifacts = [("image".to_owned(), Digest::of(b"b"))].into();
    assert!(staging(Some(current), vec![]).check("from").starts_with("unmet"));
}

#[test]
fn every_environment_before_counts() {
    let mut case = Case::new();
    case.environment.from = vec![name("staging"), name("perf")];
    case.environment.soak = Duration::from_secs(3600);
    assert_snapshot!(case.check("from"), @r#"
    unmet: perf: it has never been there
    hint: `promote plan perf bbbbbbb` checks perf, which comes first
    "#);
    let perf = State { current: Some(there("perf", 'b', 30, Some(20))), ..State::default() };
    case.snapshot.upstream.insert(name("perf"), Some(crate::facts::head("perf", perf)));
    assert_snapshot!(case.check("from"), @"met: verified in staging 1h ago, verified in perf 20h ago");
    assert_snapshot!(case.check("soak"), @r#"
    met: 1h of 1h
    {"have_s":3600,"need_s":3600}
    "#);
    // The shortest stay decides, and the last one to be long enough decides when.
    case.environment.soak = Duration::from_secs(25 * 3600);
    assert_snapshot!(case.check("soak"), @r#"
    unmet: 1h of 1d 1h; opens Thu 2026-01-08 12:00 UTC
    opens Thu 2026-01-08T12:00Z
    {"have_s":3600,"need_s":90000}
    "#);
    // Where one of them can't get there by waiting, there is no such time.
    case.snapshot.upstream.insert(name("perf"), None);
    assert_snapshot!(case.check("soak"), @r#"
    unmet: 0s of 1d 1h; waiting alone does not help
    {"have_s":0,"need_s":90000}
    "#);
}

#[test]
fn an_environment_without_one_before_asks_for_nothing() {
    let mut case = staging(None, vec![]);
    case.environment.from.clear();
    assert_eq!(case.check("from"), "nothing to say");
    assert_eq!(case.check("soak"), "nothing to say");
    let mut case = Case::new();
    case.environment.soak = Duration::ZERO;
    assert_eq!(case.check("soak"), "nothing to say");
}

#[test]
fn soak_counts_from_the_verification_and_not_from_the_arrival() {
    let there_for = |since, verified| staging(Some(there("staging", 'b', since, verified)), vec![]);
    assert_snapshot!(there_for(30, Some(25)).check("soak"), @r#"
    met: 1d 1h of 1d
    {"have_s":90000,"need_s":86400}
    "#);
    assert_snapshot!(there_for(30, Some(24)).check("soak"), @r#"
    met: 1d of 1d
    {"have_s":86400,"need_s":86400}
    "#);
    assert_snapshot!(there_for(30, Some(23)).check("soak"), @r#"
    unmet: 23h of 1d; opens Wed 2026-01-07 13:00 UTC
    opens Wed 2026-01-07T13:00Z
    {"have_s":82800,"need_s":86400}
    "#);
    assert_snapshot!(there_for(30, None).check("soak"), @r#"
    unmet: 0s of 1d; waiting alone does not help
    {"have_s":0,"need_s":86400}
    "#);
}

#[test]
fn soak_counts_by_the_time_of_the_store() {
    let mut current = there("staging", 'b', 30, None);
    // The writer's clock says three days; the store says three hours.
    current.verified = Some(Moment { seq: Seq(3), at: now() - hours(72), stored: Some(now() - hours(3)) });
    assert_snapshot!(staging(Some(current.clone()), vec![]).check("soak"), @r#"
    unmet: 3h of 1d; opens Thu 2026-01-08 09:00 UTC
    opens Thu 2026-01-08T09:00Z
    {"have_s":10800,"need_s":86400}
    "#);
    // A store's time in the future is no time at all.
    current.verified = Some(Moment { seq: Seq(3), at: now(), stored: Some(now() + hours(2)) });
    assert_snapshot!(staging(Some(current), vec![]).check("soak"), @r#"
    unmet: 0s of 1d; opens Thu 2026-01-08 14:00 UTC
    opens Thu 2026-01-08T14:00Z
    {"have_s":0,"need_s":86400}
    "#);
}

#[test]
fn a_break_by_another_release_begins_the_soak_anew() {
    // b for 20 hours, then c, then b again for 2 hours: neither stay is long enough, they do not add up, and the
    // one that goes on will be.
    let trail = vec![was('c', 3, 2, Some(3)), was('b', 23, 3, Some(23))];
    assert_snapshot!(staging(Some(there("staging", 'b', 2, Some(2))), trail).check("soak"), @r#"
    unmet: 20h of 1d; opens Thu 2026-01-08 10:00 UTC
    opens Thu 2026-01-08T10:00Z
    {"have_s":72000,"need_s":86400}
    "#);
    // A stay that ended counts when it was long enough by itself, and else never will.
    let gone =
        |since| staging(Some(there("staging", 'c', 3, Some(3))), vec![was('b', since, 3, Some(since))]);
    assert_snapshot!(gone(27).check("soak"), @r#"
    met: 1d of 1d
    {"have_s":86400,"need_s":86400}
    "#);
    assert_snapshot!(gone(20).check("soak"), @r#"
    unmet: 17h of 1d; waiting alone does not help
    {"have_s":61200,"need_s":86400}
    "#);
    let unverified = staging(Some(there("staging", 'c', 3, Some(3))), vec![was('b', 90, 3, None)]);
    assert_snapshot!(unverified.check("soak"), @r#"
    unmet: 0s of 1d; waiting alone does not help
    {"have_s":0,"need_s":86400}
    "#);
}

#[test]
fn soak_of_other_bytes_does_not_count() {
    let mut current = there("staging", 'b', 90, Some(90));
    current.release.as_mut().unwrap().artifacts.insert("main".to_owned(), Digest::of(b"other bytes"));
    assert!(staging(Some(current), vec![]).check("soak").starts_with("unmet: 0s of 1d"));
}

#[test]
fn absurd_spans_are_no_panic() {
    let mut case = staging(Some(there("staging", 'b', 30, Some(25))), vec![]);
    case.environment.soak = Duration::MAX;
    assert!(case.check("soak").starts_with("unmet"));
    let mut current = there("staging", 'b', 30, Some(25));
    current.verified =
        Some(Moment { seq: Seq(3), at: chrono::DateTime::<chrono::Utc>::MIN_UTC, stored: None });
    let mut case = staging(Some(current), vec![was('b', 3, 2, Some(3))]);
    case.environment.soak = Duration::from_secs(u64::MAX / 2_000);
    assert!(case.check("soak").starts_with("unmet"));
    assert!(case.snapshot.taken_at - at("2026-01-01T00:00:00Z") > TimeDelta::zero());
}

#[test]
fn a_rollback_goes_to_what_was_verified_here() {
    let mut case = Case::new();
    case.back_to('c').environment.soak = Duration::from_secs(3600);
    assert_snapshot!(case.check("from"), @r#"
    unmet: ccccccc has not been there, so it can't come back
    hint: `promote plan prod ccccccc` shows whether it may come as a promotion
    "#);
    case.state().trail = vec![was('c', 60, 30, None)];
    assert_snapshot!(case.check("from"), @r#"
    unmet: ccccccc was there, but was not verified, so it can't come back
    hint: `promote plan prod ccccccc` shows whether it may come as a promotion
    "#);
    case.state().trail = vec![was('c', 60, 30, Some(50))];
    assert_snapshot!(case.check("from"), @"met: verified in prod before");
    assert_snapshot!(case.check("soak"), @"skipped: a release verified here before may always come back");
    // What was adopted comes back without a word as long as nothing verified is given up for it.
    let mut case = Case::new();
    case.back_to('c').state().trail = vec![was('c', 60, 30, None)];
    case.snapshot.adopted = Some(release('c'));
    assert_snapshot!(case.check("from"), @r#"
    unmet: ccccccc was adopted in prod and never verified, and aaaaaaa, which is there, was
    hint: `--override from --reason TEXT` brings it back all the same
    "#);
    case.state().current.as_mut().unwrap().verified = None;
    assert_snapshot!(case.check("from"), @"met: ccccccc is what prod held when it was adopted; what is there was not verified either");
    // With a promotion open, what was there before may come back, verified or not.
    let mut case = Case::new();
    case.back_to('a').state().open = Some(crate::facts::open('b', Action::Promote));
    case.state().current.as_mut().unwrap().verified = None;
    assert_snapshot!(case.check("from"), @"met: aaaaaaa is what prod held before");
    assert_eq!(case.state().release(), Some(&release('a')));
    assert!(ago(1).time() < now());
}
