//! Words that name a release by what they mean: one of what ran before, or of another one tomorrow. An environment can't be
//! called so, since a release is named by its environment, too.

use crate::commit::CommitPrefix;

/// The release that ran here before.
pub(crate) const PREVIOUS: &str = "previous";

/// Names that stand for another release tomorrow.
const MOVING: [&str; 6] = ["latest", "head", "current", "newest", "stable", "main"];

/// Whether a name stands for another release tomorrow.
pub(crate) fn is_moving(text: &str) -> bool {
    MOVING.contains(&text.to_ascii_lowercase().as_str()) || text == "master"
}

/// What a name means where a release is asked for, if that can't be an environment.
pub(crate) fn meaning(text: &str) -> Option<&'static str> {
    if text.parse::<CommitPrefix>().is_ok() {
        return Some("the beginning of a commit");
    }
    if text == PREVIOUS {
        return Some("the release that ran before");
    }
    is_moving(text).then_some("a release that is another one tomorrow")
}
