//! Somebody acts in the middle of a promotion, an adoption, a deployment.

use crate::meddler::Meddler;
use crate::stage::{End, Stage, actor, commit, content, name, resume, run, wanted};
use bytes::Bytes;
use futures_executor::block_on;
use futures_util::FutureExt;
use promote_core::config::{Step, StepAction};
use promote_core::exit::ExitStatus;
use promote_core::layer::Method;
use promote_core::ledger::{Kind, OutcomeResult};
use promote_core::marks::adopt;
use promote_core::port::{Clock, StepContext, StepEnd, StepProgress, StepReport, StepRunner};
use promote_core::ports::Ports;
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn failure(end: End) -> promote_core::failure::Failure {
    match end {
        End::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_written_and_overwritten_by_hand_is_not_called_unwritten() {
    // The store's answers are not trusted, so the target is read back; before that, a person overwrites it. Our own
    // write took effect all the same: the promotion may not be withdrawn as if nothing had been sent.
    let mut kind = MemoryKind::s3_like();
    kind.truth.trusted_answers = false;
    let stage = Stage::ready(kind);
    let bucket = stage.bucket.clone();
    let meddler = Meddler::around(Arc::new(stage.bucket.clone()), (Method::Copy, "prod.zip"), move || {
        async move {
            bucket.put(&"prod.zip".parse().unwrap(), Bytes::from_static(b"a hot fix"));
        }
        .boxed()
    });
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let failure = failure(block_on(run(&stage.ports_on(meddler.clone()), &stage.config, request)));
    assert!(meddler.layer().done());
    assert_eq!(failure.exit, ExitStatus::Unfinished);
    assert!(!failure.state.iter().any(|line| line.contains("No target was written")), "{:?}", failure.state);
    let state = stage.state("prod");
    assert_eq!(state.open.map(|open| open.release.commit), Some(commit('b')), "it stays open");
    assert_eq!(stage.target("prod").unwrap(), "a hot fix", "and the hot fix is left alone");
}

#[test]
fn what_was_seen_before_a_promotion_is_not_adopted_after_it() {
    let stage = Stage::ready(MemoryKind::local_like());
    stage.bucket.put(&"prod.zip".parse().unwrap(), content('a'));
    let (ports, config) = (stage.ports(), stage.config.clone());
    let meddler = Meddler::around(Arc::new(stage.bucket.clone()), (Method::Head, "prod.zip"), move || {
        async move {
            let mut request = Request::promote(name("prod"), wanted('b'), actor("eve"));
            request.overrides.push(promote_core::ledger::Override {
                rule: "drift".to_owned(),
                reason: "I know".to_owned(),
            });
            assert!(matches!(run(&ports, &config, request).await, End::Done(_)));
        }
        .boxed()
    });
    let mut request = Request::promote(name("prod"), Wanted::Unnamed, actor("bob"));
    request.reason = Some("as it is".to_owned());
    let error = block_on(adopt(&stage.ports_on(meddler.clone()), &stage.config, &request, None)).unwrap_err();
    assert!(meddler.layer().done());
    assert_eq!(error.exit, ExitStatus::Conflict);
    let state = stage.state("prod");
    assert_eq!(state.release().map(|release| release.commit.clone()), Some(commit('b')));
    assert_eq!(stage.target("prod").unwrap(), content('b'));
}

/// While it runs, another promotion goes through.
struct Overtaken(Mutex<Option<(Ports, promote_core::config::Config)>>);

impl fmt::Debug for Overtaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Overtaken")
    }
}

