//! Walks the file along the tables of keys: every unknown or misplaced key, every value of another kind, every text that
//! is not what its key takes. What values mean together is checked elsewhere.

use super::diagnostic::Diagnostic;
use super::forge_run;
use super::keys::{ACTIONS, ENVIRONMENT, Key, Owner, PROJECT, STEP, Shape, TABLES};
use super::leaf;
use super::reading::{Reading, Table, Value, in_order, integer, kind_of};
use super::unacted;
use crate::location::{is_bucket, is_repository};
use crate::names::{escape, is_name};
use crate::suggest::closest;
use std::ops::Range;
use toml::de::DeValue;

/// An array longer than this is no configuration.
const LONGEST: usize = 100;

/// Checks the whole file.
pub(super) fn check(reading: &mut Reading<'_, '_>, root: &Table<'_>) {
    table(reading, root, &[PROJECT, ENVIRONMENT], root);
}

fn table(reading: &mut Reading<'_, '_>, table: &Table<'_>, keys: &[&[Key]], root: &Table<'_>) {
    for (name, span, value) in in_order(table) {
        if reading.found.full() {
            return;
        }
        match keys.iter().flat_map(|keys| keys.iter()).find(|key| key.name == name) {
            Some(key) => {
                check_value(reading, value, &key.shape, key.name, root);
                standing(reading, key, span);
            }
            None => unknown(reading, name, span, value, keys, root),
        }
    }
}

/// Tells what this version makes of a key.
fn standing(reading: &mut Reading<'_, '_>, key: &Key, span: Range<usize>) {
    if let Some(found) = unacted::of_key(key.standing, key.name, span) {
        reading.unacted.push(found);
    }
}

fn unknown(
    reading: &mut Reading<'_, '_>,
    name: &str,
    span: Range<usize>,
    value: &Value<'_>,
    keys: &[&[Key]],
    root: &Table<'_>,
) {
    let here = || keys.iter().flat_map(|keys| keys.iter()).map(|key| key.name);
    let elsewhere: Vec<&str> = TABLES
        .iter()
        .filter(|(_, table)| table.iter().any(|key| key.name == name))
        .map(|(place, _)| *place)
        .fold(Vec::new(), |mut list, place| {
            if list.last() != Some(&place) {
                list.push(place);
            }
            list
        });
    let found = if !elsewhere.is_empty() {
        Diagnostic::error(span, format!("`{name}` belongs {}", elsewhere.join(" or "))).label("not here")
    } else {
        let found = Diagnostic::error(span, format!("unknown key `{}`", escape(name)));
        // `[prod]` is most likely meant to be `[env.prod]`.
        if here().any(|key| key == "environments") && value.get_ref().is_table() && is_environment(root, name)
        {
            found.label(format!("did you mean `[env.{name}]`?"))
        } else {
            match closest(name, here()) {
                Some(near) => found.label(format!("did you mean `{near}`?")),
                None if here().count() <= 10 => {
                    let known = here().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
                    found.hint(format!("known here are {known}"))
                }
                None => found.hint("`promote schema` and the reference list every key"),
            }
        }
    };
    reading.found.push(found);
}

/// Whether `name` stands in `environments`.
fn is_environment(root: &Table<'_>, name: &str) -> bool {
    let order = root.get("environments").and_then(|order| order.get_ref().as_array());
    let named = |value: &Value<'_>| value.get_ref().as_str() == Some(name);
    order.is_some_and(|order| {
        order
            .iter()
            .any(|one| named(one) || one.get_ref().as_array().is_some_and(|stage| stage.iter().any(named)))
    })
}

