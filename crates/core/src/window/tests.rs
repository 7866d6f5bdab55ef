//! Windows in ordinary weeks and around clock changes, in several zones.

use super::*;
use chrono_tz::America::New_York;
use chrono_tz::Asia::Kolkata;
use chrono_tz::Australia::{Adelaide, Lord_Howe};
use chrono_tz::Europe::Berlin;
use chrono_tz::Pacific::Apia;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Checks that the window's stretches near `from` are exactly these, by walking its changes.
fn changes(window: &str, tz: Tz, from: &str, wanted: &[&str]) {
    let window = Window::parse(window).unwrap();
    let mut now = at(from);
    let mut inside = window.contains(now, tz);
    for text in wanted {
        let next = window.next_change(now, tz).unwrap();
        assert_eq!(next, at(text), "{window} in {tz} after {now}");
        let just_before = next - chrono::TimeDelta::seconds(1);
        assert_eq!(window.contains(just_before, tz), inside, "{window} in {tz} just before {next}");
        inside = !inside;
        assert_eq!(window.contains(next, tz), inside, "{window} in {tz} at {next}");
        now = next;
    }
}

#[test]
fn ordinary_weeks() {
    // 2026-11-20 is a Friday; Berlin is one hour ahead of UTC.
    changes(
        "Fri 16:00 .. Mon 08:00",
        Berlin,
        "2026-11-19T12:00:00Z",
        &["2026-11-20T15:00:00Z", "2026-11-23T07:00:00Z", "2026-11-27T15:00:00Z"],
    );
    changes(
        "Mon-Thu 09:00 .. 16:00",
        Berlin,
        "2026-11-19T12:00:00Z",
        &["2026-11-19T15:00:00Z", "2026-11-23T08:00:00Z", "2026-11-23T15:00:00Z", "2026-11-24T08:00:00Z"],
    );
    changes(
        "daily 22:00 .. 06:00",
        Kolkata,
        "2026-11-19T12:00:00Z",
        &["2026-11-19T16:30:00Z", "2026-11-20T00:30:00Z", "2026-11-20T16:30:00Z"],
    );
    changes(
        "2026-12-20 .. 2027-01-03",
        Berlin,
        "2026-11-19T12:00:00Z",
        &["2026-12-19T23:00:00Z", "2027-01-03T23:00:00Z"],
    );
    changes(
        "2026-12-20 18:00 .. 2027-01-03 08:00",
        New_York,
        "2026-11-19T12:00:00Z",
        &["2026-12-20T23:00:00Z", "2027-01-03T13:00:00Z"],
    );
    changes(
        "sat .. Sunday",
        Berlin,
        "2026-11-19T12:00:00Z",
        &["2026-11-20T23:00:00Z", "2026-11-22T23:00:00Z"],
    );
    changes(
        "Fri-Mon 23:00..01:00",
        Tz::UTC,
        "2026-11-22T12:00:00Z",
        &[
            "2026-11-22T23:00:00Z",
            "2026-11-23T01:00:00Z",
            "2026-11-23T23:00:00Z",
            "2026-11-24T01:00:00Z",
            "2026-11-27T23:00:00Z",
        ],
    );
    changes(
        "Mon,Wed 00:00 .. 24:00",
        Tz::UTC,
        "2026-11-22T12:00:00Z",
        &["2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"],
    );
    changes(
        "Mon-Tue 00:00 .. 24:00",
        Tz::UTC,
        "2026-11-22T12:00:00Z",
        &["2026-11-23T00:00:00Z", "2026-11-25T00:00:00Z"],
    );
    changes(
        "Fri 16:00 .. Fri 08:00",
        Tz::UTC,
        "2026-11-19T12:00:00Z",
        &["2026-11-20T08:00:00Z", "2026-11-20T16:00:00Z"],
    );
    changes(
        "Fri 08:00 .. Fri 16:00",
        Tz::UTC,
        "2026-11-19T12:00:00Z",
        &["2026-11-20T08:00:00Z", "2026-11-20T16:00:00Z"],
    );
}

