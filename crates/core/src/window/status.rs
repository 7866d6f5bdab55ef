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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Berlin;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn windows(texts: &[&str]) -> Vec<Window> {
        texts.iter().map(|text| Window::parse(text).unwrap()).collect()
    }

    #[test]
    fn freeze_wins_and_no_open_means_always_open() {
        for (freeze, open, now, open_now, change, which) in [
            (&[][..], &[][..], "2026-11-19T12:00:00Z", true, None, None),
            (
                &["Fri 16:00 .. Mon 08:00"][..],
                &[][..],
                "2026-11-19T12:00:00Z",
                true,
                Some("2026-11-20T15:00:00Z"),
                None,
            ),
            (
                &["Fri 16:00 .. Mon 08:00"],
                &[],
                "2026-11-21T12:00:00Z",
                false,
                Some("2026-11-23T07:00:00Z"),
                Some("Fri 16:00 .. Mon 08:00"),
            ),
            (
                &[],
                &["Mon-Thu 09:00 .. 16:00"],
                "2026-11-20T12:00:00Z",
                false,
                Some("2026-11-23T08:00:00Z"),
                None,
            ),
            (
                &[],
                &["Mon-Thu 09:00 .. 16:00"],
                "2026-11-19T12:00:00Z",
                true,
                Some("2026-11-19T15:00:00Z"),
                Some("Mon-Thu 09:00 .. 16:00"),
            ),
            // Frozen at the moment at which `open` begins: opens only when the freeze ends inside a later opening.
            (
                &["2026-11-23 .. 2026-11-24"],
                &["Mon-Thu 09:00 .. 16:00"],
                "2026-11-20T12:00:00Z",
                false,
                Some("2026-11-25T08:00:00Z"),
                None,
            ),
            (
                &["Wed 12:00 .. 13:00"],
                &["Mon-Thu 09:00 .. 16:00"],
                "2026-11-18T10:00:00Z",
                true,
                Some("2026-11-18T11:00:00Z"),
                Some("Mon-Thu 09:00 .. 16:00"),
            ),
            (
                &["Wed 12:00 .. 13:00", "Wed 12:30 .. 15:00"],
                &[],
                "2026-11-18T11:15:00Z",
                false,
                Some("2026-11-18T14:00:00Z"),
                Some("Wed 12:00 .. 13:00"),
            ),
            (
                &["Wed 12:00 .. 13:00", "Wed 12:30 .. 15:00"],
                &[],
                "2026-11-18T11:45:00Z",
                false,
                Some("2026-11-18T14:00:00Z"),
                Some("Wed 12:30 .. 15:00"),
            ),
            // Neighbours that touch are one opening.
            (
                &[],
                &["Mon 09:00 .. 12:00", "Mon 12:00 .. 17:00"],
                "2026-11-23T09:00:00Z",
                true,
                Some("2026-11-23T16:00:00Z"),
                Some("Mon 09:00 .. 12:00"),
            ),
            // Never again, and for a long time.
            (
                &["daily 00:00 .. 24:00"],
                &[],
                "2026-11-19T12:00:00Z",
                false,
                None,
                Some("daily 00:00 .. 24:00"),
            ),
            (
                &["2026-01-01 .. 2036-12-31"],
                &["Mon-Thu 09:00 .. 16:00"],
                "2026-11-19T12:00:00Z",
                false,
                Some("2037-01-01T08:00:00Z"),
                Some("2026-01-01 .. 2036-12-31"),
            ),
            (&[], &["2020-01-01 .. 2020-01-02"], "2026-11-19T12:00:00Z", false, None, None),
            // The freeze covers every opening.
            (
                &["Mon-Thu 08:00 .. 17:00"],
                &["Mon-Thu 09:00 .. 16:00"],
                "2026-11-19T12:00:00Z",
                false,
                None,
                Some("Mon-Thu 08:00 .. 17:00"),
            ),
        ] {
            let (freeze, open) = (windows(freeze), windows(open));
            let found = opening(&freeze, &open, at(now), Berlin);
            assert_eq!(found.open_now, open_now, "{freeze:?} {open:?} {now}");
            assert_eq!(found.next_change, change.map(at), "{freeze:?} {open:?} {now}");
            assert_eq!(found.window.map(Window::as_str), which, "{freeze:?} {open:?} {now}");
        }
    }
}
