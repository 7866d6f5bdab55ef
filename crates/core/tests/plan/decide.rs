//! What a request comes to, case by case.

use crate::facts::{Case, object, open, target, there};
use crate::stage::{End, Stage, actor, name, wanted};
use futures_executor::block_on;
use insta::assert_snapshot;
use promote_core::config::{Artifact, ArtifactKind};
use promote_core::exit::ExitStatus;
use promote_core::flow::decide;
use promote_core::ledger::Action;
use promote_core::plan::{Decision, plan};
use promote_core::port::{CopyGuard, FenceClass, Precondition, Token};
use promote_core::request::Request;
use promote_core::snapshot::Seen;
use promote_core::template::Template;
use promote_testing::memory::MemoryKind;

fn decision(case: &Case) -> Decision {
    plan(&case.config, &case.environment, &case.snapshot, &case.request)
}

/// The decision in words.
fn said(case: &Case) -> String {
    match decision(case) {
        Decision::Allowed(plan) => {
            let targets: Vec<String> =
                plan.targets.iter().map(|one| format!("{} when {:?}", one.target, one.when)).collect();
            format!("{:?} {}: {}", plan.action, plan.release.commit.short(7), targets.join(", "))
        }
        Decision::NothingToDo(nothing) => format!("nothing, pending: {}", nothing.pending),
        Decision::Refused(refusal) => {
            let unmet = refusal.plan.findings.iter().filter(|one| !one.passes());
            let rules: Vec<&str> = unmet.map(|one| one.rule.as_str()).collect();
            format!("refused ({}): rules {rules:?}, obstacles {:?}", refusal.exit.name(), refusal.obstacles)
        }
    }
}

/// a is in prod, and is asked for once more.
fn again() -> Case {
    let mut case = Case::new();
    case.snapshot.candidate.manifest = crate::facts::manifest('a');
    let mut source = object("prod", 'a');
    source.key = format!("rel/{}.zip", crate::stage::commit('a')).parse().unwrap();
    case.snapshot.candidate.sources.insert("main".to_owned(), Some(source));
    case.environment.from.clear();
    case
}