#[test]
fn times_that_the_clock_skips_mean_the_moment_of_the_change() {
    // Berlin, 2026-03-29: 02:00 CET becomes 03:00 CEST, at 01:00 UTC.
    changes(
        "daily 02:30 .. 05:00",
        Berlin,
        "2026-03-28T12:00:00Z",
        &["2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z", "2026-03-30T00:30:00Z", "2026-03-30T03:00:00Z"],
    );
    changes(
        "daily 01:00 .. 02:30",
        Berlin,
        "2026-03-28T12:00:00Z",
        &["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"],
    );
    // Wholly in the skipped hour: it does not happen that day.
    changes(
        "daily 02:10 .. 02:50",
        Berlin,
        "2026-03-28T12:00:00Z",
        &["2026-03-30T00:10:00Z", "2026-03-30T00:50:00Z"],
    );
    // New York, 2026-03-08: 02:00 EST becomes 03:00 EDT, at 07:00 UTC.
    changes(
        "Sun 02:30 .. 04:00",
        New_York,
        "2026-03-08T00:00:00Z",
        &["2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"],
    );
    // Adelaide, 2026-10-04: 02:00 (+9:30) becomes 03:00 (+10:30), at 16:30 UTC the day before.
    changes(
        "daily 02:30 .. 05:00",
        Adelaide,
        "2026-10-03T12:00:00Z",
        &["2026-10-03T16:30:00Z", "2026-10-03T18:30:00Z"],
    );
    // Lord Howe changes by half an hour: 02:00 (+10:30) becomes 02:30 (+11), at 15:30 UTC.
    changes(
        "daily 02:15 .. 04:00",
        Lord_Howe,
        "2026-10-03T12:00:00Z",
        &["2026-10-03T15:30:00Z", "2026-10-03T17:00:00Z"],
    );
    // Samoa skipped all of 2011-12-30.
    changes(
        "2011-12-30 .. 2011-12-31",
        Apia,
        "2011-12-29T12:00:00Z",
        &["2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"],
    );
    assert_eq!(
        Window::parse("2011-12-30 01:00 .. 2011-12-30 23:00")
            .unwrap()
            .next_change(at("2011-12-01T00:00:00Z"), Apia),
        None
    );
}

#[test]
fn times_that_the_clock_shows_twice_never_cut_a_window_short() {
    // Berlin, 2026-10-25: 03:00 CEST becomes 02:00 CET, at 01:00 UTC; 02:30 is at 00:30 and 01:30 UTC.
    changes(
        "daily 22:00 .. 02:30",
        Berlin,
        "2026-10-24T12:00:00Z",
        &["2026-10-24T20:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T21:00:00Z", "2026-10-26T01:30:00Z"],
    );
    changes(
        "daily 02:30 .. 05:00",
        Berlin,
        "2026-10-24T12:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-25T04:00:00Z"],
    );
    changes(
        "daily 02:10 .. 02:50",
        Berlin,
        "2026-10-24T12:00:00Z",
        &["2026-10-25T00:10:00Z", "2026-10-25T01:50:00Z"],
    );
    // New York, 2026-11-01: 02:00 EDT becomes 01:00 EST, at 06:00 UTC.
    changes(
        "Sun 01:30 .. 04:00",
        New_York,
        "2026-11-01T00:00:00Z",
        &["2026-11-01T05:30:00Z", "2026-11-01T09:00:00Z"],
    );
    // Adelaide, 2026-04-05: 03:00 (+10:30) becomes 02:00 (+9:30), at 16:30 UTC the day before.
    changes(
        "daily 01:00 .. 02:30",
        Adelaide,
        "2026-04-04T12:00:00Z",
        &["2026-04-04T14:30:00Z", "2026-04-04T17:00:00Z"],
    );
    // Lord Howe: 02:00 (+11) becomes 01:30 (+10:30), at 15:00 UTC.
    changes(
        "daily 01:00 .. 01:45",
        Lord_Howe,
        "2026-04-04T12:00:00Z",
        &["2026-04-04T14:00:00Z", "2026-04-04T15:15:00Z"],
    );
}

