//! Templates: what comes of them, and what is refused where.

use super::*;

fn values() -> Values {
    Values {
        sha: Some("33242e93aa0123456789abcdef0123456789abcd".parse().unwrap()),
        version: Some("1.4.0-rc.1+b7".to_owned()),
        env: Some("prod".parse().unwrap()),
        project: Some("billing-api".parse().unwrap()),
        at: DateTime::from_timestamp(1_618_577_888, 0),
    }
}

#[test]
fn placeholders_are_filled_in() {
    for (text, wanted) in [
        ("", ""),
        (
            "s3://acme/{project}/{sha}.zip",
            "s3://acme/billing-api/33242e93aa0123456789abcdef0123456789abcd.zip",
        ),
        ("{env}-{sha:8}-{date:%d-%m-%Y}.{timestamp}", "prod-33242e93-16-04-2021.1618577888"),
        ("{version}/{{env}}/{date:%H%M%S}", "1.4.0-rc.1+b7/{env}/125808"),
        ("ü{{{env}}}", "ü{prod}"),
        ("{date:%Y-%m-%dT%H:%M}", "2021-04-16T12:58"),
        ("{sha:40}", "33242e93aa0123456789abcdef0123456789abcd"),
    ] {
        let template = Template::parse(text).unwrap();
        assert_eq!(template.render(&values()).unwrap(), wanted, "{text}");
        assert_eq!(template.to_string(), text);
        assert_eq!(
            serde_json::from_str::<Template>(&serde_json::to_string(&template).unwrap()).unwrap(),
            template
        );
    }
}

#[test]
fn what_is_wrong_is_shown_at_its_place() {
    for (text, offset, len, message, hint) in [
        ("a/{shaa}.zip", 2, 6, "unknown placeholder `{shaa}`", "did you mean `{sha}`?"),
        ("{environment}", 0, 13, "unknown placeholder `{environment}`", "known are"),
        ("{dat}", 0, 5, "unknown placeholder `{dat}`", "did you mean `{date:%Y-%m-%d}`?"),
        ("{}", 0, 2, "unknown placeholder `{}`", "known are"),
        ("x{sha", 1, 1, "a `{` has no `}`", "write `{{`"),
        ("x}y", 1, 1, "a `}` has no `{`", "write `}}`"),
        ("{sha:3}", 0, 7, "`{sha:N}` takes 4 to 40 digits", "`{sha:8}`"),
        ("{sha:+8}", 0, 8, "`{sha:N}` takes 4 to 40 digits", "`{sha:8}`"),
        ("{sha:999}", 0, 9, "`{sha:N}` takes 4 to 40 digits", "`{sha:8}`"),
        ("{env:x}", 0, 7, "`{env}` takes nothing after a colon", "write `{env}`"),
        ("{date}", 0, 6, "`{date}` needs a format", "{date:%Y-%m-%d}"),
        ("{date:}", 6, 1, "a date format needs at least one field", "%Y"),
        ("{date:abc}", 6, 3, "a date format needs at least one field", "%Y"),
        ("{date:%Q}", 6, 2, "`%Q` is not a date format", "%Y-%m-%d"),
        ("{date:%}", 6, 1, "`%` is not a date format", "%Y-%m-%d"),
        ("{date:%Y/%m}", 6, 5, "`%Y/%m` gives dates that can't be part of a name", "slashes go outside"),
        ("{date:%D}", 6, 2, "`%D` gives dates that can't be part of a name", "slashes go outside"),
        ("{date:%e}", 6, 2, "`%e` gives dates that can't be part of a name", "only letters"),
        ("{date:..%Y}", 6, 4, "`..%Y` gives dates that can't be part of a name", "only letters"),
    ] {
        let error = Template::parse(text).unwrap_err();
        assert_eq!((error.offset, error.len, error.message.as_str()), (offset, len, message), "{text}");
        assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{text}: {:?}", error.hint);
    }
}

#[test]
fn a_version_can_not_lead_elsewhere() {
    let template = Template::parse("releases/{version}.zip").unwrap();
    let long = "1".repeat(129);
    for bad in ["../prod", "1/2", "..", ".1", "a b", "", "1..2", "ä", "a\\b", "a\n", "%2e", long.as_str()] {
        let values = Values { version: Some(bad.to_owned()), ..values() };
        assert!(matches!(template.render(&values), Err(RenderError::Unfit { .. })), "{bad}");
    }
}

#[test]
fn a_missing_value_is_an_error_not_an_empty_text() {
    for text in ["{sha}", "{version}", "{env}", "{project}", "{date:%Y}", "{timestamp}"] {
        let error = Template::parse(text).unwrap().render(&Values::default()).unwrap_err();
        assert!(matches!(error, RenderError::Missing { .. }), "{text}");
    }
    let error = Template::parse("a{sha:8}").unwrap().render(&Values::default()).unwrap_err();
    assert_eq!(error.to_string(), "`{sha}` in `a{sha:8}` has no value here");
}

#[test]
fn some_placeholders_can_be_filled_in_first() {
    let template = Template::parse("{{{env}}}/{sha:8}-{sha}-{date:%Y}.{timestamp}").unwrap();
    let some = Values { env: Some("prod".parse().unwrap()), ..Values::default() };
    let filled = template.fill(&some).unwrap();
    assert_eq!(filled.as_str(), "{{prod}}/{sha:8}-{sha}-{date:%Y}.{timestamp}");
    assert_eq!(filled.render(&values()).unwrap(), template.render(&values()).unwrap());
}

#[test]
fn a_template_tells_what_it_uses() {
    let uses = |text: &str| {
        let t = Template::parse(text).unwrap();
        (t.uses_sha(), t.uses_timestamp(), t.uses_env(), t.uses_project(), t.uses_version(), t.uses_date())
    };
    assert_eq!(uses("{{sha}}"), (false, false, false, false, false, false));
    assert_eq!(uses("{sha:8}{timestamp}"), (true, true, false, false, false, false));
    assert_eq!(uses("{env}{project}{version}{date:%Y}"), (false, false, true, true, true, true));
    assert_eq!(Template::parse("$SLACK_URL").unwrap().variable(), Some("SLACK_URL"));
    for text in ["$1", "$", "$A-B", "x$A", "${A", "$A "] {
        assert_eq!(variable(text), None, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_within_its_bounds(text in "[a-z{}:%$./é-]{0,40}|(\\{(sha|date|env)(:[%a-zA-Z0-9:.#+-]{0,6})?\\}){1,4}") {
        match Template::parse(&text) {
            Ok(template) => {
                let rendered = template.render(&values()).unwrap();
                let slashes = |t: &str| t.matches('/').count();
                proptest::prop_assert_eq!(slashes(&rendered), slashes(&text));
                proptest::prop_assert_eq!(template.fill(&Values::default()).unwrap().render(&values()).unwrap(), rendered);
            }
            Err(error) => {
                proptest::prop_assert!(text.is_char_boundary(error.offset));
                proptest::prop_assert!(text.is_char_boundary(error.offset + error.len), "{}", text);
            }
        }
    }
}
