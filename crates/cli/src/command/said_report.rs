//! What was said about one environment or all of them, as it is printed.

use chrono::{DateTime, Utc};
use promote_core::report::Document;
use serde::Serialize;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SaidReport {
    pub(super) schema: &'static str,
    /// The environment; `None` for all of them.
    pub(super) environment: Option<String>,
    /// Whether it is said of every environment.
    pub(super) all: bool,
    /// `freeze`, `unfreeze`, `hold` or `unhold`.
    pub(super) said: &'static str,
    /// Whether the ledger changed, or would have.
    pub(super) changed: bool,
    /// Whether nothing was written because of `--dry-run`.
    pub(super) dry_run: bool,
    /// The end of a freeze.
    pub(super) until: Option<DateTime<Utc>>,
    /// The page that says more of a freeze.
    pub(super) link: Option<String>,
    /// Why.
    pub(super) reason: Option<String>,
    /// The ledger's entry.
    pub(super) entry: Option<String>,
}

impl Document for SaidReport {
    const SCHEMA: &'static str = "promote/said@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "environment", "all", "said", "changed", "dry_run", "until", "link", "reason", "entry"];
}
