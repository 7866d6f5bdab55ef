//! What goes wrong, and at which call.

use futures_util::future::BoxFuture;
use promote_port::port::{ErrorKind, ProviderError};
use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request never arrives, and the caller gets an error of this kind: `Unavailable` when it can tell so,
    /// `Unknown` when it can't, or a definite answer that is made up, such as `Denied`.
    RequestLost(ErrorKind),
    /// The request takes effect, and the caller gets `Unknown`.
    AnswerLost,
    /// The caller gets `Unknown`; the request is still on its way, until [`FaultPlan::deliver`] lets it arrive.
    Late,
    /// The request is answered as usual, and something on the way repeats it later: [`FaultPlan::deliver`] lets it
    /// arrive once more, as it was sent.
    Repeated,
    /// The process dies before the request arrives.
    CrashBefore,
    /// The process dies after the request took effect.
    CrashAfter,
    /// The process dies while the request is on its way, until [`FaultPlan::deliver`] lets it arrive.
    CrashInFlight,
}

/// The cause in every error that a process sees after it has died: whatever it does then doesn't count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process was killed here")]
pub struct Crashed;

type LateRequest = BoxFuture<'static, Result<(), ProviderError>>;

#[derive(Default)]
struct State {
    calls: usize,
    faults: BTreeMap<usize, Fault>,
    crashed: bool,
    late: Vec<LateRequest>,
}

/// A schedule of faults, counted over all calls of all buckets that share it. Clones are the same plan.
#[derive(Clone, Default)]
pub struct FaultPlan(Arc<Mutex<State>>);

impl FaultPlan {
    /// A plan in which nothing goes wrong; it still counts.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same plan with this fault at the `n`th call, counted from 1.
    #[must_use]
    pub fn with(self, n: usize, fault: Fault) -> Self {
        self.lock().faults.insert(n, fault);
        self
    }

    /// How many calls were begun.
    pub fn calls(&self) -> usize {
        self.lock().calls
    }

    /// Whether the process has died.
    pub fn crashed(&self) -> bool {
        self.lock().crashed
    }

    /// How many requests are still on their way.
    pub fn late(&self) -> usize {
        self.lock().late.len()
    }

    /// Runs `process` to its end, or drops it in the moment it dies: `None`. What is left of it then is what a kill
    /// leaves: effects on stores, and requests on their way.
    pub async fn survive<T>(&self, process: impl Future<Output = T>) -> Option<T> {
        let mut process = pin!(process);
        std::future::poll_fn(|context| match (process.as_mut().poll(context), self.crashed()) {
            (_, true) => Poll::Ready(None),
            (Poll::Ready(end), false) => Poll::Ready(Some(end)),
            (Poll::Pending, false) => Poll::Pending,
        })
        .await
    }

    /// Lets all late requests arrive, in the order in which they were sent, and tells what became of each.
    pub async fn deliver(&self) -> Vec<Result<(), ProviderError>> {
        let held = std::mem::take(&mut self.lock().late);
        let mut ends = Vec::with_capacity(held.len());
        for request in held {
            ends.push(request.await);
        }
        ends
    }

    /// Counts one call and tells its fate; `Err` when the process is dead.
    pub(super) fn next(&self) -> Result<Option<Fault>, Crashed> {
        let mut state = self.lock();
        if state.crashed {
            return Err(Crashed);
        }
        state.calls += 1;
        let n = state.calls;
        Ok(state.faults.remove(&n))
    }

    pub(super) fn crash(&self) {
        self.lock().crashed = true;
    }

    pub(super) fn hold(&self, request: LateRequest) {
        self.lock().late.push(request);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("FaultPlan")
            .field("calls", &state.calls)
            .field("faults", &state.faults)
            .field("crashed", &state.crashed)
            .field("late", &state.late.len())
            .finish()
    }
}
