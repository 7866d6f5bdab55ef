//! No text brings the reader down, and every place it names lies in the text.

use super::*;
use proptest::prelude::*;

/// Reads, and checks what must hold for every text.
fn survive(text: &str) {
    let list = match try_read(text) {
        Ok((_, list)) => {
            assert!(list.iter().all(|found| found.severity != Severity::Error), "{text}");
            list
        }
        Err(list) => {
            assert!(list.iter().any(|found| found.severity == Severity::Error), "{text}");
            list
        }
    };
    for found in &list {
        for label in std::iter::once(&found.primary).chain(&found.secondary) {
            assert!(
                text.get(label.span.clone()).is_some() || text.len() > LARGEST,
                "{:?} in {text}",
                label.span
            );
        }
        let lines = text.split('\n').count();
        assert!((1..=lines).contains(&usize::try_from(found.line).unwrap()), "{text}");
        assert!(
            found.column >= 1 && (found.end_line, found.end_column) >= (found.line, found.column),
            "{text}"
        );
    }
}

#[test]
fn large_and_deep_texts_are_read_or_refused() {
    let half = LARGEST / 2;
    for text in [
        "x".repeat(LARGEST + 1),
        "a.".repeat(half),
        format!("{}a = 1", "a.".repeat(half - 4)),
        format!("x = {}", "[".repeat(LARGEST - 4)),
        format!("x = {}", "{a=".repeat(LARGEST / 3 - 4)),
        format!("environments = [{}]", "\"a\",".repeat(LARGEST / 4 - 10)),
        (0..20_000).map(|n| format!("k{n} = 1\n")).collect(),
        (0..10_000).map(|n| format!("[env.e{n}]\nsoak = \"x\"\n")).collect(),
        format!(
            "environments = [{}]\nsource = \"a/{{sha}}\"\ntarget = \"b/{{env}}\"",
            (0..60).map(|n| format!("\"e{n}\",")).collect::<String>()
        ),
        format!(
            "environments = [{}]\n{}",
            (0..50).map(|n| format!("\"e{n}\",")).collect::<String>(),
            (0..16)
                .map(|n| format!(
                    "[artifact.a{n}]\nsource = \"a{n}/{{sha}}/{{env}}/\"\ntarget = \"t{n}/{{env}}/\"\n"
                ))
                .collect::<String>()
        ),
        "AKIA-".repeat(LARGEST / 5),
        "token=".repeat(LARGEST / 6),
        "://a:".repeat(LARGEST / 5),
        "hooks.slack.com/".repeat(LARGEST / 16),
        "-----BEGIN PRIVATE KEY".repeat(LARGEST / 22),
        format!("{BASE}url = \"{}\"", "{env}".repeat(20_000)),
        format!("{BASE}freeze = [\"{}\"]", "..".repeat(20_000)),
        format!("{BASE}needs = [\"{}\"]", "${BUCKET}".repeat(20_000)),
        format!("{BASE}open = [{}]", "\"daily 00:00 .. 24:00\",".repeat(5_000)),
        "\u{feff}environments = 1".to_owned(),
        "\r".repeat(1000),
    ] {
        survive(&text);
    }
}

/// Pieces of files, right and wrong.
fn piece() -> impl Strategy<Value = String> {
    let keys = prop::sample::select(vec![
        "project",
        "environments",
        "ledger",
        "source",
        "target",
        "needs",
        "prune",
        "from",
        "auto",
        "soak",
        "approvals",
        "freeze",
        "open",
        "deploy",
        "verify",
        "timezone",
        "versions",
        "artifact",
        "notify",
        "store",
        "env",
        "pack",
        "render",
        "host",
        "tier",
        "required-version",
        "url",
        "workdir",
        "aprovals",
        "env.prod.soak",
        "artifact.a.source",
        "store.acme.endpoint",
        "store.\"quay.io/a/b\".sign-in",
        "\"é\"",
    ]);
    let values = prop::sample::select(vec![
        "1",
        "true",
        "\"\"",
        "\"x\"",
        "[]",
        "{}",
        "[\"a\", \"prod\"]",
        "[\"a\", [\"b\", \"c\"], \"prod\"]",
        "\"s3://acme/{sha}.zip\"",
        "\"s3://acme/{env}.zip\"",
        "\"a/{sha}/\"",
        "\"a/{env}/\"",
        "\"git\"",
        "\"git:x\"",
        "\"quay.io/a/b:{sha:8}\"",
        "\"quay.io/a/b:{env}\"",
        "\"{é}\"",
        "\"${é}\"",
        "\"${BUCKET}/{sha}\"",
        "\"$X\"",
        "\"2d\"",
        "\"Fri 16:00 .. Mon 08:00\"",
        "[\"Fri é .. Mon\"]",
        "{ run = \"x\" }",
        "[{ http = \"é\" }, \"y\", [1]]",
        "{ x = { y = [ { z = 1 } ] } }",
        "'''\n{é}'''",
        "\"\\u00e9{x}\"",
        "1979-05-27",
        "1.5",
        "\"é",
        "[1,",
        "= =",
        "{ count = 2, from = [\"a\"] }",
        "{ receipts = 0 }",
        "\"xoxb-é-1234567890ab\"",
        "\"Europe/Berlin\"",
        "\">=1\"",
        "\"https://é?service=é#\"",
    ]);
    let headers = prop::sample::select(vec![
        "[env.prod]",
        "[env.a]",
        "[artifact.a]",
        "[store.acme]",
        "[pack]",
        "[[env]]",
        "[env",
        "[notify]",
        "[é]",
    ]);
    prop_oneof![
        4 => (keys, values).prop_map(|(key, value)| format!("{key} = {value}\n")),
        1 => headers.prop_map(|header| format!("{header}\n")),
        1 => "[a-z\\[\\]{}=\"'.,#é \\\\\n-]{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        survive(&text);
    }

    #[test]
    fn any_mixture_of_pieces_is_read_or_refused(pieces in prop::collection::vec(piece(), 0..14), base in any::<bool>()) {
        survive(&format!("{}{}", if base { BASE } else { "" }, pieces.concat()));
    }

    #[test]
    fn any_damage_to_a_real_file_is_read_or_refused(at in 0_usize..1000, remove in 0_usize..20, insert in "[a-z\\[\\]{}=\"'.,#é$ \n]{0,4}") {
        let text = include_str!("teams/objects.toml");
        let damaged: String = text.chars().take(at).chain(insert.chars()).chain(text.chars().skip(at + remove)).collect();
        survive(&damaged);
    }
}
