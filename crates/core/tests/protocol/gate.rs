//! Steps that wait for a gate, the virtual time they wait in, and projects that have such steps.

use crate::stage::{Stage, name};
use chrono::{DateTime, Utc};
use promote_core::config::{Step, StepAction};
use promote_core::ledger::{Ledger, State};
use promote_core::port::{Clock, StepContext, StepEnd, StepProgress, StepReport, StepRunner};
use promote_core::ports::Ports;
use promote_testing::memory::{MemoryKind, VirtualClock};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Virtual time in which those who sleep wake in the order of their times, each when nobody else has anything to do.
#[derive(Debug, Clone)]
pub struct Ordered {
    clock: VirtualClock,
    sleeping: Arc<Mutex<BTreeMap<u64, DateTime<Utc>>>>,
    next: Arc<AtomicU64>,
}

/// Lets everybody else have a turn.
async fn turn() {
    let mut gave_way = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut gave_way, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// Someone who sleeps, and is forgotten when he is dropped.
struct Asleep<'o>(&'o Ordered, u64);

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.0.sleeping.lock().unwrap().remove(&self.1);
    }
}

impl Ordered {
    fn new(clock: &VirtualClock) -> Self {
        Self { clock: clock.clone(), sleeping: Arc::default(), next: Arc::default() }
    }
}

#[async_trait::async_trait]
impl Clock for Ordered {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn steady(&self) -> Duration {
        self.clock.steady()
    }

    async fn sleep(&self, span: Duration) {
        let wake = self.now() + span;
        let own = self.next.fetch_add(1, Ordering::SeqCst);
        self.sleeping.lock().unwrap().insert(own, wake);
        let _asleep = Asleep(self, own);
        loop {
            for _ in 0..32 {
                turn().await;
            }
            let first = self.sleeping.lock().unwrap().iter().map(|(id, at)| (*at, *id)).min();
            if first == Some((wake, own)) {
                self.clock.advance((wake - self.now()).to_std().unwrap_or_default());
                return;
            }
        }
    }
}

/// Steps that run until a gate is opened or they are stopped, and note if two ever run side by side.
#[derive(Debug, Clone)]
pub struct Gated {
    pub open: Arc<AtomicBool>,
    /// Whether what comes through fails.
    pub fails: Arc<AtomicBool>,
    pub running: Arc<AtomicUsize>,
    pub most: Arc<AtomicUsize>,
    pub ends: Arc<Mutex<Vec<(String, StepEnd)>>>,
    clock: Ordered,
}

impl Gated {
    pub fn new(stage: &Stage) -> Self {
        Self {
            open: Arc::default(),
            fails: Arc::default(),
            running: Arc::default(),
            most: Arc::default(),
            ends: Arc::default(),
            clock: Ordered::new(&stage.clock),
        }
    }
}

#[async_trait::async_trait]
impl StepRunner for Gated {
    async fn run(
        &self,
        _step: &Step,
        context: &StepContext,
        _timeout: Duration,
        progress: &dyn StepProgress,
    ) -> StepReport {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        let gate = async {
            while !self.open.load(Ordering::SeqCst) {
                self.clock.sleep(Duration::from_secs(1)).await;
            }
        };
        let stopped = progress.stopped();
        let gate = std::pin::pin!(gate);
        let ended = futures_util::future::select(gate, stopped).await;
        let end = match ended {
            futures_util::future::Either::Left(_) if self.fails.load(Ordering::SeqCst) => StepEnd::Failed,
            futures_util::future::Either::Left(_) => StepEnd::Succeeded,
            futures_util::future::Either::Right(_) => StepEnd::Interrupted,
        };
        self.running.fetch_sub(1, Ordering::SeqCst);
        let who = context.variables["PROMOTE_ACTOR"].clone();
        self.ends.lock().unwrap().push((who, end));
        let summary = "done".to_owned();
        StepReport { end, summary, tail: String::new(), outputs: BTreeMap::new(), took_s: 0 }
    }
}

pub fn step(command: &str) -> Step {
    Step {
        action: StepAction::Run { command: command.to_owned(), changed: None, saves: None },
        timeout: None,
        retries: 0,
        env: BTreeMap::new(),
        workdir: None,
        evidence: None,
    }
}

/// A project whose prod is deployed by a command.
pub fn deployed(kind: MemoryKind) -> Stage {
    let mut stage = Stage::ready(kind);
    let prod = stage.config.environments.get_mut(&name("prod")).unwrap();
    prod.deploy = vec![step("./install")];
    stage
}

/// Ports with these steps, and their clock.
pub fn ports(stage: &Stage, steps: &Gated) -> Ports {
    let ports = stage.ports();
    let clock: Arc<dyn Clock> = Arc::new(steps.clock.clone());
    let (bucket, root) = (Arc::clone(ports.ledger.bucket()), ports.ledger.reader().root().clone());
    let ledger = Ledger::new(bucket, root, Arc::clone(&clock));
    Ports { steps: Arc::new(steps.clone()), ledger, clock, ..ports }
}

/// Waits, in virtual time, until the lane is like this.
pub async fn until(ports: &Ports, lane: &str, like: impl Fn(&State) -> bool) {
    let lane = lane.parse().unwrap();
    for _ in 0..10_000 {
        let head = ports.ledger.reader().head(&lane).await.unwrap();
        if head.is_some_and(|head| like(head.state())) {
            return;
        }
        ports.clock.sleep(Duration::from_millis(500)).await;
    }
    panic!("it never came to that");
}
