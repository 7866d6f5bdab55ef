//! A promotion that is stopped: how far it got is recorded and said, and it is gone on with later.

use crate::stage::{FILE, Stage};
use async_trait::async_trait;
use promote::port::{Step, StepContext, StepEnd, StepProgress, StepReport, StepRunner};
use promote::{Ended, Event, Events, ExitStatus, Project, Promotion, Wait};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

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
pub(crate) struct Quick;

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

/// A token that was cancelled stays so: what is left to do was cut off after a moment, and the ledger was told nothing.
#[tokio::test]
async fn a_wish_to_stop_that_stays_is_one_wish() {
    let (_stage, project, runs) = deploying().await;
    let (cancel, cancelled) = watch::channel(false);
    let stop = || {
        let mut cancelled = cancelled.clone();
        async move {
            cancelled.wait_for(|it| *it).await.unwrap();
            ExitStatus::Terminated
        }
    };
    let cancels = async {
        runs.notified().await;
        cancel.send(true).unwrap();
    };
    let running = project.promote(Promotion::to("prod").unwrap()).until(stop).into_future();
    let (stopped, ()) = futures_util::future::join(running, cancels).await;
    assert_eq!(stopped.unwrap_err().exit(), ExitStatus::Terminated);
    let history = project.history(Some("prod"), None, 1).await.unwrap();
    assert_eq!(history.entries[0].result, promote::report::EntryResult::Interrupted);
}

/// A job that was cut off runs again, and is to wait for no deployment: its release is in place. It was refused as somebody
/// else's.
#[tokio::test]
async fn a_job_that_runs_again_and_waits_for_nothing_finds_its_release_in_place() {
    let (_stage, project, runs) = deploying().await;
    let promotion = || Promotion::to("prod").unwrap().rejoining().wait(Wait::No);
    {
        let running = project.promote(Promotion::to("prod").unwrap()).into_future();
        tokio::select! {
            _ = running => panic!("it ended"),
            () = runs.notified() => {}
        }
    }
    let again = project.promote(promotion()).await.unwrap();
    assert_eq!((again.ended, again.exit), (Ended::Unchanged, ExitStatus::Ok), "{}", again.json());
}

/// Hears that the deployment ended.
#[derive(Debug, Default)]
struct AtTheEnd(Notify);

impl Events for AtTheEnd {
    fn hear(&self, event: &Event) {
        if matches!(event, Event::Outcome { .. }) {
            self.0.notify_one();
        }
    }
}

/// A forge that takes connections and never answers: only what is told of it can be stopped, and that is said.
#[tokio::test]
async fn a_stop_after_the_end_is_heard_and_what_was_done_stands() {
    let forge = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}", forge.local_addr().unwrap());
    let table = format!(
        "deploy = \"true\"\n[forge]\nkind = \"github\"\nrepository = \"acme/shop\"\napi = \"{api}\"\ndeployments = \"always\"\n"
    );
    let stage = Stage::new(&format!("{FILE}{table}"));
    let ends = Arc::new(AtTheEnd::default());
    let builder = stage.opening(&[("GITHUB_TOKEN", "ghs_1")]).steps(Arc::new(Quick));
    let project = builder.events(Arc::clone(&ends) as Arc<dyn Events>).build().unwrap();
    project.publish("HEAD").no_move().await.unwrap();
    let stop = || async {
        ends.0.notified().await;
        ExitStatus::Interrupted
    };
    let commit = stage.commit_of("HEAD");
    let staging = || Promotion::to("staging").unwrap().release(&commit).unwrap();
    let ending = project.promote(staging()).until(stop).await.unwrap();
    assert_eq!((ending.ended, ending.exit), (Ended::Moved, ExitStatus::Interrupted), "{}", ending.json());
    assert!(ending.warnings[0].starts_with("interrupted before the forge was told"), "{:?}", ending.warnings);
    let again = project.promote(staging()).await.unwrap();
    assert_eq!((again.ended, again.exit), (Ended::Unchanged, ExitStatus::Ok));
}
