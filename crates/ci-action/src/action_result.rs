//! What a run came to, and how that gets into the runner's files.

use crate::file::{FileError, append_text, append_value};
use crate::input::Inputs;
use crate::log::Log;
use crate::metadata::OUTPUTS;
use crate::surroundings::Surroundings;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::visible_json;
use promote_core::port::Entropy;
use promote_core::report::{Document, FailureReport};
use promote_providers::SystemEntropy;
use promote_view::{Links, Page};
use std::collections::BTreeMap;

/// The most bytes of the output `json`: the runner gives a step's outputs a mebibyte.
const JSON: usize = 900_000;

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActionResult {
    /// The output `status`.
    pub(crate) status: &'static str,
    /// The exit status; `None` is success.
    pub(crate) exit: Option<ExitStatus>,
    /// With what exit status the job was cancelled once all was done, while more was looked at for the outputs and the summary.
    pub(crate) stopped: Option<ExitStatus>,
    /// The other outputs, by name.
    pub(crate) values: BTreeMap<&'static str, String>,
    /// The whole result.
    pub(crate) json: String,
    /// The job summary.
    pub(crate) summary: Option<Page>,
}

impl ActionResult {
    /// An answer whose result is this document.
    pub(crate) fn new<D: Document>(status: &'static str, document: &D) -> Self {
        let json = visible_json(&serde_json::to_string(document).unwrap_or_default());
        Self { status, json, ..Self::default() }
    }

    /// The answer to a failure.
    pub(crate) fn failed(failure: &Failure, environment: &str) -> Self {
        let report = FailureReport::of(failure);
        let mut answer = Self::new("failed", &report);
        answer.exit = Some(failure.exit);
        answer.values.insert("environment", environment.to_owned());
        answer.summary = Some(promote_view::failure::page(&report));
        answer
    }

    /// The exit status.
    pub(crate) fn exit(&self) -> ExitStatus {
        self.exit.unwrap_or(ExitStatus::Ok).or_stopped(self.stopped)
    }

    /// Writes outputs and summary.
    ///
    /// # Errors
    /// Why a file could not be written, in words.
    pub(crate) fn write(
        &self,
        surroundings: &Surroundings,
        inputs: &Inputs<'_>,
        log: &Log,
        exit: ExitStatus,
    ) -> Result<(), String> {
        if let Some(path) = surroundings.file("GITHUB_OUTPUT") {
            for output in OUTPUTS {
                let value = match output.name {
                    "status" => self.status.to_owned(),
                    "exit" => exit.name().to_owned(),
                    "json" if self.json.len() > JSON => String::new(),
                    "json" => log.clean(&self.json),
                    "url" => log.masked(self.values.get("url").map_or("", String::as_str)),
                    name => log.clean(self.values.get(name).map_or("", String::as_str)),
                };
                append_value(&path, output.name, &value, SystemEntropy.nonce()).map_err(told)?;
            }
        }
        // A summary that is not wanted was refused already when the word was none.
        let wanted = inputs.boolean("summary", true).unwrap_or(true);
        let path = surroundings.file("GITHUB_STEP_SUMMARY").filter(|_| wanted);
        if let (Some(path), Some(page)) = (path, &self.summary) {
            let links = Links::of_job(|name| surroundings.variables.get(name).cloned());
            // Escaped, a secret would not be known again; in an address it is not escaped.
            let text = page.clone().changed(|text| log.masked(text)).markdown(&links);
            append_text(&path, &log.masked(&text)).map_err(told)?;
        }
        Ok(())
    }
}

/// An error with its cause, in one line.
fn told(error: FileError) -> String {
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_is_cancelled_at_the_end_says_so_where_it_would_have_succeeded() {
        let exit = |exit, stopped| ActionResult { exit, stopped, ..ActionResult::default() }.exit();
        let cancelled = Some(ExitStatus::Interrupted);
        assert_eq!(exit(None, None), ExitStatus::Ok);
        assert_eq!(exit(Some(ExitStatus::Ok), cancelled), ExitStatus::Interrupted);
        assert_eq!(exit(Some(ExitStatus::DeployFailed), cancelled), ExitStatus::DeployFailed);
    }
}
