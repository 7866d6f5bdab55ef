//! Exit statuses: a contract with every script that calls `promote`. The table in the book is compared with this
//! enum by a test.

use crate::port::ErrorKind;
use serde::{Serialize, Serializer};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExitStatus {
    /// Done, or nothing to do.
    Ok,
    /// Anything unexpected; nothing was moved.
    Failed,
    /// Wrong arguments, wrong `promote.toml`, or a prompt was needed and there is no terminal.
    Usage,
    /// A rule is not met; nothing was changed.
    Blocked,
    /// Not signed in, or not allowed.
    Denied,
    /// No such environment, release or artifact.
    Missing,
    /// Someone else moved it, or the plan is stale.
    Conflict,
    /// Moved, but the deployment or its verification failed; not undone.
    DeployFailed,
    /// The deployment failed, and the release before was put back.
    RolledBack,
    /// Moved, but the wait ended first; the outcome is unknown.
    Timeout,
    /// `verify` found drift, or `plan --exit-code` found something to do.
    Differs,
    /// Some writes may have been made, and the ledger does not say yet how it ended.
    Unfinished,
    /// Stopped because its terminal was closed.
    HungUp,
    /// Stopped by ctrl-C.
    Interrupted,
    /// Stopped by a request to terminate.
    Terminated,
}

impl ExitStatus {
    /// For what a store answered before anything was done.
    pub const fn of_refusal(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Denied => Self::Denied,
            ErrorKind::NotFound => Self::Missing,
            ErrorKind::Conflict => Self::Conflict,
            ErrorKind::Invalid | ErrorKind::Unsupported => Self::Usage,
            ErrorKind::Unavailable | ErrorKind::Unknown | ErrorKind::Corrupt => Self::Failed,
        }
    }

    /// Every status, in the order of the codes.
    pub const ALL: [Self; 15] = [
        Self::Ok,
        Self::Failed,
        Self::Usage,
        Self::Blocked,
        Self::Denied,
        Self::Missing,
        Self::Conflict,
        Self::DeployFailed,
        Self::RolledBack,
        Self::Timeout,
        Self::Differs,
        Self::Unfinished,
        Self::HungUp,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Blocked => 3,
            Self::Denied => 4,
            Self::Missing => 5,
            Self::Conflict => 6,
            Self::DeployFailed => 7,
            Self::RolledBack => 8,
            Self::Timeout => 9,
            Self::Differs => 10,
            Self::Unfinished => 11,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The name used in JSON and in the book.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Blocked => "blocked",
            Self::Denied => "denied",
            Self::Missing => "missing",
            Self::Conflict => "conflict",
            Self::DeployFailed => "deploy-failed",
            Self::RolledBack => "rolled-back",
            Self::Timeout => "timeout",
            Self::Differs => "differs",
            Self::Unfinished => "unfinished",
            Self::HungUp => "hung-up",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// What came in between when a command was stopped that ends so, in words that fit before `while`.
    pub const fn stopped(self) -> &'static str {
        match self {
            Self::Terminated => "terminated",
            Self::HungUp => "terminal closed",
            _ => "interrupted",
        }
    }

    /// The status of something that had ended with this one when what comes beside it was stopped: a success says that it was
    /// stopped, and everything else tells of the act.
    pub fn or_stopped(self, stopped: Option<Self>) -> Self {
        stopped.filter(|_| self == Self::Ok).unwrap_or(self)
    }
}

impl ExitStatus {
    /// What it means, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done, or nothing to do",
            Self::Failed => "anything unexpected; nothing was moved",
            Self::Usage => "wrong arguments, wrong promote.toml, or a question where there is no terminal",
            Self::Blocked => "a rule is not met; nothing was changed",
            Self::Denied => "not signed in, or not allowed",
            Self::Missing => "no such environment, release, artifact or bucket",
            Self::Conflict => "somebody else moved it or is at it, or the plan is stale",
            Self::DeployFailed => "moved, but the deployment or its verification failed; not undone",
            Self::RolledBack => "the deployment failed, and the release before was put back",
            Self::Timeout => "moved, but the wait ended first; the result is unknown",
            Self::Differs => "`verify` found drift, or `plan --exit-code` found something to do",
            Self::Unfinished => {
                "some targets may have been written, and the ledger does not say how it ended"
            }
            Self::HungUp => "stopped because its terminal was closed",
            Self::Interrupted => "stopped by ctrl-C, or the answer to a question was no",
            Self::Terminated => "stopped by a request to terminate",
        }
    }
}

impl Serialize for ExitStatus {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.name())
    }
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
