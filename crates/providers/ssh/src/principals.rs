//! The names at the beginning of a line: one or several of a person, or patterns, which name nobody. Which names belong
//! to one person is `people`'s.

use crate::pattern::is_pattern;

/// What stands before the options of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principals {
    /// The names, as they are written.
    pub(crate) names: Vec<String>,
}

impl Principals {
    /// Reads the names, and tells at which byte they end; or at which byte what is wrong.
    pub(crate) fn read(line: &str) -> Result<(Self, usize), (usize, String)> {
        let (text, start, end) = match line.strip_prefix('"') {
            Some(rest) => {
                let Some((text, after)) = rest.split_once('"') else {
                    return Err((0, "a quote before the names is left open".to_owned()));
                };
                if !after.starts_with([' ', '\t']) {
                    return Err((text.len() + 2, "a blank must follow the names in quotes".to_owned()));
                }
                (text, 1, text.len() + 2)
            }
            None => {
                let end = line.find([' ', '\t']).unwrap_or(line.len());
                (line.get(..end).unwrap_or_default(), 0, end)
            }
        };
        let mut at = start;
        let mut names = Vec::new();
        for name in text.split(',') {
            if name.is_empty() || name == "!" {
                return Err((at, "a name is empty".to_owned()));
            }
            if name.trim() != name || name.contains('"') {
                return Err((at, "a name begins or ends with a blank, or has a quote in it".to_owned()));
            }
            names.push(name.to_owned());
            at += name.len() + 1;
        }
        Ok((Self { names }, end))
    }

    /// The first name that is a pattern.
    pub(crate) fn pattern(&self) -> Option<&str> {
        self.names.iter().map(String::as_str).find(|name| is_pattern(name))
    }

    /// Whether the two have a name in common, in any case of letters.
    pub(crate) fn overlap(&self, other: &Self) -> bool {
        let folded: Vec<_> = other.names.iter().map(|name| name.to_lowercase()).collect();
        self.names.iter().any(|name| folded.contains(&name.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_at_a_blank_or_a_quote() {
        let read = |line: &str| Principals::read(line).map(|(it, end)| (it.names, end));
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(read("a@x,b@x key"), Ok((names(&["a@x", "b@x"]), 7)));
        assert_eq!(read("\"A B,c\"\tkey"), Ok((names(&["A B", "c"]), 7)));
        for (line, at) in [
            ("\"a", 0),
            ("\"a\"b", 3),
            ("a,,b k", 2),
            (",a k", 0),
            ("a, k", 2),
            ("a\"b k", 0),
            ("\" a\" k", 1),
            ("!,a k", 0),
        ] {
            assert_eq!(read(line).unwrap_err().0, at, "{line}");
        }
    }

    #[test]
    fn patterns_are_told_from_names() {
        let pattern = |line: &str| Principals::read(line).unwrap().0.pattern().map(str::to_owned);
        assert_eq!(pattern("a@x,*@y k").as_deref(), Some("*@y"));
        assert_eq!(pattern("!a@x k").as_deref(), Some("!a@x"));
        assert_eq!(pattern("a@x k"), None);
    }
}
