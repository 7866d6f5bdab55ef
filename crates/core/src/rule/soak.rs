//! `soak`: the release has run, verified and without a break, in every environment before for long enough.

use super::from::{present, stay};
use super::{Facts, Finding};
use crate::span::Span;
use chrono::TimeDelta;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let need = TimeDelta::from_std(facts.environment.soak).unwrap_or(TimeDelta::MAX);
    if need.is_zero() || facts.environment.from.is_empty() {
        return None;
    }
    if facts.rolling_back() {
        return Some(Finding::skipped("soak", "a release verified here before may always come back"));
    }
    let now = facts.snapshot.taken_at;
    let mut shortest: Option<TimeDelta> = None;
    let mut opens = Some(now);
    for name in &facts.environment.from {
        let state = facts.snapshot.upstream.get(name).and_then(Option::as_ref).map(|head| head.state());
        let longest = state.and_then(|state| stay(state, facts.release, now));
        let have = longest.map_or(TimeDelta::zero(), |stay| {
            (stay.until.unwrap_or(now) - stay.verified.time()).max(TimeDelta::zero())
        });
        shortest = Some(shortest.map_or(have, |least| least.min(have)));
        if have < need {
            // Only a stay that goes on can become long enough by itself; a longer one that ended does not matter.
            let end = state
                .and_then(|state| present(state, facts.release))
                .and_then(|stay| stay.verified.time().checked_add_signed(need));
            opens = opens.zip(end).map(|(known, end)| known.max(end));
        }
    }
    let have = shortest.unwrap_or(TimeDelta::zero());
    let holds = have >= need;
    let zone = facts.config.timezone;
    let when = match opens {
        _ if holds => String::new(),
        Some(at) => {
            format!("; opens {} {zone}", at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M"))
        }
        None => "; waiting alone does not help".to_owned(),
    };
    Some(
        Finding::of("soak", holds, format!("{} of {}{when}", Span(have), Span(need)))
            .with("need_s", need.num_seconds())
            .with("have_s", have.num_seconds())
            .opens(if holds { None } else { opens }),
    )
}
