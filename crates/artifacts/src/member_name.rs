//! What a member of an archive may be called and where its links may lead: the same rules for what is packed and for
//! what is verified. Which error a broken rule becomes is decided by the callers.

use icu_normalizer::ComposingNormalizerBorrowed;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Longest name that is packed, and the default limit for verifying, in bytes.
pub(crate) const LONGEST: usize = 4096;
/// Longest part of a path that file systems take, in bytes.
const LONGEST_PART: usize = 255;
/// A longer chain of links is taken for a loop, as Linux does.
const MOST_LINKS: usize = 40;

/// What is wrong with the name of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// There is nothing.
    #[error("the name is empty")]
    Empty,
    /// More bytes than the limit.
    #[error("the name is too long")]
    TooLong,
    /// One of its parts has more bytes than a file system takes.
    #[error("a part of the name has more than 255 bytes, which no file system takes")]
    LongPart,
    /// It is not UTF-8.
    #[error("the name is not UTF-8")]
    NotUtf8,
    /// It is not ASCII, and its header does not say that it is UTF-8: some readers take it for code page 437.
    #[error("the name is not ASCII and not marked as UTF-8, so readers see different names")]
    Unmarked,
    /// It is not ASCII, and the archive is said to be made on DOS: Info-ZIP reads other characters than its flag says.
    #[error("the name is not ASCII, and an archive of DOS is read with other characters by some")]
    OfDos,
    /// It begins with `/`.
    #[error("the name is absolute")]
    Absolute,
    /// It begins with a letter and a colon, which is a drive on Windows.
    #[error("the name begins with a letter and `:`, which Windows takes for a drive")]
    Drive,
    /// It holds a backslash, which is a separator on Windows.
    #[error("the name has a backslash")]
    Backslash,
    /// It holds a control character.
    #[error("the name has a control character")]
    Control,
    /// One of its parts is `..`.
    #[error("the name has the part `..`")]
    Traversal,
    /// One of its parts is empty or `.`.
    #[error("the name has an empty part or the part `.`")]
    OddPart,
}

/// Looks at the name of a file or link, without a `/` at its end.
pub(crate) fn check(name: &str, longest: usize) -> Result<(), NameProblem> {
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if name.is_empty() {
        Err(NameProblem::Empty)
    } else if name.len() > longest {
        Err(NameProblem::TooLong)
    } else if name.chars().any(char::is_control) {
        Err(NameProblem::Control)
    } else if name.contains('\\') {
        Err(NameProblem::Backslash)
    } else if name.starts_with('/') {
        Err(NameProblem::Absolute)
    } else if drive {
        Err(NameProblem::Drive)
    } else if name.split('/').any(|part| part == "..") {
        Err(NameProblem::Traversal)
    } else if name.split('/').any(|part| part.is_empty() || part == ".") {
        Err(NameProblem::OddPart)
    } else if name.split('/').any(|part| part.len() > LONGEST_PART) {
        Err(NameProblem::LongPart)
    } else {
        Ok(())
    }
}

/// The first of `names` that lies below another one, which is a file or link; with that other one.
pub(crate) fn below_a_file<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<(&'a str, &'a str)> {
    let files: HashSet<&str> = names.clone().collect();
    for name in names {
        let mut rest = name;
        while let Some((parent, _)) = rest.rsplit_once('/') {
            if files.contains(parent) {
                return Some((name, parent));
            }
            rest = parent;
        }
    }
    None
}

/// The first name, of a member or of a folder above one, that comes in two spellings: with characters composed, such as `ü`,
/// and with them taken apart, `u` and dots; both spellings. macOS and libarchive make one file of both. Names alike are one.
pub(crate) fn two_spellings<'a>(names: impl Iterator<Item = &'a str>) -> Option<(&'a str, &'a str)> {
    let mut seen: HashMap<Cow<'_, str>, &str> = HashMap::new();
    for name in names.filter(|name| !name.is_ascii()) {
        let ends = name.match_indices('/').map(|(end, _)| end).chain([name.len()]);
        for path in ends.filter_map(|end| name.get(..end)) {
            let earlier = seen.insert(composed(path), path);
            if let Some(earlier) = earlier.filter(|earlier| *earlier != path) {
                return Some((earlier, path));
            }
        }
    }
    None
}

/// The text with every character composed (NFC), <https://www.unicode.org/reports/tr15/>.
fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// A name with every character outside of ASCII as its number, where two names look the same.
pub(crate) fn spelled(name: &str) -> String {
    let one = |c: char| if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() };
    name.chars().map(one).collect()
}

