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
    use super::text;

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
