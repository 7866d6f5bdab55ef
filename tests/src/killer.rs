//! A store whose process is killed at a chosen request: `kill -9` on itself, before the request is sent or after it
//! took effect. What is left behind is what a real kill leaves.

use promote_core::layer::{Call, Layer, Method, Pending};
use promote_core::port::ProviderError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// When the process dies.
#[derive(Debug, Clone)]
pub struct Death {
    /// At this request, counted from 1 over all stores.
    pub at: usize,
    /// Before the request is sent, or after it took effect.
    pub before: bool,
    count: Arc<AtomicUsize>,
}

impl Death {
    /// From `3:before` or `3:after`.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, when) = text.split_once(':')?;
        let before = match when {
            "before" => true,
            "after" => false,
            _ => return None,
        };
        Some(Self { at: at.parse().ok()?, before, count: Arc::default() })
    }

    async fn through<T>(&self, call: impl Future<Output = T>) -> T {
        let here = self.count.fetch_add(1, Ordering::SeqCst) + 1 == self.at;
        if here && self.before {
            die();
        }
        let end = call.await;
        if here {
            die();
        }
        end
    }
}

fn die() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    // The signal may take a moment; nothing must happen in it.
    loop {
        std::thread::park();
    }
}

impl Layer for Death {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        // What is not surely a request is none to die at.
        if matches!(call.method, Method::Now | Method::Expires) {
            return send().await;
        }
        self.through(send()).await
    }
}
