//! How long an answer may be that is held in memory as a whole: listings, errors, results. The content of objects is
//! read piece by piece, and limited where it is read.

use aws_sdk_s3::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use http_body_util::Limited;

/// In bytes. A page of a thousand keys of the greatest length, each character escaped, has about 4 MiB.
pub(crate) const LONGEST: usize = 16 << 20;

/// Whether the content of an object was asked for.
#[derive(Debug)]
struct IsContent(bool);

impl Storable for IsContent {
    type Storer = StoreReplace<Self>;
}

/// Ends an answer that goes on for longer.
#[derive(Debug)]
pub(crate) struct AnswerSize;

impl Intercept for AnswerSize {
    fn name(&self) -> &'static str {
        "AnswerSize"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // The name that the SDK gives each operation in its address.
        let is_content = context.request().uri().contains("x-id=GetObject");
        bag.interceptor_state().store_put(IsContent(is_content));
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_content = bag.load::<IsContent>().is_some_and(|marked| marked.0);
        let response = context.response_mut();
        if !(is_content && response.status().is_success()) {
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            *response.body_mut() = SdkBody::from_body_1_x(Limited::new(body, LONGEST));
        }
        Ok(())
    }
}
