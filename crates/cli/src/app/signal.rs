//! What tells the process to stop early: Ctrl-C, a request to terminate, a terminal that is closed. What is done then is
//! said in [`crate::interrupt`].

use async_trait::async_trait;
use futures_util::future::{Either, select};
use promote_core::exit::ExitStatus;
use std::fmt::Debug;
use std::pin::pin;
#[cfg(target_os = "linux")]
use std::sync::LazyLock;

/// What makes a process stop early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// A request to terminate.
    Terminate,
    /// The terminal was closed.
    HangUp,
}

impl Signal {
    /// The exit status that says so.
    pub(crate) const fn exit(self) -> ExitStatus {
        match self {
            Self::Interrupt => ExitStatus::Interrupted,
            Self::Terminate => ExitStatus::Terminated,
            Self::HangUp => ExitStatus::HungUp,
        }
    }
}

/// Waits for signals. Before the first call they end the process at once, as always.
#[async_trait]
pub trait Signals: Debug + Send + Sync {
    /// The next signal.
    async fn next(&self) -> Signal;
}

/// The process's own signals.
#[derive(Debug)]
pub(crate) struct ProcessSignals;

#[async_trait]
impl Signals for ProcessSignals {
    async fn next(&self) -> Signal {
        let interrupt = pin!(async {
            // Without a handler the signal ends the process, which is right as well.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        });
        let (terminate, hang_up) = (pin!(terminate()), pin!(hang_up()));
        match select(interrupt, select(terminate, hang_up)).await {
            Either::Left(_) => Signal::Interrupt,
            Either::Right((Either::Left(_), _)) => Signal::Terminate,
            Either::Right((Either::Right(_), _)) => Signal::HangUp,
        }
    }
}

#[cfg(unix)]
async fn terminate() {
    heard(tokio::signal::unix::SignalKind::terminate()).await;
}

/// Where that can't be told to be ignored, the signal ends the process, as it does before anybody listens.
#[cfg(target_os = "linux")]
async fn hang_up() {
    static IGNORED: LazyLock<bool> = LazyLock::new(ignores_hang_up);
    match *IGNORED {
        true => std::future::pending().await,
        false => heard(tokio::signal::unix::SignalKind::hangup()).await,
    }
}

/// Whether whoever started the process wants it to outlive its terminal (`nohup`): listening would undo that.
#[cfg(target_os = "linux")]
fn ignores_hang_up() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return true };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & 1 == 1)
}

#[cfg(not(target_os = "linux"))]
async fn hang_up() {
    std::future::pending().await
}

#[cfg(unix)]
async fn heard(kind: tokio::signal::unix::SignalKind) {
    match tokio::signal::unix::signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
