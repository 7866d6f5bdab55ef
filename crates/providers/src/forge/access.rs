//! What is known about reaching a forge, before it is reached.

use crate::{Trust, Variables};
use promote_core::config::Forge;

/// The variable that goes before all others that hold a token for the forge.
pub const TOKEN: &str = "PROMOTE_FORGE_TOKEN";

/// The variables that may have a token for GitHub; the first that is set goes before the others.
pub const GITHUB_TOKENS: [&str; 3] = [TOKEN, "GITHUB_TOKEN", "GH_TOKEN"];

/// What is known about reaching the forge.
#[derive(Debug, Clone)]
pub struct Access {
    /// `[forge]`.
    pub forge: Forge,
    /// The environment variables.
    pub variables: Variables,
    /// The address of the remote `origin`, where there is one.
    pub remote: Option<String>,
    /// Whether a person sits before it, so that the forge's own command line may be asked for its token.
    pub person: bool,
    /// Whom a token may be sent to.
    pub trust: Trust,
}
