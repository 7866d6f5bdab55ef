//! What holds of every decision, however odd the world.

use crate::facts::{Case, head, object, open, target, there, was};
use crate::stage::{commit, name};
use promote_core::config::{Artifact, ArtifactKind};
use promote_core::digest::Digest;
use promote_core::ledger::{Action, Override, State};
use promote_core::location::StoreId;
use promote_core::plan::{Decision, Plan, plan};
use promote_core::port::{CopyGuard, FenceClass, Precondition};
use promote_core::request::TakeOver;
use promote_core::rule::RULES;
use promote_core::snapshot::Seen;
use promote_core::template::Template;
use proptest::prelude::*;
use std::time::Duration;

const DIGITS: [char; 4] = ['a', 'b', 'c', 'd'];

fn digit() -> impl Strategy<Value = char> {
    prop::sample::select(DIGITS.to_vec())
}

fn state() -> impl Strategy<Value = State> {
    let current = prop::option::of((digit(), 0..90_i64, prop::option::of(-5..90_i64)));
    let trail = prop::collection::vec((digit(), 0..900_i64, prop::option::of(0..90_i64)), 0..4);
    let opened = prop::option::of((digit(), any::<bool>(), any::<bool>()));
    let rolled_back = prop::collection::vec(digit(), 0..3);
    (current, trail, opened, rolled_back, any::<bool>()).prop_map(|(current, trail, opened, bad, unclean)| {
        State {
            current: current.map(|(digit, since, verified)| there("prod", digit, since, verified)),
            trail: trail
                .into_iter()
                .map(|(digit, since, verified)| was(digit, since, since / 2, verified))
                .collect(),
            open: opened.map(|(digit, back, sealed)| {
                let mut one = open(digit, if back { Action::Rollback } else { Action::Promote });
                one.id = sealed.then(|| Digest::of(b"intent"));
                one
            }),
            unclean,
            rolled_back: bad.into_iter().map(commit).collect(),
            ..State::default()
        }
    })
}

/// A second and third artifact, in an order that is not that of their names.
fn artifacts() -> Vec<Artifact> {
    let artifact = |name: &str| Artifact {
        name: Some(name.parse().unwrap()),
        source: Template::parse("memory://m/rel/{sha}.zip").unwrap(),
        target: Some(Template::parse(&format!("memory://m/{name}.zip")).unwrap()),
        kind: ArtifactKind::Object,
        prune: false,
    };
    vec![artifact("web"), artifact("main"), artifact("assets")]
}

fn guard() -> impl Strategy<Value = Option<(CopyGuard, FenceClass, u64)>> {
    let copy = prop::sample::select(vec![
        CopyGuard::None,
        CopyGuard::ConditionalPut,
        CopyGuard::ConditionalComplete,
        CopyGuard::ConditionalCopy,
    ]);
    let fence = prop::sample::select(vec![
        FenceClass::Advisory,
        FenceClass::Expiring,
        FenceClass::Exact,
        FenceClass::Atomic,
    ]);
    prop::option::weighted(0.9, (copy, fence, 0..30_u64))
}

prop_compose! {
    /// A world of which any part may be missing or contradict another.
    fn case()(
        (here, upstream) in (prop::option::of(state()), prop::option::of(state())),
        wanted in digit(),
        (held, source) in (prop::option::of(digit()), prop::option::of(digit())),
        (several, lacking, looked) in (any::<bool>(), any::<bool>(), any::<bool>()),
        action in prop::sample::select(vec![Action::Promote, Action::Rollback, Action::Redeploy]),
        take_over in prop::sample::select(vec![TakeOver::No, TakeOver::WhenStale, TakeOver::Confirmed]),
        automatic in any::<bool>(),
        overrides in prop::collection::vec(0..RULES.len(), 0..RULES.len()),
        found in guard(),
        (soak, off) in (0..200_u64, -400..400_i64),
    ) -> Case {
        let mut case = Case::new();
        case.snapshot.head = here.map(|state| head("prod", state));
        case.snapshot.upstream.insert(name("staging"), upstream.map(|state| head("staging", state)));
        let mut manifest = crate::facts::manifest(wanted);
        if several {
            case.environment.artifacts = artifacts();
            let built = manifest.artifacts.get("main").unwrap().clone();
            manifest.artifacts.insert("web".to_owned(), built.clone());
            if !lacking {
                manifest.artifacts.insert("assets".to_owned(), built);
            }
            for name in ["web", "assets"] {
                if looked {
                    let seen = Seen { location: target(name), object: None, files: None };
                    case.snapshot.targets.insert(name.to_owned(), seen);
                }
            }
        }
        let at = source.map(|digit| object("source", digit));
        case.snapshot.candidate.sources =
            manifest.artifacts.keys().map(|name| (name.clone(), at.clone())).collect();
        case.snapshot.candidate.manifest = manifest;
        case.snapshot.targets.get_mut("main").unwrap().object = held.map(|digit| object("prod", digit));
        case.snapshot.capabilities.retain(|_, _| found.is_some());
        if let (Some((copy, fence, limit)), Some(known)) =
            (found, case.snapshot.capabilities.get_mut(&StoreId::Memory("m".to_owned())))
        {
            (known.copy, known.fence, known.put_limit) = (copy, fence, limit);
        }
        case.request.action = action;
        (case.request.take_over, case.request.automatic) = (take_over, automatic);
        case.request.overrides = overrides
            .into_iter()
            .map(|index| Override { rule: RULES[index].name.to_owned(), reason: "r".to_owned() })
            .collect();
        case.environment.soak = Duration::from_secs(soak * 3600);
        case.snapshot.local_at += chrono::TimeDelta::seconds(off);
        case
    }
}