fn check_value(reading: &mut Reading<'_, '_>, value: &Value<'_>, shape: &Shape, key: &str, root: &Table<'_>) {
    match (shape, value.get_ref()) {
        (Shape::Order, _) | (Shape::Bool, DeValue::Boolean(_)) => {}
        (Shape::Integer(least, most), DeValue::Integer(_)) => match integer(value) {
            Some(number) if (*least..=*most).contains(&number) => {}
            _ => reading.error(value.span(), format!("`{key}` takes {}", shape.takes())),
        },
        (Shape::Filled(_, means), DeValue::Array(items)) if items.is_empty() => {
            let found = Diagnostic::error(
                value.span(),
                format!("`{key}` is an empty list, which would mean {means}"),
            );
            reading.found.push(found.hint(format!("name at least one, or leave `{key}` out")));
        }
        (Shape::List(of) | Shape::Filled(of, _), DeValue::Array(items)) => {
            if key == "notes" {
                once(reading, items.iter());
            }
            list(reading, value, items.iter(), of, key, root)
        }
        (Shape::Several(of), DeValue::Array(items)) => {
            if items.is_empty() && key == "codepipeline" {
                reading.error(value.span(), format!("`{key}` names nothing"));
            }
            list(reading, value, items.iter(), of, key, root);
        }
        (Shape::Several(of), _) => check_value(reading, value, of, key, root),
        (Shape::OrTable(_, keys) | Shape::Table(keys), DeValue::Table(inner)) => {
            table(reading, inner, &[keys], root);
        }
        (Shape::OrTable(of @ Shape::Integer(..), _), DeValue::Integer(_)) => {
            check_value(reading, value, of, key, root);
        }
        (Shape::OrTable(of, _), DeValue::String(_)) if is_text(of) => text(reading, value, of),
        (Shape::Named(owner, keys), DeValue::Table(inner)) => named(reading, inner, *owner, keys, key, root),
        (Shape::Variables, DeValue::Table(inner)) => variables(reading, inner),
        (Shape::Steps, DeValue::Array(items)) => {
            let one = Shape::Steps;
            if items.len() > LONGEST {
                reading.error(value.span(), format!("`{key}` has more than {LONGEST} entries"));
                return;
            }
            for item in items.iter() {
                match item.get_ref() {
                    DeValue::Array(_) => wrong_kind(reading, item, &one, key),
                    _ => check_value(reading, item, &one, key, root),
                }
            }
        }
        (Shape::Steps, DeValue::Table(inner)) => step(reading, value, inner, root),
        (Shape::Steps, DeValue::String(_)) => text(reading, value, &Shape::Text),
        (shape, DeValue::String(_)) if is_text(shape) => text(reading, value, shape),
        _ => wrong_kind(reading, value, shape, key),
    }
}

/// Tells of a note that is listed again: its text is asked for once, whatever was meant by the other.
fn once<'i, 't: 'i>(reading: &mut Reading<'_, '_>, items: impl Iterator<Item = &'i Value<'t>>) {
    let mut known: Vec<&str> = Vec::new();
    for item in items {
        let Some(name) = item.get_ref().as_str() else { continue };
        if known.contains(&name) {
            reading.error(item.span(), format!("`{}` is listed twice in `notes`", escape(name)));
        }
        known.push(name);
    }
}

fn is_text(shape: &Shape) -> bool {
    matches!(
        shape,
        Shape::Text
            | Shape::Word(_)
            | Shape::Name
            | Shape::Duration
            | Shape::Timeout
            | Shape::Window
            | Shape::Versions
            | Shape::TimeZone
            | Shape::Template
            | Shape::Settled
            | Shape::Location
            | Shape::Ledger
            | Shape::Address
            | Shape::Asked
            | Shape::Link
            | Shape::Region
            | Shape::Secret
            | Shape::Endpoint
            | Shape::SignIn
            | Shape::Path
            | Shape::Folder
            | Shape::Pattern
    )
}

fn text(reading: &mut Reading<'_, '_>, value: &Value<'_>, shape: &Shape) {
    let text = value.get_ref().as_str().unwrap_or_default();
    for wrong in leaf::check(shape, text, reading.context) {
        reading.wrong(value, wrong);
    }
}

fn wrong_kind(reading: &mut Reading<'_, '_>, value: &Value<'_>, shape: &Shape, key: &str) {
    let found =
        Diagnostic::error(value.span(), format!("`{key}` takes {}, not {}", shape.takes(), kind_of(value)));
    let hint = match (shape, value.get_ref()) {
        (Shape::List(_) | Shape::Filled(..), DeValue::String(_)) => {
            let raw = reading.written(value);
            let short = raw.len() <= 80 && !raw.chars().any(char::is_control);
            Some(if short {
                format!("put it in brackets: `{key} = [{raw}]`")
            } else {
                "put it in brackets".to_owned()
            })
        }
        (Shape::Duration, DeValue::Integer(_)) => Some("write a unit: `\"30m\"`".to_owned()),
        _ => None,
    };
    reading.found.push(found.maybe_hint(hint));
}

