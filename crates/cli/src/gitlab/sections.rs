//! Folded parts of a job's log. <https://docs.gitlab.com/ci/jobs/job_logs/>

use chrono::{DateTime, Utc};

/// The name of a step's section: letters, digits, `_`, `.` and `-` only.
pub(crate) fn name(phase: &str, since: DateTime<Utc>) -> String {
    let phase: String =
        phase.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    format!("promote_{phase}_{}", since.timestamp_millis())
}

/// What stands before the line that stays visible.
pub(crate) fn start(name: &str, at: DateTime<Utc>) -> String {
    format!("\u{1b}[0Ksection_start:{}:{name}[collapsed=true]\r\u{1b}[0K", at.timestamp())
}

/// What ends it.
pub(crate) fn end(name: &str, at: DateTime<Utc>) -> String {
    format!("\u{1b}[0Ksection_end:{}:{name}\r\u{1b}[0K", at.timestamp())
}
