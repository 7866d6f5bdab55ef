//! Real tags and their kin, and that what the template writes is read back.

use super::*;
use crate::template::{Template, Values};
use proptest::prelude::*;

/// Label, commit, version, date, timestamp, counter, whether there is a warning.
type Said<'a> = (&'a str, &'a str, &'a str, &'a str, i64, u32, bool);

fn said(tag: &ReleaseTag) -> (String, String, String, String, i64, u32, bool) {
    (
        tag.label.clone().unwrap_or_default(),
        tag.commit.as_ref().map(|commit| commit.as_str().to_owned()).unwrap_or_default(),
        tag.version.clone().unwrap_or_default(),
        tag.date.map(|date| date.to_string()).unwrap_or_default(),
        tag.at.map(|at| at.timestamp()).unwrap_or_default(),
        tag.counter.unwrap_or_default(),
        tag.warning.is_some(),
    )
}

#[test]
fn tags_are_read_from_the_right() {
    const FULL: &str = "33242e93aa0123456789abcdef0123456789abcd";
    let full = format!("prod-{FULL}-16-04-2021.1618577888");
    let cases: [(&str, Said<'_>); 23] = [
        (
            "prod-33242e93-16-04-2021.1618577888",
            ("prod", "33242e93", "", "2021-04-16", 1_618_577_888, 0, false),
        ),
        (
            "staging-33242e9-16-04-2021.1618577888",
            ("staging", "33242e9", "", "2021-04-16", 1_618_577_888, 0, false),
        ),
        (&full, ("prod", FULL, "", "2021-04-16", 1_618_577_888, 0, false)),
        ("33242e93-16-04-2021.1618577888", ("", "33242e93", "", "2021-04-16", 1_618_577_888, 0, false)),
        // An environment's name may have hyphens.
        (
            "pre-prod-33242e93-16-04-2021.1618577888",
            ("pre-prod", "33242e93", "", "2021-04-16", 1_618_577_888, 0, false),
        ),
        // The date is another day than the timestamp: the timestamp counts.
        ("dev-5ddba2b-13-04-2021.1618404288", ("dev", "5ddba2b", "", "2021-04-13", 1_618_404_288, 0, true)),
        // Near midnight, in UTC.
        ("dev-5ddba2b-14-04-2021.1618358400", ("dev", "5ddba2b", "", "2021-04-14", 1_618_358_400, 0, false)),
        ("dev-5ddba2b-14-04-2021.1618358399", ("dev", "5ddba2b", "", "2021-04-14", 1_618_358_399, 0, true)),
        ("d2021-04-09.1", ("", "", "", "2021-04-09", 0, 1, false)),
        ("d2021-04-09.12", ("", "", "", "2021-04-09", 0, 12, false)),
        ("d2021-04-09", ("", "", "", "2021-04-09", 0, 0, false)),
        ("master_5ddba2b", ("master", "5ddba2b", "", "", 0, 0, false)),
        ("1.0.50", ("", "", "1.0.50", "", 0, 0, false)),
        ("5ddba2b", ("", "5ddba2b", "", "", 0, 0, false)),
        ("prod-33242e93", ("prod", "33242e93", "", "", 0, 0, false)),
        ("prod-33242e93-16-04-2021", ("prod", "33242e93", "", "2021-04-16", 0, 0, false)),
        ("latest", ("latest", "", "", "", 0, 0, false)),
        ("prod", ("prod", "", "", "", 0, 0, false)),
        // Six digits are no commit, and there is no 31st of February.
        ("prod-33242e", ("prod-33242e", "", "", "", 0, 0, false)),
        (
            "prod-33242e93-31-02-2021.1618577888",
            ("prod-33242e93-31-02-2021.1618577888", "", "", "", 0, 0, false),
        ),
        ("v2.1-rc.3", ("", "", "v2.1-rc.3", "", 0, 0, false)),
        ("1.0.50-5ddba2b", ("", "5ddba2b", "1.0.50", "", 0, 0, false)),
        // Capitals are no commit.
        (
            "prod-DEADBEEF-16-04-2021.1618577888",
            ("prod-DEADBEEF", "", "", "2021-04-16", 1_618_577_888, 0, false),
        ),
    ];
    for (text, expected) in cases {
        let found = said(&ReleaseTag::parse(text).unwrap());
        let (label, commit, version, date, at, counter, warned) = expected;
        let expected = (label.into(), commit.into(), version.into(), date.into(), at, counter, warned);
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_no_registry_takes_is_no_tag() {
    let long = "a".repeat(129);
    for bad in ["", "-prod", ".prod", "a b", "a/b", "a:b", "ä", &long, "2021-04-14T10:00"] {
        assert!(ReleaseTag::parse(bad).is_err(), "{bad}");
    }
    assert!(is_tag(&"a".repeat(128)));
}

#[test]
fn tags_are_ordered_by_their_timestamp() {
    let mut tags: Vec<_> = [
        "prod-33242e93-17-04-2021.1618577888",
        "d2021-04-09.2",
        "prod-33242e93-01-01-2021.1618664288",
        "latest",
        "d2021-04-09.1",
    ]
    .into_iter()
    .map(|text| (ReleaseTag::parse(text).unwrap().order(), text))
    .collect();
    tags.sort();
    let names: Vec<_> = tags.into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        names,
        [
            "latest",
            "d2021-04-09.1",
            "d2021-04-09.2",
            "prod-33242e93-17-04-2021.1618577888",
            "prod-33242e93-01-01-2021.1618664288"
        ]
    );
}

proptest! {
    /// What the template writes is a tag, and says what was written, without a warning.
    #[test]
    fn what_the_template_writes_is_read_back(
        environment in "[a-z][a-z0-9]{0,10}(-[a-z]{1,5})?",
        commit in "[0-9a-f]{40}",
        digits in 7usize..=40,
        seconds in SECONDS,
    ) {
        let text = format!("{{env}}-{{sha:{digits}}}-{{date:%d-%m-%Y}}.{{timestamp}}");
        let at = DateTime::from_timestamp(seconds, 0);
        let values = Values {
            sha: Some(commit.parse().unwrap()),
            env: Some(environment.parse().unwrap()),
            at,
            ..Values::default()
        };
        let written = Template::parse(&text).unwrap().render(&values).unwrap();
        let tag = ReleaseTag::parse(&written).unwrap();
        prop_assert_eq!(tag.label.as_deref(), Some(environment.as_str()));
        prop_assert_eq!(tag.commit.as_ref().map(CommitPrefix::as_str), commit.get(..digits));
        prop_assert_eq!(tag.at, at);
        prop_assert_eq!(tag.warning, None);
    }

    /// Nothing makes it stop.
    #[test]
    fn any_text_is_a_tag_or_none(text in "[A-Za-z0-9._é-]{0,40}") {
        prop_assert_eq!(ReleaseTag::parse(&text).is_ok(), is_tag(&text));
    }
}
