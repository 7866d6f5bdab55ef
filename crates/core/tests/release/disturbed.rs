//! A bucket in memory before whose requests something happens.

use promote_core::layer::{Around, Call, Layer, Method, Pending};
use promote_core::location::Key;
use promote_core::port::ProviderError;
use promote_testing::memory::MemoryBucket;
use std::fmt;
use std::sync::Arc;

type Deed = Box<dyn Fn(Method, &Key) -> Result<(), ProviderError> + Send + Sync>;

/// What happens before a request, which may be that it is refused.
pub struct Disturbed(Deed);

impl Disturbed {
    pub fn around(
        inner: &MemoryBucket,
        deed: impl Fn(Method, &Key) -> Result<(), ProviderError> + Send + Sync + 'static,
    ) -> Around<Self> {
        Around::new(Arc::new(inner.clone()), Self(Box::new(deed)))
    }
}

impl fmt::Debug for Disturbed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disturbed")
    }
}

impl Layer for Disturbed {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        if let Ok(key) = call.key.parse() {
            (self.0)(call.method, &key)?;
        }
        send().await
    }
}
