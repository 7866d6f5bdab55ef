//! What Slack is sent by an incoming webhook: one message within its limits, with buttons that are links and nothing else.
//! Names, reasons and messages of commits in it are foreign: they mention nobody and link nowhere.
//!
//! Limits and escaping: <https://docs.slack.dev/reference/block-kit/blocks>,
//! <https://docs.slack.dev/messaging/formatting-message-text>. What is counted is what is sent: `&amp;` is five characters.

use promote_core::names::visible;
use promote_core::tell::Notice;
use serde_json::{Value, json};

/// The most characters of a header.
const HEADER: usize = 150;
/// The most characters of a field: of the 2000 that Slack takes, since a message is to be read.
const FIELD: usize = 600;
/// The most characters of the text that notifications show.
const TEXT: usize = 900;
/// The most characters of a button's address.
const LINK: usize = 3000;

/// The message, within Slack's limits whatever it is about.
pub(super) fn message(notice: &Notice) -> Value {
    let title = format!("{}: {}", notice.project, notice.text);
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "emoji": false, "text": cut(visible(&title).chars().map(String::from), HEADER) } }),
    ];
    let mut fields = Vec::new();
    let mut field = |name: &str, value: Option<&str>| {
        fields.extend(value.map(|value| words(&format!("*{name}*\n{}", plain(value, FIELD)))));
    };
    field("Environment", Some(&notice.environment));
    let release = notice.release.as_ref().map(|release| match &release.version {
        Some(version) => format!("{} ({version})", short(&release.sha)),
        None => short(&release.sha).to_owned(),
    });
    field("Release", release.as_deref());
    field("Instead of", notice.from.as_deref().map(short));
    let by = notice.by.as_ref().map(|by| match notice.strength.as_deref() {
        Some("verified") | None => by.clone(),
        Some(strength) => format!("{by} ({strength})"),
    });
    field("By", by.as_deref());
    field("Reason", notice.reason.as_deref());
    field("Promotion", notice.promotion.as_deref());
    blocks.push(json!({ "type": "section", "fields": fields }));
    if let Some(missing) = &notice.missing {
        let line = missing.line.as_ref().unwrap_or(&missing.detail);
        blocks
            .push(json!({ "type": "section", "text": words(&format!("*Missing*\n{}", plain(line, FIELD))) }));
    }
    if let Some(next) = &notice.next {
        blocks.push(json!({ "type": "context", "elements": [words(&format!("`{}`", plain(next, FIELD)))] }));
    }
    let links = [("Open the run", &notice.run), ("Open the environment", &notice.url)];
    let buttons: Vec<Value> = links
        .into_iter()
        .filter_map(|(text, url)| Some((text, url.as_ref().filter(|url| url.len() <= LINK)?)))
        .map(|(text, url)| {
            json!({ "type": "button", "text": { "type": "plain_text", "text": text }, "url": url, "action_id": text })
        })
        .collect();
    if !buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "elements": buttons }));
    }
    json!({ "text": plain(&title, TEXT), "blocks": blocks, "unfurl_links": false, "unfurl_media": false })
}

/// Text in which Slack looks for nothing but what it is marked up with.
fn words(text: &str) -> Value {
    json!({ "type": "mrkdwn", "verbatim": true, "text": text })
}

/// Foreign text that means nothing to Slack: one line without control characters, `&`, `<` and `>` written as they must be,
/// which takes the meaning from mentions and links as well.
fn plain(text: &str, most: usize) -> String {
    let written = |c| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        c => String::from(c),
    };
    cut(visible(text).chars().map(written), most)
}

/// As many of these pieces as fit into so many characters, none of them in part.
fn cut(pieces: impl Iterator<Item = String>, most: usize) -> String {
    let (mut out, mut count, mut fits) = (String::new(), 0, 0);
    for piece in pieces {
        count += piece.chars().count();
        if count > most {
            out.truncate(fits);
            out.push('…');
            return out;
        }
        out.push_str(&piece);
        if count < most {
            fits = out.len();
        }
    }
    out
}

fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

/// What an answer means, where it is none that takes the message: what is wrong, and what helps. Slack says it in a word of
/// its own: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.
pub(super) fn meaning(status: u16, word: &str) -> Option<(&'static str, &'static str)> {
    Some(match (status, word) {
        (_, "invalid_payload" | "invalid_blocks" | "msg_blocks_too_long") => {
            ("it can't read the message", "that is a fault of promote; please report it")
        }
        (_, "user_not_found") => ("whom it would be shown to is not there", "make a new webhook in Slack"),
        (_, "action_prohibited") => (
            "an administrator of Slack forbids it",
            "ask an administrator, or make a webhook for another channel",
        ),
        (_, "channel_not_found") => ("its channel is not there any more", "make a new webhook in Slack"),
        (_, "channel_is_archived") => {
            ("its channel is archived", "make a webhook for another channel, or bring that one back")
        }
        (_, "no_service" | "no_service_id" | "no_team" | "team_disabled" | "invalid_token") => {
            ("Slack knows no such webhook", "make a new webhook in Slack")
        }
        (_, "rollup_error") => ("Slack has a fault of its own", "there is nothing to do but to wait"),
        (429, _) => ("Slack takes no more messages for now", "there is nothing to do but to wait"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
