//! Secrets that were written into the file by mistake: found by their looks, and covered before anything else reads the
//! text, so that no message, no excerpt and no value can show them.

use super::diagnostic::{Diagnostic, Diagnostics};
use promote_port::secret_name::is_secret;
use std::ops::Range;

/// A secret's place and what it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) span: Range<usize>,
    what: &'static str,
    hint: &'static str,
}

const VARIABLE: &str =
    "put it into a variable and write its name: `\"$NAME\"`; then replace the secret, since it was in a file";

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
pub(super) fn report(secrets: &[Secret], found: &mut Diagnostics<'_>) {
    for secret in secrets {
        found.push(
            Diagnostic::error(secret.span.clone(), format!("{} is written in the file", secret.what))
                .label("a secret")
                .hint(secret.hint),
        );
    }
}

/// What a value looks like that is a secret, whatever its variable is called.
pub(super) fn what(value: &str) -> Option<&'static str> {
    find(value).first().map(|secret| secret.what)
}

/// Every secret, in the order of the text, none overlapping.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let mut list: Vec<Secret> = Vec::new();
    scan(text, "-----BEGIN ", &mut list, private_key);
    for (mark, min, what) in PREFIXES {
        scan(text, mark, &mut list, |text, at| prefixed(text, at, mark, *min, what));
    }
    for host in WEBHOOKS {
        scan(text, host, &mut list, webhook);
    }
    scan(text, "://", &mut list, password);
    scan(text, "=", &mut list, assignment);
    list.retain(|secret: &Secret| {
        text.is_char_boundary(secret.span.start) && text.is_char_boundary(secret.span.end)
    });
    list.sort_by_key(|secret| (secret.span.start, usize::MAX - secret.span.end));
    let mut end = 0;
    list.retain(|secret| {
        let new = secret.span.start >= end;
        end = end.max(secret.span.end);
        new || secret.span.end > end
    });
    list
}

/// What one look at a mark gives: where reading ended, and the secret, if there is one.
type Look = (usize, Option<Secret>);

/// Looks at every `mark` that was not read over already, so that the whole takes time in proportion to the text.
fn scan(text: &str, mark: &str, list: &mut Vec<Secret>, look: impl Fn(&str, usize) -> Look) {
    let mut done = 0;
    for (at, _) in text.match_indices(mark) {
        if at >= done {
            let (end, secret) = look(text, at);
            done = end;
            list.extend(secret);
        }
    }
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

fn prefixed(text: &str, at: usize, mark: &str, min: usize, what: &'static str) -> Look {
    let before = at.checked_sub(1).and_then(|i| text.as_bytes().get(i));
    let begin = at + mark.len();
    if before.is_some_and(u8::is_ascii_alphanumeric) {
        return (begin, None);
    }
    let end = run(text, begin, |b| word(b) || b == b'.');
    (end, (end - begin >= min).then_some(Secret { span: at..end, what, hint: VARIABLE }))
}

fn private_key(text: &str, at: usize) -> Look {
    let rest = text.get(at..).unwrap_or_default();
    let head = run(text, at, |b| b != b'\n');
    if !text.get(at..head).unwrap_or_default().contains("PRIVATE KEY") {
        return (head, None);
    }
    // Up to the end of the line that closes it; a key that nothing closes goes to the end of the file.
    let end = match rest.find("-----END ") {
        Some(close) => run(text, at + close, |b| b != b'\n' && b != b'"' && b != b'\''),
        None => text.len(),
    };
    (end, Some(Secret { span: at..end, what: "a private key", hint: VARIABLE }))
}

fn webhook(text: &str, at: usize) -> Look {
    let inside = |b: u8| !b.is_ascii_whitespace() && !b.is_ascii_control() && !b"\"'`<>\\".contains(&b);
    let end = run(text, at, inside);
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let begin = before.iter().rposition(|b| !inside(*b)).map_or(0, |i| i + 1);
    // The address of the documentation or of the host alone is no secret.
    let path = text.get(at..end).and_then(|url| url.split_once('/')).map_or("", |(_, path)| path);
    let hint = "put it into a variable and write `slack = \"$SLACK_WEBHOOK_URL\"`; then make a new one, since this one was in a file";
    let secret = path.len() >= 12 && !path.contains('$');
    (end, secret.then_some(Secret { span: begin..end, what: "a webhook address", hint }))
}

/// `user:password@` behind `://`.
fn password(text: &str, at: usize) -> Look {
    let begin = at + 3;
    let end = run(text, begin, |b| !b.is_ascii_whitespace() && !b"/\"'`<>@?#{}$".contains(&b));
    let colon = text.get(begin..end).and_then(|user| user.find(':')).map(|colon| begin + colon + 1);
    let secret = match colon {
        Some(colon) if colon < end && text.as_bytes().get(end) == Some(&b'@') => {
            Some(Secret { span: colon..end, what: "a password in an address", hint: VARIABLE })
        }
        _ => None,
    };
    (end, secret)
}

/// `…TOKEN = "literal"` and `SECRET=literal`, in tables and in commands.
fn assignment(text: &str, at: usize) -> Look {
    let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t']);
    let bare = before.strip_suffix(['"', '\'']).unwrap_or(before);
    let begin = bare.bytes().rev().take(80).take_while(|b| word(*b)).count();
    if !is_secret(bare.get(bare.len() - begin..).unwrap_or_default()) {
        return (at + 1, None);
    }
    let start = run(text, at + 1, |b| b == b' ' || b == b'\t');
    let (start, end) = match text.as_bytes().get(start) {
        Some(quote @ (b'"' | b'\'')) => (start + 1, run(text, start + 1, |b| b != *quote && b != b'\n')),
        _ => (start, run(text, start, |b| !b.is_ascii_whitespace() && !b"\"'`;&|)]},".contains(&b))),
    };
    let value = text.get(start..end).unwrap_or_default();
    let literal = value.len() >= 8 && !value.starts_with(['$', '[', '{', '(']);
    (end, literal.then_some(Secret { span: start..end, what: "a literal secret", hint: VARIABLE }))
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
            (
                "u = \"https://bob:hunter2@host/x\"".to_owned(),
                "u = \"https://bob:*******@host/x\"".to_owned(),
            ),
            ("run = \"TOKEN=abcdefgh12 make\"".to_owned(), "run = \"TOKEN=********** make\"".to_owned()),
            (
                "env = { DB_PASSWORD = \"hunter2hunter2\" }".to_owned(),
                "env = { DB_PASSWORD = \"**************\" }".to_owned(),
            ),
            ("'api-key' = 'ü12345678'".to_owned(), "'api-key' = '**********'".to_owned()),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nab\n-----END RSA PRIVATE KEY-----\"\nx".to_owned(),
                format!("{}\n**\n{}\"\nx", "*".repeat(31), "*".repeat(29)),
            ),
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
