//! How a bucket is reached: address, client, tokens, time-outs. All of it is made when it is first needed, so that a
//! command that sends nothing pays nothing. What is sent over it is left to the other modules.

use crate::clock::ServerClock;
use crate::credentials::{SignIn, Tokens};
use crate::endpoint::Endpoint;
use promote_port::port::{Confided, ErrorKind, ProviderError};
use promote_port::retry;
use reqwest::redirect::Policy;
use std::sync::atomic::AtomicBool;
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
            answer: retry::ANSWER,
            pause: retry::FIRST,
            breaks: retry::TRIES - 1,
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
    pub(crate) exists: AtomicBool,
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

    /// What requests are sent with, made at the first call; `bucket` is the name of what is asked for.
    pub(crate) async fn ready(&self, bucket: &str) -> Result<&Ready, ProviderError> {
        self.ready.get_or_try_init(|| async { self.build(bucket) }).await
    }

    fn build(&self, bucket: &str) -> Result<Ready, ProviderError> {
        let store = format!("gs://{bucket}");
        let bad = |message: String| ProviderError::new(ErrorKind::Invalid, &store, bucket, message).refusal();
        let emulator = std::env::var("STORAGE_EMULATOR_HOST").ok();
        let endpoint = Endpoint::find(self.address.as_deref(), emulator.as_deref())
            .map_err(|(message, hint)| bad(message).hint(hint))?;
        let tokens = Tokens::open(&self.sign_in, endpoint.emulator)
            .map_err(|missing| missing.error(&store, bucket))?;
        let mut builder = reqwest::Client::builder()
            .user_agent(promote_port::USER_AGENT)
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
