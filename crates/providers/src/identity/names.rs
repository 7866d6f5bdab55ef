//! The names under which a pipeline hands over a token, or the way to one.

/// For whom tokens are asked to be signed, unless `PROMOTE_ID_AUDIENCE` says otherwise.
pub const AUDIENCE: &str = "promote";
/// A token that a pipeline hands over: GitLab's `id_tokens`, or any other server's.
pub const TOKEN: &str = "PROMOTE_ID_TOKEN";

/// Where GitHub's runner gives tokens, and what it is asked with.
pub(super) const URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
pub(super) const BEARER: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
