//! A stand-in for AWS CodePipeline on loopback: its JSON protocol with the answers' recorded shapes, pipelines that run
//! in fractions of a second, and everything nasty on request. What executions do lies in `engine`, how they are told
//! in `answers`, what is asked in `operations`, the wire in `wire`, looking at a real bucket in `bucket_watch`.

mod answers;
mod bucket_watch;
mod engine;
mod operations;
mod wire;

pub use engine::{Landed, Plan, Shape};

use bucket_watch::S3;
use engine::World;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What the wire, the watcher and the test share.
pub(crate) struct Shared {
    world: Mutex<World>,
    ended: AtomicBool,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }
}

/// The running service. It ends when dropped.
pub struct Fake {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Fake {
    /// Starts it on a free port of loopback, with no pipeline.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared { world: Mutex::new(World::default()), ended: AtomicBool::new(false) });
        let address = wire::listen(&shared)?;
        Ok(Self { shared, address })
    }

    /// Its address: what `AWS_ENDPOINT_URL_CODEPIPELINE` is to hold.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a pipeline, or replaces one.
    pub fn pipeline(&self, name: &str, shape: Shape) {
        self.shared.lock().add(name, shape);
    }

    /// What the next executions of a pipeline do, the first one first; after that all succeed.
    pub fn plan(&self, name: &str, plans: impl IntoIterator<Item = Plan>) {
        self.shared.lock().plan(name, plans);
    }

    /// An object was written: every pipeline that watches its place is started as its plan says.
    pub fn landed(&self, landed: &Landed) {
        self.shared.lock().landed(landed);
    }

    /// Looks for new versions in the S3 server at `endpoint`, in place of Amazon's events, for as long as it runs.
    pub fn watch_s3(&self, endpoint: &str, key: &str, secret: &str, region: &str) {
        let s3 = S3 {
            endpoint: endpoint.to_owned(),
            key: key.to_owned(),
            secret: secret.to_owned(),
            region: region.to_owned(),
        };
        bucket_watch::watch(Arc::clone(&self.shared), s3);
    }

    /// Closes the way into a stage, or opens it.
    pub fn close(&self, name: &str, stage: &str, reason: Option<&str>) {
        self.shared.lock().close(name, stage, reason);
    }

    /// Answers the next `count` requests with `ThrottlingException`.
    pub fn throttle(&self, count: u32) {
        self.shared.lock().throttled = count;
    }

    /// From now on, answers an operation with this error: `("GetPipeline", "AccessDeniedException", "…")`; all of them
    /// with `*`.
    pub fn refuse(&self, operation: &str, code: &str, message: &str) {
        let error = (code.to_owned(), message.to_owned());
        self.shared.lock().refused.insert(operation.to_owned(), error);
    }

    /// The executions of a pipeline, newest first, as the list of the service has them.
    pub fn executions(&self, name: &str) -> Vec<Value> {
        let mut world = self.shared.lock();
        world.advance();
        let Some(pipeline) = world.pipelines.get(name) else { return Vec::new() };
        pipeline.executions.iter().rev().map(answers::summary).collect()
    }

    /// What a pipeline's newest execution waits for: `Build`, a stage that it can't enter yet, or `Approve/Approval`, a
    /// person's answer.
    pub fn waits_for(&self, name: &str) -> Option<String> {
        let mut world = self.shared.lock();
        world.advance();
        world.pipelines.get(name)?.waits_for()
    }

    /// Every request so far: the operation and its body.
    pub fn requests(&self) -> Vec<(String, Value)> {
        self.shared.lock().requests.clone()
    }

    /// Waits until `done` is so; says whether it came to that within a minute.
    pub fn until(&self, done: impl Fn(&Self) -> bool) -> bool {
        for _ in 0..3000 {
            if done(self) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the one that waits for connections.
        let _ = std::net::TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}
