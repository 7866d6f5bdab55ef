//! `${NAME}`, `${NAME:-x}` and `${NAME:?why}` inside locations, replaced before placeholders are looked at. What a
//! variable holds is taken literally: its braces are no placeholders.

use super::secrets;
use crate::names::escape;
use crate::template::Template;
use promote_port::secret_name::stays_here;
use std::ops::Range;

/// A text with its variables replaced, and how to find back.
#[derive(Debug)]
pub(super) struct Replaced {
    pub(super) text: String,
    /// Pairs of where a piece starts in the result, and the place in the written text that it comes from. Pieces that
    /// were copied keep their inner offsets.
    pieces: Vec<(usize, Range<usize>, bool)>,
}

/// What is wrong at a place of the written text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) place: Range<usize>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Replaced {
    /// The place in the written text that a place in the result comes from.
    pub(super) fn origin(&self, place: Range<usize>) -> Range<usize> {
        let last = place.end.saturating_sub(1).max(place.start);
        let (start, _) = self.back(place.start);
        let (_, end) = self.back(last);
        start..if place.is_empty() { start } else { end.max(start) }
    }

    /// The bytes of the written text that one byte of the result comes from, as start and end.
    fn back(&self, at: usize) -> (usize, usize) {
        let index = self.pieces.partition_point(|(start, _, _)| *start <= at).saturating_sub(1);
        match self.pieces.get(index) {
            Some((start, from, true)) => (from.start + (at - start), from.start + (at - start) + 1),
            Some((_, from, false)) => (from.start, from.end),
            None => (at, at + 1),
        }
    }

    fn push(&mut self, text: &str, from: Range<usize>, copied: bool) {
        self.pieces.push((self.text.len(), from, copied));
        self.text.push_str(text);
    }
}

/// Replaces every variable of `text`.
///
/// # Errors
/// Everything that is wrong: unset variables, names that are none, braces that nothing closes.
pub(super) fn replace(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Replaced, Vec<Wrong>> {
    let mut out = Replaced { text: String::new(), pieces: Vec::new() };
    let mut wrong = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find("${")).map(|found| at + found) {
        out.push(text.get(at..open).unwrap_or_default(), at..open, true);
        let Some(close) = text.get(open..).and_then(|rest| rest.find('}')).map(|found| open + found) else {
            wrong.push(Wrong { place: open..open + 2, message: "a `${` has no `}`".to_owned(), hint: None });
            at = text.len();
            continue;
        };
        let place = open..close + 1;
        match value(text.get(open + 2..close).unwrap_or_default(), lookup) {
            Ok(value) => out.push(&value.replace('{', "{{").replace('}', "}}"), place, false),
            Err((message, hint)) => wrong.push(Wrong { place, message, hint }),
        }
        if out.text.len() > 8192 {
            wrong.push(Wrong {
                place: 0..text.len(),
                message: "it is longer than any location".to_owned(),
                hint: None,
            });
            break;
        }
        at = close + 1;
    }
    out.push(text.get(at..).unwrap_or_default(), at..text.len(), true);
    if wrong.is_empty() { Ok(out) } else { Err(wrong) }
}

/// What stands for the inside of `${…}`.
fn value(inside: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, (String, Option<String>)> {
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err((
            format!("`${{{}}}` names no variable", escape(inside)),
            Some("`${NAME}`, `${NAME:-default}` and `${NAME:?why}` are known".to_owned()),
        ));
    }
    // It would be sent to whomever the location names, and shown wherever the location is.
    let refused = |why: String| {
        let hint = "a location is known to whoever runs the store; name a variable that holds no secret";
        Err((why, Some(hint.to_owned())))
    };
    if stays_here(name) {
        return refused(format!("`{name}` is a secret by its name, and no part of a location"));
    }
    let set = lookup(name).filter(|value| !value.is_empty());
    if let Some(what) = set.as_deref().and_then(secrets::what) {
        return refused(format!("the variable `{name}` has {what} in it, which is no part of a location"));
    }
    match (set, rest.get(..2), rest.get(2..)) {
        (_, Some(":-" | ":?"), Some(nested)) if nested.contains("${") => {
            Err((format!("the default of `${{{name}}}` can't hold another variable"), None))
        }
        (Some(value), Some(":-" | ":?"), _) => Ok(value),
        (None, Some(":-"), Some(default)) => Ok(default.to_owned()),
        (None, Some(":?"), Some(why)) => {
            let why = if why.trim().is_empty() { String::new() } else { format!(": {}", escape(why.trim())) };
            Err((format!("the variable `{name}` is not set{why}"), None))
        }
        (set, _, _) if rest.is_empty() => set.ok_or_else(|| {
            let hint = format!("set it, or give a default: `${{{name}:-default}}`");
            (format!("the variable `{name}` is not set"), Some(hint))
        }),
        _ => Err((
            format!("`{}` can't follow a variable's name", escape(rest)),
            Some(format!("`${{{name}}}`, `${{{name}:-default}}` and `${{{name}:?why}}` are known")),
        )),
    }
}

