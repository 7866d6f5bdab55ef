//! `freeze`: the environment takes releases now. A freeze by hand, of it or of everything, one that the pipeline's server declares and a frozen
//! window win over an open one; without open windows it is always open.

use super::{Facts, Finding};
use crate::window::opening;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let environment = facts.environment;
    let state = facts.snapshot.state();
    let now = facts.snapshot.taken_at;
    let by_hand = state.frozen_at(now);
    let declared = facts.config.frozen.as_ref();
    let all = facts.snapshot.standstill.as_ref().and_then(|found| found.frozen_at(now));
    let windows = !environment.freeze.is_empty() || !environment.open.is_empty();
    if all.is_none() && by_hand.is_none() && declared.is_none() && !windows {
        return None;
    }
    if facts.rolling_back() {
        return Some(Finding::skipped("freeze", "a release verified here before may always come back"));
    }
    let zone = facts.config.timezone;
    let shown =
        |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M").to_string();
    let until_when = |until: Option<chrono::DateTime<chrono::Utc>>| {
        until
            .map_or_else(|| "until it is lifted".to_owned(), |until| format!("until {} {zone}", shown(until)))
    };
    if let Some(frozen) = all {
        let until = until_when(frozen.until);
        let by = if frozen.by.is_empty() { String::new() } else { format!(" by {}", frozen.by) };
        let detail = format!("everything is frozen {until}{by}: {}", frozen.reason);
        let mut finding =
            Finding::unmet("freeze", detail).with("by", frozen.by).with("reason", frozen.reason);
        if let Some(link) = frozen.link {
            finding = finding.with("link", link);
        }
        return Some(finding.opens(frozen.until).hint("`promote unfreeze --all` lifts it"));
    }
    if let Some(frozen) = by_hand {
        let until = until_when(frozen.until);
        return Some(
            Finding::unmet("freeze", format!("frozen {until} by {}: {}", frozen.by, frozen.reason))
                .with("by", frozen.by.clone())
                .with("reason", frozen.reason.clone())
                .opens(frozen.until)
                .hint(format!("`promote unfreeze {}` lifts it", environment.name)),
        );
    }
    if let Some(why) = declared {
        return Some(
            Finding::unmet("freeze", why.clone())
                .hint("wait for the end of the freeze, or `--override freeze --reason TEXT`"),
        );
    }
    let opening = opening(&environment.freeze, &environment.open, now, zone);
    let because = opening.window.map(|window| format!(" (`{}`)", window.as_str())).unwrap_or_default();
    Some(if opening.open_now {
        let until = opening
            .next_change
            .map_or_else(|| "open".to_owned(), |at| format!("open until {} {zone}", shown(at)));
        Finding::met("freeze", until).closes(opening.next_change)
    } else {
        let until = opening.next_change.map_or_else(String::new, |at| format!(" until {} {zone}", shown(at)));
        Finding::unmet("freeze", format!("closed{until}{because}")).opens(opening.next_change)
    })
}
