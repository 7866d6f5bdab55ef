//! How to sign in.

use std::fmt;

/// How to sign in.
#[derive(Clone, Default)]
pub enum SignIn {
    /// As every AWS tool does: environment, profile, web identity, container, machine.
    #[default]
    Usual,
    /// With these keys. Region and endpoint come from the settings alone.
    Keys {
        /// Access key id.
        id: String,
        /// Secret access key.
        secret: String,
        /// Session token of temporary keys.
        token: Option<String>,
    },
    /// With what this provider gives, asked whenever the last ones have expired. Region and endpoint come from the settings
    /// and the machine.
    Provider(CredentialsProvider),
}

/// Gives credentials for AWS.
pub type CredentialsProvider = aws_credential_types::provider::SharedCredentialsProvider;

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => f.write_str("Usual"),
            Self::Provider(_) => f.write_str("Provider"),
            Self::Keys { id, .. } => f.debug_struct("Keys").field("id", id).finish_non_exhaustive(),
        }
    }
}
