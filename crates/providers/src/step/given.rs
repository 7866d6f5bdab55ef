//! The environment variables that steps are given.

use crate::{Variables, forge, identity, notify};
use promote_core::secret_name::may_be_secret;

impl Variables {
    /// Those that steps are given: without the tokens that are promote's own, or were given to it alone, so that no step can
    /// print or use them.
    #[must_use]
    pub fn for_steps(&self) -> Self {
        self.without(is_ours)
    }
}

/// Whether a variable is a token for promote itself: its own, what GitHub's runner gives an action and no script, and the
/// action's inputs that are secrets by their name.
fn is_ours(name: &str) -> bool {
    const OURS: [&str; 6] = [
        identity::TOKEN,
        forge::TOKEN,
        notify::SECRET,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "ACTIONS_RUNTIME_TOKEN",
    ];
    let upper = name.to_ascii_uppercase();
    OURS.contains(&upper.as_str()) || (upper.starts_with("INPUT_") && may_be_secret(&upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_get_no_token_that_is_promotes_own() {
        let kept = ["PATH", "GITHUB_TOKEN", "MY_TOKEN", "INPUT_TO", "ACTIONS_CACHE_URL", "PROMOTE_ACTOR"];
        let taken = [
            "PROMOTE_ID_TOKEN",
            "PROMOTE_FORGE_TOKEN",
            "PROMOTE_WEBHOOK_SECRET",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "ACTIONS_RUNTIME_TOKEN",
            "INPUT_TOKEN",
            "INPUT_DEPLOY-KEY",
            "INPUT_DB_PASSWORD",
            "input_secret",
        ];
        let all: Variables = kept.iter().chain(&taken).map(|name| (*name, "x")).collect();
        let left: Vec<String> =
            all.for_steps().iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        let mut expected = kept.map(str::to_owned);
        expected.sort();
        assert_eq!(left, expected);
    }
}
