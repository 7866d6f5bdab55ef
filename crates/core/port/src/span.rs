//! Spans of time for people: `3d 2h`, `12m`, `45s`. Never for machines, which get whole seconds.

use chrono::{DateTime, TimeDelta, Utc};
use std::fmt;

/// A span, shown by its two largest units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub TimeDelta);

impl Span {
    /// From one moment to another; never negative.
    pub fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self((to - from).max(TimeDelta::zero()))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.num_seconds();
        let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
        let first = units.iter().position(|(size, _)| seconds >= *size).unwrap_or(3);
        let mut left = seconds;
        let mut words = Vec::new();
        for (size, unit) in units.iter().skip(first).take(2) {
            if left / size > 0 || words.is_empty() {
                words.push(format!("{}{unit}", left / size));
            }
            left %= size;
        }
        f.pad(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_are_enough() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (61, "1m 1s"),
            (3_600, "1h"),
            (266_400, "3d 2h"),
            (86_459, "1d"),
        ] {
            assert_eq!(Span(TimeDelta::seconds(seconds)).to_string(), text);
        }
    }
}
