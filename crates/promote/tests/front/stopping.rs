//! A promotion that is stopped: how far it got is recorded and said, and it is gone on with later.

use crate::stage::{FILE, Stage};
use async_trait::async_trait;
use promote::port::{Step, StepContext, StepEnd, StepProgress, StepReport, StepRunner};
use promote::{Ended, ExitStatus, Project, Promotion};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Says that it runs, and never ends.
#[derive(Debug, Default)]
struct Stuck(Arc<Notify>);

#[async_trait]
impl StepRunner for Stuck {
    async fn run(&self, _: &Step, _: &StepContext, _: Duration, _: &dyn StepProgress) -> StepReport {
        self.0.notify_one();
        std::future::pending().await
    }
}

/// Ends at once.
#[derive(Debug)]
struct Quick;

#[async_trait]
impl StepRunner for Quick {
    async fn run(&self, _: &Step, _: &StepContext, _: Duration, _: &dyn StepProgress) -> StepReport {
        let (summary, tail, outputs) = ("done".to_owned(), String::new(), Default::default());
        StepReport { end: StepEnd::Succeeded, summary, tail, outputs, took_s: 0 }
    }
}

async fn deploying() -> (Stage, Project, Arc<Notify>) {
    let stage = Stage::new(&format!("{FILE}[env.prod]\ndeploy = \"roll out\"\n"));
    let runs = Arc::new(Notify::new());
    let project = stage.opening(&[]).steps(Arc::new(Stuck(Arc::clone(&runs)))).build().unwrap();
    project.publish("HEAD").await.unwrap();
    (stage, project, runs)
}

#[tokio::test]
async fn a_deployment_that_is_stopped_is_recorded_and_resumed() {
    let (stage, project, runs) = deploying().await;
    let stop = || async {
        runs.notified().await;
        ExitStatus::Interrupted
    };
    let stopped = project.promote(Promotion::to("prod").unwrap()).until(stop).await.unwrap_err();
    assert_eq!(stopped.exit(), ExitStatus::Interrupted, "{stopped:#}");
    let recorded = "The ledger also records that promote stopped waiting for its deployment.";
    assert!(stopped.state().iter().any(|one| one == recorded), "{stopped:#}");
    let history = project.history(Some("prod"), None, 1).await.unwrap();
    assert_eq!(history.entries[0].result, promote::report::EntryResult::Interrupted);
    let other = stage.opening(&[]).steps(Arc::new(Quick)).build().unwrap();
    let resumed = other.resume(Promotion::to("prod").unwrap()).await.unwrap();
    assert_eq!((resumed.ended, resumed.exit), (Ended::Moved, ExitStatus::Ok), "{}", resumed.json());
}

/// A future that is dropped records nothing: the next one goes on.
#[tokio::test]
async fn a_deployment_whose_future_is_dropped_is_resumed() {
    let (stage, project, runs) = deploying().await;
    {
        let running = project.promote(Promotion::to("prod").unwrap()).into_future();
        tokio::select! {
            _ = running => panic!("it ended"),
            () = runs.notified() => {}
        }
    }
    let history = project.history(Some("prod"), None, 1).await.unwrap();
    assert_eq!(history.entries[0].result, promote::report::EntryResult::Deploying);
    let other = stage.opening(&[]).steps(Arc::new(Quick)).build().unwrap();
    assert_eq!(other.resume(Promotion::to("prod").unwrap()).await.unwrap().ended, Ended::Moved);
}
