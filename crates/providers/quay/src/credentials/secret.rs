//! What a registry is told of who signs in.

use std::fmt;

/// What a registry is told.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Secret {
    /// A name and its password. A robot's name is `ORGANISATION+ROBOT`.
    Pair {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token that is changed for others, as Docker keeps it after some sign-ins.
    Refresh(String),
}

/// A secret, and where it was found.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) secret: Secret,
    /// The variable, file or program that it came from, for messages.
    pub(crate) origin: String,
}

impl Credentials {
    /// The name that the registry knows, for messages.
    pub(crate) fn user(&self) -> &str {
        match &self.secret {
            Secret::Pair { user, .. } => user,
            Secret::Refresh(_) => "the kept identity token",
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({} from {})", self.user(), self.origin)
    }
}
