//! How long an answer may be that is held in memory as a whole: listings, errors, results. The content of objects is
//! read piece by piece, and limited where it is read.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use http_body_util::Limited;

/// In bytes. A page of a thousand keys of the greatest length, each character escaped, has about 4 MiB; a page of a hundred
/// actions of a pipeline with all that they say about 1 MiB.
pub const LONGEST: usize = 16 << 20;

/// Whether what is asked for is read piece by piece.
#[derive(Debug)]
struct IsContent(bool);

impl Storable for IsContent {
    type Storer = StoreReplace<Self>;
}

/// Ends an answer that goes on for longer than [`LONGEST`].
#[derive(Debug)]
pub struct AnswerSize {
    /// What stands in the address of requests whose answers are read piece by piece: the name that the SDK gives each
    /// operation there.
    pub except: Option<&'static str>,
}

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
        let is_content = self.except.is_some_and(|operation| context.request().uri().contains(operation));
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