#[test]
fn windows_that_span_a_change_keep_their_local_times() {
    changes(
        "Fri 16:00 .. Mon 08:00",
        Berlin,
        "2026-03-26T12:00:00Z",
        &["2026-03-27T15:00:00Z", "2026-03-30T06:00:00Z"],
    );
    changes(
        "Fri 16:00 .. Mon 08:00",
        Berlin,
        "2026-10-22T12:00:00Z",
        &["2026-10-23T14:00:00Z", "2026-10-26T07:00:00Z"],
    );
    changes(
        "Fri 16:00 .. Mon 08:00",
        New_York,
        "2026-03-05T12:00:00Z",
        &["2026-03-06T21:00:00Z", "2026-03-09T12:00:00Z"],
    );
    changes(
        "2026-03-29 .. 2026-03-29",
        Berlin,
        "2026-03-20T00:00:00Z",
        &["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
    );
    changes(
        "2026-10-25 .. 2026-10-25",
        Berlin,
        "2026-10-20T00:00:00Z",
        &["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"],
    );
    changes(
        "Sat 12:00 .. Sun 12:00",
        Lord_Howe,
        "2026-10-01T00:00:00Z",
        &["2026-10-03T01:30:00Z", "2026-10-04T01:00:00Z"],
    );
}

#[test]
fn clock_changes_are_known_for_decades() {
    changes("daily 22:00 .. 06:00", Berlin, "2060-07-01T12:00:00Z", &["2060-07-01T20:00:00Z"]);
    changes("daily 22:00 .. 06:00", Berlin, "2060-01-01T12:00:00Z", &["2060-01-01T21:00:00Z"]);
}

#[test]
fn what_never_changes_says_so() {
    let always = Window::parse("daily 00:00 .. 24:00").unwrap();
    assert!(always.contains(at("2026-03-29T01:00:00Z"), Berlin));
    assert_eq!(always.next_change(at("2026-03-28T01:00:00Z"), Berlin), None);
    let past = Window::parse("2020-01-01 .. 2020-01-02").unwrap();
    assert_eq!(past.next_change(at("2026-03-28T01:00:00Z"), Berlin), None);
    for extreme in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        assert!(!always.contains(extreme, Berlin));
        assert_eq!(past.next_change(extreme, Adelaide), None);
    }
}

#[test]
fn other_texts_are_refused_at_their_place() {
    for (text, offset, len, message) in [
        ("", 0, 0, "`` is not a window"),
        ("Fri 16:00 - Mon 08:00", 0, 21, "`Fri 16:00 - Mon 08:00` is not a window"),
        ("Fri 16:00 .. ", 13, 0, "one side of `..` is empty"),
        ("Frei 16:00 .. Mon 08:00", 0, 4, "`Frei` is not a day of the week"),
        ("Fri 16:00 .. Mon 8:00", 17, 4, "`8:00` is not a time of day"),
        ("Fri 24:01 .. Mon 08:00", 4, 5, "`24:01` is not a time of day"),
        ("Mon-Xyz 09:00 .. 16:00", 4, 3, "`Xyz` is not a day of the week"),
        ("Mon,,Tue 09:00 .. 16:00", 4, 0, "`` is not a day of the week"),
        ("Fri 24:00 .. Sat 00:00", 4, 5, "a window can't begin when its day ends"),
        ("Mon 09:00 .. 09:00", 13, 5, "the window ends when it begins"),
        ("Mon-Thu .. 16:00", 0, 16, "the time at which the window begins is missing"),
        ("Mon-Thu 09:00 .. Fri 16:00", 0, 26, "several days on one side go with a time alone on the other"),
        ("22:00 .. 06:00", 0, 14, "the days are missing"),
        ("2026-02-30 .. 2026-03-01", 0, 10, "`2026-02-30` is not a date"),
        ("2026-2-3 .. 2026-03-01", 0, 8, "`2026-2-3` is not a date"),
        ("2027-01-03 .. 2026-12-20", 14, 10, "the window ends before it begins"),
        ("2026-12-20 .. Fri 08:00", 0, 23, "the two sides of `..` do not go together"),
        ("Fri 16:00 UTC .. Mon 08:00", 10, 3, "`UTC` is one word too many"),
        ("Fri\u{3000}16:00\u{3000}x .. Mon 08:00", 14, 1, "`x` is one word too many"),
    ] {
        let error = Window::parse(text).unwrap_err();
        assert_eq!((error.offset, error.len, error.message.as_str()), (offset, len, message), "{text}");
    }
    assert_eq!(Window::parse("Fir 16:00 .. Mon 08:00").unwrap_err().hint.unwrap(), "did you mean `fri`?");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_within_its_bounds(text in "[A-Za-z0-9:., é-]{0,30}|(daily|Mon|Fri-Mon|2026-03-29|x)? ?([0-2][0-9]:[0-5][0-9])? ?\\.\\. ?(Mon|2026-10-25)? ?([0-2][0-9]:[0-5][0-9])?", seconds in 0_i64..4_000_000_000) {
        match Window::parse(&text) {
            Ok(window) => {
                let now = DateTime::from_timestamp(seconds, 0).unwrap();
                for tz in [Berlin, Lord_Howe, Apia] {
                    if let Some(next) = window.next_change(now, tz) {
                        proptest::prop_assert!(next > now);
                        proptest::prop_assert_ne!(window.contains(now, tz), window.contains(next, tz));
                    }
                }
            }
            Err(error) => {
                proptest::prop_assert!(text.is_char_boundary(error.offset));
                proptest::prop_assert!(text.is_char_boundary(error.offset + error.len));
            }
        }
    }
}
