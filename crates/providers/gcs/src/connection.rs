//! How a bucket is reached: address, client, tokens, time-outs. All of it is made when it is first needed, so that a
//! command that sends nothing pays nothing. What is sent over it is left to the other modules.

use crate::GcsBucket;
use crate::clock::ServerClock;
use crate::credentials::{NoToken, SignIn, Tokens};
use crate::endpoint::Endpoint;
use crate::exchange::Doing;
use chrono::{DateTime, Utc};
use promote_core::patience;
use promote_core::port::{Confided, ErrorKind, ProviderError};
use reqwest::redirect::Policy;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Sizes in bytes and times at which things are done another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest object that is written with one request, 8 MiB.
    pub single: u64,
    /// The size of a piece of a larger one, 16 MiB. Google takes multiples of 256 KiB, except for the last.
    pub piece: u64,
    /// How long an answer may take, 30 s; a large body or copy is granted more.
    pub answer: Duration,
    /// The first wait before an upload that broke off goes on, as for any write; each next one is twice as long.
    pub pause: Duration,
    /// How often in a row an upload may break off without getting any further, as often as a write is sent again.
    pub breaks: u32,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            single: 8 * MIB,
            piece: 16 * MIB,
            answer: patience::ANSWER,
            pause: patience::FIRST,
            breaks: patience::TRIES - 1,
        }
    }
}

/// What requests are sent with.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) endpoint: Endpoint,
    pub(crate) http: reqwest::Client,
    pub(crate) tokens: Tokens,
}

/// The connection, once there is one.
#[derive(Debug)]
pub(crate) struct Connection {
    address: Option<String>,
    sign_in: SignIn,
    pub(crate) clock: ServerClock,
    pub(crate) confided: Confided,
    ready: OnceCell<Ready>,
    /// Whether some answer has shown that the bucket exists.
    exists: AtomicBool,
}

impl Connection {
    pub(crate) fn new(address: Option<String>, sign_in: SignIn) -> Self {
        Self {
            address,
            sign_in,
            clock: ServerClock::default(),
            confided: Confided::default(),
            ready: OnceCell::new(),
            exists: AtomicBool::new(false),
        }
    }

    fn build(&self, bucket: &GcsBucket) -> Result<Ready, ProviderError> {
        let bad =
            |message: String| ProviderError::new(ErrorKind::Invalid, bucket, &bucket.name, message).refusal();
        let emulator = std::env::var("STORAGE_EMULATOR_HOST").ok();
        let endpoint = Endpoint::find(self.address.as_deref(), emulator.as_deref())
            .map_err(|(message, hint)| bad(message).hint(hint))?;
        let tokens = Tokens::open(&self.sign_in, endpoint.emulator)
            .map_err(|missing| bucket.without_token(&bucket.name, missing))?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("promote/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5))
            .tcp_nodelay(true)
            // Nothing is sent twice or elsewhere unless this crate decides so.
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            // The sums that the store gives are those of the bytes that it stores.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate();
        if endpoint.is_plain() {
            // Without TLS there is no need to read all the certificates of the machine, nor for a proxy.
            builder = builder.tls_certs_only(std::iter::empty()).no_proxy();
        }
        let http =
            builder.build().map_err(|failure| bad("no client could be made".into()).caused_by(failure))?;
        Ok(Ready { endpoint, http, tokens })
    }
}

impl GcsBucket {
    /// What requests are sent with, made at the first call.
    pub(crate) async fn ready(&self) -> Result<&Ready, ProviderError> {
        self.connection.ready.get_or_try_init(|| async { self.connection.build(self) }).await
    }

    pub(crate) fn without_token(&self, subject: &str, missing: NoToken) -> ProviderError {
        let failure = ProviderError::new(missing.kind, self, subject, missing.message).hint(missing.hint);
        match missing.cause {
            Some(cause) => failure.caused_by(cause),
            None => failure,
        }
    }

    /// How long to wait for the answer to a request about `size` bytes: at least 2 MiB a second is expected.
    pub(crate) fn patience(&self, size: u64) -> Duration {
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
        let doing = Doing::reading(self, &self.name, "storage.objects.list");
        let ready = self.ready().await?;
        let query = [("maxResults", "1"), ("fields", "items(name)")];
        let url = ready.endpoint.call("storage/v1", &["b", &self.name, "o"], &query);
        match doing.send(ready.http.get(url)).await {
            Ok(_) => {
                self.bucket_seen();
                Ok(())
            }
            Err(failure) if failure.kind == ErrorKind::NotFound => Err(doing.no_bucket()),
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
