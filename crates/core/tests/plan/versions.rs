//! Under which version a release moves, and names that belong to one release.

use crate::facts::{Case, open};
use promote_core::exit::ExitStatus;
use promote_core::ledger::Action;
use promote_core::plan::{Decision, plan};

fn decided(case: &Case) -> Decision {
    plan(&case.config, &case.environment, &case.snapshot, &case.request)
}

fn version(case: &Case) -> Option<String> {
    promote_core::report::plan_of(&decided(case)).release.version.clone()
}

#[test]
fn a_promotion_that_is_finished_keeps_the_version_it_began_with() {
    let mut case = Case::new();
    case.snapshot.candidate.manifest.version = Some("1.4.0-rc.1".to_owned());
    assert_eq!(version(&case).as_deref(), Some("1.4.0-rc.1"));
    case.snapshot.candidate.tags = vec!["v1.4.0-rc.1".to_owned(), "v1.4.0".to_owned()];
    assert_eq!(version(&case).as_deref(), Some("1.4.0"));
    let mut begun = open('b', Action::Promote);
    begun.release.version = Some("1.4.0-rc.1".to_owned());
    case.state().open = Some(begun);
    case.request.take_over = promote_core::request::TakeOver::Confirmed;
    assert_eq!(version(&case).as_deref(), Some("1.4.0-rc.1"));
    // It began without one.
    case.state().open = Some(open('b', Action::Promote));
    assert_eq!(version(&case), None);
    // Undoing it brings another release.
    case.state().open = Some(open('c', Action::Promote));
    assert_eq!(version(&case).as_deref(), Some("1.4.0"));
}

#[test]
fn a_name_of_a_releases_own_is_not_written_over_with_other_bytes() {
    let refused = |case: &Case| match decided(case) {
        Decision::Refused(refusal) if !refusal.obstacles.is_empty() => {
            Some((refusal.exit, refusal.obstacles.join("; ")))
        }
        _ => None,
    };
    for (target, own) in [
        ("memory://m/prod.zip", false),
        ("memory://m/{env}.zip", false),
        ("memory://m/{env}-{date:%F}.zip", false),
        ("memory://m/{env}-{version}.zip", true),
        ("memory://m/{env}-{sha:8}.zip", true),
        ("memory://m/{env}-{timestamp}.zip", true),
    ] {
        let mut case = Case::new();
        case.environment.artifacts[0].target = Some(target.parse().unwrap());
        match refused(&case) {
            Some((exit, why)) => {
                assert!(own && exit == ExitStatus::Conflict, "{target}: {why}");
                assert!(why.contains("was used for other bytes before: it holds sha256:"), "{why}");
            }
            None => assert!(!own, "{target}"),
        }
        // The very bytes of the release are no obstacle.
        let mut same = case.clone();
        let seen = same.snapshot.targets.get_mut("main").unwrap();
        let source = same.snapshot.candidate.sources["main"].clone().unwrap();
        let there = seen.object.as_mut().unwrap();
        (there.sha256, there.size) = (source.sha256, source.size);
        assert_eq!(refused(&same), None, "{target}");
        // Nobody says what it is: the rule `drift` judges.
        let mut unknown = case.clone();
        let there = unknown.snapshot.targets.get_mut("main").unwrap().object.as_mut().unwrap();
        (there.sha256, there.size) = (None, source.size);
        assert_eq!(refused(&unknown), None, "{target}");
        // What is open may have written it, and what comes back was there.
        let mut taking = case.clone();
        taking.state().open = Some(open('b', Action::Promote));
        taking.request.take_over = promote_core::request::TakeOver::Confirmed;
        assert_eq!(refused(&taking), None, "{target}");
        let mut back = case;
        back.request.action = Action::Rollback;
        assert_eq!(refused(&back), None, "{target}");
    }
}
