//! What a frontend needs that is a process of its own: names that move, a plan in a file, looking without a trace, and ports
//! that it connected itself.

use crate::stage::{FILE, Stage};
use promote::port::wire::{Wire, asked, listen};
use promote::port::{Commit, Ports};
use promote::report::Depth;
use promote::{Actor, Approval, Ended, ExitStatus, Mark, Promotion, Question, Questions};
use promote_core::event::Silent;
use promote_core::ledger::Ledger;
use promote_providers::{SystemEntropy, Trust, Variables};
use promote_testing::decorator::{FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Keeps what it is told of.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl Questions for &Kept {
    fn settled(&self, name: &str, now: &Commit) {
        self.0.lock().unwrap().push(format!("{name} {}", now.id));
    }

    fn decided(&self, question: &Question<'_>) -> Result<(), promote::Failure> {
        self.0.lock().unwrap().push(question.report.environment.clone());
        Ok(())
    }
}

#[tokio::test]
async fn a_name_that_moves_is_taken_where_somebody_is_shown_what_it_is() {
    let stage = Stage::ready().await;
    let (project, kept) = (stage.project(), Kept::default());
    let named = || Promotion::to("prod").unwrap().release("HEAD").unwrap();
    assert_eq!(project.plan(named()).await.unwrap_err().exit(), ExitStatus::Usage);
    let ending = project.plan(named().settling_names()).asking(&kept).await.unwrap();
    assert_eq!(ending.ended, Ended::Planned);
    let told = kept.0.lock().unwrap().clone();
    assert_eq!(told, [format!("HEAD {}", stage.commit_of("HEAD")), "prod".to_owned()]);
}

/// What a job is told does not depend on whether its plan still holds.
#[tokio::test]
async fn what_was_decided_is_told_before_a_plan_is_found_to_be_old() {
    let stage = Stage::ready().await;
    let project = stage.project();
    let planned = project.plan(Promotion::to("prod").unwrap()).await.unwrap();
    let file = stage.folder.path().join("plan.json");
    let read = || Promotion::of_plan_file("prod", &file, "plan.json");
    let missing = read().unwrap_err();
    assert_eq!(
        (missing.exit(), missing.to_string().as_str()),
        (ExitStatus::Missing, "the plan `plan.json` can't be read")
    );
    std::fs::write(&file, planned.saved().unwrap().unwrap()).unwrap();
    assert_eq!(project.promote(read().unwrap()).await.unwrap().ended, Ended::Moved);
    let kept = Kept::default();
    let old = project.promote(read().unwrap()).asking(&kept).await.unwrap_err();
    assert_eq!(old.exit(), ExitStatus::Conflict, "{old:#}");
    assert_eq!(*kept.0.lock().unwrap(), ["prod"]);
    std::fs::write(&file, vec![b' '; 5 << 20]).unwrap();
    let large = read().unwrap_err();
    assert!(large.to_string().contains("too large to be a plan"), "{large}");
}

/// What is connected elsewhere is what is used, and who acts there is who is recorded.
#[tokio::test]
async fn a_program_connects_by_itself() {
    let stage = Stage::ready().await;
    let clock = Arc::new(stage.clock.clone());
    let faults = FaultPlan::new();
    let bucket = Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), faults.clone()));
    let config = stage.project().config().clone();
    let ports = Ports {
        stores: [(config.ledger.store.clone(), bucket.clone() as Arc<dyn promote::port::Bucket>)].into(),
        ledger: Ledger::new(bucket, config.ledger.prefix.clone(), clock.clone()),
        clock,
        entropy: Arc::new(SystemEntropy),
        history: None,
        people: Default::default(),
        steps: Arc::new(crate::stopping::Quick),
        events: Arc::new(Silent),
    };
    let trust = Trust::of(&Variables::default()).unwrap();
    let project = promote::with_config(config, stage.folder.path())
        .variables(Variables::default())
        .connected(ports, trust)
        .identified(Actor::claimed("release-bot", "acme"))
        .build()
        .unwrap();
    let ending = project.promote(Promotion::to("prod").unwrap()).await.unwrap();
    assert_eq!((ending.ended, ending.by().name.as_str()), (Ended::Moved, "release-bot"), "{}", ending.json());
    assert!(faults.calls() > 0);
}

/// Explaining leaves nothing behind, also where who asks may write and something had to be read; a plan writes down what it
/// learned, which spares the next look.
#[tokio::test]
async fn explaining_writes_nothing() {
    // A store that tells no SHA-256.
    let stage = Stage::on(FILE, MemoryKind::gcs_like());
    let project = stage.project();
    project.publish("HEAD").no_move().await.unwrap();
    // Somebody puts the same bytes there again: only reading them tells that they are the same.
    let source = stage.bucket.keys().into_iter().find(|key| key.as_str().ends_with(".zip")).unwrap();
    let bytes = stage.bucket.bytes(&source).unwrap();
    stage.clock.advance(Duration::from_secs(60));
    stage.bucket.put(&source, bytes);
    let before = stage.keys();
    let staging = || Promotion::to("staging").unwrap().release(&stage.commit_of("HEAD")).unwrap();
    let explained = project.explain(staging()).await.unwrap();
    assert_eq!(stage.keys(), before);
    let planned = project.plan(staging()).await.unwrap();
    assert_eq!(explained.decision().rules, planned.decision().rules);
    let new: Vec<String> = stage.keys().into_iter().filter(|key| !before.contains(key)).collect();
    assert!(new.iter().any(|key| key.contains("/seen/")), "there was something to write down: {new:?}");
}

/// Whoever listened to the wire before hears it all the same.
#[tokio::test]
async fn who_listens_to_the_wire_goes_on_hearing_it() {
    #[derive(Default)]
    struct Asking;
    impl Questions for Asking {
        fn decided(&self, _: &Question<'_>) -> Result<(), promote::Failure> {
            asked("GET", "https://h.example/a", Some(200), Duration::ZERO);
            Ok(())
        }
    }
    let stage = Stage::ready().await;
    let heard = std::rc::Rc::new(std::cell::Cell::new(0));
    let kept = std::rc::Rc::clone(&heard);
    let _listening = listen(move |wire| {
        kept.set(kept.get() + usize::from(matches!(wire, Wire::Asked { .. })));
    });
    let _ending = stage.project().plan(Promotion::to("prod").unwrap()).asking(Asking).await.unwrap();
    assert_eq!(heard.get(), 1);
}

/// Any call can be handed to a task of its own.
#[tokio::test]
async fn everything_can_be_spawned() {
    fn sends<T: Future + Send>(_: impl FnOnce() -> T) {}
    let stage = Stage::new(FILE);
    let project = stage.project();
    let prod = || Promotion::to("prod").unwrap();
    sends(|| project.promote(prod()).into_future());
    sends(|| project.advance(&[]).into_future());
    sends(|| project.publish("HEAD").into_future());
    sends(|| project.verify(&[], Depth::default()).into_future());
    sends(|| project.status(&[]));
    sends(|| project.history(None, None, 20));
    sends(|| project.approve(Approval::of("prod").unwrap()));
    sends(|| project.watch("prod"));
    sends(|| project.mark(Mark::Unfreeze { environment: "prod" }, None));
    sends(|| project.identified());
}
