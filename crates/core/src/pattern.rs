//! How much a pattern for files may ask of those who fit it to names. What patterns mean is left to them; this keeps one
//! that was written to bring a reader down from reaching it.

use std::ops::Range;

/// The most characters of a pattern.
pub const LONGEST: usize = 4096;
/// The most alternatives `{…}` of a pattern, one after the other or inside each other.
pub const BRACES: usize = 32;

/// What is too much in a pattern: where it begins, and in words.
pub fn excess(text: &str) -> Option<(Range<usize>, String)> {
    if let Some((at, _)) = text.char_indices().nth(LONGEST) {
        return Some((at..text.len(), format!("a pattern has at most {LONGEST} characters")));
    }
    let mut escaped = false;
    let mut open = text.char_indices().filter(|(_, c)| {
        let counts = *c == '{' && !escaped;
        escaped = *c == '\\' && !escaped;
        counts
    });
    let (at, _) = open.nth(BRACES)?;
    Some((at..at + 1, format!("a pattern has at most {BRACES} pairs of braces")))
}

/// What keeps every reader from taking a pattern: where it is, and in words.
pub fn malformed(text: &str) -> Option<(Range<usize>, String)> {
    let wrong = |at: usize, words: &str| Some((at..at + 1, words.to_owned()));
    let mut open: Vec<usize> = Vec::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => return wrong(at, "nothing follows the `\\` at the end"),
            '{' => open.push(at),
            '}' if open.pop().is_none() => return wrong(at, "a `}` has no `{`"),
            '[' => {
                let inside = text.get(at + 1..).unwrap_or_default();
                let skipped = inside.len() - inside.trim_start_matches(['!', '^']).len();
                // A `]` that comes first is one of the characters.
                let first = skipped.min(1);
                let rest = inside.get(first..).unwrap_or_default();
                let begin = usize::from(rest.starts_with(']'));
                let Some(end) = rest.get(begin..).and_then(|rest| rest.find(']')) else {
                    return wrong(at, "a `[` has no `]`");
                };
                let close = at + 1 + first + begin + end;
                while chars.clone().next().is_some_and(|(next, _)| next <= close) {
                    chars.next();
                }
            }
            _ => {}
        }
    }
    open.first().and_then(|at| wrong(*at, "a `{` has no `}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_little_and_what_brings_readers_down_is_too_much() {
        let nested = |depth: usize| format!("{}x{}", "{".repeat(depth), "}".repeat(depth));
        for fine in ["*.{md,txt}", "docs/**/*.{a,b{c,d}}", &nested(32), &"\\{".repeat(900), &"é".repeat(4096)]
        {
            assert_eq!(excess(fine), None, "{fine}");
        }
        for (bad, at) in [
            (nested(33), 32),
            (nested(1000), 32),
            ("{[}]".repeat(500), 128),
            ("{a,b}".repeat(33), 160),
            ("\\\\{".repeat(33), 98),
            (nested(16_000), 4096),
            ("é".repeat(4097), 8192),
        ] {
            let (place, words) = excess(&bad).unwrap();
            assert!(place.start == at && bad.get(place.clone()).is_some(), "{place:?}: {words}");
        }
    }

    #[test]
    fn what_no_reader_takes_is_told_with_its_place() {
        for fine in ["*.{md,txt}", "[a-z]*", "[]]", "[!]a]x", "\\[a", "a\\{", "[{]", "é[ü]"] {
            assert_eq!(malformed(fine), None, "{fine}");
        }
        for (bad, at) in
            [("[a", 0), ("é[", 2), ("[]", 0), ("[!]", 0), ("{a,b", 0), ("a}", 1), ("x\\", 1), ("{[}]", 0)]
        {
            let (place, words) = malformed(bad).unwrap();
            assert!(place.start == at && bad.get(place.clone()).is_some(), "{bad}: {place:?}: {words}");
        }
    }
}
