//! Reasons and notes: when a reason is needed, and what is none. Asked here for overrides, for every mark and for every
//! note, whoever asks: a command, the action, a saved plan or a program that uses the library.
//!
//! What stops, frees or records something past the rules needs a reason: an override, a freeze, a hold, a block, a pin,
//! an adoption. What lifts such a mark may have one.

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::names::escape;
use crate::request::Request;
use std::str::Chars;
use unicode_ident::is_xid_start;

/// How many characters a reason or a note may have: a reason is repeated with every override, and a record has an end.
pub const LONGEST: usize = 1000;

/// Why a text is no reason, or no note: what it is not, to stand behind a word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsaid {
    /// It says nothing, see [`blank`].
    #[error("has to say something, in letters or numbers")]
    Blank,
    /// It is longer than [`LONGEST`].
    #[error("has at most {LONGEST} characters, and this one has {0}")]
    Long(usize),
    /// It has a line break or another control character, which no line that repeats it could carry.
    #[error("is one line without control characters")]
    Control,
}

/// The reason or note that a text is, without blanks around it.
///
/// # Errors
/// When it says nothing, or too much.
pub fn judge(text: &str) -> Result<&str, Unsaid> {
    if blank(text) {
        return Err(Unsaid::Blank);
    }
    let text = text.trim();
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(Unsaid::Control);
    }
    match text.chars().count() {
        count if count > LONGEST => Err(Unsaid::Long(count)),
        _ => Ok(text),
    }
}

/// Whether a text says nothing: what is left of it without the sequences that a terminal obeys has no letter and no
/// number. Marks alone, such as dots, accents without a letter and pictures, are no reason that anybody could read later.
pub fn blank(text: &str) -> bool {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => obeyed(&mut rest),
            '\u{9b}' => control(&mut rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => string(&mut rest),
            _ if (is_xid_start(c) || c.is_numeric()) && !shapeless(c) => return false,
            _ => {}
        }
    }
    true
}

/// What follows an escape character.
fn obeyed(rest: &mut Chars<'_>) {
    match rest.next() {
        Some('[') => control(rest),
        Some(']' | 'P' | 'X' | '^' | '_') => string(rest),
        // Such as the choice of a character set: one more follows.
        Some(' '..='/') => drop(rest.find(|c| !matches!(c, ' '..='/'))),
        _ => {}
    }
}

/// A control sequence, up to its final character.
fn control(rest: &mut Chars<'_>) {
    rest.find(|c| matches!(c, '@'..='~'));
}

/// A string for the terminal alone, up to its end.
fn string(rest: &mut Chars<'_>) {
    while let Some(c) = rest.next() {
        match c {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                rest.next();
                return;
            }
            _ => {}
        }
    }
}

/// Letters that print nothing: the fillers of Hangul.
const fn shapeless(c: char) -> bool {
    matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

/// The reason for something that needs one, such as `a freeze`.
///
/// # Errors
/// `Usage`, when none is given, or it is none.
pub fn needed(given: Option<&str>, what: &str) -> Result<String, Failure> {
    match given.map(judge) {
        Some(Ok(text)) => Ok(text.to_owned()),
        Some(Err(unsaid)) => Err(refused(unsaid)),
        None => Err(refuse(format!("{what} needs a reason"))),
    }
}

/// The address of a page that says more of it.
///
/// # Errors
/// `Usage`, when it is none.
pub fn link(url: &str) -> Result<String, Failure> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let plain = |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    match rest.is_some_and(plain) && url.len() <= 2 * LONGEST {
        true => Ok(url.to_owned()),
        false => Err(Failure::new(ExitStatus::Usage, "a link is the address of a page")
            .state("Nothing was recorded.")
            .hint("it begins with `https://`, has no blanks, and at most 2000 characters")),
    }
}

/// The reason for something that may have one.
///
/// # Errors
/// `Usage`, when one is given and is none.
pub fn allowed(given: Option<&str>) -> Result<Option<String>, Failure> {
    given.map(|text| judge(text).map(str::to_owned).map_err(refused)).transpose()
}

