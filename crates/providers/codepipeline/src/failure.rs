//! What an answer, or the lack of one, means for the caller: every failure becomes a `ProviderError` whose kind says
//! what may be done next, and a missing right is named.

use crate::connection::CodePipelines;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_codepipeline::config::http::HttpResponse;
use aws_sdk_codepipeline::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codepipeline::operation::RequestId;
use promote_port::port::{ErrorKind, ProviderError, Told};
use std::error::Error;
use std::future::Future;
use std::time::Duration;

/// One request: about which pipeline, with which right, and whether it may change something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doing<'a> {
    pub(crate) service: &'a CodePipelines,
    pub(crate) pipeline: &'a str,
    pub(crate) right: &'static str,
    pub(crate) effect: bool,
}

/// Foreign text fit to be shown: no control characters, at most 300 characters.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The error and what caused it, outermost first.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn Error + 'static) = *error;
        error.source()
    })
}

/// Every cause in one line, for a failure without an answer.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for error in chain(error).skip(1) {
        let text = error.to_string();
        if parts.last().is_none_or(|last| !last.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

/// Whether the service says that we ask too often.
fn is_throttled(status: u16, code: &str) -> bool {
    status == 429
        || matches!(
            code,
            "ThrottlingException"
                | "Throttling"
                | "TooManyRequestsException"
                | "RequestLimitExceeded"
                | "SlowDown"
                | "LimitExceededException"
        )
}

/// What an answer with an error means.
fn kind_of(status: u16, code: &str, effect: bool) -> ErrorKind {
    if is_throttled(status, code) {
        return ErrorKind::Unavailable;
    }
    match code {
        "PipelineNotFoundException"
        | "PipelineExecutionNotFoundException"
        | "PipelineVersionNotFoundException"
        | "StageNotFoundException"
        | "ActionNotFoundException" => ErrorKind::NotFound,
        "ApprovalAlreadyCompletedException"
        | "InvalidApprovalTokenException"
        | "PipelineExecutionOutdatedException"
        | "UnableToRollbackStageException" => ErrorKind::Conflict,
        // The pipeline is being changed, or too many executions run: nothing was begun.
        "ConflictException" | "ConcurrentPipelineExecutionsLimitExceededException" => ErrorKind::Unavailable,
        "AccessDeniedException"
        | "AccessDenied"
        | "NotAuthorized"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "OptInRequired" => ErrorKind::Denied,
        _ if status == 401 || status == 403 => ErrorKind::Denied,
        _ if (300..500).contains(&status) => ErrorKind::Invalid,
        _ if status < 300 => ErrorKind::Corrupt,
        _ if effect => ErrorKind::Unknown,
        _ => ErrorKind::Unavailable,
    }
}

impl Doing<'_> {
    /// An error of this request.
    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> ProviderError {
        ProviderError::new(kind, self.service, self.pipeline, message)
    }

    /// Waits for the answer as long as is meet, and says what a failure means.
    pub(crate) async fn run<T, E>(
        &self,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, ProviderError>
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let patience = self.service.patience;
        match tokio::time::timeout(patience, request).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => Err(self.failed(&failure)),
            Err(_) => Err(self.silent(format!("no answer came within {} seconds", patience.as_secs()))),
        }
    }

    /// Foreign text fit to be shown, without what requests sign in with.
    fn shown(&self, text: &str) -> String {
        harmless(&self.service.confided.without(text))
    }

    /// No answer, although the request may have arrived.
    fn silent(&self, message: impl Into<String>) -> ProviderError {
        self.error(if self.effect { ErrorKind::Unknown } else { ErrorKind::Unavailable }, message)
    }

    fn failed<E>(&self, failure: &SdkError<E, HttpResponse>) -> ProviderError
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        if let SdkError::ServiceError(answered) = failure {
            return self.answered(answered.raw(), answered.err());
        }
        let missing = chain(failure).find_map(|error| error.downcast_ref::<CredentialsError>());
        if let Some(missing) = missing {
            let message = match missing {
                CredentialsError::CredentialsNotLoaded(_) => "no credentials were found",
                _ => "the credentials could not be used",
            };
            return self
                .error(ErrorKind::Denied, message)
                .hint(
                    "sign in with `aws sso login`, set AWS_PROFILE, or give AWS_ACCESS_KEY_ID and its secret",
                )
                .caused_by(Told::of(missing));
        }
        let detail = self.shown(&causes(failure));
        let never_sent = chain(failure)
            .filter_map(|error| error.downcast_ref::<hyper_util::client::legacy::Error>())
            .any(hyper_util::client::legacy::Error::is_connect);
        match failure {
            SdkError::ConstructionFailure(_) => {
                self.error(ErrorKind::Invalid, "the request could not be made").caused_by(detail)
            }
            _ if never_sent => self
                .error(ErrorKind::Unavailable, "the service could not be reached")
                .hint("check the region, the endpoint and the network")
                .caused_by(detail),
            SdkError::TimeoutError(_) => self.silent("no answer came in time").caused_by(detail),
            SdkError::ResponseError(_) => self.silent("the answer could not be read").caused_by(detail),
            _ => self.silent("the connection broke before the answer came").caused_by(detail),
        }
    }

    fn answered<E: Error + ProvideErrorMetadata + 'static>(
        &self,
        raw: &HttpResponse,
        error: &E,
    ) -> ProviderError {
        let status = raw.status().as_u16();
        let code = error.code().unwrap_or_default();
        let nonsense = causes(error);
        let said = self.shown(error.message().unwrap_or(&nonsense));
        let kind = kind_of(status, code, self.effect);
        let failure = match (kind, code) {
            (ErrorKind::Denied, _) => self.denied(code, &said),
            (ErrorKind::NotFound, "PipelineNotFoundException") => self.no_pipeline(),
            (ErrorKind::NotFound, _) => self.error(kind, "there is no such execution, stage or action"),
            (ErrorKind::Conflict, "ApprovalAlreadyCompletedException") => {
                self.error(kind, "somebody else answered it meanwhile")
            }
            (ErrorKind::Conflict, _) => self.error(kind, "it has changed since it was looked at"),
            (ErrorKind::Unavailable, _) if is_throttled(status, code) => {
                self.error(kind, "too many requests at once: the service did nothing, and asks to wait")
            }
            (ErrorKind::Unavailable, _) => {
                self.error(kind, "the service is not available now, and did nothing")
            }
            (ErrorKind::Unknown, _) => self.error(kind, "the service failed, perhaps after it had done it"),
            (ErrorKind::Corrupt, _) => self.error(kind, "the service's answer makes no sense"),
            _ => self.error(kind, "the service does not accept the request"),
        };
        let request = self.shown(error.meta().request_id().unwrap_or_default());
        let mut answer = format!("the service answered {status}");
        for (before, text, after) in
            [(" ", self.shown(code), ""), (": ", said, ""), (" (request ", request, ")")]
        {
            if !text.is_empty() {
                answer.push_str(&format!("{before}{text}{after}"));
            }
        }
        let failure = failure.caused_by(answer);
        if is_throttled(status, code) || status == 503 {
            let wait = raw.headers().get("retry-after").and_then(|seconds| seconds.parse().ok());
            return failure.throttled(Duration::from_secs(wait.unwrap_or(0)));
        }
        failure
    }

    fn no_pipeline(&self) -> ProviderError {
        let region = self.service.region().unwrap_or_default();
        self.error(
            ErrorKind::NotFound,
            format!("there is no pipeline of this name in `{region}` and the account that is signed in"),
        )
        .hint("check the pipeline's name in promote.toml, AWS_REGION, and whose credentials are used")
    }

    fn denied(&self, code: &str, said: &str) -> ProviderError {
        match code {
            // With it come the two times: `Signature expired: 20260101T000000Z is now earlier than 20260101T001500Z`.
            _ if ["Signature expired", "Signature not yet current"].iter().any(|sign| said.contains(sign)) => self
                .error(ErrorKind::Denied, "this machine's clock is too far from the service's")
                .hint("set the clock of this machine right; `promote doctor` shows how far it is off each store's"),
            "ExpiredTokenException" | "ExpiredToken" => {
                self.error(ErrorKind::Denied, "the credentials have expired").hint(
                    "sign in again; the pipeline goes on by itself, and `promote resume ENV` reads its end",
                )
            }
            "AccessDeniedException" | "AccessDenied" | "NotAuthorized" => {
                let region = self.service.region().unwrap_or_default();
                let arn = format!("arn:aws:codepipeline:{region}:ACCOUNT:{}", harmless(self.pipeline));
                ProviderError::missing_right(self.service, self.pipeline, self.right, arn)
                    .hint("the guide on CodePipeline has a policy for each command")
            }
            "OptInRequired" => self.error(ErrorKind::Denied, "the account may not use CodePipeline"),
            _ => self
                .error(ErrorKind::Denied, "the service does not accept the credentials")
                .hint("check the access key, its secret and the session token"),
        }
    }
}
