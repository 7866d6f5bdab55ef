//! How the service is reached: region, endpoint, credentials, time-outs, as every AWS tool finds them. The client is
//! made at the first call.

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::retry::RetryConfig;
use aws_sdk_codepipeline::config::timeout::TimeoutConfig;
use aws_sdk_codepipeline::config::{Builder, Config};
use promote_aws::{AnswerSize, Confiding, SignIn, Surroundings, Telling};
use promote_port::port::{Confided, ErrorKind, ProviderError};
use promote_port::retry;
use std::fmt;
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long one answer may take, with its repetitions, where nobody says otherwise.
const ANSWER: Duration = retry::DEADLINE;

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

/// The pipelines of one account and region. Making it sends nothing.
#[derive(Debug)]
pub struct CodePipelines {
    settings: Settings,
    sign_in: SignIn,
    pub(crate) timeout: Duration,
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
        Self { settings, sign_in, timeout: ANSWER, confided, client: OnceCell::new() }
    }

    /// The same; an answer may take so long, with its repetitions.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The client.
    pub(crate) async fn client(&self) -> Result<&Client, ProviderError> {
        self.client.get_or_try_init(|| self.build()).await
    }

    /// The region that requests are signed for, once known.
    pub(crate) fn region(&self) -> Option<String> {
        self.client.get()?.config().region().map(ToString::to_string)
    }

    async fn build(&self) -> Result<Client, ProviderError> {
        let settings = &self.settings;
        let surroundings = Surroundings {
            region: settings.region.as_deref(),
            profile: settings.profile.as_deref(),
            sign_in: &self.sign_in,
            address: "AWS_ENDPOINT_URL_CODEPIPELINE",
        };
        let region = surroundings.region().await.ok_or_else(|| {
            ProviderError::new(ErrorKind::Invalid, self, "connecting", promote_aws::no_region()).hint(
                "set AWS_REGION, or `region` in the `[store.BUCKET]` of the bucket that pipelines take from",
            )
        })?;
        let (usual, elsewhere) = surroundings.settings(region).await;
        let mut builder = Builder::from(&usual);
        if let Some(endpoint) = settings.endpoint.clone().or(elsewhere) {
            if endpoint.starts_with("http://") {
                // Without TLS there is no need to read all the certificates of the machine.
                builder = builder.http_client(aws_smithy_http_client::Builder::new().build_http());
            }
            builder = builder.endpoint_url(endpoint);
        }
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(retry::ANSWER.min(self.timeout / 2))
            .build();
        let builder = builder
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts)
            .interceptor(Confiding(self.confided.clone()))
            .interceptor(Telling)
            .interceptor(AnswerSize { except: None });
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
