//! How a bucket is reached: region, endpoint, credentials, time-outs. The client is made when it is first needed,
//! so that a command that sends nothing pays nothing. What is sent over it is left to the other modules.

use crate::clock::{ServerClock, SigningTime};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation, ResponseChecksumValidation};
use promote_aws::{AnswerSize, Confiding, SignIn, Surroundings, Telling};
use promote_port::port::{Confided, ErrorKind, ProviderError, StoreSettings};
use promote_port::retry;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Sizes in bytes and times at which things are done another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest object that a guarded copy may pass through the client, 64 MiB.
    pub put: u64,
    /// The largest object that is written with one request, 64 MiB.
    pub single: u64,
    /// The size of a part of a larger one, 16 MiB. S3 takes no part below 5 MiB except the last.
    pub part: u64,
    /// The largest object that S3 copies with one request, 5 GiB
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>).
    pub copy: u64,
    /// The size of a part of a larger copy, 128 MiB.
    pub copy_part: u64,
    /// How long an answer may take; a large body or copy is granted more.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            put: 64 * MIB,
            single: 64 * MIB,
            part: 16 * MIB,
            copy: 5 * 1024 * MIB,
            copy_part: 128 * MIB,
            answer: retry::ANSWER,
        }
    }
}

/// The client, once there is one.
#[derive(Debug)]
pub(crate) struct Connection {
    settings: StoreSettings,
    sign_in: SignIn,
    pub(crate) clock: ServerClock,
    pub(crate) confided: Confided,
    client: OnceCell<Client>,
    /// Whether some answer has shown that the bucket exists.
    pub(crate) exists: AtomicBool,
}

impl Connection {
    pub(crate) fn new(settings: StoreSettings, sign_in: SignIn) -> Self {
        Self {
            settings,
            sign_in,
            clock: ServerClock::default(),
            confided: Confided::default(),
            client: OnceCell::new(),
            exists: AtomicBool::new(false),
        }
    }

    /// The client, made at the first call; `bucket` is the name of what is asked for.
    pub(crate) async fn client(&self, bucket: &str) -> Result<&Client, ProviderError> {
        self.client.get_or_try_init(|| self.build(bucket)).await
    }

    /// The region that requests are signed for, once known.
    pub(crate) fn region(&self) -> Option<String> {
        self.client.get()?.config().region().map(ToString::to_string)
    }

    async fn build(&self, bucket: &str) -> Result<Client, ProviderError> {
        let settings = &self.settings;
        let surroundings = Surroundings {
            region: settings.region.as_deref(),
            profile: settings.profile.as_deref(),
            sign_in: &self.sign_in,
            address: "AWS_ENDPOINT_URL_S3",
        };
        let region = surroundings.region().await.ok_or_else(|| {
            ProviderError::new(ErrorKind::Invalid, format!("s3://{bucket}"), bucket, promote_aws::no_region())
                .hint(format!("set `region` in `[store.{}]` of promote.toml, or AWS_REGION", bucket))
                .refusal()
        })?;
        let (usual, elsewhere) = surroundings.settings(region).await;
        let mut builder = Builder::from(&usual);
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        let elsewhere = settings.endpoint.clone().or(elsewhere);
        if elsewhere.as_ref().is_some_and(|address| address.starts_with("http://")) {
            // Without TLS there is no need to read all the certificates of the machine.
            builder = builder.http_client(aws_smithy_http_client::Builder::new().build_http());
        }
        let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).build();
        builder = builder
            .force_path_style(settings.path_style.unwrap_or(elsewhere.is_some()))
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts)
            // Checksums are given as values wherever they matter; trailers break stores that lack them.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .disable_s3_express_session_auth(true)
            // By the store's clock as soon as that is known, so that a machine whose own is wrong can at least read
            // and be told so.
            .time_source(SigningTime { clock: self.clock.clone(), age: Duration::ZERO })
            .disable_clock_skew_correction(true)
            .interceptor(self.clock.clone())
            .interceptor(AnswerSize { except: Some("x-id=GetObject") })
            .interceptor(Confiding(self.confided.clone()))
            .interceptor(Telling);
        Ok(Client::from_conf(builder.build()))
    }
}
