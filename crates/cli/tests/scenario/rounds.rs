//! How many requests a command sends one after the other: every request takes a second of virtual time, and those sent
//! side by side take one second together.

use crate::stage::Stage;
use promote_core::exit::ExitStatus;
use promote_core::layer::{Call, Layer, Method, Pending};
use promote_core::port::{Clock, ErrorKind, ProviderError};
use promote_testing::decorator::{Fault, FaultPlan};
use promote_testing::memory::VirtualClock;
use std::time::Duration;

/// A bucket a second away. Its time is known from the last answer.
#[derive(Debug)]
pub(crate) struct Far(pub(crate) VirtualClock);

impl Layer for Far {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        if !matches!(call.method, Method::Now | Method::Expires | Method::Probe) {
            self.0.sleep(Duration::from_secs(1)).await;
        }
        send().await
    }
}

/// Seconds of virtual time that a command takes.
fn rounds(stage: &Stage, line: &str) -> i64 {
    stage.outside.far.store(true, std::sync::atomic::Ordering::SeqCst);
    let before = stage.outside.clock.now();
    stage.run(line);
    stage.outside.far.store(false, std::sync::atomic::Ordering::SeqCst);
    (stage.outside.clock.now() - before).num_seconds()
}

#[test]
fn a_status_takes_two_rounds_however_many_environments_there_are() {
    let stage = Stage::ready();
    assert_eq!(rounds(&stage, "promote status"), 2);
    assert_eq!(rounds(&stage, "promote status prod"), 2);
}

#[test]
fn looking_stays_within_its_rounds() {
    let stage = Stage::ready();
    let found: Vec<i64> =
        ["promote plan prod", "promote plan prod bbbb", "promote diff uat prod", "promote verify uat prod"]
            .iter()
            .map(|line| rounds(&stage, line))
            .collect();
    assert_eq!(found, [3, 2, 2, 3]);
}

#[test]
fn a_store_that_does_not_answer_is_asked_once() {
    for line in ["promote check --online", "promote doctor"] {
        let mut stage = Stage::ready();
        let lost = |plan: FaultPlan, n| plan.with(n, Fault::RequestLost(ErrorKind::Unavailable));
        let faults = (1..=50).fold(FaultPlan::new(), lost);
        stage.outside.faults = faults.clone();
        let (status, out, err) = stage.run(line);
        assert_eq!(status, ExitStatus::Failed, "{line}: {out}{err}");
        assert!(out.contains("did not answer"), "{line}: {out}{err}");
        assert_eq!(faults.calls(), 1, "{line}: {out}{err}");
    }
}
