//! OpenSSH's lists of patterns: `*` and `?`, commas between them, and `!` for what is left out. Who or what is matched
//! is left to others.

/// Whether a list lets a text in: one pattern matches, and none that begins with `!` does.
pub(crate) fn list_matches(list: &str, text: &str) -> bool {
    let mut matched = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(left_out) if matches(left_out, text) => return false,
            Some(_) => {}
            None => matched |= matches(pattern, text),
        }
    }
    matched
}

/// Whether a name in a list stands for more or less than the one who is called so.
pub(crate) fn is_pattern(name: &str) -> bool {
    name.starts_with('!') || name.contains(['*', '?'])
}

/// Matches in the time of one length times the other, however many stars there are.
fn matches(pattern: &str, text: &str) -> bool {
    let text = text.as_bytes();
    // Which beginnings of the text the pattern read so far matches.
    let mut reached = vec![false; text.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for byte in pattern.bytes() {
        let mut next = Vec::with_capacity(reached.len());
        let mut before = false;
        for (at, is_reached) in reached.iter().enumerate() {
            let here = match byte {
                b'*' => *is_reached || next.last() == Some(&true),
                b'?' => before,
                _ => before && at.checked_sub(1).and_then(|at| text.get(at)) == Some(&byte),
            };
            next.push(here);
            before = *is_reached;
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_match_as_openssh_matches_them() {
        for (list, text, wanted) in [
            ("a", "a", true),
            ("a", "A", false),
            ("a", "ab", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*@x", "a@x", true),
            ("*@x", "a@xy", false),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("?*", "", false),
            ("a,b", "b", true),
            ("!b,*", "b", false),
            ("*,!b", "b", false),
            ("!b,*", "a", true),
            ("!b", "a", false),
        ] {
            assert_eq!(list_matches(list, text), wanted, "{list} {text}");
        }
        assert!(!list_matches(&"*a".repeat(300), &"a".repeat(299)));
        for name in ["*", "a?", "!a"] {
            assert!(is_pattern(name), "{name}");
        }
        assert!(!is_pattern("a!b@x"));
    }
}
