//! Ledgers that real flows wrote, on stores of each kind, with all that can befall a promotion: the check finds no
//! fault in them, whether their times come from an answer or from a later look.

use crate::stage::{End, Stage, actor, name, resume, run, wanted};
use futures_executor::block_on;
use promote_core::config::{OnFailure, Step, StepAction};
use promote_core::event::Silent;
use promote_core::exit::ExitStatus;
use promote_core::ledger::{Head, Kind, OutcomeResult, check_chain};
use promote_core::marks::{EnvironmentMark, adopt, say};
use promote_core::port::{StepContext, StepEnd, StepProgress, StepReport, StepRunner};
use promote_core::ports::Ports;
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Ends each step as it is told to; well when it is told nothing. Prints what no terminal should see.
#[derive(Debug, Default)]
struct Script(Mutex<Vec<StepEnd>>);

#[async_trait::async_trait]
impl StepRunner for Script {
    async fn run(&self, _: &Step, _: &StepContext, _: Duration, _: &dyn StepProgress) -> StepReport {
        let mut ends = self.0.lock().unwrap();
        let end = if ends.is_empty() { StepEnd::Succeeded } else { ends.remove(0) };
        StepReport {
            end,
            summary: "\u{1b}".repeat(5_000),
            tail: "\u{1b}[31m".repeat(4_000),
            outputs: (0..32).map(|n| (format!("key{n}"), "\u{0}".repeat(4_000))).collect::<BTreeMap<_, _>>(),
            took_s: 1,
        }
    }
}

fn step() -> Step {
    Step {
        action: StepAction::Run { command: "deploy".to_owned(), changed: None, saves: None },
        timeout: None,
        retries: 0,
        env: BTreeMap::new(),
        workdir: None,
        evidence: None,
    }
}

struct Life {
    stage: Stage,
    script: Arc<Script>,
}

impl Life {
    /// Releases a to e; a to c went through staging; prod has steps.
    fn new(kind: MemoryKind) -> Self {
        let mut stage = Stage::empty(kind);
        for digit in ['a', 'b', 'c', 'd', 'e'] {
            stage.publish(digit);
        }
        for digit in ['a', 'b', 'c', 'd'] {
            assert!(matches!(stage.to("staging", digit), End::Done(_)));
        }
        let prod = stage.config.environments.get_mut(&name("prod")).unwrap();
        prod.prepare = vec![step()];
        prod.deploy = vec![step()];
        prod.auto = true;
        Self { stage, script: Arc::default() }
    }

    fn next(&self, ends: &[StepEnd]) {
        *self.script.0.lock().unwrap() = ends.to_vec();
    }

    fn ports(&self) -> Ports {
        Ports { steps: Arc::clone(&self.script) as _, events: Arc::new(Silent), ..self.stage.ports() }
    }

    fn to(&self, digit: char) -> End {
        self.stage.clock.advance(Duration::from_millis(61_234));
        let request = Request::promote(name("prod"), wanted(digit), actor("ann"));
        block_on(run(&self.ports(), &self.stage.config, request))
    }

    fn back(&self) -> End {
        self.stage.clock.advance(Duration::from_millis(61_234));
        let request = Request::rollback(name("prod"), Wanted::Unnamed, actor("bob")).taking_over();
        block_on(run(&self.ports(), &self.stage.config, request))
    }

    fn say(&self, saying: EnvironmentMark) {
        let mut request = Request::promote(name("prod"), Wanted::Unnamed, actor("bob"));
        request.reason = Some("as it is".to_owned());
        block_on(say(&self.ports(), &self.stage.config, &request, &saying)).unwrap().unwrap();
    }

    /// Dies at the `n`th call of a promotion.
    fn die(&self, digit: char, n: usize) {
        let plan = FaultPlan::new().with(n, Fault::CrashAfter);
        let faulty = Faulty::around(Arc::new(self.stage.bucket.clone()), plan.clone());
        let ports = Ports { steps: Arc::clone(&self.script) as _, ..self.stage.ports_on(Arc::new(faulty)) };
        let request = Request::promote(name("prod"), wanted(digit), actor("eve"));
        let _killed = block_on(plan.survive(run(&ports, &self.stage.config, request)));
        assert!(plan.crashed());
    }

    /// Dies with the intent written and nothing else. How many calls go before depends on the store.
    fn die_begun(&self, digit: char) {
        let begun = (1..40).any(|n| {
            self.die(digit, n);
            self.stage.state("prod").open.is_some()
        });
        assert!(begun, "no intent among 40 calls");
    }

    fn heads(&self) -> Vec<Head> {
        let reader = self.ports().ledger.reader().clone();
        let mut heads = block_on(reader.page(&"prod".parse().unwrap(), None, 1000)).unwrap();
        heads.reverse();
        heads
    }

    fn check(&self) -> Vec<Head> {
        let heads = self.heads();
        let (genesis, id) = block_on(self.ports().ledger.reader().genesis()).unwrap().unwrap();
        let report = check_chain(&genesis.ledger, id, &heads);
        assert_eq!(report.faults, [], "{:?}", heads.iter().map(|one| one.record.kind).collect::<Vec<_>>());
        assert_eq!(report.records, heads.len());
        heads
    }
}

