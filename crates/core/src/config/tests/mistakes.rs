//! What is told about mistakes: the words, the places, and all of them at once. The cases stand in `mistakes.txt`.

use super::*;

/// The cases: whether lines are added to a right file, the lines, and what is told.
fn cases() -> Vec<(bool, String, String)> {
    let page = include_str!("mistakes.txt").replace("\r\n", "\n");
    page.split("\n==== ")
        .skip(1)
        .map(|case| {
            let (kind, rest) = case.split_once('\n').unwrap();
            let (text, wanted) = rest.split_once("\n----\n").unwrap();
            assert!(matches!(kind, "base" | "whole"), "{kind}");
            (kind == "base", text.to_owned(), wanted.trim_end().to_owned())
        })
        .collect()
}

#[test]
fn mistakes_are_told_with_their_places() {
    let cases = cases();
    assert!(cases.len() >= 76, "only {} cases were found", cases.len());
    let mut wrong = String::new();
    for (base, text, wanted) in cases {
        let whole = if base { format!("{BASE}approvals = 1\n{text}") } else { text.clone() };
        // The gate keeps advice away.
        let found = findings(&whole);
        if found.trim_end() != wanted {
            wrong.push_str(&format!("==== {}\n{text}\n----\n{found}", if base { "base" } else { "whole" }));
        }
    }
    assert!(wrong.is_empty(), "told otherwise:\n{wrong}");
}

#[test]
fn a_pattern_of_thousands_of_braces_is_refused_at_its_line() {
    for (braces, place) in [(33, (5, 45)), (1000, (5, 45)), (16_000, (5, 4109))] {
        let pattern = format!("{}x{}", "{".repeat(braces), "}".repeat(braces));
        let mut found = try_read(&format!("{BASE}[pack]\nexclude = [\"{pattern}\"]\n")).unwrap_err();
        found.retain(|one| one.severity == Severity::Error);
        assert_eq!(found.len(), 1, "{}", told(&found));
        assert_eq!((found[0].line, found[0].column), place, "{}", told(&found));
        assert!(found[0].message.starts_with("a pattern has at most"), "{}", told(&found));
    }
}

#[test]
fn a_pattern_that_nothing_takes_is_told_at_its_place() {
    for (pattern, column, why) in
        [("[a", 13, "a `[` has no `]`"), ("x/{a,b", 15, "a `{` has no `}`"), ("a}", 14, "a `}` has no `{`")]
    {
        let mut found = try_read(&format!("{BASE}[pack]\nexclude = [\"{pattern}\"]\n")).unwrap_err();
        found.retain(|one| one.severity == Severity::Error);
        assert_eq!(found.len(), 1, "{}", told(&found));
        assert_eq!((found[0].line, found[0].column), (5, column), "{}", told(&found));
        assert_eq!(found[0].message, why);
    }
}

#[test]
fn every_mistake_is_told_at_once() {
    let found = try_read(
        "enviroments = [\"x\"]\nsoak = 1\nproject = \"A\"\nsource = \"{x}\"\n[env.prod]\ntimezone = \"UTC\"\nfreeze = [\"x\"]\n",
    )
    .unwrap_err();
    let places: Vec<_> = found.iter().map(|found| (found.line, found.column)).collect();
    assert_eq!(places, [(1, 1), (2, 8), (3, 12), (4, 11), (6, 1), (7, 12)], "{}", told(&found));
}

#[test]
fn secrets_are_refused_and_never_shown() {
    let secret = "xox".to_owned() + "b-1234567890-abcdefgh";
    let hook = "https://hooks.slack.com/".to_owned() + "services/T0000/B0000/abcdefghijkl";
    for text in [
        format!("{BASE}[notify]\nslack = \"{hook}\""),
        format!("{BASE}url = \"{hook}\""),
        format!("{BASE}# {hook}"),
        format!("{BASE}{secret} = 1"),
        format!("{BASE}tier = \"{secret}\""),
        format!("{BASE}soak = \"{secret}\""),
        format!("{BASE}freeze = [\"{secret} .. x\"]"),
        format!("{BASE}needs = [\"a/{{{secret}}}\", \"${{{secret}}}\"]"),
        format!("{BASE}deploy = \"TOKEN={secret} make\""),
        format!("{BASE}[env.{secret}]\nsoak = 1"),
        format!("{BASE}x = = \"{secret}\""),
        format!("{BASE}[store.acme]\nendpoint = \"https://me:{secret}@host\""),
    ] {
        let list = try_read(&text).unwrap_err();
        assert!(
            list.iter().any(|found| found.message.ends_with("is written in the file")),
            "{text}: {}",
            told(&list)
        );
        let shown = format!("{list:?}{}", masked(&text));
        assert!(!shown.contains("abcdefgh"), "{shown}");
    }
    let list = try_read(&format!("{BASE}[notify]\nslack = \"{hook}\"")).unwrap_err();
    let errors: Vec<_> = list.iter().filter(|found| found.severity == Severity::Error).collect();
    assert_eq!((errors.len(), errors[0].line, errors[0].column), (1, 5, 10), "{}", told(&list));
}

#[test]
fn what_is_told_can_be_written_as_json() {
    let list = try_read("x = 1").unwrap_err();
    let json = serde_json::to_value(&list).unwrap();
    assert_eq!(json[0]["severity"], "error");
    assert_eq!(json[0]["end_column"].as_u64(), Some(1));
}
