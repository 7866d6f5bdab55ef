//! The JSON Schema of `promote.toml` for editors (draft 2020-12), made from the tables of keys.

use super::keys::{ACTIONS, ENVIRONMENT, Key, Owner, PROJECT, STEP, Shape};
use super::sign_in;
use serde_json::{Map, Value, json};

const NAME: &str = "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$";
const STORE: &str = r"^([a-z0-9][a-z0-9._-]{1,220}[a-z0-9]|[A-Za-z0-9.:\[\]-]+(/[a-z0-9][a-z0-9._-]*)+)$";
const VARIABLE: &str = r"^\$[A-Za-z_][A-Za-z0-9_]*$";
const ADDRESS: &str = r"^(\$[A-Za-z_][A-Za-z0-9_]*$|https://|http://(localhost|127\.|\[::1\]))";
const ENDPOINT: &str = r"^(https://|http://(localhost|127\.|\[::1\]))";
const DURATION: &str = "^(0|([0-9]+[wdhms])+)$";
const PATH: &str = r"^[^/\\]";

/// The schema, as `promote schema` prints it.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "promote.toml",
        "description": "How finished builds move from one environment to the next.",
        "type": "object",
        "properties": properties(&[PROJECT, ENVIRONMENT]),
        "required": ["environments"],
        "additionalProperties": false,
        "$defs": {
            "environment": object(&[ENVIRONMENT]),
            "step": step(),
            "steps": {
                "anyOf": [
                    { "$ref": "#/$defs/step" },
                    { "type": "array", "items": { "$ref": "#/$defs/step" }, "maxItems": 100 },
                ]
            },
        },
    })
}

fn object(keys: &[&[Key]]) -> Value {
    json!({ "type": "object", "properties": properties(keys), "additionalProperties": false })
}

fn properties(keys: &[&[Key]]) -> Value {
    let described = |key: &Key| {
        let mut value = of(&key.shape);
        if let Some(map) = value.as_object_mut() {
            let default =
                if key.default.is_empty() { String::new() } else { format!(" Default: {}.", key.default) };
            map.insert("description".to_owned(), json!(format!("{}{default}", key.doc)));
        }
        (key.name.to_owned(), value)
    };
    Value::Object(keys.iter().flat_map(|keys| keys.iter()).map(described).collect::<Map<_, _>>())
}

/// A step: a command, or a table that does exactly one thing.
fn step() -> Value {
    let mut table = object(&[ACTIONS, STEP]);
    if let Some(map) = table.as_object_mut() {
        let one = ACTIONS.iter().map(|key| json!({ "required": [key.name] })).collect();
        map.insert("oneOf".to_owned(), Value::Array(one));
    }
    json!({ "anyOf": [{ "type": "string", "minLength": 1 }, table] })
}

fn of(shape: &Shape) -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let pattern = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Text
        | Shape::Window
        | Shape::Versions
        | Shape::TimeZone
        | Shape::Template
        | Shape::Settled
        | Shape::Region
        | Shape::Location
        | Shape::Ledger => text(),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Name => pattern(NAME),
        Shape::Duration | Shape::Timeout => pattern(DURATION),
        Shape::Address | Shape::Asked => pattern(ADDRESS),
        Shape::Link => pattern("^https?://"),
        Shape::Secret => pattern(VARIABLE),
        Shape::Endpoint => pattern(ENDPOINT),
        Shape::SignIn => json!({ "anyOf": [{ "enum": sign_in::WORDS }, pattern(ENDPOINT)] }),
        Shape::Path | Shape::Folder => pattern(PATH),
        Shape::Pattern => json!({ "type": "string", "minLength": 1, "maxLength": crate::pattern::LONGEST }),
        Shape::Order => json!({
            "type": "array",
            "minItems": 1,
            "items": {
                "anyOf": [
                    { "type": "string", "pattern": NAME },
                    { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": NAME } },
                ]
            },
        }),
        Shape::List(one) => json!({ "type": "array", "items": of(one), "maxItems": 100 }),
        Shape::Filled(one, _) => json!({ "type": "array", "items": of(one), "minItems": 1, "maxItems": 100 }),
        Shape::Several(one) => {
            json!({ "anyOf": [of(one), { "type": "array", "items": of(one), "maxItems": 100 }] })
        }
        Shape::Table(keys) => object(&[keys]),
        Shape::OrTable(one, keys) => json!({ "anyOf": [of(one), object(&[keys])] }),
        Shape::Named(owner, keys) => {
            let (names, value) = match owner {
                Owner::Environment => (NAME, json!({ "$ref": "#/$defs/environment" })),
                Owner::Artifact => (NAME, object(&[keys])),
                Owner::Store => (STORE, object(&[keys])),
            };
            json!({ "type": "object", "propertyNames": { "pattern": names }, "additionalProperties": value })
        }
        Shape::Variables => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
            "additionalProperties": { "type": "string" },
        }),
        Shape::Steps => json!({ "$ref": "#/$defs/steps" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::TABLES;
    use crate::config::reference;

    #[test]
    fn every_key_is_in_the_schema_and_the_reference_with_its_meaning() {
        let schema = schema().to_string();
        let rows = reference();
        for (_, keys) in TABLES {
            for key in *keys {
                assert!(
                    schema.contains(&json!(key.doc).to_string().trim_matches('"').to_owned()),
                    "{}",
                    key.name
                );
                assert!(rows.iter().any(|row| row.name == key.name && row.meaning.starts_with(key.doc)));
                assert!(key.doc.ends_with('.') && key.doc.len() > 10, "{}", key.name);
            }
        }
        for top in ["environments", "env", "source", "deploy"] {
            assert!(super::schema()["properties"][top]["description"].is_string(), "{top}");
        }
        assert_eq!(super::schema()["additionalProperties"], json!(false));
        assert_eq!(super::schema()["$defs"]["environment"]["properties"].get("project"), None);
    }
}
