//! From a configuration to the pipeline that runs it: pure functions from values to text. Reading and writing the files
//! is the command's work.
//!
//! The text depends on nothing but `promote.toml` and the references of actions that the file had before, so that it can
//! be compared. Nothing of the configuration is ever pasted into a script: scripts get literals that were checked, or
//! variables.

mod form;
pub(crate) mod github;
pub(crate) mod gitlab;
mod needs;
mod pinned;
mod yaml;

pub(crate) use pinned::Pinned;

#[cfg(test)]
mod tests;

use promote_core::config::{Config, Environment};

/// The first environment's branch, or `main`.
pub(crate) fn branch(config: &Config) -> &str {
    let first = config.in_order().next();
    first.and_then(|settings| settings.branch.as_deref()).unwrap_or("main")
}

/// The automatic environments that a publication does not move by itself, or not at once: those that a schedule has to
/// look after.
fn scheduled(config: &Config) -> Vec<&Environment> {
    let mut found = promote_core::advance::choice::automatic(config);
    found.retain(|settings| {
        let windows = !settings.freeze.is_empty() || !settings.open.is_empty();
        !settings.from.is_empty() || windows
    });
    found
}
