//! What frontends show, as data: one file for each document. The same value feeds terminal, JSON and summary.
//!
//! Within a schema's number fields are only added. Times are UTC, absent values `null`, commits and digests whole,
//! spans whole seconds with the unit in the name.

mod failure;
mod finding;
mod status;

pub use failure::FailureReport;
pub use finding::{ReleaseReport, RuleReport};
pub use status::{
    EnvironmentStatus, LedgerReport, Next, OpenReport, Running, SaidReport, Standing, StatusReport, status,
};

/// A document that says what it is.
pub trait Document: serde::Serialize {
    /// What it says it is, such as `promote/status@1`.
    const SCHEMA: &'static str;
    /// Its top-level fields, in order.
    const FIELDS: &'static [&'static str];
}
