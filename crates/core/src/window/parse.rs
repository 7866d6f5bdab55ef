//! Reading a window's text, with the place of what is wrong.

use super::form::{Form, time_of};
use crate::names::escape;
use crate::suggest::closest;
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Why a text is not a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WindowError {
    /// Where in the text, in bytes from its start.
    pub offset: usize,
    /// How many bytes from there on are meant.
    pub len: usize,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

const FORMS: &str = "for example `Fri 16:00 .. Mon 08:00`, `Mon-Thu 09:00 .. 16:00`, `daily 22:00 .. 06:00`, `2026-12-20 .. 2027-01-03`";
const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Mon),
    ("tue", "tuesday", Weekday::Tue),
    ("wed", "wednesday", Weekday::Wed),
    ("thu", "thursday", Weekday::Thu),
    ("fri", "friday", Weekday::Fri),
    ("sat", "saturday", Weekday::Sat),
    ("sun", "sunday", Weekday::Sun),
];

/// A word of the text and where it starts.
#[derive(Debug, Clone, Copy)]
struct Word<'t> {
    offset: usize,
    text: &'t str,
}

/// One side of the `..`.
#[derive(Debug)]
enum Side {
    Date(NaiveDate, Option<u16>),
    /// Days of the week, Monday first, how they were written, and a time.
    Days([bool; 7], Option<Weekday>, Option<u16>),
    Time(u16),
}

pub(super) fn form(text: &str) -> Result<Form, WindowError> {
    if text.len() > 200 {
        return Err(error(0, text.len(), "a window has at most 200 bytes".to_owned(), FORMS));
    }
    let Some((left, right)) = text.split_once("..") else {
        return Err(error(0, text.len(), format!("`{}` is not a window", escape(text)), FORMS));
    };
    let begin = side(words(left, 0), left.len())?;
    if let Side::Date(_, Some(1440)) | Side::Days(_, _, Some(1440)) | Side::Time(1440) = begin {
        let at = left.rfind("24:00").unwrap_or_default();
        let message = "a window can't begin when its day ends".to_owned();
        return Err(error(at, 5, message, "write `00:00` of the next day"));
    }
    let end = side(words(right, left.len() + 2), text.len())?;
    let whole = |message: &str, hint: &str| Err(error(0, text.len(), message.to_owned(), hint));
    let last = right.len() - right.trim_start().len() + left.len() + 2;
    let at_end = |message: &str, hint: &str| {
        Err(error(last, text.trim_end().len().saturating_sub(last), message.to_owned(), hint))
    };
    match (begin, end) {
        (Side::Date(first, from), Side::Date(last, to)) => {
            let at = |day: NaiveDate, minutes: u16| {
                let (time, next) = time_of(minutes);
                if next { day.succ_opt() } else { Some(day) }.map(|day| day.and_time(time))
            };
            match (at(first, from.unwrap_or(0)), at(last, to.unwrap_or(1440))) {
                (Some(from), Some(to)) if from < to => Ok(Form::Once { from, to }),
                _ => at_end("the window ends before it begins", "the earlier date comes first"),
            }
        }
        (Side::Days(days, _, Some(from)), Side::Time(to)) => {
            if from == to {
                return at_end("the window ends when it begins", "for the whole day write `00:00 .. 24:00`");
            }
            Ok(Form::Daily { days, from, to })
        }
        (Side::Days(_, Some(first), from), Side::Days(_, Some(last), to)) => {
            // Without a time whole days are meant, as with dates.
            let (from, to) = (from.unwrap_or(0), to.unwrap_or(1440));
            if first == last && from == to {
                return at_end("the window ends when it begins", FORMS);
            }
            Ok(Form::Weekly { first, from, last, to })
        }
        (Side::Days(_, None, _), Side::Days(..)) | (Side::Days(..), Side::Days(_, None, _)) => whole(
            "several days on one side go with a time alone on the other",
            "for example `Mon-Thu 09:00 .. 16:00`",
        ),
        (Side::Days(_, _, None), Side::Time(_)) => {
            whole("the time at which the window begins is missing", "for example `Mon-Thu 09:00 .. 16:00`")
        }
        (Side::Time(_), Side::Time(_)) => {
            whole("the days are missing", "for every day write `daily 22:00 .. 06:00`")
        }
        (Side::Date(..), Side::Time(_)) => whole("the date on which the window ends is missing", FORMS),
        _ => whole("the two sides of `..` do not go together", FORMS),
    }
}

