//! What is said of a target that could not be read or written, or that somebody else has.

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::TargetMove;
use crate::names::EnvironmentName;
use crate::port::{ErrorKind, Object, ProviderError};

/// The exit status for a definite refusal by a store.
pub(super) fn refused(error: &ProviderError) -> ExitStatus {
    match error.kind {
        // What is no object lies where one is to be.
        ErrorKind::Invalid if error.is_finding() => ExitStatus::Conflict,
        kind => ExitStatus::of_refusal(kind),
    }
}

pub(super) fn unreadable(target: &TargetMove, mut error: ProviderError) -> Failure {
    let mut failure = Failure::new(ExitStatus::Unfinished, format!("`{}` could not be read", target.target));
    failure.hints.append(&mut error.hints);
    failure.caused_by(error)
}

pub(super) fn taken_over(name: &EnvironmentName) -> Failure {
    Failure::new(ExitStatus::Unfinished, format!("the promotion of {name} was taken over by somebody else"))
        .hint(format!("`promote history {name}` shows by whom"))
}

pub(super) fn drifted(target: &TargetMove, seen: Option<&Object>) -> Failure {
    let what = match seen {
        None => "is gone".to_owned(),
        Some(object) => {
            format!("was written at {} by somebody else", object.stored_at.format("%Y-%m-%d %H:%M:%S UTC"))
        }
    };
    Failure::new(
        ExitStatus::Conflict,
        format!("`{}` {what}, while this promotion was under way", target.target),
    )
    .hint("look at what is there before you go on: `promote verify`")
}
