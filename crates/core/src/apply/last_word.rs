//! What is asked right before an object that passes through this machine takes effect: reading it takes its time, and
//! whoever took over meanwhile counts on nothing being sent any more.

use super::effect::TargetWriter;
use crate::folder::Standing as _;
use crate::port::{ErrorKind, ProviderError};
use crate::relay::{LastWord, SMALL};
use async_trait::async_trait;

#[async_trait]
impl LastWord for TargetWriter<'_> {
    async fn may_end(&self, size: u64) -> Result<(), ProviderError> {
        if size <= SMALL && self.again.is_recent() || self.standing().stands().await? {
            return Ok(());
        }
        let message = "the promotion was taken over by somebody else";
        Err(ProviderError::new(ErrorKind::Conflict, &self.context.plan.environment, "", message))
    }
}
