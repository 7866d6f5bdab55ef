//! A bucket that writes down which calls were made and how many of them had to wait for one another. The budgets of
//! requests and round trips are tested with it.

use super::turn::next_turn;
use promote_port::layer::{self, Around, Layer, Method, Pending};
use promote_port::port::{Bucket, ProviderError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which method.
    pub method: Method,
    /// The store, as its `Display` names it.
    pub store: String,
    /// The key, or the prefix of a listing.
    pub key: String,
    /// The round that it belongs to, counted from 1: one more than that of the last round from which a call had
    /// ended when this one began. Calls that are under way together share a round.
    pub round: usize,
    /// When it ended, as a count of ended calls; `None` while it is under way and for ever when it was dropped.
    pub ended: Option<usize>,
}

#[derive(Debug, Default)]
struct Calls {
    calls: Vec<Call>,
    ended: usize,
    last_ended_round: usize,
}

/// The calls of all buckets that share it. Clones are the same log.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Calls>>);

impl Log {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// All calls in the order in which they were begun.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How many calls were begun.
    pub fn total(&self) -> usize {
        self.lock().calls.len()
    }

    /// How many round trips had to wait for one another.
    pub fn rounds(&self) -> usize {
        self.lock().calls.iter().map(|call| call.round).max().unwrap_or_default()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.lock() = Calls::default();
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, method: Method, store: &dyn Bucket, key: &str) -> usize {
        let mut log = self.lock();
        let round = log.last_ended_round + 1;
        log.calls.push(Call { method, store: store.to_string(), key: key.to_owned(), round, ended: None });
        log.calls.len() - 1
    }

    fn end(&self, index: usize) {
        let mut log = self.lock();
        log.ended += 1;
        let ended = log.ended;
        let Some(call) = log.calls.get_mut(index) else { return };
        call.ended = Some(ended);
        let round = call.round;
        log.last_ended_round = log.last_ended_round.max(round);
    }
}

/// Records each call in a [`Log`]. `now` is recorded only when no call of this bucket was answered before, since only then
/// it costs a request, and `expires` never: most stores need none for it.
#[derive(Debug)]
pub struct Recording {
    log: Log,
    answered: AtomicBool,
}

impl Recording {
    /// Puts the layer around a bucket. Several buckets can share one log.
    pub fn around(inner: Arc<dyn Bucket>, log: Log) -> Around<Self> {
        Around::new(inner, Self { log, answered: AtomicBool::new(false) })
    }
}

impl Layer for Recording {
    async fn pass<T: Send + 'static>(
        &self,
        call: layer::Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        let free = call.method == Method::Now && self.answered.load(Ordering::Relaxed);
        if free || call.method == Method::Expires {
            return send().await;
        }
        let index = self.log.begin(call.method, call.store, call.key);
        // Calls that are joined must all begin before the first one ends.
        next_turn().await;
        let end = send().await;
        self.log.end(index);
        self.answered.store(true, Ordering::Relaxed);
        end
    }
}
