//! Remembering what requests sign in with beside their signature, so that no answer is shown with it.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use promote_port::port::Confided;

/// Keeps the session token of each request: it is sent as it is, while of the secret key only signatures are seen.
#[derive(Debug)]
pub struct Confiding(pub Confided);

impl Intercept for Confiding {
    fn name(&self) -> &'static str {
        "Confiding"
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