#[test]
fn a_promotion_writes_over_just_what_was_seen() {
    assert_snapshot!(said(&Case::new()), @r#"Promote bbbbbbb: memory://m/prod.zip when Matches(Token("token-a"))"#);
    let mut case = Case::new();
    case.snapshot.head = None;
    case.snapshot.targets.get_mut("main").unwrap().object = None;
    assert_snapshot!(said(&case), @"Promote bbbbbbb: memory://m/prod.zip when Absent");
}

#[test]
fn what_is_there_already_is_not_written_again() {
    assert_snapshot!(said(&again()), @"nothing, pending: false");
    let mut case = again();
    case.state().committed = Some(promote_core::digest::Digest::of(b"commit"));
    case.state().current.as_mut().unwrap().verified = None;
    assert_snapshot!(said(&case), @"nothing, pending: true");
    // What was adopted has no deployment to go on with.
    case.state().committed = None;
    assert_snapshot!(said(&case), @"nothing, pending: false");
    // Unless it is asked for, or the target holds something else.
    let mut case = again();
    case.request.action = Action::Redeploy;
    assert_snapshot!(said(&case), @r#"Redeploy aaaaaaa: memory://m/prod.zip when Matches(Token("token-a"))"#);
    let mut case = again();
    case.snapshot.targets.get_mut("main").unwrap().object.as_mut().unwrap().token = Token("other".to_owned());
    assert_snapshot!(said(&case), @r#"refused (blocked): rules ["drift"], obstacles []"#);
    assert_snapshot!(said(case.overriding("drift")), @r#"Redeploy aaaaaaa: memory://m/prod.zip when Matches(Token("other"))"#);
}

#[test]
fn a_target_that_is_new_in_the_configuration_is_written() {
    // The release is there, but the configuration names another place now, which holds nothing.
    let mut case = again();
    let moved = Seen { location: target("prod-eu"), object: None, files: None };
    case.snapshot.targets.insert("main".to_owned(), moved);
    assert_snapshot!(said(&case), @"Promote aaaaaaa: memory://m/prod-eu.zip when Absent");
}

#[test]
fn half_a_release_is_never_moved() {
    // A second artifact that the release has not, whose source is gone, or whose target nobody looked at.
    let with_second = || {
        let mut case = Case::new();
        let artifact = |name: &str| Artifact {
            name: Some(name.parse().unwrap()),
            source: Template::parse("memory://m/rel/{sha}.zip").unwrap(),
            target: Some(Template::parse(&format!("memory://m/{name}.zip")).unwrap()),
            kind: ArtifactKind::Object,
            prune: false,
        };
        case.environment.artifacts = vec![artifact("web"), artifact("main")];
        case.snapshot
            .targets
            .insert("web".to_owned(), Seen { location: target("web"), object: None, files: None });
        case
    };
    assert_snapshot!(said(&with_second()), @r#"refused (missing): rules [], obstacles ["release bbbbbbb was published without the artifact `web`"]"#);
    let mut case = with_second();
    let built = case.snapshot.candidate.manifest.artifacts.get("main").unwrap().clone();
    case.snapshot.candidate.manifest.artifacts.insert("web".to_owned(), built);
    case.snapshot.candidate.sources.insert("web".to_owned(), None);
    assert_snapshot!(said(&case), @r#"refused (missing): rules [], obstacles ["`memory://m/rel/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.zip` is not there, although release bbbbbbb was published"]"#);
    let source = case.snapshot.candidate.sources.get("main").unwrap().clone();
    case.snapshot.candidate.sources.insert("web".to_owned(), source);
    let order = "Promote bbbbbbb: memory://m/web.zip when Absent, memory://m/prod.zip when";
    assert!(said(&case).starts_with(order), "as configured, not as sorted: {}", said(&case));
    case.snapshot.targets.remove("web");
    assert_snapshot!(said(&case), @r#"refused (missing): rules [], obstacles ["the target of `web` was not checked"]"#);
    case.environment.artifacts[0].kind = ArtifactKind::Git;
    assert_snapshot!(said(&case), @r#"refused (usage): rules [], obstacles ["this version of promote can't move the commit itself"]"#);
}

#[test]
fn a_source_that_is_not_what_was_published_is_not_moved() {
    let source = |change: fn(&mut promote_core::port::Object)| {
        let mut case = Case::new();
        change(case.snapshot.candidate.sources.get_mut("main").unwrap().as_mut().unwrap());
        said(&case)
    };
    assert_snapshot!(source(|object| object.size += 1), @r#"refused (conflict): rules [], obstacles ["`memory://m/rel/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.zip` has 15 bytes, but release bbbbbbb was published with 14 (sha256:037f45653ac204dc974ee5c5aeb1cac90ceaa4cd1e047b887b87b2648041e90b)"]"#);
    assert_snapshot!(source(|object| object.sha256 = Some(promote_core::digest::Digest::of(b"x"))), @r#"refused (conflict): rules [], obstacles ["`memory://m/rel/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.zip` contains sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881, but release bbbbbbb was published with sha256:037f45653ac204dc974ee5c5aeb1cac90ceaa4cd1e047b887b87b2648041e90b"]"#);
    // A store that vouches for nothing has its bytes read before; what was not found out is not moved.
    assert_snapshot!(source(|object| object.sha256 = None), @r#"refused (missing): rules [], obstacles ["could not tell whether `memory://m/rel/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.zip` still has sha256:037f45653ac204dc974ee5c5aeb1cac90ceaa4cd1e047b887b87b2648041e90b"]"#);
    let mut case = Case::new();
    case.snapshot.candidate.sources.get_mut("main").unwrap().as_mut().unwrap().sha256 = None;
    case.snapshot.candidate.identities.insert("main".to_owned(), promote_core::ledger::Identity::Same);
    assert!(said(&case).starts_with("Promote"));
}

#[test]
fn a_refusal_says_whether_waiting_or_somebody_else_helps() {
    let mut case = Case::new();
    case.state().open = Some(open('c', Action::Promote));
    case.snapshot.candidate.sources.clear();
    assert_snapshot!(said(&case), @r#"refused (conflict): rules ["unfinished"], obstacles ["`memory://m/rel/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.zip` is not there, although release bbbbbbb was published"]"#);
    let Decision::Refused(refusal) = decision(&case) else { panic!("it must be refused") };
    assert_eq!(refusal.exit, ExitStatus::Conflict);
    case.state().open = None;
    assert_snapshot!(said(&case), @r#"refused (missing): rules [], obstacles ["`memory://m/rel/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.zip` is not there, although release bbbbbbb was published"]"#);
}

#[test]
fn without_a_guard_nothing_is_allowed_but_by_override() {
    let mut case = Case::new();
    case.snapshot.capabilities.clear();
    assert_snapshot!(said(&case), @r#"refused (blocked): rules ["guard"], obstacles []"#);
    let Decision::Allowed(plan) = decision(case.overriding("guard")) else { panic!("overridden") };
    assert_eq!((plan.targets[0].way, plan.targets[0].fence), (CopyGuard::None, FenceClass::Advisory));
    assert_ne!(plan.targets[0].when, Precondition::Any, "the condition is sent all the same");
}

#[test]
fn after_a_promotion_there_is_nothing_to_do() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = Stage::ready(kind);
        for (environment, digit) in [("prod", 'b'), ("staging", 'c'), ("prod", 'c')] {
            assert!(matches!(stage.to(environment, digit), End::Done(_)), "{environment} {digit}");
            let request = Request::promote(name(environment), wanted(digit), actor("ann"));
            let (_, decision) = block_on(decide(&stage.ports().view(), &stage.config, &request)).unwrap();
            assert!(matches!(decision, Decision::NothingToDo(_)), "{environment} {digit}");
            assert!(matches!(stage.to(environment, digit), End::Nothing));
        }
        assert!(there("prod", 'a', 1, None).follows);
    }
}
