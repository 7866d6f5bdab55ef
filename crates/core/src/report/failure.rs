//! A failure as a document, for scripts that asked for one.

use super::Document;
use crate::exit::ExitStatus;
use crate::failure::{Failure, causes};
use serde::Serialize;

/// Why a command ended without its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureReport {
    /// What this is.
    pub schema: &'static str,
    /// The exit status, by name.
    pub exit: ExitStatus,
    /// The exit status, as a number.
    pub code: u8,
    /// What went wrong.
    pub message: String,
    /// What state things are in now.
    pub state: Vec<String>,
    /// The chain of causes, outermost first.
    pub causes: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Document for FailureReport {
    const SCHEMA: &'static str = "promote/failure@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "exit", "code", "message", "state", "causes", "hints"];
}

impl FailureReport {
    /// The document of a failure.
    pub fn of(failure: &Failure) -> Self {
        Self {
            schema: Self::SCHEMA,
            exit: failure.exit,
            code: failure.exit.code(),
            message: failure.message.clone(),
            state: failure.state.clone(),
            causes: causes(failure).map(ToString::to_string).collect(),
            hints: failure.hints.clone(),
        }
    }
}
