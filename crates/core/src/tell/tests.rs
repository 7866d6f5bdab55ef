//! Each kind of record, and what others are told of it.

use super::*;
use crate::config::{ReadContext, read};
use crate::digest::Digest;
use crate::ledger::{Head, Record};
use crate::names::EnvironmentName;
use serde_json::{Value, json};

pub(super) fn config(notify: &str) -> Config {
    let text = format!(
        "project = \"shop\"\nenvironments = [\"uat\", \"prod\"]\nsource = \"s3://acme/{{sha}}.zip\"\n\
         target = \"s3://acme/{{env}}.zip\"\n[env.prod]\nurl = \"https://shop.acme.example\"\n{notify}"
    );
    let context = ReadContext {
        default_project: None,
        variables: &|_| None,
        version: "0.1.0".parse().unwrap(),
        schemes: &[],
    };
    read(&text, &context).unwrap().0
}

const BOTH: &str = "notify = { slack = \"$SLACK_URL\", webhook = \"$HOOK_URL\" }\n";

/// A record as it is written, with some of it changed.
fn head(kind: &str, change: &dyn Fn(&mut Value)) -> Head {
    let text = match kind {
        "intent" => include_str!("../../tests/golden/record-intent.json"),
        "commit" => include_str!("../../tests/golden/record-commit.json"),
        "outcome" => include_str!("../../tests/golden/record-outcome.json"),
        "abort" => include_str!("../../tests/golden/record-abort.json"),
        "observe" => include_str!("../../tests/golden/record-observe.json"),
        "freeze" => include_str!("../../tests/golden/record-freeze.json"),
        "unfreeze" => include_str!("../../tests/golden/record-unfreeze.json"),
        "hold" => include_str!("../../tests/golden/record-hold.json"),
        "unhold" => include_str!("../../tests/golden/record-unhold.json"),
        _ => include_str!("../../tests/golden/record-mark.json"),
    };
    let mut value: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    change(&mut value);
    let record: Record = serde_json::from_value(value).unwrap();
    Head { id: Digest::of(kind.as_bytes()), stored_at: record.at, record }
}

fn told(config: &Config, kind: &str, change: &dyn Fn(&mut Value)) -> String {
    let notices = recorded(config, &head(kind, change));
    let line = |one: Notice| format!("{}: {}", one.event.as_str(), one.text);
    notices.into_iter().map(line).collect::<Vec<_>>().join(" | ")
}

/// A kind of record, what is changed about it, and what is told of it.
type Case<'c> = (&'c str, &'c dyn Fn(&mut Value), &'c str);

#[test]
fn each_kind_of_record_is_told_as_what_it_means() {
    let config = config(BOTH);
    let same = |_: &mut Value| {};
    let table: &[Case<'_>] = &[
        ("intent", &same, "started: ccccccc (1.4.0) is being moved to prod"),
        (
            "intent",
            &|it| it["intent"]["findings"][0]["verdict"] = json!("overridden"),
            "overridden: ccccccc (1.4.0) goes to prod past `from` | started: ccccccc (1.4.0) is being moved to prod",
        ),
        (
            "intent",
            &|it| it["intent"]["action"] = json!("rollback"),
            "started: ccccccc (1.4.0) is coming back to prod",
        ),
        ("commit", &same, ""),
        (
            "commit",
            &|it| it["state"]["current"]["follows"] = json!(false),
            "succeeded: ccccccc (1.4.0) is in prod",
        ),
        (
            "commit",
            &|it| {
                it["state"]["current"]["follows"] = json!(false);
                it["state"]["current"]["action"] = json!("rollback");
            },
            "rolled-back: prod is back at ccccccc (1.4.0)",
        ),
        ("outcome", &same, "failed: ccccccc (1.4.0) was moved to prod, and its deployment timed out"),
        (
            "outcome",
            &|it| it["outcome"]["result"] = json!("succeeded"),
            "succeeded: ccccccc (1.4.0) is in prod",
        ),
        (
            "outcome",
            &|it| {
                it["outcome"]["result"] = json!("succeeded");
                it["state"]["current"]["action"] = json!("rollback");
            },
            "rolled-back: prod is back at ccccccc (1.4.0)",
        ),
        ("outcome", &|it| it["outcome"]["result"] = json!("superseded"), ""),
        ("abort", &same, "failed: nothing was moved to prod"),
        (
            "abort",
            &|it| {
                it["schema"] = json!("promote/record@2");
                it["abort"]["restored"] = json!([]);
            },
            "rolled-back: what was begun in prod is undone",
        ),
        (
            "observe",
            &same,
            "drift: prod has ddddddd (1.4.0), which no promotion put there; it was recorded as it is",
        ),
        ("observe", &|it| it["observe"]["since"] = json!("2025-01-01T00:00:00Z"), ""),
        (
            "observe",
            &|it| {
                it["state"]["trail"] = json!([]);
                it["state"]["committed-seq"] = Value::Null;
            },
            "",
        ),
        ("freeze", &same, ""),
        ("unfreeze", &same, ""),
        ("hold", &same, ""),
        ("unhold", &same, ""),
        ("mark", &same, ""),
    ];
    for (kind, change, expected) in table {
        assert_eq!(told(&config, kind, *change), *expected, "{kind}");
    }
    let silent = super::tests::config("");
    assert_eq!(told(&silent, "outcome", &same), "", "nobody is told");
}

#[test]
fn a_notice_says_what_there_is_to_say() {
    let found = recorded(&config(BOTH), &head("outcome", &|_| {}));
    let document = serde_json::to_value(&found[0]).unwrap();
    let expected = json!({
        "schema": "promote/event@1",
        "id": Digest::of(b"outcome").to_string(),
        "event": "failed",
        "project": "shop",
        "environment": "prod",
        "tier": "production",
        "text": "ccccccc (1.4.0) was moved to prod, and its deployment timed out",
        "release": { "sha": "c".repeat(40), "version": "1.4.0" },
        "from": "b".repeat(40),
        "by": "ann",
        "strength": "verified",
        "reason": "verify smoke: says ccccccc",
        "promotion": "01KE6P4YM0333333",
        "record": { "lane": "prod", "seq": "8" },
        "exit": 9,
        "missing": null,
        "next": "promote status prod",
        "url": "https://shop.acme.example",
        "run": "https://ci.example/runs/7",
        "at": "2026-01-05T09:08:00Z",
    });
    assert_eq!(document, expected);
}

#[test]
fn what_is_no_address_of_the_web_is_no_link() {
    let odd = |it: &mut Value| it["actor"]["details"]["run"] = json!("javascript:alert(1)");
    assert_eq!(recorded(&config(BOTH), &head("outcome", &odd))[0].run, None);
    let lines = |it: &mut Value| it["actor"]["details"]["run"] = json!("https://x.example/\n<!channel>");
    assert_eq!(recorded(&config(BOTH), &head("outcome", &lines))[0].run, None);
}

#[test]
fn production_is_told_of_success_where_the_file_does_not_say() {
    let file = config(&format!("{BOTH}[env.uat]\n{BOTH}"));
    let on = |name: &str| file.environments[&name.parse::<EnvironmentName>().unwrap()].notify.on.clone();
    assert!(on("prod").contains(&"succeeded".to_owned()));
    assert!(!on("uat").contains(&"succeeded".to_owned()) && on("uat").contains(&"waiting".to_owned()));
    let chosen = config("notify = { slack = \"$S\", on = [\"failed\"] }\n");
    assert_eq!(chosen.environments[&"prod".parse::<EnvironmentName>().unwrap()].notify.on, ["failed"]);
}