fn decide(case: &Case) -> Decision {
    plan(&case.config, &case.environment, &case.snapshot, &case.request)
}

fn inner(decision: Decision) -> Plan {
    match decision {
        Decision::Allowed(plan) => *plan,
        Decision::NothingToDo(nothing) => nothing.plan,
        Decision::Refused(refusal) => refusal.plan,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_world_gives_the_same_decision(case in case()) {
        prop_assert_eq!(decide(&case), decide(&case));
        prop_assert_eq!(inner(decide(&case)).digest(), inner(decide(&case)).digest());
    }

    #[test]
    fn no_target_is_ever_written_without_a_condition(case in case()) {
        for target in inner(decide(&case)).targets {
            match (&target.before, &target.when) {
                (None, Precondition::Absent) => {}
                (Some(before), Precondition::Matches(token)) => prop_assert_eq!(&before.token, token),
                other => prop_assert!(false, "{:?}", other),
            }
            prop_assert!(target.source.location != target.target);
        }
    }

    #[test]
    fn what_is_allowed_is_whole_and_in_the_order_of_the_configuration(case in case()) {
        if let Decision::Allowed(plan) = decide(&case) {
            prop_assert!(plan.findings.iter().all(promote_core::rule::Finding::passes));
            let name = |one: &Artifact| one.name.as_ref().map(ToString::to_string);
            let moved: Vec<_> =
                plan.targets.iter().map(|one| one.artifact.as_ref().map(ToString::to_string)).collect();
            let mut configured: Vec<_> = case.environment.artifacts.iter().map(name).collect();
            if plan.action == Action::Undo {
                // What the release never had, its promotion never wrote.
                let had = |name: &Option<String>| {
                    let name = name.as_deref().unwrap_or("main");
                    case.snapshot.candidate.manifest.artifact(name, &case.environment.name).is_some()
                };
                configured.retain(had);
            }
            prop_assert_eq!(moved, configured);
        }
    }

    #[test]
    fn a_refusal_names_what_is_in_the_way(case in case()) {
        if let Decision::Refused(refusal) = decide(&case) {
            let unmet = refusal.plan.findings.iter().any(|one| !one.passes());
            prop_assert!(unmet || !refusal.obstacles.is_empty());
        }
    }

    #[test]
    fn what_may_not_be_gone_past_never_is(case in case()) {
        if let Decision::Allowed(plan) = decide(&case) {
            let state = case.snapshot.state();
            prop_assert!(state.open.is_none() || case.request.take_over.is_wanted());
            for one in plan.findings {
                if one.verdict == promote_core::rule::Verdict::Overridden {
                    prop_assert!(promote_core::rule::overridable(&one.rule).is_ok());
                    prop_assert!(case.request.overrides.iter().any(|named| named.rule == one.rule));
                }
            }
        }
    }

    #[test]
    fn a_plan_survives_being_saved(case in case()) {
        let plan = inner(decide(&case));
        let read: Plan = serde_json::from_slice(&serde_json::to_vec(&plan).unwrap()).unwrap();
        prop_assert_eq!(read.digest(), plan.digest());
        prop_assert_eq!(read, plan);
    }

    #[test]
    fn waiting_changes_no_digest(case in case(), hours in 1..10_000_i64) {
        let before = inner(decide(&case)).digest();
        let mut later = case;
        later.snapshot.taken_at += chrono::TimeDelta::hours(hours);
        later.snapshot.local_at += chrono::TimeDelta::hours(hours);
        prop_assert_eq!(inner(decide(&later)).digest(), before);
    }
}
