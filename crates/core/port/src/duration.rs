//! Durations as people write them: `"2d"`, `"1h30m"`, `"20s"`, `"0"`. Showing them is the work of [`crate::span`].

use crate::names::escape;
use std::time::Duration;

/// The units, largest first, with their seconds.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest that can be written: ten years of 365 days, in seconds.
const LONGEST: u64 = 3_650 * 86_400;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is not a duration: {why}")]
pub struct DurationError {
    /// Where in the text, in bytes from its start.
    pub offset: usize,
    shown: String,
    why: &'static str,
}

/// Reads `0`, or numbers with the units `w`, `d`, `h`, `m`, `s`, larger units first, each at most once.
///
/// # Errors
/// When it is anything else, or longer than 3650 days.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let bad = |offset, why| DurationError { offset, shown: escape(text), why };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.is_empty() {
        return Err(bad(0, "it is empty; write for example `30m`, `2d` or `1h30m`"));
    }
    let mut seconds: u64 = 0;
    let mut units = UNITS.iter();
    let mut rest = text;
    while !rest.is_empty() {
        let offset = text.len() - rest.len();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, tail) = rest.split_at(end);
        if digits.is_empty() {
            return Err(bad(offset, "a number is needed here; write for example `30m`, `2d` or `1h30m`"));
        }
        let Some(unit) = tail.chars().next() else {
            return Err(bad(offset, "a number needs a unit: `w`, `d`, `h`, `m` or `s`"));
        };
        let at = offset + end;
        if !UNITS.iter().any(|(name, _)| *name == unit) {
            return Err(bad(at, "the units are `w`, `d`, `h`, `m` and `s`"));
        }
        let Some((_, each)) = units.find(|(name, _)| *name == unit) else {
            return Err(bad(at, "larger units come first, each at most once"));
        };
        let part = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(*each));
        seconds = part
            .and_then(|part| seconds.checked_add(part))
            .filter(|sum| *sum <= LONGEST)
            .ok_or_else(|| bad(offset, "it is longer than 3650 days"))?;
        rest = tail.get(unit.len_utf8()..).unwrap_or_default();
    }
    Ok(Duration::from_secs(seconds))
}

/// A duration as it is written in a file, exactly: `1h30m`, `0`.
pub fn written(span: Duration) -> String {
    let mut left = span.as_secs();
    if left == 0 {
        return "0".to_owned();
    }
    let mut out = String::new();
    for (name, each) in UNITS.iter().filter(|(name, _)| *name != 'w') {
        if left >= *each {
            out.push_str(&format!("{}{name}", left / each));
            left %= each;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, seconds, exact) in [
            ("0", 0, "0"),
            ("0s", 0, "0"),
            ("20s", 20, "20s"),
            ("30m", 1_800, "30m"),
            ("1h30m", 5_400, "1h30m"),
            ("2d", 172_800, "2d"),
            ("1w", 604_800, "7d"),
            ("1w2d3h4m5s", 788_645, "9d3h4m5s"),
            ("1d1m", 86_460, "1d1m"),
            ("371s", 371, "6m11s"),
            ("3650d", 315_360_000, "3650d"),
        ] {
            let span = parse(text).unwrap();
            assert_eq!(span.as_secs(), seconds, "{text}");
            assert_eq!(written(span), exact, "{text}");
            assert_eq!(parse(exact).unwrap(), span);
        }
    }

    #[test]
    fn other_texts_are_refused_at_their_place() {
        for (text, offset) in [
            ("", 0),
            ("5", 0),
            ("m", 0),
            ("1h5", 2),
            ("-5m", 0),
            ("5 m", 1),
            ("1m1h", 3),
            ("1h1h", 3),
            ("2D", 1),
            ("1.5h", 1),
            ("3651d", 0),
            ("1d99999999999999999999s", 2),
            ("2days", 2),
            ("5ü", 1),
            ("٣m", 0),
        ] {
            assert_eq!(parse(text).unwrap_err().offset, offset, "{text}");
        }
    }
}