fn list<'a, 't: 'a>(
    reading: &mut Reading<'_, '_>,
    value: &Value<'_>,
    items: impl ExactSizeIterator<Item = &'a Value<'t>>,
    of: &Shape,
    key: &str,
    root: &Table<'_>,
) {
    if items.len() > LONGEST {
        reading.error(value.span(), format!("`{key}` has more than {LONGEST} entries"));
        return;
    }
    for item in items {
        check_value(reading, item, of, key, root);
    }
}

fn named(
    reading: &mut Reading<'_, '_>,
    inner: &Table<'_>,
    owner: Owner,
    keys: &'static [Key],
    key: &str,
    root: &Table<'_>,
) {
    for (name, span, value) in in_order(inner) {
        if reading.found.full() {
            return;
        }
        let fits = match owner {
            Owner::Environment | Owner::Artifact => is_name(name),
            Owner::Store => is_bucket(name) || is_repository(name),
        };
        let DeValue::Table(inner) = value.get_ref() else {
            let message = format!("`[{key}]` takes tables with names, not {}", kind_of(value));
            let hint = format!("`[{key}.NAME]` begins one");
            reading.found.push(Diagnostic::error(span, message).hint(hint));
            continue;
        };
        if !fits {
            let what = match owner {
                Owner::Environment => "an environment's name",
                Owner::Artifact => "an artifact's name",
                Owner::Store => "the name of a bucket or of a repository of images",
            };
            reading.error(span, format!("`{}` is not {what}", escape(name)));
        }
        table(reading, inner, &[keys], root);
    }
}

/// `env` of a step.
fn variables(reading: &mut Reading<'_, '_>, inner: &Table<'_>) {
    for (name, span, value) in in_order(inner) {
        let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if name.is_empty() || !letters || name.starts_with(|c: char| c.is_ascii_digit()) {
            reading.error(span, format!("`{}` is not a variable's name", escape(name)));
        } else if name.starts_with("PROMOTE_") {
            reading.error(span, format!("`{name}` is set by promote"));
        }
        if value.get_ref().as_str().is_none() {
            wrong_kind(reading, value, &Shape::Text, name);
        }
    }
}

fn step(reading: &mut Reading<'_, '_>, value: &Value<'_>, inner: &Table<'_>, root: &Table<'_>) {
    table(reading, inner, &[ACTIONS, STEP], root);
    let entries = in_order(inner);
    let actions: Vec<_> =
        entries.iter().filter(|(name, ..)| ACTIONS.iter().any(|key| key.name == *name)).collect();
    let Some((action, first, does)) = actions.first() else {
        // A misspelt action was told already.
        if entries.iter().any(|(name, ..)| STEP.iter().all(|key| key.name != *name)) {
            return;
        }
        let known = ACTIONS.iter().map(|key| format!("`{}`", key.name)).collect::<Vec<_>>().join(", ");
        let found = Diagnostic::error(value.span(), "this step does nothing")
            .hint(format!("it needs one of {known}"));
        reading.found.push(found);
        return;
    };
    for (name, span, _) in actions.iter().skip(1) {
        let found = Diagnostic::error(span.clone(), format!("a step does one thing: `{action}` or `{name}`"))
            .also(first.clone(), "the first")
            .hint("an array of steps runs one after the other: `[{ … }, { … }]`");
        reading.found.push(found);
    }
    let env = entries.iter().find(|(name, ..)| *name == "env").map(|(_, _, env)| *env);
    forge_run::check(reading, action, does, env);
    for (option, owners) in [
        ("expect", &["http"][..]),
        ("start", &["codepipeline"]),
        ("ref", &["github", "gitlab"]),
        ("changed", &["run"]),
        ("saves", &["run"]),
    ] {
        let Some((_, span, _)) = entries.iter().find(|(name, ..)| *name == option) else { continue };
        if !owners.contains(action) {
            let owners = owners.iter().map(|owner| format!("`{owner}`")).collect::<Vec<_>>().join(" and ");
            let found = Diagnostic::error(
                span.clone(),
                format!("`{option}` goes with {owners}, not with `{action}`"),
            );
            reading.found.push(found.also(first.clone(), ""));
        }
    }
}
