//! What an answer, or the lack of one, means for the caller: every failure becomes a `ProviderError` whose kind says
//! what may be done next, and a missing right is named.

use crate::connection::CodePipelines;
use aws_sdk_codepipeline::config::http::HttpResponse;
use aws_sdk_codepipeline::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codepipeline::operation::RequestId;
use promote_aws::{Asked, causes, harmless, unanswered};
use promote_port::port::{Confided, ErrorKind, ProviderError};
use std::error::Error;
use std::future::Future;
use std::time::Duration;

/// One request: about which pipeline, with which right, and whether it may change something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation<'a> {
    pub(crate) service: &'a CodePipelines,
    pub(crate) pipeline: &'a str,
    pub(crate) right: &'static str,
    pub(crate) effect: bool,
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

impl Asked for Operation<'_> {
    fn error(&self, kind: ErrorKind, message: String) -> ProviderError {
        Operation::error(self, kind, message)
    }

    fn service(&self) -> &str {
        "service"
    }

    fn has_effect(&self) -> bool {
        self.effect
    }

    fn confided(&self) -> &Confided {
        &self.service.confided
    }
}

impl Operation<'_> {
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
        let timeout = self.service.timeout;
        match tokio::time::timeout(timeout, request).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => Err(self.failed(&failure)),
            Err(_) => Err(self.silent(format!("no answer came within {} seconds", timeout.as_secs()))),
        }
    }

    fn failed<E>(&self, failure: &SdkError<E, HttpResponse>) -> ProviderError
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        if let SdkError::ServiceError(answered) = failure {
            return self.answered(answered.raw(), answered.err());
        }
        unanswered(self, failure)
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
