//! A command and everything it starts, ended together.

use rustix::process::{Pid, Signal, kill_process_group};
use std::time::Duration;
use tokio::process::Child;

/// How long a command may take to end by itself when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// The group of a command that was started as its leader. Whatever of it still runs when this is dropped is killed.
#[derive(Debug)]
pub(super) struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    /// The group of a child that was started with `process_group(0)`.
    pub(super) fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    /// Asks all of it to end, and kills what has not after a while.
    pub(super) async fn end(&mut self, child: &mut Child) {
        self.send(Signal::TERM);
        // The leader's end is waited for, not reaped by a signal alone: its number must not be taken by another one.
        let _ = tokio::time::timeout(GRACE, child.wait()).await;
        self.kill();
        let _ = child.wait().await;
    }

    /// Leaves what the command started in the background alone: the command itself ended well.
    pub(super) fn release(&mut self) {
        self.0 = None;
    }

    fn kill(&mut self) {
        self.send(Signal::KILL);
        self.0 = None;
    }

    fn send(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // It fails when nothing of the group runs any more, which is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}