/// Reads a template, with the place of what is wrong in it.
pub(super) fn template(text: &str) -> Result<Template, Wrong> {
    Template::parse(text).map_err(|error| Wrong {
        place: error.offset..error.offset + error.len,
        message: error.message,
        hint: error.hint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "BUCKET" => Some("acme".to_owned()),
            "EMPTY" => Some(String::new()),
            "ODD" => Some("{sha}".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_replaced() {
        for (text, wanted) in [
            ("s3://${BUCKET}/{sha}.zip", "s3://acme/{sha}.zip"),
            ("${BUCKET:-x}${NO:-y}${EMPTY:-z}${NO:-}", "acmeyz"),
            ("${BUCKET:?why}", "acme"),
            ("$BUCKET $ $$", "$BUCKET $ $$"),
            ("${ODD}", "{{sha}}"),
        ] {
            assert_eq!(replace(text, &lookup).unwrap().text, wanted, "{text}");
        }
    }

    #[test]
    fn unset_ones_are_errors_at_their_place_all_at_once() {
        let wrong =
            replace("s3://${NO}/${EMPTY}/${NO:?ask ops}/${1}/${A:+b}/${A:-${B}}/${", &lookup).unwrap_err();
        let told: Vec<_> = wrong.iter().map(|w| (w.place.clone(), w.message.as_str())).collect();
        assert_eq!(
            told,
            [
                (5..10, "the variable `NO` is not set"),
                (11..19, "the variable `EMPTY` is not set"),
                (20..34, "the variable `NO` is not set: ask ops"),
                (35..39, "`${1}` names no variable"),
                (40..47, "`:+b` can't follow a variable's name"),
                (48..57, "the default of `${A}` can't hold another variable"),
                (59..61, "a `${` has no `}`"),
            ]
        );
    }

    #[test]
    fn a_secret_is_no_part_of_a_location() {
        for name in [
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "db_password",
            "DB_PASS",
            "GH_PAT",
            "DEPLOY_KEY",
            "NPM_AUTH",
        ] {
            for text in
                [format!("x.example/a:${{{name}}}"), format!("${{{name}:-a}}"), format!("${{{name}:?a}}")]
            {
                let lookup = |_: &str| Some("geheim".to_owned());
                let wrong = replace(&text, &lookup).unwrap_err();
                assert!(wrong[0].message.contains("is a secret by its name"), "{text}");
                assert!(!format!("{wrong:?}").contains("geheim"));
            }
        }
        for value in ["postgres://app:geheim@db.example/shop", "ghp_abcdefghijklmnopqrstuvwxyz0123"] {
            let lookup = |_: &str| Some(value.to_owned());
            let wrong = replace("${DATABASE_URL}", &lookup).unwrap_err();
            assert!(wrong[0].message.contains("`DATABASE_URL` has a"), "{wrong:?}");
            assert!(!format!("{wrong:?}").contains("geheim") && !format!("{wrong:?}").contains("ghp_"));
        }
        for name in ["CACHE_KEY", "AWS_ACCESS_KEY_ID", "TOKEN_FILE", "BUCKET", "AUTHOR"] {
            assert!(replace(&format!("${{{name}}}"), &|_| Some("x".to_owned())).is_ok(), "{name}");
        }
    }

    #[test]
    fn places_lead_back_to_what_was_written() {
        let replaced = replace("a${BUCKET}b{x}", &lookup).unwrap();
        assert_eq!(replaced.text, "aacmeb{x}");
        assert_eq!(replaced.origin(6..9), 11..14);
        assert_eq!(replaced.origin(0..1), 0..1);
        assert_eq!(replaced.origin(2..4), 1..10);
        assert_eq!(replaced.origin(9..9), 14..14);
    }
}
