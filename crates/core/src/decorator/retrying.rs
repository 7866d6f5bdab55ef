//! Sending a read again that got no answer. Writes are passed on once: whether one may be sent again is known only
//! to those who know what it means.

use crate::layer::{Around, Call, Layer, Pending};
use crate::port::wire::{self, Wire};
use crate::port::{Bucket, Clock, Entropy, ErrorKind, ProviderError};
use std::sync::Arc;
use std::time::Duration;

/// How long and how often a read is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The mean of the first wait; each next one is twice as long. A wait is drawn from half to one and a half of it.
    pub first: Duration,
    /// The longest wait, unless the store names a longer one.
    pub longest: Duration,
    /// No request is sent when this time has passed since the first.
    pub deadline: Duration,
    /// How many requests are sent at most, so that a clock that is put back can't make it for ever.
    pub attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(200),
            longest: Duration::from_secs(5),
            deadline: Duration::from_secs(30),
            attempts: 10,
        }
    }
}

impl RetryPolicy {
    /// Sends a request again while it gets no answer. Only for requests that may be repeated.
    ///
    /// # Errors
    /// The last answer's; `Unknown` instead of `Unavailable` when an earlier one may have taken effect.
    pub async fn again<T, C>(
        &self,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
        call: impl Fn() -> C,
    ) -> Result<T, ProviderError>
    where
        C: Future<Output = Result<T, ProviderError>>,
    {
        let begun = clock.steady();
        let mut mean = self.first;
        let (mut sent, mut doubt) = (0, false);
        loop {
            sent += 1;
            let mut error = match call().await {
                Err(error) if matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Unknown) => error,
                end => return end,
            };
            doubt |= error.kind == ErrorKind::Unknown;
            if doubt {
                error.kind = ErrorKind::Unknown;
            }
            let wait = jittered(mean, entropy).max(error.retry_after().unwrap_or_default());
            let then = clock.steady().saturating_sub(begun).saturating_add(wait);
            if sent >= self.attempts || then >= self.deadline {
                return Err(error);
            }
            wire::tell(|| Wire::Again {
                whom: error.provider.clone(),
                why: error.message.clone(),
                wait,
                tried: then.saturating_sub(wait),
            });
            clock.sleep(wait).await;
            mean = mean.saturating_mul(2).min(self.longest);
        }
    }
}

/// Repeats what only reads, and the opening of `read`, while the store does not answer. A stream that breaks later ends with
/// its error.
#[derive(Debug, Clone)]
pub struct Retrying {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    policy: RetryPolicy,
}

/// `mean` times a chance factor from one half to one and a half.
pub(super) fn jittered(mean: Duration, entropy: &dyn Entropy) -> Duration {
    let [high, low, ..] = entropy.nonce();
    let chance = f64::from(u16::from_be_bytes([high, low])) / f64::from(u16::MAX);
    mean.mul_f64(0.5 + chance)
}

impl Retrying {
    /// Puts the layer around a bucket.
    pub fn around(
        inner: Arc<dyn Bucket>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        policy: RetryPolicy,
    ) -> Around<Self> {
        Around::new(inner, Self { clock, entropy, policy })
    }
}

impl Layer for Retrying {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        if !call.method.reads() {
            return send().await;
        }
        self.policy.again(&*self.clock, &*self.entropy, send).await
    }
}
