//! A bucket after whose calls somebody else may act, before the caller sees the answer.

use futures_util::future::BoxFuture;
use promote_core::layer::{Around, Call, Layer, Method, Pending};
use promote_core::port::{Bucket, ProviderError};
use std::fmt;
use std::sync::{Arc, Mutex};

type Act = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// Acts once, after the first call of `method` on `key`.
pub struct Meddler {
    at: (Method, &'static str),
    act: Mutex<Option<Act>>,
}

impl Meddler {
    pub fn around(
        inner: Arc<dyn Bucket>,
        at: (Method, &'static str),
        act: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static,
    ) -> Arc<Around<Self>> {
        Arc::new(Around::new(inner, Self { at, act: Mutex::new(Some(Box::new(act))) }))
    }

    /// Whether it acted.
    pub fn done(&self) -> bool {
        self.act.lock().unwrap().is_none()
    }
}

impl fmt::Debug for Meddler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Meddler").field(&self.at).finish()
    }
}

impl Layer for Meddler {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        let answer = send().await;
        let act = if (call.method, call.key) == self.at { self.act.lock().unwrap().take() } else { None };
        if let Some(act) = act {
            act().await;
        }
        answer
    }
}
