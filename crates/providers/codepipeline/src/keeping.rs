//! Remembering what requests sign in with beside their signature, so that no answer is shown with it.

use aws_sdk_codepipeline::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_codepipeline::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_codepipeline::error::BoxError;
use promote_port::port::Confided;

/// Keeps the session token of each request: it is sent as it is, while of the secret key only signatures are seen.
#[derive(Debug)]
pub(crate) struct Keeping(pub(crate) Confided);

impl Intercept for Keeping {
    fn name(&self) -> &'static str {
        "Keeping"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(token) = context.request().headers().get("x-amz-security-token") {
            self.0.keep(token);
        }
        Ok(())
    }
}
