//! `unfinished`: an open promotion is finished or undone first, by whoever means to.

use super::{Facts, Finding};
use crate::invocation::Invocation;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let open = facts.snapshot.head.as_ref()?.state().open.as_ref()?;
    let name = &facts.environment.name;
    let what =
        format!("promotion {} of {} by {} is open", open.promotion, open.release.commit.short(7), open.by);
    if facts.request.take_over {
        return Some(Finding::met("unfinished", format!("{what} and is taken over")));
    }
    let back = Invocation::along("rollback", facts.config, facts.environment);
    Some(
        Finding::unmet("unfinished", what)
            .with("promotion", open.promotion.0.clone())
            .with("by", open.by.clone())
            .with("since", open.since.time().to_rfc3339())
            .hint(format!("`promote resume {name}` finishes it, `{back}` undoes it")),
    )
}
