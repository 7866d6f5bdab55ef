//! The first object of a ledger: who it is for, its random id, and what the probe found its stores to honour.

use super::terms::LedgerId;
use crate::location::StoreId;
use crate::names::ProjectName;
use crate::port::Capabilities;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The schema of every genesis this version writes and reads.
pub const SCHEMA: &str = "promote/ledger@1";

/// The largest genesis in bytes.
pub const LIMIT: usize = 64 * 1024;

/// What the probe of one store found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Probed {
    /// The store.
    pub store: StoreId,
    /// What it honours.
    pub capabilities: Capabilities,
    /// When it was found out.
    pub at: DateTime<Utc>,
}

/// `ledger.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Genesis {
    /// [`SCHEMA`].
    pub schema: String,
    /// The project.
    pub project: ProjectName,
    /// 128 random bits in hexadecimal digits.
    pub ledger: LedgerId,
    /// When it was begun, by the beginner's clock.
    pub at: DateTime<Utc>,
    /// The stores, as found at that time.
    pub probes: Vec<Probed>,
}

impl Genesis {
    /// What a store was found to honour.
    pub fn capabilities(&self, store: &StoreId) -> Option<&Capabilities> {
        self.probes.iter().find(|probed| probed.store == *store).map(|probed| &probed.capabilities)
    }
}
