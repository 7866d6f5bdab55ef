//! What requests of a bucket are sent with: the client, the settings of what takes effect and of what does not, and the
//! store's time.

use crate::S3Bucket;
use crate::clock::SigningTime;
use crate::expiry::Expiring;
use crate::failure::Operation;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{Builder, Config};
use chrono::{DateTime, SubsecRound, Utc};
use promote_port::port::{ErrorKind, ProviderError};
use promote_port::retry;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl S3Bucket {
    /// The client, made at the first call.
    pub(crate) async fn client(&self) -> Result<&Client, ProviderError> {
        self.connection.client(&self.name).await
    }

    /// Settings of a request that takes effect: sent once, signed by the store's clock, refused by the store when
    /// it arrives late. `age` is how long ago it shall have been signed; only the probe says anything but zero.
    pub(crate) fn effect(&self, age: Duration) -> Builder {
        Config::builder()
            .retry_config(RetryConfig::disabled())
            .time_source(SigningTime { clock: self.connection.clock.clone(), age })
            .interceptor(Expiring(self.lifetime()))
    }

    /// Settings of a part, which takes no effect by itself: it is sent as often as any write to a store that is busy.
    pub(crate) fn part() -> Builder {
        let retries = RetryConfig::standard()
            .with_max_attempts(retry::TRIES)
            .with_initial_backoff(retry::FIRST)
            .with_max_backoff(retry::LONGEST);
        Config::builder().retry_config(retries)
    }

    /// How long to wait for the answer to a request about `size` bytes: at least 2 MiB a second is expected.
    pub(crate) fn timeout(&self, size: u64) -> Duration {
        self.limits.answer + Duration::from_secs(size >> 21)
    }

    /// Remembers that the bucket is there.
    pub(crate) fn bucket_seen(&self) {
        self.connection.exists.store(true, Ordering::Relaxed);
    }

    /// The store's time. Asks only when it has answered nothing yet.
    pub(crate) async fn server_time(&self) -> Result<DateTime<Utc>, ProviderError> {
        if let Some(now) = self.connection.clock.now() {
            return Ok(DateTime::from(now).trunc_subsecs(3));
        }
        let asked = self.ask_for_bucket().await;
        match (self.connection.clock.now(), asked) {
            // A refusal carries the time as well.
            (Some(now), _) => Ok(DateTime::from(now).trunc_subsecs(3)),
            (None, Err(failure)) => Err(failure),
            (None, Ok(())) => Err(ProviderError::new(
                ErrorKind::Unsupported,
                self,
                &self.name,
                "the store's answers carry no `Date`, so its clock is not known",
            )),
        }
    }

    /// Whether the bucket exists. A missing right says nothing about it and is no failure of this question.
    pub(crate) async fn ask_for_bucket(&self) -> Result<(), ProviderError> {
        let operation = Operation::reading(self, &self.name, "s3:ListBucket", self.limits.answer);
        let request = self.client().await?.head_bucket().bucket(&self.name).send();
        match operation.run(request).await {
            Ok(_) => {
                self.bucket_seen();
                Ok(())
            }
            Err(failure) if failure.kind == ErrorKind::NotFound => Err(operation.no_bucket()),
            Err(failure) => Err(failure),
        }
    }
}
