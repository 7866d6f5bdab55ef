//! How a bucket is reached: region, endpoint, credentials, time-outs. The client is made when it is first needed,
//! so that a command that sends nothing pays nothing. What is sent over it is left to the other modules.

use crate::answer_size::AnswerSize;
use crate::clock::{ServerClock, SigningTime};
use aws_config::BehaviorVersion;
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Builder, Config, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use promote_port::patience;
use promote_port::port::StoreSettings;
use promote_port::port::{Confided, ErrorKind, ProviderError};
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::OnceCell;

/// How to sign in.
#[derive(Clone, Default)]
pub enum SignIn {
    /// As every AWS tool does: environment, profile, web identity, container, machine.
    #[default]
    Usual,
    /// With these keys. Region and endpoint come from the settings alone.
    Keys {
        /// Access key id.
        id: String,
        /// Secret access key.
        secret: String,
        /// Session token of temporary keys.
        token: Option<String>,
    },
    /// With what this provider gives, asked whenever the last ones have expired. Region and endpoint come from the settings
    /// and the machine.
    Provider(CredentialsProvider),
}

/// Gives credentials for AWS.
pub type CredentialsProvider = aws_sdk_s3::config::SharedCredentialsProvider;

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => f.write_str("Usual"),
            Self::Provider(_) => f.write_str("Provider"),
            Self::Keys { id, .. } => f.debug_struct("Keys").field("id", id).finish_non_exhaustive(),
        }
    }
}

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
            answer: patience::ANSWER,
        }
    }
}

/// Whether the variable has a value.
fn present(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
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

    /// The region that is configured somewhere. Never asks the machine's metadata service: outside Amazon that
    /// costs seconds and answers nothing.
    async fn find_region(&self) -> Option<Region> {
        let given = self.settings.region.clone().map(Region::new);
        if given.is_some() || matches!(self.sign_in, SignIn::Keys { .. }) {
            return given;
        }
        let mut profile = ProfileFileRegionProvider::builder();
        if let Some(name) = &self.settings.profile {
            profile = profile.profile_name(name);
        }
        RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(profile.build())
            .region()
            .await
            .filter(|region| !region.as_ref().is_empty())
    }

    /// What the machine's environment and AWS files say about reaching the store, and the address if it is not
    /// Amazon's.
    async fn usual(&self, region: Region) -> (Builder, Option<String>) {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region);
        if let Some(name) = &self.settings.profile {
            // The profile that the team names beats keys that happen to be in the environment.
            loader = loader
                .profile_name(name)
                .credentials_provider(ProfileFileCredentialsProvider::builder().profile_name(name).build());
        } else if ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(present) == [true, true] {
            // They come first in any case; without the rest of the chain no client for it is made.
            loader = loader.credentials_provider(EnvironmentVariableCredentialsProvider::new());
        }
        let shared = loader.load().await;
        let own = std::env::var("AWS_ENDPOINT_URL_S3").ok().filter(|address| !address.is_empty());
        (Builder::from(&shared), own.or_else(|| shared.endpoint_url().map(str::to_owned)))
    }

    async fn build(&self, bucket: &str) -> Result<Client, ProviderError> {
        let settings = &self.settings;
        let region = self.find_region().await.ok_or_else(|| {
            ProviderError::new(
                ErrorKind::Invalid,
                format!("s3://{bucket}"),
                bucket,
                "no region is configured",
            )
            .hint(format!("set `region` in `[store.{}]` of promote.toml, or AWS_REGION", bucket))
            .refusal()
        })?;
        let (mut builder, elsewhere) = match &self.sign_in {
            SignIn::Usual => self.usual(region.clone()).await,
            SignIn::Provider(provider) => {
                let (builder, elsewhere) = self.usual(region.clone()).await;
                (builder.credentials_provider(provider.clone()), elsewhere)
            }
            SignIn::Keys { id, secret, token } => {
                let keys = Credentials::new(id, secret, token.clone(), None, "promote");
                (
                    Config::builder().behavior_version(BehaviorVersion::latest()).credentials_provider(keys),
                    None,
                )
            }
        };
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
            .region(region)
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
            .interceptor(AnswerSize)
            .interceptor(crate::keeping::Keeping(self.confided.clone()))
            .interceptor(crate::told::Told);
        Ok(Client::from_conf(builder.build()))
    }
}
