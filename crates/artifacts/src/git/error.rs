//! What can go wrong while reading a repository, and how it looks at the port.

use promote_core::invocation::quoted;
use promote_core::names::escape;
use promote_core::port::{ErrorKind, ProviderError};
use std::io;
use std::path::Path;

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// The program `git` could not be started.
    #[error("{}", unstarted(.0))]
    Start(#[source] io::Error),
    /// The folder belongs to no repository with a work tree.
    #[error("`{}` is not inside a git work tree{}", escape(.folder), because(.reason))]
    NoRepository {
        /// The folder that was asked for.
        folder: String,
        /// What git said.
        reason: String,
    },
    /// git does not get as far as looking for the repository, such as for a configuration that is broken.
    #[error("git can't read the repository of `{}`{}", escape(.folder), because(.reason))]
    Unreadable {
        /// The folder that was asked for.
        folder: String,
        /// What git said.
        reason: String,
    },
    /// The repository names objects by SHA-256, and commits are 40 digits here.
    #[error("the repository uses the object format `{}`, and only `sha1` is supported", escape(.0))]
    ObjectFormat(String),
    /// The text is no name of a commit, tag or branch.
    #[error("`{}` is not a commit, tag or branch name", escape(.0))]
    Revision(String),
    /// Several commits begin with these digits.
    #[error("`{}` is the beginning of several commits", escape(.0))]
    Ambiguous(String),
    /// An object is not in the repository.
    #[error("object `{}` is not in this clone", escape(.0))]
    Missing(String),
    /// git ended with an error.
    #[error("`git {command}` failed{}", because(.reason))]
    Failed {
        /// The subcommand.
        command: String,
        /// What git said, made harmless.
        reason: String,
    },
    /// git answered something that it should not.
    #[error("`git {command}` gave an answer that makes no sense")]
    Answer {
        /// The subcommand.
        command: &'static str,
    },
    /// A path of the tree is not UTF-8.
    #[error("the path `{}` is not UTF-8", escape(.0))]
    NotUtf8(String),
    /// Reading git's answer failed.
    #[error("reading from `git {command}` failed")]
    Read {
        /// The subcommand.
        command: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

fn unstarted(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "the program `git` is not installed, or not on the PATH",
        _ => "`git` could not be started",
    }
}

fn is_foreign(reason: &str) -> bool {
    reason.contains("dubious ownership")
}

/// The repository that git's complaint names.
fn top(reason: &str) -> Option<&str> {
    let (_, rest) = reason.split_once(" at '")?;
    rest.strip_suffix('\'').filter(|path| path.starts_with('/'))
}

impl GitError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Start(_) => "install git and put it on the PATH",
            Self::NoRepository { reason, folder } if is_foreign(reason) => {
                let top = top(reason).unwrap_or(folder);
                return Some(format!(
                    "another user owns it; if you trust it: `git config --global --add safe.directory {}`",
                    quoted(top)
                ));
            }
            Self::Unreadable { .. } => {
                "`git status` there says the same: mend what it names, then run the same command again"
            }
            Self::NoRepository { .. } => "run inside a clone, or name the folder or archive to pack",
            Self::Ambiguous(_) => "give more digits",
            // Fetching more history brings no file that a filter kept out.
            Self::Missing(_) => {
                "in a partial clone (`--filter`), `git fetch --refetch --no-filter` brings every file; in a shallow one, `git fetch --unshallow` the history"
            }
            Self::NotUtf8(_) => "rename the file, or leave it out with `exclude`",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// Whether git reads the repository for its owner alone.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self, Self::NoRepository { reason, .. } if is_foreign(reason))
    }

    /// Whether there is a repository around this folder that can't be read, which is something else than that there is none.
    pub(crate) fn is_unread(&self, dir: &Path) -> bool {
        match self {
            Self::Start(_) => dir.ancestors().any(|folder| folder.join(".git").exists()),
            Self::Unreadable { .. } => true,
            _ => self.is_foreign(),
        }
    }

    /// The same as an error of the port.
    pub(crate) fn at_port(&self, subject: &str) -> ProviderError {
        let kind = match self {
            Self::NoRepository { .. } if self.is_foreign() => ErrorKind::Denied,
            Self::NoRepository { .. } | Self::Missing(_) => ErrorKind::NotFound,
            Self::ObjectFormat(_) => ErrorKind::Unsupported,
            Self::Revision(_) | Self::Ambiguous(_) | Self::NotUtf8(_) => ErrorKind::Invalid,
            Self::Answer { .. } => ErrorKind::Corrupt,
            Self::Unreadable { .. } => ErrorKind::Denied,
            Self::Start(_) | Self::Failed { .. } | Self::Read { .. } => ErrorKind::Unavailable,
        };
        let mut error = ProviderError::new(kind, "git", escape(subject), self.to_string());
        if let Some(hint) = self.hint() {
            error = error.hint(hint);
        }
        match self {
            Self::Start(source) | Self::Read { source, .. } => error.caused_by(source.to_string()),
            _ => error,
        }
    }
}
