//! A template read backwards: what a name says that was made from it, by this tool or by a script before it.

use super::Template;
use super::parse::Part;
use crate::commit::CommitPrefix;
use chrono::{DateTime, Utc};

/// The least and the most digits of a commit that a name is taken to hold, whatever number the template asks for:
/// scripts shorten commits in their own ways.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=40;

/// The longest date or version that a name is taken to hold.
const LONGEST: usize = 40;

/// What a name says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// `{sha}` or `{sha:N}`.
    pub commit: Option<CommitPrefix>,
    /// `{timestamp}`.
    pub at: Option<DateTime<Utc>>,
    /// What stands for each `{date:FORMAT}`, with its format.
    dates: Vec<(String, String)>,
}

impl Reading {
    /// What a person should know of a name of which a date and the timestamp disagree. The timestamp counts.
    pub fn warning(&self) -> Option<String> {
        let at = self.at?;
        let other = self.dates.iter().find(|(format, text)| at.format(format).to_string() != *text)?;
        Some(format!(
            "the date says {}, the timestamp {}; the timestamp counts",
            other.1,
            at.format("%Y-%m-%d %H:%M:%S UTC")
        ))
    }
}

impl Template {
    /// The text before the first placeholder.
    pub fn start(&self) -> &str {
        match self.parts.first() {
            Some(Part::Literal(text)) => text,
            _ => "",
        }
    }

    /// What `text` says, when it can have been made from this template. `{date}` and `{version}` may stand for
    /// anything short; `{env}` and `{project}` must have been filled in before.
    pub fn read(&self, text: &str) -> Option<Reading> {
        read(&self.parts, text, Reading::default())
    }
}

fn read(parts: &[Part], text: &str, so_far: Reading) -> Option<Reading> {
    let Some((part, rest)) = parts.split_first() else { return text.is_empty().then_some(so_far) };
    match part {
        Part::Literal(literal) => read(rest, text.strip_prefix(literal.as_str())?, so_far),
        Part::Sha(_) => {
            let hex = text.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).count();
            lengths(hex.min(*DIGITS.end()), *DIGITS.start()).find_map(|length| {
                let (digits, left) = text.split_at_checked(length)?;
                let commit: CommitPrefix = digits.parse().ok()?;
                // The same placeholder twice says the same.
                let same = so_far.commit.as_ref().is_none_or(|known| *known == commit);
                same.then(|| read(rest, left, Reading { commit: Some(commit), ..so_far.clone() }))?
            })
        }
        Part::Timestamp => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let (number, left) = text.split_at_checked(digits.min(12))?;
            let at = DateTime::from_timestamp(number.parse().ok()?, 0)?;
            read(rest, left, Reading { at: Some(at), ..so_far })
        }
        Part::Date(_) | Part::Version => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._+-:".contains(c);
            let most = text.find(|c| !plain(c)).unwrap_or(text.len());
            lengths(most.min(LONGEST), 1).find_map(|length| {
                let (said, left) = text.split_at_checked(length)?;
                let mut so_far = so_far.clone();
                if let Part::Date(format) = part {
                    so_far.dates.push((format.clone(), said.to_owned()));
                }
                read(rest, left, so_far)
            })
        }
        Part::Env | Part::Project => None,
    }
}

/// From the longest to the shortest.
fn lengths(most: usize, least: usize) -> impl Iterator<Item = usize> {
    (least..=most).rev()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        let team = "prod-{sha:8}-{date:%d-%m-%Y}.{timestamp}";
        type Case = (&'static str, &'static str, Option<(Option<&'static str>, Option<i64>)>);
        let cases: [Case; 11] = [
            (team, "prod-33242e93-16-04-2021.1618577888", Some((Some("33242e93"), Some(1_618_577_888)))),
            // Seven digits where the template asks for eight, as another script wrote them.
            (team, "prod-5ddba2b-16-04-2021.1618577888", Some((Some("5ddba2b"), Some(1_618_577_888)))),
            (team, "staging-33242e93-16-04-2021.1618577888", None),
            (team, "prod-33242e93-16-04-2021", None),
            (team, "prod-33242e93-16-04-2021.1618577888-hotfix", None),
            (team, "prod-xyz-16-04-2021.1618577888", None),
            (
                "r/{sha}.zip",
                "r/0123456789abcdef0123456789abcdef01234567.zip",
                Some((Some("0123456789abcdef0123456789abcdef01234567"), None)),
            ),
            ("r/{sha}.zip", "r/latest.zip", None),
            ("{sha:7}/{sha:7}.zip", "0123456/0123456.zip", Some((Some("0123456"), None))),
            ("{sha:7}/{sha:7}.zip", "0123456/0123457.zip", None),
            ("app-{version}.zip", "app-1.4.0.zip", Some((None, None))),
        ];
        for (template, text, expected) in cases {
            let found = Template::parse(template).unwrap().read(text);
            let found =
                found.map(|it| (it.commit.map(|c| c.as_str().to_owned()), it.at.map(|at| at.timestamp())));
            let expected = expected.map(|(commit, at)| (commit.map(str::to_owned), at));
            assert_eq!(found, expected, "{template} {text}");
        }
    }

    #[test]
    fn a_date_that_is_not_that_of_the_timestamp_is_warned_of() {
        let template = Template::parse("prod-{sha:8}-{date:%d-%m-%Y}.{timestamp}").unwrap();
        let warned = |text: &str| template.read(text).unwrap().warning();
        assert_eq!(warned("prod-33242e93-16-04-2021.1618577888"), None);
        let odd = warned("prod-33242e93-17-04-2021.1618577888").unwrap();
        assert_eq!(
            odd,
            "the date says 17-04-2021, the timestamp 2021-04-16 12:58:08 UTC; the timestamp counts"
        );
    }

    #[test]
    fn what_is_made_is_read_back() {
        let values = super::super::Values {
            sha: Some("0123456789abcdef0123456789abcdef01234567".parse().unwrap()),
            version: Some("1.4.0-rc.1".to_owned()),
            at: DateTime::from_timestamp(1_618_577_888, 0),
            ..Default::default()
        };
        for text in ["p/{sha}.zip", "{sha:9}-{timestamp}", "{version}_{sha:8}_{date:%Y-%m-%d}.{timestamp}"] {
            let template = Template::parse(text).unwrap();
            let made = template.render(&values).unwrap();
            let read = template.read(&made).unwrap();
            assert!(read.commit.unwrap().fits(values.sha.as_ref().unwrap()), "{made}");
            assert!(read.at.is_none_or(|at| Some(at) == values.at), "{made}");
        }
    }
}
