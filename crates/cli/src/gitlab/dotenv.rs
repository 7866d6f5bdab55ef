//! The report of variables: short lines that GitLab takes over into later jobs. It takes keys of letters, digits and `_`,
//! no blank, no comment, no line that goes on, and no more than 5 KB.

/// The largest value; all together stay far below what GitLab takes.
const LONGEST: usize = 500;

/// The text of the file: one line for each value that there is and that fits. Gives what had to be left out, too.
pub(super) fn text(values: &[(&'static str, Option<String>)]) -> (String, Vec<&'static str>) {
    let mut out = String::new();
    let mut left_out = Vec::new();
    for (name, value) in values {
        let Some(value) = value.as_ref().filter(|value| !value.is_empty()) else { continue };
        if value.len() <= LONGEST && value.bytes().all(|b| b.is_ascii_graphic() && !b"\"'`\\".contains(&b)) {
            out.push_str(&format!("{name}={value}\n"));
        } else {
            left_out.push(*name);
        }
    }
    (out, left_out)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, text};
    use proptest::prelude::*;

    /// Values that somebody else chose, as likely to hurt as to be taken.
    fn value() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "a", "=", "\n", "\r", "#", "\"", "'", "`", "\\", "$(id)", "${A}", " ", "\0", "ä", "\u{85}", "A=b",
        ]);
        prop_oneof![
            any::<String>(),
            prop::collection::vec(piece, 0..LONGEST).prop_map(|pieces| pieces.concat())
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_a_value_is_it_is_read_back_as_it_was_or_left_out(one in value(), two in value()) {
            let (written, left_out) = text(&[("ONE", Some(one.clone())), ("TWO", Some(two.clone()))]);
            // A line a variable, up to the first `=`, and nothing else: GitLab's rules.
            let read: Vec<(&str, &str)> = written.split_terminator('\n').filter_map(|line| line.split_once('=')).collect();
            prop_assert_eq!(read.len(), written.matches('\n').count());
            let expected: Vec<(&str, &str)> = [("ONE", one.as_str()), ("TWO", two.as_str())]
                .into_iter()
                .filter(|(name, value)| !value.is_empty() && !left_out.contains(name))
                .collect();
            prop_assert_eq!(read, expected);
            prop_assert!(written.bytes().all(|b| b == b'\n' || b.is_ascii_graphic()), "{:?}", written);
        }
    }

    #[test]
    fn only_what_gitlab_can_read_is_written() {
        let long = "x".repeat(501);
        let given = |value: &str| Some(value.to_owned());
        let values = [
            ("A", given("s3://acme/prod.zip")),
            ("B", None),
            ("C", given("")),
            ("D", given("two words")),
            ("E", given("a\nPATH=/evil")),
            ("F", given(&long)),
            ("G", given("\"quoted\"")),
            ("H", given("ä")),
        ];
        assert_eq!(text(&values), ("A=s3://acme/prod.zip\n".to_owned(), vec!["D", "E", "F", "G", "H"]));
    }

    #[test]
    fn the_largest_report_fits() {
        let names = [
            "PROMOTE_STATUS",
            "PROMOTE_ENV",
            "PROMOTE_SHA",
            "PROMOTE_PREVIOUS",
            "PROMOTE_TARGET",
            "PROMOTE_DIGEST",
            "PROMOTE_ID",
            "RELEASE_TAG",
        ];
        let values = names.map(|name| (name, Some("x".repeat(500))));
        assert!(text(&values).0.len() < 5 * 1024);
    }
}
