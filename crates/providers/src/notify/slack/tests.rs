//! Messages keep within Slack's limits, and foreign text in them means nothing.

use super::*;
use chrono::DateTime;
use promote_core::config::Tier;
use promote_core::tell::{NoticeKind, NoticeMissing, NoticeRelease};

fn notice(foreign: &str) -> Notice {
    Notice {
        schema: Notice::SCHEMA,
        id: "sha256:1".to_owned(),
        event: NoticeKind::Waiting,
        project: "shop".to_owned(),
        environment: "prod".to_owned(),
        tier: Tier::Production,
        text: format!("a93be01 waits to go to prod: {foreign}"),
        release: Some(NoticeRelease { sha: "a".repeat(40), version: Some(foreign.to_owned()) }),
        from: Some("b".repeat(40)),
        by: Some(foreign.to_owned()),
        strength: Some("claimed".to_owned()),
        reason: Some(foreign.to_owned()),
        promotion: Some("01KE6P4YM0333333".to_owned()),
        record: None,
        exit: None,
        missing: Some(NoticeMissing {
            rule: "approvals".to_owned(),
            detail: foreign.to_owned(),
            line: Some(foreign.to_owned()),
        }),
        next: Some("promote plan prod a93be01".to_owned()),
        url: Some("https://shop.acme.example".to_owned()),
        run: Some("https://ci.example/runs/7".to_owned()),
        at: DateTime::UNIX_EPOCH,
    }
}

/// Every text of a message with its kind.
fn texts(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            if let (Some(Value::String(kind)), Some(Value::String(text))) = (map.get("type"), map.get("text"))
            {
                found.push((kind.clone(), text.clone()));
            }
            map.values().for_each(|value| texts(value, found));
        }
        Value::Array(all) => all.iter().for_each(|value| texts(value, found)),
        _ => {}
    }
}

fn count(value: &Value) -> usize {
    value.as_str().unwrap().chars().count()
}

/// As <https://docs.slack.dev/reference/block-kit/blocks> and the pages of its parts have them, in characters that are sent.
fn is_within_limits(message: &Value) {
    let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let blocks = all(&message["blocks"]);
    assert!((1..=50).contains(&blocks.len()), "{}", blocks.len());
    for block in &blocks {
        match block["type"].as_str().unwrap() {
            "header" => assert!((1..=150).contains(&count(&block["text"]["text"])), "{block}"),
            "section" => {
                assert!(block["text"].is_null() || (1..=3000).contains(&count(&block["text"]["text"])));
                let fields = all(&block["fields"]);
                assert!(fields.len() <= 10 && (!fields.is_empty() || !block["text"].is_null()), "{block}");
                for field in &fields {
                    assert!((1..=2000).contains(&count(&field["text"])), "{}", count(&field["text"]));
                    assert_eq!(field["verbatim"], true);
                }
            }
            "context" => {
                let elements = all(&block["elements"]);
                assert!((1..=10).contains(&elements.len()), "{block}");
                assert!(elements.iter().all(|one| (1..=3000).contains(&count(&one["text"]))), "{block}");
            }
            "actions" => {
                let elements = all(&block["elements"]);
                assert!((1..=25).contains(&elements.len()), "{block}");
                for one in &elements {
                    assert!(count(&one["text"]["text"]) <= 75 && count(&one["action_id"]) <= 255, "{one}");
                    assert!(count(&one["url"]) <= 3000, "{one}");
                }
            }
            other => panic!("{other}"),
        }
    }
    // Above 4000 the text is cut, and blocks that are longer as a whole than about 13000 are refused, which no page says.
    assert!(count(&message["text"]) <= 4000);
    assert!(message["blocks"].to_string().chars().count() <= 13_000);
}

#[test]
fn foreign_text_mentions_nobody_and_breaks_no_limit() {
    let long = "<!channel> <@U0123> <https://evil.example|click> & *x* ".repeat(200);
    let (and, letters) = ("&".repeat(9000), "ä\u{202e}".repeat(4000));
    for foreign in [
        "<!channel>",
        "<@U0123456>",
        "<https://evil.example|click>",
        "a\u{202e}b\u{0}\n",
        &long,
        &and,
        &letters,
    ] {
        let message = message(&notice(foreign));
        is_within_limits(&message);
        let mut all = Vec::new();
        texts(&message, &mut all);
        all.push(("mrkdwn".to_owned(), message["text"].as_str().unwrap().to_owned()));
        for (kind, text) in &all {
            assert!(kind == "plain_text" || !text.contains(['<', '>']), "{kind}: {text}");
            let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(odd), "{text:?}");
            // No `&` stands for itself, and none is cut.
            let whole = |rest: &str| ["amp;", "lt;", "gt;"].iter().any(|end| rest.starts_with(end));
            assert!(kind == "plain_text" || text.split('&').skip(1).all(whole), "{text}");
        }
    }
}

#[test]
fn what_is_to_be_read_arrives_whole() {
    let reason = format!("{} the end", "a long story, ".repeat(30));
    let line = format!("`promote approve prod a93be01` by one more of {}", "carol, ".repeat(20));
    let missing =
        NoticeMissing { rule: "approvals".to_owned(), detail: String::new(), line: Some(line.clone()) };
    let told = Notice { reason: Some(reason.clone()), missing: Some(missing), ..notice("x") };
    let message = message(&told);
    is_within_limits(&message);
    let mut all = Vec::new();
    texts(&message, &mut all);
    for whole in [reason, line] {
        assert!(all.iter().any(|(_, text)| text.ends_with(&whole)), "{whole}: {all:?}");
    }
}

#[test]
fn buttons_are_links_and_nothing_else() {
    let message = message(&notice("x"));
    let blocks = message["blocks"].as_array().unwrap();
    let buttons = &blocks.last().unwrap()["elements"];
    assert_eq!(buttons[0]["url"], "https://ci.example/runs/7");
    assert_eq!(buttons[1]["url"], "https://shop.acme.example");
    let none = super::message(&Notice { url: None, run: None, ..notice("x") });
    assert!(none["blocks"].as_array().unwrap().iter().all(|block| block["type"] != "actions"));
}
