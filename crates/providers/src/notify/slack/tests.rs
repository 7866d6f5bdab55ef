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

#[test]
fn foreign_text_mentions_nobody_and_breaks_no_limit() {
    let long = "<!channel> <@U0123> <https://evil.example|click> & *x* ".repeat(200);
    for foreign in ["<!channel>", "<@U0123456>", "<https://evil.example|click>", "a\u{202e}b\u{0}\n", &long] {
        let message = message(&notice(foreign));
        let mut all = Vec::new();
        texts(&message, &mut all);
        all.push(("mrkdwn".to_owned(), message["text"].as_str().unwrap().to_owned()));
        for (kind, text) in &all {
            let most = if kind == "plain_text" { 150 } else { 3000 };
            assert!(text.chars().count() <= most, "{kind} {}", text.chars().count());
            assert!(kind == "plain_text" || !text.contains(['<', '>']), "{kind}: {text}");
            let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(odd), "{text:?}");
        }
        let blocks = message["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50, "{blocks:?}");
        for field in blocks[1]["fields"].as_array().unwrap() {
            assert!(field["text"].as_str().unwrap().len() <= 2000 * 4);
            assert_eq!(field["verbatim"], true);
        }
        assert!(blocks[1]["fields"].as_array().unwrap().len() <= 10);
        let total: usize = all.iter().map(|(_, text)| text.chars().count()).sum();
        assert!(total <= 13_000, "{total}");
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
