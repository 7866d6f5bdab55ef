//! What it means that a service did not answer: no credentials, no connection, or silence after the request may have arrived.

use crate::cause::{cause, causes, harmless};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use promote_port::port::{Cause, Confided, ErrorKind, ProviderError};
use std::error::Error;

/// The request that was not answered.
pub trait Asked {
    /// An error of this request.
    fn error(&self, kind: ErrorKind, message: String) -> ProviderError;

    /// What a service is in sentences: `store` or `service`.
    fn service(&self) -> &str;

    /// Whether the request may take effect.
    fn has_effect(&self) -> bool;

    /// What is never shown.
    fn confided(&self) -> &Confided;

    /// No answer, although the request may have arrived.
    fn silent(&self, message: String) -> ProviderError {
        self.error(if self.has_effect() { ErrorKind::Unknown } else { ErrorKind::Unavailable }, message)
    }

    /// Foreign text fit to be shown, without what requests sign in with.
    fn shown(&self, text: &str) -> String {
        harmless(&self.confided().without(text))
    }
}

/// What the failure of a request means that the service did not answer.
pub fn unanswered<E>(asked: &impl Asked, failure: &SdkError<E, HttpResponse>) -> ProviderError
where
    E: Error + Send + Sync + 'static,
{
    if let Some(missing) = cause::<CredentialsError>(failure) {
        return no_credentials(asked, missing);
    }
    let detail = asked.shown(&causes(failure));
    let never_sent = cause::<hyper_util::client::legacy::Error>(failure)
        .is_some_and(hyper_util::client::legacy::Error::is_connect);
    let told = match failure {
        SdkError::ConstructionFailure(_) => {
            asked.error(ErrorKind::Invalid, "the request could not be made".to_owned()).refusal()
        }
        _ if never_sent => asked
            .error(ErrorKind::Unavailable, format!("the {} could not be reached", asked.service()))
            .hint("check the endpoint, the region and the network"),
        SdkError::TimeoutError(_) => asked.silent("no answer came in time".to_owned()),
        SdkError::ResponseError(_) => asked.silent("the answer could not be read".to_owned()),
        _ => asked.silent("the connection broke before the answer came".to_owned()),
    };
    told.caused_by(detail)
}

fn no_credentials(asked: &impl Asked, missing: &CredentialsError) -> ProviderError {
    let said = format!("{missing}: {}", causes(missing));
    // The service that gives credentials is asked by this machine's clock.
    if ["Signature expired", "Signature not yet current"].iter().any(|sign| said.contains(sign)) {
        let message = "this machine's clock is too far off for the credentials to be given";
        return asked
            .error(ErrorKind::Denied, message.to_owned())
            .hint("set the clock of this machine right")
            .caused_by(harmless(&said));
    }
    let profile = crate::surroundings::named_profile();
    let (message, hint) = match missing {
        CredentialsError::CredentialsNotLoaded(_) => not_found(profile.as_deref()),
        _ => ("the credentials could not be used".to_owned(), USUAL),
    };
    asked.error(ErrorKind::Denied, message).hint(hint).caused_by(Cause::of(missing))
}

/// What leads to credentials where nothing else is said of them.
const USUAL: &str = "sign in with `aws sso login`, set AWS_PROFILE, or give AWS_ACCESS_KEY_ID and its secret";

/// That there are no credentials, and what to do: a profile that the environment names is told, since it is likely not there.
fn not_found(profile: Option<&str>) -> (String, &'static str) {
    match profile {
        None => ("no credentials were found".to_owned(), USUAL),
        Some(profile) => (
            format!("no credentials were found: AWS_PROFILE names the profile `{}`", harmless(profile)),
            "`aws configure list-profiles` lists the profiles of this machine; name one that is there in AWS_PROFILE, or sign in with `aws sso login`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_that_has_no_credentials_is_named() {
        let (message, hint) = not_found(Some("acme-prod"));
        assert_eq!(message, "no credentials were found: AWS_PROFILE names the profile `acme-prod`");
        assert!(hint.contains("aws configure list-profiles"), "{hint}");
        assert_eq!(not_found(None), ("no credentials were found".to_owned(), USUAL));
    }
}