fn exit(end: &End) -> Option<ExitStatus> {
    match end {
        End::Done(done) => Some(done.exit),
        End::Failed(failure) => Some(failure.exit),
        _ => None,
    }
}

#[test]
fn every_way_that_a_promotion_goes_leaves_a_sound_chain() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let life = Life::new(kind);
        assert_eq!(exit(&life.to('a')), Some(ExitStatus::Ok));
        // Prepare fails: withdrawn.
        life.next(&[StepEnd::Failed]);
        assert_eq!(exit(&life.to('b')), Some(ExitStatus::Failed));
        life.next(&[StepEnd::Interrupted]);
        assert_eq!(exit(&life.to('b')), Some(ExitStatus::Interrupted));
        // Deployed, and failed; then gone back by hand, and held.
        life.next(&[StepEnd::Succeeded, StepEnd::Failed]);
        assert_eq!(exit(&life.to('b')), Some(ExitStatus::DeployFailed));
        life.next(&[]);
        assert_eq!(exit(&life.back()), Some(ExitStatus::Ok));
        assert_eq!(life.stage.state("prod").held.unwrap().reason, "bbbbbbb was rolled back");
        life.say(EnvironmentMark::Unhold);
        // Frozen and open again.
        life.say(EnvironmentMark::Freeze(None));
        assert!(matches!(life.to('c'), End::Refused(_)));
        life.say(EnvironmentMark::Unfreeze);
        // Killed, and finished by another.
        life.die_begun('c');
        assert!(life.stage.state("prod").open.is_some());
        let ports = life.ports();
        let end = block_on(resume(&ports, &life.stage.config, "prod", "bob"));
        assert_eq!(exit(&end), Some(ExitStatus::Ok), "{end:?}");
        // Killed, and undone.
        life.die_begun('d');
        assert_eq!(exit(&life.back()), Some(ExitStatus::Ok));
        let state = life.stage.state("prod");
        assert_eq!(state.release().unwrap().commit, crate::stage::commit('c'));
        assert_eq!(state.held.unwrap().reason, "ddddddd was rolled back", "what was open, not what is back");
        life.say(EnvironmentMark::Unhold);
        // Written by hand, and adopted.
        life.stage.bucket.put(&"prod.zip".parse().unwrap(), crate::stage::content('d'));
        let mut request = Request::promote(name("prod"), Wanted::Unnamed, actor("bob"));
        request.reason = Some("as it is".to_owned());
        let adopted = block_on(adopt(&ports, &life.stage.config, &request, None)).unwrap();
        let known = adopted.release.map(|release| release.commit);
        assert_eq!(known, Some(crate::stage::commit('d')), "its bytes are those of a release");
        let kinds: Vec<Kind> = life.check().iter().map(|head| head.record.kind).collect();
        for kind in [
            Kind::Intent,
            Kind::Commit,
            Kind::Abort,
            Kind::Outcome,
            Kind::Hold,
            Kind::Unhold,
            Kind::Freeze,
            Kind::Unfreeze,
            Kind::Observe,
        ] {
            assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
        }
    }
}

#[test]
fn what_steps_print_always_fits_the_outcome() {
    let life = Life::new(MemoryKind::local_like());
    life.to('a');
    let heads = life.check();
    let outcome = heads.last().unwrap().record.outcome.clone().unwrap();
    assert_eq!(outcome.result, OutcomeResult::Succeeded);
    let size = serde_json::to_vec(&outcome.steps).unwrap().len();
    assert!(size <= 12 * 1024, "{size}");
    assert_eq!(outcome.steps.len(), 2, "prepare and deploy");
    assert!(outcome.steps.iter().all(|step| step.report.end == StepEnd::Succeeded));
}

#[test]
fn a_failed_deployment_is_put_back_and_says_so() {
    let mut life = Life::new(MemoryKind::s3_like());
    life.stage.config.environments.get_mut(&name("prod")).unwrap().on_failure = OnFailure::Rollback;
    life.to('a');
    life.next(&[StepEnd::Succeeded, StepEnd::Failed]);
    assert_eq!(exit(&life.to('b')), Some(ExitStatus::RolledBack));
    assert_eq!(life.stage.state("prod").release().unwrap().commit, crate::stage::commit('a'));
    life.check();
}

/// Faults at every single call: the ledger that is left is sound, finished or not.
#[test]
fn a_ledger_is_sound_after_every_fault() {
    for fault in [Fault::AnswerLost, Fault::CrashAfter, Fault::Late] {
        for n in 1..30 {
            let life = Life::new(MemoryKind::s3_like());
            life.to('a');
            let plan = FaultPlan::new().with(n, fault);
            let faulty = Faulty::around(Arc::new(life.stage.bucket.clone()), plan.clone());
            let ports =
                Ports { steps: Arc::clone(&life.script) as _, ..life.stage.ports_on(Arc::new(faulty)) };
            let request = Request::promote(name("prod"), wanted('b'), actor("eve"));
            let _end = block_on(plan.survive(run(&ports, &life.stage.config, request)));
            drop(block_on(plan.deliver()));
            life.check();
            let ports = life.ports();
            let _end = block_on(resume(&ports, &life.stage.config, "prod", "bob"));
            life.check();
        }
    }
}