/// The request with its reasons and notes as they are kept. A note that says nothing is none: the rule `notes` says so where
/// one is asked for.
///
/// # Errors
/// `Usage`, when an override has no reason, or a reason or a note is none.
pub fn settled(request: &Request) -> Result<Request, Failure> {
    let mut request = request.clone();
    for (name, text) in &mut request.notes {
        let unsaid = |what: String, unsaid: Unsaid| {
            Failure::new(ExitStatus::Usage, format!("{what} {unsaid}"))
                .state("Nothing was changed.")
                .hint("say it in a few words, or give the address where more is written")
        };
        judge(name).map_err(|why| unsaid(format!("the name of the note `{}`", escape(name)), why))?;
        *text = match judge(text) {
            Ok(text) => text.to_owned(),
            Err(Unsaid::Blank) => String::new(),
            Err(why) => return Err(unsaid(format!("the note `{}`", escape(name)), why)),
        };
    }
    request.reason = allowed(request.reason.as_deref())?;
    for one in &mut request.overrides {
        one.reason = needed(Some(&one.reason), "an override")?;
    }
    Ok(request)
}

/// That a note has two texts: which of them is meant, nobody can tell.
pub fn note_given_twice(name: &str) -> Failure {
    Failure::new(ExitStatus::Usage, format!("the note `{}` is given twice", escape(name)))
        .state("Nothing was changed.")
        .hint("give each note once")
}

fn refused(unsaid: Unsaid) -> Failure {
    refuse(format!("a reason {unsaid}"))
}

fn refuse(message: String) -> Failure {
    Failure::new(ExitStatus::Usage, message)
        .state("Nothing was changed.")
        .hint("say why in a few words, such as `--reason \"INC-123: payments are down\"`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_no_reason() {
        for text in [
            "",
            " ",
            "\t\r\n",
            "\u{a0}",
            "\u{3000}",
            "\u{200b}\u{feff}",
            "\u{202e} \u{2066}",
            "\u{7}",
            "\u{3164}",
            "\u{115f}\u{1160}\u{ffa0}",
            "\u{2800}",
            // Marks without a letter, whatever script they are of, and what stands for an object.
            "\u{301}",
            "\u{345}",
            "\u{5b0}\u{5b1}",
            "\u{93e}",
            "\u{903}",
            "\u{20dd}",
            "\u{fe0f}",
            "\u{fffc}",
            "\u{fffd}",
            "\u{e0041}",
            "\u{e000}",
            "\u{378}",
            "…",
            "-",
            "_",
            "...!",
            "🔥",
            // What a terminal obeys and does not show.
            "\u{1b}[31m",
            "\u{1b}[1;31m \u{1b}[0m",
            "\u{1b}]0;title\u{7}",
            "\u{1b}]8;;http://a/\u{1b}\\ \u{1b}]8;;\u{1b}\\",
            "\u{1b}(B",
            "\u{1b}c",
            "\u{1b}[31",
            "\u{9b}31m",
            "\u{9d}0;title\u{9c}",
            "\u{1b}",
        ] {
            assert_eq!(judge(text), Err(Unsaid::Blank), "{text:?}");
        }
        for text in [
            "x",
            "INC-88",
            "0",
            "終わり",
            " a ",
            "é",
            "e\u{301}",
            "ж",
            "한",
            "हिन्दी",
            "עברית",
            "٣",
            "Ⅷ",
            "½",
            "🔥 fire",
            "a_b",
            " a\n",
        ] {
            assert_eq!(judge(text), Ok(text.trim()), "{text:?}");
        }
        for text in [
            "a\nb",
            "a\rb",
            "a\tb",
            "a\u{85}b",
            "a\u{2028}b",
            "\u{1b}[31mred\u{1b}[0m",
            "\u{1b}]0;title\u{7}x",
        ] {
            assert_eq!(judge(text), Err(Unsaid::Control), "{text:?}");
        }
    }

    #[test]
    fn a_reason_has_an_end() {
        assert_eq!(judge(&"é".repeat(LONGEST)), Ok("é".repeat(LONGEST).as_str()));
        assert_eq!(judge(&"é".repeat(LONGEST + 1)), Err(Unsaid::Long(LONGEST + 1)));
    }
}
