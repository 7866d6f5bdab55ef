//! How the service is reached: region, endpoint, credentials, time-outs, as every AWS tool finds them. The client is
//! made at the first call.

use crate::answer_size::AnswerSize;
use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::retry::RetryConfig;
use aws_sdk_codepipeline::config::timeout::TimeoutConfig;
use aws_sdk_codepipeline::config::{Builder, Config, Credentials, Region};
use promote_port::patience;
use promote_port::port::{Confided, ErrorKind, ProviderError};
use std::fmt;
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long one answer may take, with its repetitions, where nobody says otherwise.
const ANSWER: Duration = patience::DEADLINE;

/// What a project says about reaching the service; the rest comes from the machine's environment and AWS files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The region of the pipelines, where the environment names none. A pipeline lies in the region of the bucket
    /// that it takes from.
    pub region: Option<String>,
    /// The named profile whose credentials are used; it beats keys in the environment.
    pub profile: Option<String>,
    /// Another address than Amazon's; it beats `AWS_ENDPOINT_URL_CODEPIPELINE` and `AWS_ENDPOINT_URL`.
    pub endpoint: Option<String>,
}

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
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => f.write_str("Usual"),
            Self::Keys { id, .. } => f.debug_struct("Keys").field("id", id).finish_non_exhaustive(),
        }
    }
}

/// The pipelines of one account and region. Making it sends nothing.
#[derive(Debug)]
pub struct CodePipelines {
    settings: Settings,
    sign_in: SignIn,
    pub(crate) patience: Duration,
    pub(crate) confided: Confided,
    client: OnceCell<Client>,
}

impl CodePipelines {
    /// Reaches the service as `settings` and the machine say, at the first call.
    pub fn connect(settings: Settings) -> Self {
        Self::with(settings, SignIn::Usual)
    }

    /// The same, signing in as told.
    pub fn with(settings: Settings, sign_in: SignIn) -> Self {
        let confided = Confided::default();
        Self { settings, sign_in, patience: ANSWER, confided, client: OnceCell::new() }
    }

    /// The same; an answer may take so long, with its repetitions.
    #[must_use]
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The client.
    pub(crate) async fn client(&self) -> Result<&Client, ProviderError> {
        self.client.get_or_try_init(|| self.build()).await
    }

    /// The region that requests are signed for, once known.
    pub(crate) fn region(&self) -> Option<String> {
        self.client.get()?.config().region().map(ToString::to_string)
    }

    /// Never asks the machine's metadata service: outside Amazon that costs seconds and answers nothing.
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

    /// What the machine's environment and AWS files say, and the address if it is not Amazon's.
    async fn usual(&self, region: Region) -> (Builder, Option<String>) {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region);
        if let Some(name) = &self.settings.profile {
            // The profile that the team names beats keys that happen to be in the environment.
            loader = loader
                .profile_name(name)
                .credentials_provider(ProfileFileCredentialsProvider::builder().profile_name(name).build());
        }
        let shared = loader.load().await;
        let own = std::env::var("AWS_ENDPOINT_URL_CODEPIPELINE").ok().filter(|address| !address.is_empty());
        (Builder::from(&shared), own.or_else(|| shared.endpoint_url().map(str::to_owned)))
    }

    async fn build(&self) -> Result<Client, ProviderError> {
        let region = self.find_region().await.ok_or_else(|| {
            ProviderError::new(ErrorKind::Invalid, self, "connecting", "no region is configured").hint(
                "set AWS_REGION, or `region` in the `[store.BUCKET]` of the bucket that pipelines take from",
            )
        })?;
        let (mut builder, elsewhere) = match &self.sign_in {
            SignIn::Usual => self.usual(region.clone()).await,
            SignIn::Keys { id, secret, token } => {
                let keys = Credentials::new(id, secret, token.clone(), None, "promote");
                let builder = Config::builder().behavior_version(BehaviorVersion::latest());
                (builder.credentials_provider(keys), None)
            }
        };
        if let Some(endpoint) = self.settings.endpoint.clone().or(elsewhere) {
            if endpoint.starts_with("http://") {
                // Without TLS there is no need to read all the certificates of the machine.
                builder = builder.http_client(aws_smithy_http_client::Builder::new().build_http());
            }
            builder = builder.endpoint_url(endpoint);
        }
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(patience::ANSWER.min(self.patience / 2))
            .build();
        let builder = builder
            .region(region)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts)
            .interceptor(crate::keeping::Keeping(self.confided.clone()))
            .interceptor(crate::told::Told)
            .interceptor(AnswerSize);
        Ok(Client::from_conf(builder.build()))
    }
}

/// What a call that changes something is sent with: once.
pub(crate) fn once() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

impl fmt::Display for CodePipelines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodePipeline")
    }
}
