//! Makes a request one that the store itself refuses some seconds after it was signed: the signature goes into the
//! query with an expiry, as in a link that is handed out. At what time it is signed is the clock's matter.

use aws_runtime::auth::{HttpSignatureType, SigV4OperationSigningConfig};
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sigv4::http_request::SignableBody;
use std::time::Duration;

/// Signs so that the request expires after this span.
#[derive(Debug)]
pub(crate) struct Expiring(pub(crate) Duration);

impl Intercept for Expiring {
    fn name(&self) -> &'static str {
        "Expiring"
    }

    fn modify_before_signing(
        &self,
        _: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut signing = bag
            .load::<SigV4OperationSigningConfig>()
            .cloned()
            .ok_or("the request is not signed in a way that can expire")?;
        signing.signing_options.expires_in = Some(self.0);
        signing.signing_options.signature_type = HttpSignatureType::HttpRequestQueryParams;
        // Stores expect the signature of a link to leave out the body; the checksum header, which is signed,
        // binds it instead.
        signing.signing_options.payload_override = Some(SignableBody::UnsignedPayload);
        bag.interceptor_state().store_put(signing);
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // In a link every `x-amz-` header must be signed, and the signer leaves this one out.
        context.request_mut().headers_mut().remove("x-amz-user-agent");
        Ok(())
    }
}
