//! Ctrl-C, requests to terminate and a terminal that is closed: the flow is dropped, what was done is said, and the second
//! signal ends it all.

use crate::app::env::Env;
use crate::app::signal::Signal;
use crate::progress::Progress;
use futures_util::future::{Either, select};
use std::pin::pin;

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

/// Runs what is left to do after a signal; a second signal ends it, and is given.
pub(crate) async fn signalled(env: &Env, rest: impl Future<Output = ()>) -> Option<Signal> {
    match select(pin!(rest), pin!(env.signals.next())).await {
        Either::Left(_) => None,
        Either::Right((signal, _)) => Some(signal),
    }
}
