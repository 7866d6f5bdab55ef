//! What a list of `freeze` and a list of `open` windows mean together: freeze wins, and no `open` means always open.

use super::Window;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Whether something may move, and until when that stays so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening<'w> {
    /// Whether it may move now.
    pub open_now: bool,
    /// When `open_now` changes. `None` when it never does, or not within what is searched (some hundred windows).
    pub next_change: Option<DateTime<Utc>>,
    /// The window that decides: the freeze in force that lasts longest, else the `open` window that lasts longest.
    /// `None` when no window holds `at`.
    pub window: Option<&'w Window>,
}

/// The state of an environment with these windows at `at`.
pub fn opening<'w>(freeze: &'w [Window], open: &'w [Window], at: DateTime<Utc>, tz: Tz) -> Opening<'w> {
    let now = state(freeze, open, at, tz);
    let mut until = now.until;
    // Each step jumps to where this state may end; most end at once, some go on in the next window.
    for _ in 0..500 {
        let Some(moment) = until else { break };
        let then = state(freeze, open, moment, tz);
        if then.open != now.open {
            return Opening { open_now: now.open, next_change: Some(moment), window: now.window };
        }
        until = then.until.filter(|next| *next > moment);
    }
    Opening { open_now: now.open, next_change: None, window: now.window }
}

/// The state at one moment, and up to when it can't change.
struct State<'w> {
    open: bool,
    window: Option<&'w Window>,
    until: Option<DateTime<Utc>>,
}

fn state<'w>(freeze: &'w [Window], open: &'w [Window], at: DateTime<Utc>, tz: Tz) -> State<'w> {
    if let Some((window, until)) = longest(freeze, at, tz) {
        return State { open: false, window: Some(window), until };
    }
    let next_freeze = freeze.iter().filter_map(|window| window.next_start(at, tz)).min();
    if open.is_empty() {
        return State { open: true, window: None, until: next_freeze };
    }
    if let Some((window, until)) = longest(open, at, tz) {
        let until = match (until, next_freeze) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        return State { open: true, window: Some(window), until };
    }
    State {
        open: false,
        window: None,
        until: open.iter().filter_map(|window| window.next_start(at, tz)).min(),
    }
}

/// Of the windows that hold `at`, the one that ends last, with its end.
fn longest(windows: &[Window], at: DateTime<Utc>, tz: Tz) -> Option<(&Window, Option<DateTime<Utc>>)> {
    let held = windows.iter().filter_map(|window| {
        let span = window.span_at(at, tz)?;
        Some((window, window.end_of(span, tz)))
    });
    // The first of equals, so that the answer follows the order in the file.
    held.reduce(|best, next| match (best.1, next.1) {
        (Some(a), Some(b)) if b > a => next,
        (Some(_), None) => next,
        _ => best,
    })
}
