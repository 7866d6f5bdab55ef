//! Under which version a release moves, and names that belong to one release.

use crate::facts::{Case, open};
use promote_core::exit::ExitStatus;
use promote_core::ledger::Action;
use promote_core::plan::{Decision, plan};

fn decided(case: &Case) -> Decision {
    plan(&case.config, &case.environment, &case.snapshot, &case.request)
}

fn version(case: &Case) -> Option<String> {
    decided(case).plan().release.version.clone()
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
        Decision::Refused(refusal) => {
            let unmet = refusal.plan.findings.iter().find(|one| one.rule == "target-name" && !one.passes());
            // Nobody is sent on a way that is closed.
            let drift = refusal.plan.findings.iter().any(|one| one.rule == "drift" && !one.passes());
            assert!(unmet.is_none() || !drift, "{:?}", refusal.plan.findings);
            unmet.map(|finding| (refusal.exit, format!("{} {:?}", finding.detail, finding.hint)))
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
        case.snapshot.candidate.manifest.version = Some("1.4.0".to_owned());
        match refused(&case) {
            Some((exit, why)) => {
                assert!(own && exit == ExitStatus::Conflict, "{target}: {why}");
                assert!(why.contains("was used for other bytes before: it has sha256:"), "{why}");
                assert_eq!(why.contains("`git tag v1.4.1 "), target.contains("{version}"), "{why}");
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
        let mut begun = open('b', Action::Promote);
        begun.release.version = Some("1.4.0".to_owned());
        taking.state().open = Some(begun);
        taking.request.take_over = promote_core::request::TakeOver::Confirmed;
        assert_eq!(refused(&taking), None, "{target}");
        let mut back = case;
        back.request.action = Action::Rollback;
        assert_eq!(refused(&back), None, "{target}");
    }
}

#[test]
fn a_name_that_needs_a_version_is_a_rule_of_a_release_without_one() {
    for (target, needs) in
        [("memory://m/{env}-{version}.zip", None), ("memory://m/{env}.zip", Some("memory://m/{version}.db"))]
    {
        let mut case = Case::new();
        case.environment.artifacts[0].target = Some(target.parse().unwrap());
        case.environment.needs = needs.into_iter().map(|needs: &str| needs.parse().unwrap()).collect();
        if needs.is_none() {
            case.snapshot.targets.clear();
        }
        let Decision::Refused(refusal) = decided(&case) else { panic!("{target}") };
        assert_eq!(
            (refusal.exit, refusal.obstacles.len()),
            (ExitStatus::Blocked, 0),
            "{:?}",
            refusal.obstacles
        );
        let unmet: Vec<_> = refusal.plan.findings.iter().filter(|finding| !finding.passes()).collect();
        assert_eq!(unmet.iter().map(|finding| finding.rule.as_str()).collect::<Vec<_>>(), ["target-name"]);
        assert!(unmet[0].detail.contains("has no version"), "{}", unmet[0].detail);
        assert!(unmet[0].hint.as_ref().unwrap().contains("`git tag vX.Y.Z "), "{:?}", unmet[0].hint);
        // Going past it is not possible: there is no name to write to.
        assert!(promote_core::rule::overridable("target-name").is_err());
    }
}

#[test]
fn what_somebody_wrote_over_this_very_release_is_drift() {
    let mut case = Case::new();
    case.environment.artifacts[0].target = Some("memory://m/{env}-{sha:8}.zip".parse().unwrap());
    case.request.action = Action::Redeploy;
    let release = case.snapshot.release(&case.request);
    case.state().current.as_mut().unwrap().release = Some(release);
    let there = case.snapshot.targets.get_mut("main").unwrap().object.as_mut().unwrap();
    there.token = promote_core::port::Token("by hand".to_owned());
    assert!(case.check("drift").starts_with("unmet"), "{}", case.check("drift"));
    assert_eq!(case.check("target-name"), "nothing to say");
}
