//! Reasons: when one is needed, and what is none. Asked here for overrides and for every mark, whoever asks: a command,
//! the action, a saved plan or a program that uses the library.
//!
//! What stops, frees or records something past the rules needs a reason: an override, a freeze, a hold, a block, a pin,
//! an adoption. What lifts such a mark may have one.

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::request::Request;

/// How many characters a reason may have: it is repeated with every override, and a record has an end.
pub const LONGEST: usize = 1000;

/// Why a text is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsaid {
    /// It says nothing.
    #[error("a reason has to say something")]
    Blank,
    /// It is longer than [`LONGEST`].
    #[error("a reason has at most {LONGEST} characters, this one has {0}")]
    Long(usize),
}

/// The reason that a text is, without blanks around it.
///
/// # Errors
/// When it says nothing, or too much.
pub fn judge(text: &str) -> Result<&str, Unsaid> {
    if blank(text) {
        return Err(Unsaid::Blank);
    }
    let text = text.trim();
    match text.chars().count() {
        count if count > LONGEST => Err(Unsaid::Long(count)),
        _ => Ok(text),
    }
}

/// Whether a text shows nothing: blanks, control characters and marks that have no shape of their own.
pub fn blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || shapeless(c))
}

/// Characters that print nothing and are no white space: joiners, marks of direction, fillers, variation selectors.
const fn shapeless(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
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

/// The reason for something that may have one.
///
/// # Errors
/// `Usage`, when one is given and is none.
pub fn allowed(given: Option<&str>) -> Result<Option<String>, Failure> {
    given.map(|text| judge(text).map(str::to_owned).map_err(refused)).transpose()
}

/// The request with its reasons as they are kept.
///
/// # Errors
/// `Usage`, when an override has no reason, or a reason is none.
pub fn settled(request: &Request) -> Result<Request, Failure> {
    let mut request = request.clone();
    request.reason = allowed(request.reason.as_deref())?;
    for one in &mut request.overrides {
        one.reason = needed(Some(&one.reason), "an override")?;
    }
    Ok(request)
}

fn refused(unsaid: Unsaid) -> Failure {
    refuse(unsaid.to_string())
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
            "\u{2800}",
        ] {
            assert_eq!(judge(text), Err(Unsaid::Blank), "{text:?}");
        }
        for text in ["x", "INC-88", "0", "…", "終わり", "🔥", " a ", "é"] {
            assert_eq!(judge(text), Ok(text.trim()), "{text:?}");
        }
    }

    #[test]
    fn a_reason_has_an_end() {
        assert_eq!(judge(&"é".repeat(LONGEST)), Ok("é".repeat(LONGEST).as_str()));
        assert_eq!(judge(&"é".repeat(LONGEST + 1)), Err(Unsaid::Long(LONGEST + 1)));
    }
}
