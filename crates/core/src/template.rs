//! Placeholders in locations and names: `{sha}`, `{sha:8}`, `{version}`, `{env}`, `{project}`,
//! `{date:%d-%m-%Y}`, `{timestamp}`; `{{` and `}}` are literal braces. All times are UTC, from one clock reading.

use crate::commit::CommitId;
use crate::names::{EnvironmentName, ProjectName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the placeholders stand for. What is `None` can't be filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// `{sha}`, `{sha:N}`.
    pub sha: Option<CommitId>,
    /// `{version}`.
    pub version: Option<String>,
    /// `{env}`.
    pub env: Option<EnvironmentName>,
    /// `{project}`.
    pub project: Option<ProjectName>,
    /// `{date:FORMAT}` and `{timestamp}`.
    pub at: Option<DateTime<Utc>>,
}

/// A text with placeholders, checked when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    text: String,
}