/// A name as file systems compare it that ignore case, by the full case folding of Unicode: the sign for kelvin is a `k`, a long
/// `s` an `s`, and a sharp one two of them (<https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt>). Which letters
/// are alike is told by their small and capital forms.
fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // Its capital is that of an `i`, and it is a letter of its own all the same.
    let dotless = |c: char| c == '\u{131}';
    let small_and_capital =
        |c: char| c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let mut text = String::with_capacity(name.len());
    for c in composed(name).chars() {
        match dotless(c) {
            true => text.push(c),
            false => text.extend(small_and_capital(c)),
        }
    }
    composed(&text).into_owned()
}

/// Pairs of names that a file system which ignores case takes for one; also a folder on the way to a member and another name,
/// such as `Lib/x` and `lib`, or `Lib/x` and `lib/y`.
pub(crate) fn same_but_for_case<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    let mut known = HashSet::new();
    let mut pairs = Vec::new();
    for name in names {
        let mut name = name.trim_end_matches('/');
        // What lies above a name that was seen has been seen, too.
        while known.insert(name) {
            let earlier = seen.entry(folded(name)).or_insert(name);
            if *earlier != name {
                pairs.push(((*earlier).to_owned(), name.to_owned()));
            }
            let Some((folder, _)) = name.rsplit_once('/') else { break };
            name = folder;
        }
    }
    pairs
}

