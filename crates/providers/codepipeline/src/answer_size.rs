//! How long an answer of the service may be: it is held in memory as a whole.

use aws_sdk_codepipeline::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_codepipeline::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_codepipeline::error::BoxError;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// In bytes. A page of a hundred actions with all that they say has about 1 MiB.
pub(crate) const LONGEST: usize = 16 << 20;

/// Ends an answer that goes on for longer.
#[derive(Debug)]
pub(crate) struct AnswerSize;

impl Intercept for AnswerSize {
    fn name(&self) -> &'static str {
        "AnswerSize"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        let body = std::mem::replace(response.body_mut(), SdkBody::taken());
        *response.body_mut() = SdkBody::from_body_1_x(Limited::new(body, LONGEST));
        Ok(())
    }
}
