//! Keeps what is read ahead of the writer below a fixed number of bytes, whatever the archive's size.

use std::sync::{Condvar, Mutex, PoisonError};

/// What every job costs besides its bytes.
const JOB: usize = 4096;

#[derive(Debug, Default)]
struct State {
    used: usize,
    closed: bool,
}

/// Bytes that may be between the reader and the writer.
#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    state: Mutex<State>,
    freed: Condvar,
}

impl Budget {
    pub(super) fn new(most: usize) -> Self {
        Self { most, state: Mutex::default(), freed: Condvar::new() }
    }

    /// Waits until there is room; `false` when the writer has given up. Anything fits when nothing else is there.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let cost = bytes + JOB;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.closed && state.used > 0 && state.used + cost > self.most {
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.used += cost;
        !state.closed
    }

    /// Gives back what was taken with the same number.
    pub(super) fn give(&self, bytes: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.used = state.used.saturating_sub(bytes + JOB);
        self.freed.notify_one();
    }

    /// Wakes the reader for good.
    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.freed.notify_all();
    }
}
