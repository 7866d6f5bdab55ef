//! A bucket that keeps to a limit of calls.

use super::limit::Limit;
use crate::layer::{Around, Call, Layer, Method, Pending};
use crate::port::{Bucket, ProviderError};
use std::sync::Arc;

/// Sends a request only when its [`Limit`] has room for it. The place of a stream is given back when it is open: who holds
/// several streams must still be able to write. `now` passes by, since it is seldom a request.
#[derive(Debug, Clone)]
pub struct Limited {
    limit: Arc<Limit>,
}

impl Limited {
    /// Puts the layer around a bucket. Several buckets share one limit.
    pub fn around(inner: Arc<dyn Bucket>, limit: Arc<Limit>) -> Around<Self> {
        Around::new(inner, Self { limit })
    }
}

impl Layer for Limited {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        if call.method == Method::Now {
            return send().await;
        }
        let place = self.limit.enter().await;
        let answer = send().await;
        self.limit.learn(&answer);
        drop(place);
        answer
    }
}
