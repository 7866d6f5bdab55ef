//! What others are told: from a record of the ledger, or from what a plan refused, to a [`Notice`], and which notices are
//! still to be sent. Pure but for reading the ledger; the sending is done by whoever reaches the receivers.

mod notice;
mod owed;
mod receivers;
mod recorded;
mod refused;

pub use notice::{Notice, NoticeKind, NoticeMissing, NoticeRecord, NoticeRelease};
pub use owed::{Owed, OwedNotice, owed};
pub use receivers::{SLACK, WEBHOOK, receivers};
pub use recorded::recorded;
pub use refused::{drifted, refused};

use crate::config::{Config, Environment};

/// An event that says that nothing happened, for trying out whether receivers take it.
pub fn test(
    config: &Config,
    environment: &Environment,
    id: String,
    at: chrono::DateTime<chrono::Utc>,
) -> Notice {
    let text = format!("A test of what {} tells; nothing happened", environment.name);
    Notice::new(NoticeKind::Test, config, environment, id, at).saying(text)
}

#[cfg(test)]
mod tests;
