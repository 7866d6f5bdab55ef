//! Why something could not be done, in the runner's own way: a failure as the message of an annotation, and each mistake of
//! the project's file as an annotation at its place.

use crate::log::Log;
use crate::workflow::{ANNOTATIONS, FileSpan, Kind};
use promote::{Error, ExitStatus, Failure};
use promote_core::config::{Diagnostic, Severity};
use promote_core::failure::causes;
use std::fmt::Write as _;

/// Why it could not be done, as the runner is told of it.
pub(crate) fn failure(error: Error) -> Failure {
    match error {
        Error::Stopped(exit) => cancelled(exit),
        other => other.into_failure(),
    }
}

/// The job was cancelled while nothing was open.
pub(crate) fn cancelled(exit: ExitStatus) -> Failure {
    Failure::new(exit, "the job was cancelled").state("No promotion is open because of it.")
}

/// A failure as the message of an annotation.
pub(crate) fn render(failure: &Failure) -> String {
    let mut text = failure.to_string();
    for sentence in &failure.state {
        let _ = write!(text, "\n{sentence}");
    }
    for cause in causes(failure) {
        let _ = write!(text, "\ncaused by: {cause}");
    }
    for hint in &failure.hints {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

/// Each mistake as an annotation at its place, as many as the runner keeps; all of them in the failure.
pub(crate) fn mistakes(log: &Log, file: &str, found: &[Diagnostic]) -> Failure {
    let errors: Vec<&Diagnostic> = found.iter().filter(|one| one.severity == Severity::Error).collect();
    let most = if errors.len() > ANNOTATIONS { ANNOTATIONS - 1 } else { ANNOTATIONS };
    for one in errors.iter().take(most) {
        let mut message = one.message.clone();
        for more in [Some(&one.primary.text).filter(|text| !text.is_empty()), one.hint.as_ref()] {
            message.extend(more.map(|more| format!("\n{more}")));
        }
        let place = FileSpan {
            file: file.to_owned(),
            line: one.line,
            end_line: one.end_line,
            column: one.column,
            // Ours is the column behind the last one.
            end_column: one.end_column.saturating_sub(1).max(one.column),
        };
        log.annotate(Kind::Error, "promote.toml", &message, Some(&place));
    }
    if errors.len() > most {
        let rest: Vec<String> =
            errors.iter().skip(most).map(|one| format!("line {}: {}", one.line, one.message)).collect();
        log.annotate(Kind::Error, &format!("{} more mistakes", rest.len()), &rest.join("\n"), None);
    }
    let plural = if errors.len() == 1 { "" } else { "s" };
    let mut failure =
        Failure::new(ExitStatus::Usage, format!("`{file}` has {} mistake{plural}", errors.len()));
    failure.state.extend(
        errors.iter().map(|one| format!("line {}, column {}: {}", one.line, one.column, one.message)),
    );
    failure.hint("`promote check` shows each mistake at its place")
}
