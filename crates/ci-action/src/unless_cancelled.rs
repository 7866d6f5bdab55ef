//! Looking at something until the job is cancelled: nobody waits for the rest then.

use futures_util::future::{Either, select};
use promote::ExitStatus;
use std::pin::pin;

/// Runs what only looks. `Err`: the job was cancelled, with the exit status that says how.
pub(crate) async fn unless_cancelled<T>(look: impl Future<Output = T>) -> Result<T, ExitStatus> {
    match select(pin!(look), pin!(promote::signals())).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right((exit, _)) => Err(exit),
    }
}
