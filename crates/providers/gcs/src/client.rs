//! What requests of a bucket are sent with, the store's time, and whether the bucket is there.

use crate::GcsBucket;
use crate::connection::Ready;
use crate::exchange::Operation;
use chrono::{DateTime, Utc};
use promote_port::port::{ErrorKind, ProviderError};
use std::sync::atomic::Ordering;
use std::time::Duration;

impl GcsBucket {
    /// What requests are sent with, made at the first call.
    pub(crate) async fn ready(&self) -> Result<&Ready, ProviderError> {
        self.connection.ready(&self.name).await
    }

    /// How long to wait for the answer to a request about `size` bytes: at least 2 MiB a second is expected.
    pub(crate) fn timeout(&self, size: u64) -> Duration {
        self.limits.answer + Duration::from_secs(size >> 21)
    }

    /// Remembers that the bucket is there.
    pub(crate) fn bucket_seen(&self) {
        self.connection.exists.store(true, Ordering::Relaxed);
    }

    /// Whether an answer has shown that the bucket is there.
    pub(crate) fn was_seen(&self) -> bool {
        self.connection.exists.load(Ordering::Relaxed)
    }

    /// The store's time. Asks only when it has answered nothing yet.
    pub(crate) async fn server_time(&self) -> Result<DateTime<Utc>, ProviderError> {
        if let Some(now) = self.connection.clock.now() {
            return Ok(now);
        }
        let asked = self.ask_for_bucket().await;
        match (self.connection.clock.now(), asked) {
            // A refusal carries the time as well.
            (Some(now), _) => Ok(now),
            (None, Err(failure)) => Err(failure),
            (None, Ok(())) => Err(ProviderError::new(
                ErrorKind::Unsupported,
                self,
                &self.name,
                "the store's answers carry no `Date`, so its clock is not known",
            )),
        }
    }

    /// Fails when there is no such bucket or it can't be asked. Lists at most one name: the right to read the
    /// bucket's own settings is one that many roles lack.
    pub(crate) async fn ask_for_bucket(&self) -> Result<(), ProviderError> {
        let operation = Operation::reading(self, &self.name, "storage.objects.list");
        let ready = self.ready().await?;
        let query = [("maxResults", "1"), ("fields", "items(name)")];
        let url = ready.endpoint.call("storage/v1", &["b", &self.name, "o"], &query);
        match operation.send(ready.http.get(url)).await {
            Ok(_) => {
                self.bucket_seen();
                Ok(())
            }
            Err(failure) if failure.kind == ErrorKind::NotFound => Err(operation.no_bucket()),
            Err(failure) => Err(failure),
        }
    }

    /// Turns "not there" into the error that names the bucket, when it is the bucket that is not there.
    pub(crate) async fn unless_bucket_is_missing(&self) -> Result<(), ProviderError> {
        if self.was_seen() {
            return Ok(());
        }
        match self.ask_for_bucket().await {
            Err(failure) if failure.kind == ErrorKind::NotFound => Err(failure),
            // It can't be told: whoever may not list is told about the object alone.
            _ => {
                self.bucket_seen();
                Ok(())
            }
        }
    }
}
