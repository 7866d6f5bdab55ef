//! How dangerous an environment is to change. What follows from it is decided by the rules and by whoever asks.

use serde::{Deserialize, Serialize};

/// How dangerous an environment is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// One person's.
    Development,
    /// For automated tests.
    Test,
    /// Like production.
    Staging,
    /// What customers use.
    Production,
}
