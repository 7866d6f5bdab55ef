//! A Google Cloud Storage of the project's own for tests: the JSON API in memory, with Google's preconditions and faults
//! made to order. In this process ([`Fake::start`]) or as one of its own (`promote-gcs-fake`). It follows what Google's
//! own test bench was seen to do, with Google's differences. It knows no XML API, no gRPC and no access lists.

mod answer;
mod fault;
mod object;
mod request;
mod routes;
mod server;
mod store;
mod uploads;

pub use fault::{Fault, What};
pub use object::Stored;
pub use request::Seen;
pub use server::serve;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;

/// How the fake differs from a store without any limits. All of it can be changed while it runs.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The token that must be shown; any or none when this is `None`.
    pub token: Option<String>,
    /// Rights that nobody has, each with the beginning of `BUCKET/KEY` where it is missing.
    pub denied: BTreeSet<(String, String)>,
    /// How many bytes one call of a rewrite copies; all of them when this is `None`.
    pub rewrite_step: Option<u64>,
    /// Whether a second write of an object within a second is put off, as Google does.
    pub one_write_a_second: bool,
    /// Whether there is no XML API, as with most emulators.
    pub json_only: bool,
}

/// All that requests act on.
#[derive(Debug, Default)]
pub struct State {
    store: Mutex<Store>,
    faults: Mutex<Vec<Fault>>,
    seen: Mutex<Vec<Seen>>,
    settings: Mutex<Settings>,
}

impl State {
    /// Makes a bucket; an existing one keeps its objects.
    pub fn bucket(&self, name: &str, versioned: bool) {
        held(&self.store).make_bucket(name, versioned);
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running fake on loopback. Ends when dropped.
#[derive(Debug)]
pub struct Fake {
    /// Base address, such as `http://127.0.0.1:21966`, without a slash at the end.
    pub endpoint: String,
    state: Arc<State>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Fake {
    /// Starts one with a thread of its own, on a free port.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(State::default());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (served, own) = (Arc::clone(&state), endpoint.clone());
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = serve(listener, own, served) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { endpoint, state, stop: Some(stop), thread: Some(thread) })
    }

    /// Makes a bucket; an existing one keeps its objects.
    pub fn bucket(&self, name: &str, versioned: bool) {
        self.state.bucket(name, versioned);
    }

    /// Changes the settings.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut held(&self.state.settings));
    }

    /// Orders a fault.
    pub fn fault(&self, fault: Fault) {
        held(&self.state.faults).push(fault);
    }

    /// How many orders of faults are not used up.
    pub fn faults_left(&self) -> usize {
        held(&self.state.faults).len()
    }

    /// What was asked so far, but for orders to the fake itself.
    pub fn seen(&self) -> Vec<Seen> {
        held(&self.state.seen).clone()
    }

    /// Forgets what was asked so far.
    pub fn forget(&self) {
        held(&self.state.seen).clear();
    }

    /// The live object, as it is kept.
    pub fn object(&self, bucket: &str, name: &str) -> Option<Stored> {
        held(&self.state.store).live(bucket, name).cloned()
    }

    /// All generations of all objects of a bucket: `NAME#GENERATION`, live ones with a `*`.
    pub fn listing(&self, bucket: &str) -> Vec<String> {
        held(&self.state.store).everything(bucket)
    }

    /// How many resumable uploads are under way.
    pub fn open_uploads(&self) -> usize {
        uploads::open(&held(&self.state.store))
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
