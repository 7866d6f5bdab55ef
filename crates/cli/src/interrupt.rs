//! Ctrl-C and requests to terminate: the flow is dropped, what was done is said, and the second signal ends it all.

use crate::env::{Env, Signal, Signals};
use crate::progress::Progress;
use async_trait::async_trait;
use futures_util::future::{Either, select};
use promote_core::exit::ExitStatus;
use std::pin::pin;

impl Signal {
    /// The exit status that says so.
    pub(crate) const fn exit(self) -> ExitStatus {
        match self {
            Self::Interrupt => ExitStatus::Interrupted,
            Self::Terminate => ExitStatus::Terminated,
        }
    }
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
        match select(interrupt, pin!(terminate())).await {
            Either::Left(_) => Signal::Interrupt,
            Either::Right(_) => Signal::Terminate,
        }
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
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

/// Runs a flow until it ends or a signal comes; meanwhile `progress` shows that it lives.
pub(crate) async fn or_signal<T>(
    env: &Env,
    progress: &Progress,
    flow: impl Future<Output = T>,
) -> Result<T, Signal> {
    let flow = pin!(flow);
    let signal = pin!(env.signals.next());
    let beat = pin!(progress.beat());
    match select(flow, select(signal, beat)).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right((Either::Left((signal, _)), _)) => Err(signal),
        Either::Right((Either::Right((never, _)), _)) => match never {},
    }
}

/// Runs what is left to do after a signal; a second signal ends it.
pub(crate) async fn last_words<T>(env: &Env, rest: impl Future<Output = T>) -> Option<T> {
    match select(pin!(rest), pin!(env.signals.next())).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}
