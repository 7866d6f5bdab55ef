//! Whether one text is what its key takes, with the place of what is wrong in it.

use super::address;
use super::keys::Shape;
use super::locations;
use super::reading::ReadContext;
use super::sign_in;
use super::variables::{Wrong, template};
use crate::duration;
use crate::names::{escape, is_name};
use crate::pattern;
use crate::suggest::closest;
use crate::template::variable;
use crate::window::Window;
use chrono_tz::{TZ_VARIANTS, Tz};
use semver::VersionReq;

/// Everything that is wrong with `text` as a value of this shape.
pub(super) fn check(shape: &Shape, text: &str, context: &ReadContext<'_>) -> Vec<Wrong> {
    let whole = |message: String, hint: Option<String>| vec![Wrong { place: 0..text.len(), message, hint }];
    if text.trim().is_empty() {
        return whole("it is empty".to_owned(), None);
    }
    match shape {
        Shape::Word(words) if !words.contains(&text) => {
            let known = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            let hint = match closest(text, words.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {known}"),
            };
            whole(format!("`{}` is not known here", escape(text)), Some(hint))
        }
        Shape::Name if !is_name(text) => whole(
            format!("`{}` is not a name", escape(text)),
            Some(
                "names have 1 to 32 of the characters a-z, 0-9 and `-`, and a letter or digit at both ends"
                    .to_owned(),
            ),
        ),
        Shape::Duration | Shape::Timeout => match duration::parse(text) {
            Ok(time) if time.is_zero() && matches!(shape, Shape::Timeout) => whole(
                "must be longer than 0".to_owned(),
                Some("for example `30m`; left out, it is the default".to_owned()),
            ),
            Ok(_) => Vec::new(),
            Err(error) => {
                vec![Wrong { place: error.offset..text.len(), message: error.to_string(), hint: None }]
            }
        },
        Shape::Window => match Window::parse(text) {
            Ok(_) => Vec::new(),
            Err(error) => {
                vec![Wrong {
                    place: error.offset..error.offset + error.len,
                    message: error.message,
                    hint: error.hint,
                }]
            }
        },
        Shape::Versions => match text.parse::<VersionReq>() {
            Ok(_) => Vec::new(),
            Err(error) => whole(
                format!("`{}` is not a semver requirement: {error}", escape(text)),
                Some("for example `>=1.4, <2`".to_owned()),
            ),
        },
        Shape::TimeZone if text.parse::<Tz>().is_err() => time_zone(text),
        Shape::Template if variable(text).is_none() => template(text).err().into_iter().collect(),
        Shape::Settled if variable(text).is_none() => settled(text),
        Shape::Location => locations::template(text, context).err().unwrap_or_default(),
        Shape::Ledger => locations::ledger_template(text, context).err().unwrap_or_default(),
        Shape::Address if variable(text).is_none() => address::check(text, true).into_iter().collect(),
        Shape::Endpoint => address::check(text, false).into_iter().collect(),
        Shape::SignIn => sign_in::check(text).into_iter().collect(),
        Shape::Secret if variable(text).is_none() => whole(
            "this takes a variable only, since its value is a secret".to_owned(),
            Some("write its name: `\"$SLACK_WEBHOOK_URL\"`".to_owned()),
        ),
        Shape::Asked if variable(text).is_none() => {
            template(text).err().or_else(|| address::asked(text)).into_iter().collect()
        }
        Shape::Link => match settled(text) {
            wrong if wrong.is_empty() => address::link(text).into_iter().collect(),
            wrong => wrong,
        },
        Shape::Region if variable(text).is_none() && !is_region(text) => whole(
            format!("`{}` is not a region", escape(text)),
            Some("for example `eu-central-1`: letters, digits and `-`".to_owned()),
        ),
        Shape::Path => path(text),
        Shape::Folder => folder(text),
        Shape::Pattern => pattern(text).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn time_zone(text: &str) -> Vec<Wrong> {
    let lower = text.to_lowercase();
    let city = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let named = TZ_VARIANTS.iter().map(|tz| tz.name());
    let near = named.clone().find(|name| city(name) == lower).or_else(|| closest(text, named));
    vec![Wrong {
        place: 0..text.len(),
        message: format!("`{}` is not a time zone", escape(text)),
        hint: Some(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "for example `Europe/Berlin`, as in the IANA time zone database".to_owned(),
        }),
    }]
}

/// A template that can be filled in while the file is read.
fn settled(text: &str) -> Vec<Wrong> {
    match template(text) {
        Ok(template)
            if template.uses_sha()
                || template.uses_version()
                || template.uses_timestamp()
                || template.uses_date() =>
        {
            vec![Wrong {
                place: 0..text.len(),
                message: "only `{env}` and `{project}` can stand here".to_owned(),
                hint: None,
            }]
        }
        Ok(_) => Vec::new(),
        Err(wrong) => vec![wrong],
    }
}

fn pattern(text: &str) -> Option<Wrong> {
    let several = || Some("write several patterns, one an entry of the list".to_owned());
    let too_much = pattern::excess(text).map(|(place, message)| Wrong { place, message, hint: several() });
    too_much.or_else(|| pattern::malformed(text).map(|(place, message)| Wrong { place, message, hint: None }))
}

/// A region becomes part of a host's name.
fn is_region(text: &str) -> bool {
    let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    letters && text.len() <= 63 && !text.starts_with('-') && !text.ends_with('-')
}

/// A path whose parts may be filled in later. No variable: which folder it is must be seen in the file.
fn folder(text: &str) -> Vec<Wrong> {
    if variable(text).is_some() {
        let message = "a folder can't stand in a variable".to_owned();
        let hint = Some("write its path below the folder of `promote.toml`".to_owned());
        return vec![Wrong { place: 0..text.len(), message, hint }];
    }
    match template(text) {
        Ok(_) => path(text),
        Err(wrong) => vec![wrong],
    }
}

fn path(text: &str) -> Vec<Wrong> {
    let drive = text.get(1..2) == Some(":");
    let leaves = text.split('/').any(|part| part == "..");
    if text.starts_with('/') || drive || leaves || text.contains('\\') || text.chars().any(char::is_control) {
        return vec![Wrong {
            place: 0..text.len(),
            message: format!("`{}` leads out of the folder of `promote.toml`", escape(text)),
            hint: Some("paths are relative, with `/` between their parts and without `..`".to_owned()),
        }];
    }
    Vec::new()
}
