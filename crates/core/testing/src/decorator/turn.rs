//! Giving way, without a runtime.

use std::future::poll_fn;
use std::task::Poll;

/// Gives everybody else on the same thread one turn before going on.
pub(crate) async fn next_turn() {
    let mut gave_way = false;
    poll_fn(|context| {
        if std::mem::replace(&mut gave_way, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
