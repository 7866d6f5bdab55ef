//! What a window means, in local times: what its text is read into, and moments are made of.

use chrono::{NaiveDateTime, NaiveTime, Weekday};

/// When a window is. Times of day are counted in minutes from midnight, up to 1440.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// On each of these days (Monday first), from a time to the next `to`: the same day, or the next.
    Daily { days: [bool; 7], from: u16, to: u16 },
    /// Once a week, from a day and time to a later one.
    Weekly { first: Weekday, from: u16, last: Weekday, to: u16 },
    /// Once, in local time.
    Once { from: NaiveDateTime, to: NaiveDateTime },
}

/// A time of day for minutes from midnight, and whether it is the midnight that ends the day.
pub(super) fn time_of(minutes: u16) -> (NaiveTime, bool) {
    let seconds = u32::from(minutes % 1440) * 60;
    (NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or_default(), minutes >= 1440)
}
