//! Telling others what happened: where the receivers are, what each of them is sent, and sending it with an end to the
//! patience. What is told is the core's to say; nothing of this delays a promotion by more than 15 seconds, or fails it.

mod receiver;
#[cfg(feature = "notify")]
mod sending;
#[cfg(feature = "notify")]
mod signature;
#[cfg(feature = "notify")]
mod slack;
mod teller;

pub use receiver::{Receiver, SECRET, Surroundings};
pub use teller::Teller;

/// Without what sends, there is nobody to send to.
#[cfg(not(feature = "notify"))]
impl Receiver {
    /// Sends nothing.
    ///
    /// # Errors
    /// Always.
    pub async fn send(
        &self,
        _notice: &promote_core::tell::Notice,
        _until: tokio::time::Instant,
    ) -> Result<String, String> {
        Err("this build of promote tells nobody".to_owned())
    }
}
