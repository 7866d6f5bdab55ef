//! The checks of the commit that is wanted, where an environment that moves asks for some.

use super::asking::AskedChecks;
use crate::commit::CommitId;
use crate::names::visible;
use crate::port::{Check, ProviderError};
use crate::ports::ReadPorts;

/// What the forge says of a commit's checks, or why that can't be told; `None` where nothing is asked, or no forge is at
/// hand.
pub(crate) async fn checks_for(
    view: &ReadPorts,
    asked: Option<AskedChecks>,
    commit: &CommitId,
) -> Option<Result<Vec<Check>, String>> {
    let (asked, forge) = (asked?, view.people.forge.as_ref()?);
    Some(forge.checks(commit, asked.origins).await.map_err(|error| unread(&error)))
}

/// What a forge refused and what helps, in one sentence.
pub(super) fn unread(error: &ProviderError) -> String {
    let mut words = format!("{}: {}", error.provider, visible(&error.message));
    for hint in &error.hints {
        words.push_str("; ");
        words.push_str(hint);
    }
    words
}
