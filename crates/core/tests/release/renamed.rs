//! What `verify` and `status` say of targets whose name depends on the release: they lie where the ledger says.

use crate::stage::{End, Stage, actor, name, run};
use futures_executor::block_on;
use promote_core::port::{Body, Bucket, Condition, Headers, Metadata, Precondition};
use promote_core::report::{Depth, Standing, StatusReport, TargetCheck, status, verify};
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan};
use promote_testing::memory::MemoryKind;

/// An image, a folder in place, one behind a pointer, and a zip, each called after its release.
const RENAMED: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
ledger       = "memory://store/.promote/shop/"

[artifact.image]
source = "registry.test/acme/shop:{sha:8}"
target = "registry.test/acme/shop:{env}-{sha:8}"

[artifact.config]
source = "memory://store/config/{sha}/"
target = "memory://store/live/{env}/{sha:12}/"

[artifact.rules]
source = "memory://store/rules/{sha}/"
target = "memory://store/{env}/rules-{sha}.json"

[artifact.app]
source = "memory://store/app/{sha}.zip"
target = "memory://store/{env}/app-{sha:8}.zip"
"#;

fn kinds() -> [MemoryKind; 3] {
    [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()]
}

fn checks(stage: &Stage, environment: &str) -> Vec<TargetCheck> {
    let view = stage.ports().view();
    let found = block_on(verify(&view, &stage.config, &[name(environment)], Depth::default())).unwrap();
    let targets = found.targets.unwrap();
    assert_eq!(found.matches, targets.iter().all(|target| target.matches));
    targets
}

fn stands(stage: &Stage, environment: &str) -> StatusReport {
    let view = stage.ports().view();
    block_on(status(&view, &stage.config, &[name(environment)], &actor("ann"))).unwrap()
}

fn wrong(checks: &[TargetCheck]) -> Vec<&str> {
    checks.iter().filter(|check| !check.matches).map(|check| check.artifact.as_str()).collect()
}

#[test]
fn what_is_called_after_its_release_is_compared_with_what_the_record_names() {
    for kind in kinds() {
        let stage = Stage::ready_with(RENAMED, kind);
        let found = checks(&stage, "prod");
        assert_eq!((found.len(), wrong(&found)), (4, Vec::<&str>::new()), "{found:?}");
        assert!(found.iter().all(|check| check.recorded.is_some() && check.found.is_some()));
        assert!(stands(&stage, "prod").environments[0].drift.is_empty());

        stage.store.put(&"prod/app-aaaaaaaa.zip".parse().unwrap(), "by hand").unwrap();
        stage.store.remove(&"live/prod/aaaaaaaaaaaa/.promote-folder.json".parse().unwrap());
        stage.store.remove(&format!("prod/rules-{}.json", "a".repeat(40)).parse().unwrap());
        let (any, body) = (Condition::on(Precondition::Any), Body::Bytes("{}".into()));
        let tag = "prod-aaaaaaaa".parse().unwrap();
        block_on(stage.registry.write(&tag, body, &Headers::default(), &Metadata::new(), &any)).unwrap();
        let found = checks(&stage, "prod");
        assert_eq!(wrong(&found), ["app", "config", "image", "rules"]);
        let report = stands(&stage, "prod");
        let prod = &report.environments[0];
        assert_eq!((prod.standing, prod.drift.len()), (Standing::Drift, 4), "{:?}", prod.drift);
        // The next release has names of its own: nothing keeps it, and `status` does not say that something does.
        let next = prod.next.as_ref().unwrap();
        let drift = next.rules.iter().find(|rule| rule.rule == "drift").unwrap();
        assert!(drift.met, "{drift:?}");
        assert!(matches!(stage.to("prod", 'b'), End::Done(_)));
        assert_eq!(wrong(&checks(&stage, "prod")), Vec::<&str>::new());
    }
}

#[test]
fn what_an_open_promotion_wrote_under_a_new_name_is_told() {
    for first in [true, false] {
        let mut told = 0;
        for n in 1..80 {
            let file = RENAMED.replace("[\"staging\", \"prod\"]", "[\"staging\", \"prod\", \"extra\"]");
            let stage = Stage::ready_with(&file, MemoryKind::s3_like());
            let environment = if first { "extra" } else { "prod" };
            let wanted = if first { 'a' } else { 'b' };
            let request = Request::promote(name(environment), crate::stage::wanted(wanted), actor("eve"));
            let plan = FaultPlan::new().with(n, Fault::CrashAfter);
            if block_on(plan.survive(run(&stage.faulty(&plan), &stage.config, request))).is_some() {
                break;
            }
            let state = stage.state(environment);
            let place = format!("{environment}/app-{}.zip", wanted.to_string().repeat(8));
            let wrote = stage.bytes(&place).is_some();
            let found = checks(&stage, environment);
            if state.open.is_some() && wrote {
                told += 1;
                let app = found.iter().find(|check| check.artifact == "app").unwrap();
                assert!(!app.matches, "call {n}: {app:?}");
                assert!(app.detail.as_ref().unwrap().contains("which is unfinished"), "call {n}: {app:?}");
                assert!(stands(&stage, environment).environments[0].drift.is_empty(), "call {n}");
            }
            if state.open.is_none() {
                assert_eq!(wrong(&found), Vec::<&str>::new(), "call {n}");
            }
            let back = Request::rollback(name(environment), Wanted::Unnamed, actor("bob")).taking_over();
            if state.open.is_some() {
                let end = block_on(run(&stage.ports(), &stage.config, back));
                assert!(matches!(end, End::Done(_)), "call {n}: {end:?}");
            }
        }
        assert!(told > 0, "first: {first}");
    }
}