#[async_trait::async_trait]
impl StepRunner for Overtaken {
    async fn run(&self, _: &Step, _: &StepContext, _: Duration, _: &dyn StepProgress) -> StepReport {
        let taken = self.0.lock().unwrap().take();
        if let Some((ports, config)) = taken {
            let mut request = Request::promote(name("staging"), wanted('d'), actor("eve"));
            request.overrides.push(promote_core::ledger::Override {
                rule: "deploying".to_owned(),
                reason: "payments are down".to_owned(),
            });
            // Whoever is overtaken stops its steps, and these go on within them: it gets no further than its intent.
            drop(run(&ports, &config, request).await);
            panic!("the step was to be stopped");
        }
        StepReport {
            end: StepEnd::Succeeded,
            summary: String::new(),
            tail: String::new(),
            outputs: BTreeMap::new(),
            took_s: 0,
        }
    }
}

#[test]
fn a_deployment_that_was_overtaken_is_not_to_be_resumed() {
    let mut stage = Stage::ready(MemoryKind::local_like());
    stage.config.environments.get_mut(&name("staging")).unwrap().deploy = vec![Step {
        action: StepAction::Run { command: "deploy".to_owned(), changed: None, saves: None },
        timeout: None,
        retries: 0,
        env: BTreeMap::new(),
        workdir: None,
        evidence: None,
    }];
    let steps = Overtaken(Mutex::new(Some((stage.ports(), stage.config.clone()))));
    let ports = Ports { steps: Arc::new(steps), ..stage.ports() };
    let request = Request::promote(name("staging"), wanted('c'), actor("ann"));
    // For its own process, too, it ends as superseded: it was moved, so that is no conflict.
    let End::Done(done) = block_on(run(&ports, &stage.config, request)) else { panic!("it was moved") };
    assert_eq!((done.result, done.exit), (OutcomeResult::Superseded, ExitStatus::DeployFailed));
    assert!(matches!(block_on(resume(&stage.ports(), &stage.config, "staging", "eve")), End::Done(_)));
    let state = stage.state("staging");
    assert_eq!(state.release().map(|release| release.commit.clone()), Some(commit('d')));
}

#[test]
fn no_time_in_a_record_makes_anybody_wait_for_long() {
    // An answer is lost while the store's clock is years ahead; then the clock is put right. The promotion after it
    // waits as long as a request can be on its way, and not until that time comes.
    let stage = Stage::ready(MemoryKind::s3_like());
    let now = stage.clock.now();
    stage.clock.set(now + chrono::TimeDelta::days(36_500));
    let copies = (1..40).find(|n| {
        let trial = Stage::ready(MemoryKind::s3_like());
        let plan = FaultPlan::new().with(*n, Fault::AnswerLost);
        let faulty = Faulty::around(Arc::new(trial.bucket.clone()), plan);
        let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
        let end = block_on(run(&trial.ports_on(Arc::new(faulty)), &trial.config, request));
        matches!(end, End::Done(_)) && trial.state("prod").unclean
    });
    let plan = FaultPlan::new().with(copies.unwrap(), Fault::AnswerLost);
    let faulty = Faulty::around(Arc::new(stage.bucket.clone()), plan);
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    assert!(matches!(block_on(run(&stage.ports_on(Arc::new(faulty)), &stage.config, request)), End::Done(_)));
    assert!(stage.state("prod").unclean);
    stage.clock.set(now);
    assert!(matches!(stage.to("staging", 'c'), End::Done(_)));
    let begun = stage.clock.now();
    assert!(matches!(stage.to("prod", 'c'), End::Done(_)));
    let waited = stage.clock.now() - begun;
    assert!(waited < chrono::TimeDelta::minutes(10), "{waited}");
    assert!(waited >= chrono::TimeDelta::seconds(60), "{waited}: it waits as for any commit in doubt");
}

#[test]
fn a_reason_that_is_too_long_is_told_before_anything_is_written() {
    let stage = Stage::ready(MemoryKind::local_like());
    let mut request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    request.reason = Some("x".repeat(60_000));
    let before = stage.bucket.snapshot();
    let failure = failure(block_on(run(&stage.ports(), &stage.config, request)));
    assert_eq!(failure.exit, ExitStatus::Usage);
    assert_eq!(stage.bucket.snapshot(), before);
    assert_ne!(Kind::Intent, Kind::Commit);
}
