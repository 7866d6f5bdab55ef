//! Times in a list of signers: `20260131Z`, `202601311200Z`, `20260131120000Z`. A time without `Z` is another one on
//! each machine, since OpenSSH reads it in the machine's own zone; so it is refused.

use chrono::{DateTime, NaiveDate, Utc};

/// Reads a time, or says what is wrong with it and how it is written.
pub(crate) fn read(text: &str) -> Result<DateTime<Utc>, (String, String)> {
    let zone = if text.len() > 3 && ends_with(text, "UTC") { 3 } else { usize::from(ends_with(text, "Z")) };
    let digits = text.get(..text.len() - zone).unwrap_or_default();
    let Some(time) = from_digits(digits) else {
        return Err((
            "this is not a time".to_owned(),
            "write year, month, day, and where needed hour, minute and second, as in `20261231235959Z`"
                .to_owned(),
        ));
    };
    if zone == 0 {
        return Err((
            "a time without `Z` is read in the time zone of each machine, so it is not the same everywhere"
                .to_owned(),
            format!("write `{digits}Z`"),
        ));
    }
    Ok(time)
}

fn ends_with(text: &str, end: &str) -> bool {
    text.len()
        .checked_sub(end.len())
        .and_then(|at| text.get(at..))
        .is_some_and(|it| it.eq_ignore_ascii_case(end))
}

fn from_digits(digits: &str) -> Option<DateTime<Utc>> {
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number =
        |from: usize, to: usize| digits.get(from..to).map_or(Some(0), |part| part.parse::<u32>().ok());
    let year = i32::try_from(number(0, 4)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(4, 6)?, number(6, 8)?)?;
    let time = date.and_hms_opt(number(8, 10)?, number(10, 12)?, number(12, 14)?)?.and_utc();
    // OpenSSH takes the beginning of its time, and all before it, for no time at all.
    (time.timestamp() > 0).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_that_are_the_same_everywhere_are_read() {
        for (text, wanted) in [
            ("20260131Z", "2026-01-31T00:00:00Z"),
            ("202601311230Z", "2026-01-31T12:30:00Z"),
            ("20260131123015z", "2026-01-31T12:30:15Z"),
            ("20240229UTC", "2024-02-29T00:00:00Z"),
        ] {
            assert_eq!(read(text), Ok(wanted.parse().unwrap()), "{text}");
        }
        let (message, hint) = read("20260131").unwrap_err();
        assert!(message.contains("without `Z`") && hint == "write `20260131Z`", "{message} {hint}");
        for bad in [
            "",
            "Z",
            "UTC",
            "2026Z",
            "20260230Z",
            "20261301Z",
            "20260101240000Z",
            "20260101000060Z",
            "19700101Z",
            "2026-01-31Z",
            "2026013112Z",
            "+2026131Z",
            "20260131 Z",
            "ä",
            "äUTC",
            "20260131ZZ",
            "٢٠٢٦٠١٣١Z",
        ] {
            assert!(read(bad).unwrap_err().0.contains("not a time"), "{bad}");
        }
    }
}
