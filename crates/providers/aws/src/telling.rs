//! Telling of each request whoever listens: its method, host, path and status, never what signs it.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use promote_port::port::wire;
use std::sync::Arc;
use std::time::Instant;

/// Which request is under way, and since when.
#[derive(Debug, Clone)]
struct Sent {
    method: String,
    address: String,
    at: Instant,
    /// As long as it is waited for.
    asking: Option<Arc<wire::Asking>>,
}

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

/// Tells of each request, also of one that is sent again.
#[derive(Debug)]
pub struct Telling;

impl Intercept for Telling {
    fn name(&self) -> &'static str {
        "Telling"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let (method, address) = (request.method().to_owned(), request.uri().to_owned());
        let asking = Some(Arc::new(wire::asking(&address)));
        bag.interceptor_state().store_put(Sent { method, address, at: Instant::now(), asking });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(mut sent) = bag.load::<Sent>().cloned() {
            let status = context.response().map(|answer| answer.status().as_u16());
            wire::asked(&sent.method, &sent.address, status, sent.at.elapsed());
            sent.asking = None;
            bag.interceptor_state().store_put(sent);
        }
        Ok(())
    }
}
