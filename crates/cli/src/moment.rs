//! A moment as people write it: `2h`, `2026-11-21 18:00` in the project's time zone, or RFC 3339.

use chrono::offset::LocalResult;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::escape;

/// The moment that is meant, which must lie after `now`.
pub(crate) fn after<Z: TimeZone>(text: &str, zone: &Z, now: DateTime<Utc>) -> Result<DateTime<Utc>, Failure> {
    let wrong = |why: &str| {
        let failure = Failure::new(ExitStatus::Usage, format!("`{}` {why}", escape(text)));
        // An example that is over would be refused in turn.
        match now.checked_add_days(Days::new(2)).map(|then| then.format("%Y-%m-%d").to_string()) {
            Some(day) => {
                failure.hint(format!("write `2h`, `3d`, `{day}`, `{day} 18:00` or `{day}T18:00:00+01:00`"))
            }
            None => failure.hint("write `2h` or `3d`"),
        }
    };
    let moment = read(text.trim(), zone, now).ok_or_else(|| wrong("is not a date or a time"))?;
    let Some(moment) = moment else {
        return Err(wrong("does not exist, or twice: the clock is changed then"));
    };
    if moment > now { Ok(moment) } else { Err(wrong("is over")) }
}

/// `None`: not a moment. `Some(None)`: a local time that there is not exactly once.
fn read<Z: TimeZone>(text: &str, zone: &Z, now: DateTime<Utc>) -> Option<Option<DateTime<Utc>>> {
    if let Ok(span) = promote_core::duration::parse(text) {
        return Some(TimeDelta::from_std(span).ok().and_then(|span| now.checked_add_signed(span)));
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(Some(moment.to_utc()));
    }
    let local = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            Some(day.and_time(NaiveTime::MIN))
        })?;
    Some(match zone.from_local_datetime(&local) {
        LocalResult::Single(moment) => Some(moment.to_utc()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_at(text: &str) -> Result<String, String> {
        let now = "2026-11-19T12:00:00Z".parse().unwrap();
        let zone = chrono::FixedOffset::east_opt(3600).unwrap();
        after(text, &zone, now).map(|moment| moment.to_rfc3339()).map_err(|failure| failure.message)
    }

    #[test]
    fn moments_are_spans_local_times_or_exact() {
        for (text, wanted) in [
            ("2h", "2026-11-19T14:00:00+00:00"),
            ("2026-11-21", "2026-11-20T23:00:00+00:00"),
            ("2026-11-21 18:00", "2026-11-21T17:00:00+00:00"),
            ("2026-11-21T18:00:00Z", "2026-11-21T18:00:00+00:00"),
        ] {
            assert_eq!(read_at(text).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn the_examples_are_moments_to_come() {
        let now = "2031-12-30T23:30:00Z".parse().unwrap();
        let zone = chrono::FixedOffset::west_opt(43_200).unwrap();
        let hint = after("2020-01-01", &zone, now).unwrap_err().hints.remove(0);
        for example in hint.split('`').skip(1).step_by(2) {
            assert!(after(example, &zone, now).is_ok(), "{example}: {hint}");
        }
        assert_eq!(hint.split('`').count(), 11, "{hint}");
    }

    #[test]
    fn what_is_over_or_no_moment_is_refused() {
        assert_eq!(read_at("2026-11-19 12:00"), Err("`2026-11-19 12:00` is over".to_owned()));
        for bad in ["soon", "", "2026-13-01", "0"] {
            assert!(read_at(bad).is_err(), "{bad}");
        }
    }
}
