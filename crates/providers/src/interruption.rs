//! The wish to stop, from whoever hears ctrl-C to whoever is running something.

use std::sync::Arc;
use tokio::sync::watch;

/// Carries one wish to stop to everyone who holds a copy.
#[derive(Debug, Clone)]
pub struct Interruption(Arc<watch::Sender<bool>>);

impl Default for Interruption {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Interruption {
    /// Asks everyone to stop.
    pub fn interrupt(&self) {
        self.0.send_replace(true);
    }

    /// Whether that was asked.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when it is asked.
    pub async fn wait(&self) {
        // The sender lives as long as `self`, so this can't end without the wish.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}
