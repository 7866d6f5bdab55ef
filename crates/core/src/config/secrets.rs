//! Secrets that were written into the file by mistake: found by their looks, and covered before anything else reads the
//! text, so that no message, no excerpt and no value can show them.

use super::diagnostic::{Diagnostic, Found};
use std::ops::Range;

/// A secret's place and what it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) span: Range<usize>,
    what: &'static str,
    hint: &'static str,
}

const VARIABLE: &str = "put it into a variable and write its name: `\"$NAME\"`; then replace the secret, since it was in a file";

/// The text with every secret's bytes replaced by `*`, byte for byte, so that places stay the same. Excerpts of the file
/// are only ever taken from this.
pub fn masked(text: &str) -> String {
    cover(text, &find(text))
}

/// The text with these places covered. Control characters are covered like the rest, except the ends of lines.
pub(super) fn cover(text: &str, secrets: &[Secret]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for Secret { span, .. } in secrets {
        let start = span.start.max(done);
        out.push_str(text.get(done..start).unwrap_or_default());
        for byte in text.as_bytes().get(start..span.end).unwrap_or_default() {
            out.push(if *byte == b'\n' || *byte == b'\r' { char::from(*byte) } else { '*' });
        }
        done = done.max(span.end);
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Says of each that it is there, never what it is.
pub(super) fn report(secrets: &[Secret], found: &mut Found<'_>) {
    for secret in secrets {
        found.push(
            Diagnostic::error(secret.span.clone(), format!("{} stands in the file", secret.what))
                .label("a secret")
                .hint(secret.hint),
        );
    }
}

/// Every secret, in the order of the text, none overlapping.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let mut list = Vec::new();
    for (at, _) in text.match_indices("-----BEGIN ") {
        private_key(text, at, &mut list);
    }
    for (mark, min, what) in PREFIXES {
        for (at, _) in text.match_indices(mark) {
            prefixed(text, at, mark, *min, what, &mut list);
        }
    }
    for host in WEBHOOKS {
        for (at, _) in text.match_indices(host) {
            webhook(text, at, &mut list);
        }
    }
    for (at, _) in text.match_indices("://") {
        password(text, at + 3, &mut list);
    }
    assignments(text, &mut list);
    list.retain(|secret: &Secret| text.is_char_boundary(secret.span.start) && text.is_char_boundary(secret.span.end));
    list.sort_by_key(|secret| (secret.span.start, usize::MAX - secret.span.end));
    let mut end = 0;
    list.retain(|secret| {
        let new = secret.span.start >= end;
        end = end.max(secret.span.end);
        new || secret.span.end > end
    });
    list
}

/// Beginnings that vendors gave their keys, how many more characters follow at least, and what they are.
const PREFIXES: &[(&str, usize, &str)] = &[
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("xoxb-", 10, "a Slack token"),
    ("xoxp-", 10, "a Slack token"),
    ("xoxa-", 10, "a Slack token"),
    ("xoxr-", 10, "a Slack token"),
    ("xoxs-", 10, "a Slack token"),
    ("xapp-", 10, "a Slack token"),
    ("ghp_", 20, "a GitHub token"),
    ("gho_", 20, "a GitHub token"),
    ("ghu_", 20, "a GitHub token"),
    ("ghs_", 20, "a GitHub token"),
    ("ghr_", 20, "a GitHub token"),
    ("github_pat_", 20, "a GitHub token"),
    ("glpat-", 16, "a GitLab token"),
    ("AIza", 30, "a Google key"),
    ("ya29.", 20, "a Google token"),
];

const WEBHOOKS: &[&str] =
    &["hooks.slack.com/", "hooks.slack-gov.com/", "discord.com/api/webhooks/", "webhook.office.com/"];

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Where the run of bytes that `fits` from `at` ends.
fn run(text: &str, at: usize, fits: impl Fn(u8) -> bool) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at + rest.iter().position(|b| !fits(*b)).unwrap_or(rest.len())
}

fn prefixed(text: &str, at: usize, mark: &str, min: usize, what: &'static str, list: &mut Vec<Secret>) {
    let before = at.checked_sub(1).and_then(|i| text.as_bytes().get(i));
    if before.is_some_and(u8::is_ascii_alphanumeric) {
        return;
    }
    let begin = at + mark.len();
    let end = run(text, begin, |b| word(b) || b == b'.');
    if end - begin >= min {
        list.push(Secret { span: at..end, what, hint: VARIABLE });
    }
}

fn private_key(text: &str, at: usize, list: &mut Vec<Secret>) {
    let rest = text.get(at..).unwrap_or_default();
    let head = rest.lines().next().unwrap_or_default();
    if !head.contains("PRIVATE KEY") {
        return;
    }
    // Up to the end of the line that closes it; a key that nothing closes goes to the end of the file.
    let end = match rest.find("-----END ") {
        Some(close) => run(text, at + close, |b| b != b'\n' && b != b'"' && b != b'\''),
        None => text.len(),
    };
    list.push(Secret { span: at..end, what: "a private key", hint: VARIABLE });
}