fn words(part: &str, base: usize) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut offset = base;
    for piece in part.split(char::is_whitespace) {
        if !piece.is_empty() {
            words.push(Word { offset, text: piece });
        }
        // The separator's width is found from the piece's place in the text, since spaces may be wide.
        offset += piece.len();
        let rest = part.get(offset - base..).unwrap_or_default();
        offset += rest.chars().next().map_or(0, char::len_utf8);
    }
    words
}

fn side(words: Vec<Word<'_>>, end: usize) -> Result<Side, WindowError> {
    let mut words = words.into_iter();
    let Some(first) = words.next() else {
        return Err(error(end, 0, "one side of `..` is empty".to_owned(), FORMS));
    };
    let starts_with_digit = first.text.starts_with(|c: char| c.is_ascii_digit());
    let side = if starts_with_digit && first.text.contains('-') {
        let date = date(first)?;
        Side::Date(date, words.next().map(time).transpose()?)
    } else if starts_with_digit {
        Side::Time(time(first)?)
    } else {
        let (days, single) = days(first)?;
        Side::Days(days, single, words.next().map(time).transpose()?)
    };
    match words.next() {
        None => Ok(side),
        Some(extra) => Err(error(
            extra.offset,
            extra.text.len(),
            format!("`{}` is one word too many", escape(extra.text)),
            FORMS,
        )),
    }
}

/// `2026-12-20`.
fn date(word: Word<'_>) -> Result<NaiveDate, WindowError> {
    let plain = word.text.len() == 10 && word.text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let bad = || {
        let message = format!("`{}` is not a date", escape(word.text));
        error(word.offset, word.text.len(), message, "dates are written `2026-12-20`")
    };
    let date = NaiveDate::parse_from_str(word.text, "%Y-%m-%d").ok().filter(|_| plain).ok_or_else(bad)?;
    let far = date.checked_add_days(Days::new(1)).is_none() || !(1970..=9000).contains(&date.year());
    if far { Err(bad()) } else { Ok(date) }
}

/// `16:00`, up to `24:00`, in minutes from midnight.
fn time(word: Word<'_>) -> Result<u16, WindowError> {
    let number = |digits: &str| {
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| plain)
    };
    let parsed =
        word.text.split_once(':').and_then(|(hours, minutes)| Some((number(hours)?, number(minutes)?)));
    match parsed {
        Some((hours @ 0..=23, minutes @ 0..=59)) => Ok(hours * 60 + minutes),
        Some((24, 0)) => Ok(1440),
        _ => {
            let message = format!("`{}` is not a time of day", escape(word.text));
            Err(error(
                word.offset,
                word.text.len(),
                message,
                "times are written `08:00`, from `00:00` to `24:00`",
            ))
        }
    }
}

/// `daily`, `Fri`, `Mon-Thu`, `Mon,Wed,Fri`; and the day, where it is one.
fn days(word: Word<'_>) -> Result<([bool; 7], Option<Weekday>), WindowError> {
    let mut chosen = [false; 7];
    if word.text.eq_ignore_ascii_case("daily") {
        return Ok(([true; 7], None));
    }
    let mut offset = word.offset;
    let mut single = None;
    for item in word.text.split(',') {
        let (first, last) = match item.split_once('-') {
            Some((first, last)) => {
                let second = Word { offset: offset + first.len() + 1, text: last };
                (day(Word { offset, text: first })?, day(second)?)
            }
            None => {
                let one = day(Word { offset, text: item })?;
                single = Some(one);
                (one, one)
            }
        };
        let mut at = first;
        loop {
            let index = usize::try_from(at.num_days_from_monday()).unwrap_or_default();
            if let Some(slot) = chosen.get_mut(index) {
                *slot = true;
            }
            if at == last {
                break;
            }
            at = at.succ();
        }
        offset += item.len() + 1;
    }
    let one = chosen.iter().filter(|on| **on).count() == 1;
    Ok((chosen, single.filter(|_| one)))
}

fn day(word: Word<'_>) -> Result<Weekday, WindowError> {
    let lower = word.text.to_lowercase();
    let found = DAYS.iter().find(|(short, long, _)| lower == *short || lower == *long);
    found.map(|(_, _, day)| *day).ok_or_else(|| {
        let names = DAYS.iter().flat_map(|(short, long, _)| [*short, *long]).chain(["daily"]);
        let hint = match closest(word.text, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => FORMS.to_owned(),
        };
        error(
            word.offset,
            word.text.len(),
            format!("`{}` is not a day of the week", escape(word.text)),
            &hint,
        )
    })
}

fn error(offset: usize, len: usize, message: String, hint: &str) -> WindowError {
    WindowError { offset, len, message, hint: Some(hint.to_owned()) }
}
