//! A run on a forge, as it is asked for and as it stands: known by the number that its start was answered with, and by
//! nothing else. What a forge calls all that is its own file's.

use super::super::session::{Right, Session};
use promote_core::port::StepEnd;
use serde_json::Value;
use std::collections::BTreeMap;

/// To start runs and to see how they go.
pub(super) const RUNNING: Right = Right {
    what: "start runs, or see them",
    needs: [
        "the token needs `actions: write` in that repository",
        "the token needs the scope `api`, of somebody who may run pipelines in that project; the token of a job may not",
    ],
};

/// What is to be started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WantedRun<'a> {
    /// The file of a workflow; of a pipeline, the project is enough.
    pub(crate) workflow: &'a str,
    /// The branch or tag; `None` for the default branch.
    pub(crate) reference: Option<&'a str>,
    /// The inputs of a workflow, the variables of a pipeline.
    pub(crate) inputs: &'a BTreeMap<String, String>,
}

/// A run that was started.
#[derive(Debug, Clone)]
pub(crate) struct StartedRun {
    /// Its number in the API.
    pub(crate) id: String,
    /// Its page for people.
    pub(crate) page: Option<String>,
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RunState {
    /// It goes on, in words.
    Going(String),
    /// How it ended, and in words.
    Ended(StepEnd, String),
}

/// A text of an answer, fit to be shown.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The address of a page, as it may be shown and kept.
pub(super) fn page(session: &Session, value: &Value, name: &str) -> Option<String> {
    let found = url::Url::parse(text(value, name)).ok()?;
    // Of any other host somebody else wrote it.
    (found.host_str() == Some(&session.place.host()) || found.host_str() == session.place.api.host_str())
        .then(|| found.to_string())
        .filter(|text| text.len() <= 500)
}

/// Jobs as one line: what goes on, and how many are done.
pub(super) fn progress(going: &[&str], done: usize, all: usize) -> String {
    let names: Vec<&str> = going.iter().copied().take(3).collect();
    let more = going.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match names.is_empty() {
        true => format!("{done} of {all} jobs are done"),
        false => format!("{}{more}; {done} of {all} jobs are done", names.join(", ")),
    }
}