fn webhook(text: &str, at: usize, list: &mut Vec<Secret>) {
    let inside = |b: u8| !b.is_ascii_whitespace() && !b.is_ascii_control() && !b"\"'`<>\\".contains(&b);
    let end = run(text, at, inside);
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let begin = before.iter().rposition(|b| !inside(*b)).map_or(0, |i| i + 1);
    // The address of the documentation or of the host alone is no secret.
    let path = text.get(at..end).and_then(|url| url.split_once('/')).map_or("", |(_, path)| path);
    if path.len() >= 12 && !path.contains('$') {
        let hint = "put it into a variable and write `slack = \"$SLACK_WEBHOOK_URL\"`; then make a new one, since this one was in a file";
        list.push(Secret { span: begin..end, what: "a webhook address", hint });
    }
}

/// `user:password@` behind `://`.
fn password(text: &str, at: usize, list: &mut Vec<Secret>) {
    let end = run(text, at, |b| !b.is_ascii_whitespace() && !b"/\"'`<>@?#{}$".contains(&b));
    if text.as_bytes().get(end) != Some(&b'@') {
        return;
    }
    if let Some(colon) = text.get(at..end).and_then(|user| user.find(':')) {
        if at + colon + 1 < end {
            list.push(Secret { span: at + colon + 1..end, what: "a password in an address", hint: VARIABLE });
        }
    }
}

/// `…TOKEN = "literal"` and `SECRET=literal`, in tables and in commands.
fn assignments(text: &str, list: &mut Vec<Secret>) {
    for (at, _) in text.match_indices('=') {
        let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t']);
        let bare = before.strip_suffix(['"', '\'']).unwrap_or(before);
        let begin = bare.as_bytes().iter().rev().take(80).take_while(|b| word(**b)).count();
        let name = bare.get(bare.len() - begin..).unwrap_or_default().to_ascii_lowercase().replace('-', "_");
        let secret = ["secret", "token", "password", "passwd", "api_key", "apikey", "access_key"];
        let other = ["file", "path", "url", "name", "arn", "id", "dir", "type"];
        if !secret.iter().any(|word| name.contains(word)) || other.iter().any(|end| name.ends_with(end)) {
            continue;
        }
        let start = run(text, at + 1, |b| b == b' ' || b == b'\t');
        let (start, quote) = match text.as_bytes().get(start) {
            Some(quote @ (b'"' | b'\'')) => (start + 1, Some(*quote)),
            _ => (start, None),
        };
        let end = match quote {
            Some(quote) => run(text, start, |b| b != quote && b != b'\n'),
            None => run(text, start, |b| !b.is_ascii_whitespace() && !b"\"'`;&|)]},".contains(&b)),
        };
        let value = text.get(start..end).unwrap_or_default();
        let plain = value.len() >= 8 && !value.starts_with(['$', '[', '{', '(']);
        if plain && !matches!(value, "required" | "optional") {
            list.push(Secret { span: start..end, what: "a literal secret", hint: VARIABLE });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_and_covered_in_place() {
        let slack = format!("https://hooks.slack.com/{}", "services/T00000000/B00000000/abcdefghijklmnop");
        let aws = format!("AKIA{}", "ABCDEFGHIJKLMNOP");
        for (text, covered) in [
            (format!("slack = \"{slack}\" # x"), format!("slack = \"{}\" # x", "*".repeat(slack.len()))),
            (format!("# old key {aws}."), format!("# old key {}", "*".repeat(21))),
            (format!("a = \"xox{}\"", "b-1234567890-abc"), format!("a = \"{}\"", "*".repeat(19))),
            (format!("a = 'gh{}'", "p_abcdefghijklmnopqrstuvwxyz0123"), format!("a = '{}'", "*".repeat(34))),
            ("u = \"https://bob:hunter2@host/x\"".to_owned(), "u = \"https://bob:*******@host/x\"".to_owned()),
            ("run = \"TOKEN=abcdefgh12 make\"".to_owned(), "run = \"TOKEN=********** make\"".to_owned()),
            ("env = { DB_PASSWORD = \"hunter2hunter2\" }".to_owned(), "env = { DB_PASSWORD = \"**************\" }".to_owned()),
            ("'api-key' = 'ü12345678'".to_owned(), "'api-key' = '**********'".to_owned()),
            ("-----BEGIN RSA PRIVATE KEY-----\nab\n-----END RSA PRIVATE KEY-----\"\nx".to_owned(), format!("{}\n**\n{}\"\nx", "*".repeat(31), "*".repeat(29))),
        ] {
            assert_eq!(masked(&text), covered, "{text}");
            assert_eq!(masked(&text).len(), text.len());
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "slack = \"$SLACK_WEBHOOK_URL\"",
            "# see https://hooks.slack.com/ and https://api.slack.com/messaging/webhooks",
            "run = \"TOKEN=$MY_TOKEN PASSWORD_FILE=/run/secrets/password make\"",
            "env = { API_TOKEN = \"$API_TOKEN\", TOKEN_URL = \"https://login.example\" }",
            "source = \"quay.io/acme/x:{sha:8}\"",
            "https://user@host/ s3://AKIAN/x",
            "--token=short",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