/// Whether the link at `name` leads to a place inside the archive (which need not exist), following the archive's
/// other links on the way. `links` gives the target of each link. A loop leads nowhere, so not inside.
pub(crate) fn stays_inside(name: &str, links: &HashMap<&str, &str>) -> bool {
    let mut ahead: Vec<&str> = name.rsplit('/').collect();
    let mut place = String::new();
    let mut followed = 0;
    while let Some(part) = ahead.pop() {
        match part {
            "" | "." => continue,
            ".." => match place.rfind('/') {
                Some(end) => place.truncate(end),
                None if place.is_empty() => return false,
                None => place.clear(),
            },
            _ => {
                let parent = place.len();
                if parent > 0 {
                    place.push('/');
                }
                place.push_str(part);
                if let Some(target) = links.get(place.as_str()) {
                    followed += 1;
                    let drive = matches!(target.as_bytes(), [_, b':', ..]);
                    let odd = target.is_empty()
                        || target.contains('\\')
                        || target.chars().any(char::is_control)
                        || drive;
                    if followed > MOST_LINKS || odd || target.starts_with('/') || place.len() > 2 * LONGEST {
                        return false;
                    }
                    place.truncate(parent);
                    ahead.extend(target.rsplit('/'));
                }
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_or_confuse_are_refused() {
        for (name, problem) in [
            ("", NameProblem::Empty),
            ("/etc/passwd", NameProblem::Absolute),
            ("C:x", NameProblem::Drive),
            ("c:/x", NameProblem::Drive),
            ("../x", NameProblem::Traversal),
            ("a/../x", NameProblem::Traversal),
            ("a/..", NameProblem::Traversal),
            ("a\\b", NameProblem::Backslash),
            ("a\nb", NameProblem::Control),
            ("a\u{85}b", NameProblem::Control),
            ("a\0", NameProblem::Control),
            ("a//b", NameProblem::OddPart),
            ("./a", NameProblem::OddPart),
            ("a/", NameProblem::OddPart),
            ("123456789", NameProblem::TooLong),
        ] {
            assert_eq!(
                check(name, if problem == NameProblem::TooLong { 8 } else { 100 }),
                Err(problem),
                "{name:?}"
            );
        }
        for name in ["a", "..a", "a..", "...", "ä/ö", "a b", "-rf", "ab:c"] {
            assert_eq!(check(name, 100), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_part_is_as_long_as_file_systems_take() {
        let (fits, long) = ("ä".repeat(127) + "a", "ä".repeat(128));
        assert_eq!(check(&format!("{fits}/{fits}"), LONGEST), Ok(()));
        assert_eq!(check(&format!("{fits}/{long}/a"), LONGEST), Err(NameProblem::LongPart));
    }

    #[test]
    fn links_to_control_characters_lead_nowhere() {
        for target in ["a\u{1b}[2J", "a\nb", "\u{85}"] {
            assert!(!stays_inside("link", &HashMap::from([("link", target)])), "{target:?}");
        }
    }

    #[test]
    fn a_file_can_not_be_a_folder_too() {
        assert_eq!(below_a_file(["a", "a.x", "a/b/c"].into_iter()), Some(("a/b/c", "a")));
        assert_eq!(below_a_file(["a", "a.x", "ab/c"].into_iter()), None);
    }

    #[test]
    fn case_is_compared_beyond_ascii() {
        let pairs = same_but_for_case(["README", "readme", "Ä", "ä", "b"].into_iter());
        assert_eq!(pairs, [("README".into(), "readme".into()), ("Ä".into(), "ä".into())]);
        for (one, other, alike) in [
            ("\u{212a}", "k", true),
            ("\u{212a}elvin/x", "Kelvin/y", true),
            ("\u{17f}", "S", true),
            ("stra\u{df}e", "STRASSE", true),
            ("\u{1e9e}", "ss", true),
            ("\u{3c2}", "\u{3a3}", true),
            ("\u{2126}", "\u{3c9}", true),
            ("\u{b5}", "\u{3bc}", true),
            ("\u{fb01}", "FI", true),
            ("\u{130}", "i\u{307}", true),
            ("\u{131}", "I", false),
            ("\u{e9}", "e", false),
        ] {
            let pairs = same_but_for_case([one, "other", other].into_iter());
            assert_eq!(pairs.len(), usize::from(alike), "{one} {other}: {pairs:?}");
        }
        // A folder is in the place of a file, or of another folder, and is told of once.
        for names in [["Lib/x", "Lib/y", "lib"], ["Lib/", "Lib/x", "lib"], ["Lib/x", "lib/y", "lib/z"]] {
            let pairs = same_but_for_case(names.into_iter());
            assert_eq!(pairs, [("Lib".into(), "lib".into())], "{names:?}");
        }
    }

    #[test]
    fn two_spellings_of_one_name_are_found_wherever_they_are() {
        let (one, two) = ("\u{fc}", "u\u{308}");
        for (first, second, found) in [
            (one.to_owned(), two.to_owned(), Some((one.to_owned(), two.to_owned()))),
            (
                format!("a/{one}.txt"),
                format!("a/{two}.txt"),
                Some((format!("a/{one}.txt"), format!("a/{two}.txt"))),
            ),
            // A folder in two spellings, with other files in each.
            (format!("{one}/a"), format!("{two}/b"), Some((one.to_owned(), two.to_owned()))),
            // A file, and a folder that would be in its place.
            (one.to_owned(), format!("{two}/b"), Some((one.to_owned(), two.to_owned()))),
            // One sign more, or another order of the same signs.
            (
                "a\u{323}\u{307}".to_owned(),
                "a\u{307}\u{323}".to_owned(),
                Some(("a\u{323}\u{307}".to_owned(), "a\u{307}\u{323}".to_owned())),
            ),
            (format!("{one}/a"), format!("{one}/b"), None),
            (two.to_owned(), two.to_owned(), None),
            ("A".to_owned(), "a".to_owned(), None),
            // What only looks alike is two names everywhere.
            ("\u{fb01}".to_owned(), "fi".to_owned(), None),
        ] {
            let names = [first.as_str(), "plain", second.as_str()];
            let told = two_spellings(names.into_iter()).map(|(a, b)| (a.to_owned(), b.to_owned()));
            assert_eq!(told, found, "{first} {second}");
        }
        assert_eq!(spelled("u\u{308}.txt"), "u\\u{308}.txt");
        let pairs = same_but_for_case(["\u{dc}", "u\u{308}"].into_iter());
        assert_eq!(pairs, [("\u{dc}".into(), "u\u{308}".into())]);
    }

    #[test]
    fn links_are_followed_through_other_links() {
        let links = HashMap::from([
            ("ok", "dir/file"),
            ("dir/up", "../other"),
            ("dir/out", "../../other"),
            ("absolute", "/etc/passwd"),
            ("a/b/top", "../.."),
            ("a/b/sly", "top/../secret"),
            ("a/b/fine", "top/secret"),
            ("loop1", "loop2"),
            ("loop2", "loop1"),
            ("back", "dir\\..\\.."),
            ("drive", "C:/x"),
            ("empty", ""),
            ("chain", "dir/out/x"),
        ]);
        for (name, inside) in [
            ("ok", true),
            ("dir/up", true),
            ("dir/out", false),
            ("absolute", false),
            ("a/b/top", true),
            ("a/b/sly", false),
            ("a/b/fine", true),
            ("loop1", false),
            ("back", false),
            ("drive", false),
            ("empty", false),
            ("chain", false),
        ] {
            assert_eq!(stays_inside(name, &links), inside, "{name}");
        }
    }
}
