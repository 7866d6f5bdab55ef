//! Why an operation ended early, before the bucket adds its own name and the key.

use promote_port::location::Key;
use promote_port::port::ErrorKind;
use std::io;

/// A refusal or a failure.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) cause: Option<io::Error>,
    /// What to do about it.
    pub(crate) hint: Option<&'static str>,
    /// The folder on the way that it is about, where it is not about the object itself.
    pub(crate) way: Option<String>,
}

/// What an operation ends with.
pub(crate) type Outcome<T> = Result<T, Trouble>;

impl Trouble {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cause: None, hint: None, way: None }
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// What is neither a file nor a folder lies in the way.
    pub(crate) fn odd(message: impl Into<String>) -> Self {
        let hint = "put a file in its place, or remove it, then run the same command again";
        Self { hint: Some(hint), ..Self::invalid(message) }
    }

    /// The same where a folder is to be: the one at this path, on the way to an object.
    pub(crate) fn of_folder(self, path: String) -> Self {
        let hint = "put the folder itself in its place, then run the same command again";
        Self { hint: self.hint.map(|_| hint), way: self.hint.map(|_| path), ..self }
    }

    /// The same, of the source of a copy: what is no object was put in its place since it was looked at.
    pub(crate) fn of_source(self, source: &Key) -> Self {
        if self.kind != ErrorKind::Invalid {
            return self;
        }
        let message = format!("the source `{source}` is not the one that was checked: {}", self.message);
        Self { kind: ErrorKind::Conflict, message, ..self }
    }

    /// The write has happened, but whether it outlives a power failure is not known.
    pub(crate) fn unsure(cause: io::Error) -> Self {
        let message = "what was written may not be durable".to_owned();
        Self { cause: Some(cause), ..Self::new(ErrorKind::Unknown, message) }
    }
}

impl From<io::Error> for Trouble {
    /// An error before anything took effect.
    fn from(cause: io::Error) -> Self {
        let (kind, message) = match cause.kind() {
            io::ErrorKind::PermissionDenied => (ErrorKind::Denied, "the user may not do this in the folder"),
            io::ErrorKind::ReadOnlyFilesystem => (ErrorKind::Denied, "the file system is read-only"),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                (ErrorKind::Unavailable, "the disk is full")
            }
            io::ErrorKind::IsADirectory => (ErrorKind::Invalid, "it is a folder, and is not removed"),
            io::ErrorKind::InvalidFilename => {
                (ErrorKind::Invalid, "a part of the key is too long for a file name")
            }
            io::ErrorKind::CrossesDevices => {
                (ErrorKind::Unsupported, "another file system is mounted inside the folder")
            }
            _ => (ErrorKind::Unavailable, "the folder can't be read or written"),
        };
        Self { cause: Some(cause), ..Self::new(kind, message) }
    }
}
