//! `unfinished`: an open promotion is finished or undone first, by whoever means to, once whoever began it is likely gone.

use super::{Facts, Finding};
use crate::invocation::Invocation;
use crate::lease;
use crate::ledger::Action;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let head = facts.snapshot.head.as_ref()?;
    let open = head.state().open.as_ref()?;
    let name = &facts.environment.name;
    let what =
        format!("promotion {} of {} by {} is open", open.promotion, open.release.commit.short(7), open.by);
    let back = Invocation::along("rollback", facts.config, facts.environment);
    let now = facts.snapshot.taken_at;
    let last = facts.snapshot.last_heard().unwrap_or(head.stored_at);
    let finding = match lease::judge(facts.request.take_over, last, now) {
        Ok(()) => return Some(Finding::met("unfinished", format!("{what} and is taken over"))),
        Err(Some(at)) => {
            let verb = if facts.rolling_back() { "rollback" } else { "resume" };
            Finding::unmet("unfinished", format!("{what}, and {}", lease::words(last, now)))
                .opens(Some(at))
                .hint(lease::ways_on(verb, facts.config, facts.environment))
        }
        Err(None) => {
            let wait = match lease::is_fresh(last, now) {
                true => format!("wait for its end (`promote status {name}`); when its process is gone, "),
                false => String::new(),
            };
            // What undoes is itself only gone on with: there is nothing to go back to.
            let back = match open.action {
                Action::Undo => String::new(),
                other => format!(", `{back}` {}", lease::going_back(other)),
            };
            Finding::unmet("unfinished", what)
                .hint(format!("{wait}`promote resume {name}` finishes it{back}"))
        }
    };
    Some(
        finding
            .with("promotion", open.promotion.0.clone())
            .with("by", open.by.clone())
            .with("since", open.since.time().to_rfc3339()),
    )
}
