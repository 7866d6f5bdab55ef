//! From written local times to moments: the occurrences of a window near a moment, clock changes included.

use super::form::{Form, time_of};
use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// One occurrence of a window, its end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) begin: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
}

/// Which of two moments is meant where the clock shows a time twice.
#[derive(Debug, Clone, Copy)]
enum Twice {
    First,
    Second,
}

impl Form {
    /// The occurrences that begin from nine days before `at` to nine days after it. No window of the repeating kinds
    /// is longer than a week, and between two of them is less than a week, so nothing relevant to `at` is missed,
    /// even where a zone skips a whole day.
    pub(super) fn spans_near(&self, at: DateTime<Utc>, tz: Tz) -> Vec<Span> {
        if !(1900..=9000).contains(&at.year()) {
            return Vec::new();
        }
        if let Form::Once { from, to } = self {
            return span(*from, *to, tz).into_iter().collect();
        }
        let today = at.with_timezone(&tz).date_naive();
        let Some(first) = today.checked_sub_days(Days::new(9)) else { return Vec::new() };
        first.iter_days().take(19).filter_map(|day| self.on(day, tz)).collect()
    }

    /// The occurrence that begins on this local day.
    fn on(&self, day: NaiveDate, tz: Tz) -> Option<Span> {
        match self {
            Form::Daily { days, from, to } => {
                let today = usize::try_from(day.weekday().num_days_from_monday()).ok()?;
                days.get(today).filter(|on| **on)?;
                let last = if to > from { day } else { day.succ_opt()? };
                span(moment(day, *from)?, moment(last, *to)?, tz)
            }
            Form::Weekly { first, from, last, to } => {
                if day.weekday() != *first {
                    return None;
                }
                let days = match last.days_since(*first) {
                    0 if to <= from => 7,
                    days => days,
                };
                let last = day.checked_add_days(Days::new(u64::from(days)))?;
                span(moment(day, *from)?, moment(last, *to)?, tz)
            }
            Form::Once { .. } => None,
        }
    }
}

/// A local day and a time in minutes from its midnight.
fn moment(day: NaiveDate, minutes: u16) -> Option<NaiveDateTime> {
    let (time, next) = time_of(minutes);
    Some(if next { day.succ_opt()? } else { day }.and_time(time))
}

/// The stretch between two local times; `None` when a clock change leaves nothing of it.
fn span(from: NaiveDateTime, to: NaiveDateTime, tz: Tz) -> Option<Span> {
    let begin = resolve(from, tz, Twice::First)?;
    let end = resolve(to, tz, Twice::Second)?;
    (begin < end).then_some(Span { begin, end })
}

/// The moment at which the clock in `tz` shows `local`; where it never does, the moment at which it jumps over it.
fn resolve(local: NaiveDateTime, tz: Tz, twice: Twice) -> Option<DateTime<Utc>> {
    let found = match tz.from_local_datetime(&local) {
        LocalResult::Single(one) => one,
        LocalResult::Ambiguous(first, second) => match twice {
            Twice::First => first.min(second),
            Twice::Second => first.max(second),
        },
        LocalResult::None => match GapInfo::new(&local, &tz)?.end {
            Some(end) => end,
            // Two changes within a day: an hour later is on the other side.
            None => tz.from_local_datetime(&local.checked_add_signed(TimeDelta::hours(1))?).earliest()?,
        },
    };
    Some(found.with_timezone(&Utc))
}
