//! Every value in force and the line it comes from, for `promote config show`. Values are shown as they are written, so a
//! variable is shown by its name, never by what it holds.

use super::environments::Draft;
use super::keys::{ENVIRONMENT, Key, PROJECT, Shape};
use super::layers::Layers;
use super::model::{Config, Effective, Environment, LedgerPlace};
use super::reading::{Reading, Table, Value};
use crate::location::StoreId;
use crate::names::EnvironmentName;
use crate::tier::Tier;

/// The project's values, then each environment's, in order.
pub(super) fn list(
    reading: &Reading<'_, '_>,
    root: &Table<'_>,
    drafts: &[Draft<'_, '_>],
    config: &Config,
) -> Vec<Effective> {
    let mut list = Vec::new();
    let layers = Layers::new(None, Some(root));
    for key in PROJECT.iter().filter(|key| key.name != "env") {
        push(reading, &mut list, None, key, &layers, "", own_default(key, config));
    }
    for draft in drafts {
        let env = &draft.environment;
        for key in ENVIRONMENT {
            push(reading, &mut list, Some(&env.name), key, &draft.layers, "", default(key, env));
        }
    }
    list
}

fn push(
    reading: &Reading<'_, '_>,
    list: &mut Vec<Effective>,
    env: Option<&EnvironmentName>,
    key: &Key,
    layers: &Layers<'_, '_>,
    prefix: &str,
    default: Option<String>,
) {
    let path = format!("{prefix}{}", key.name);
    let Some(value) = layers.get(key.name) else {
        if let Some(value) = default {
            list.push(Effective { env: env.cloned(), key: path, value, line: None });
        }
        return;
    };
    let inner = layers.below(key.name);
    match (&key.shape, value.get_ref().is_table()) {
        (Shape::Table(keys) | Shape::OrTable(_, keys), true) => {
            for key in *keys {
                push(reading, list, env, key, &inner, &format!("{path}."), None);
            }
        }
        (Shape::Named(_, keys), true) => {
            for name in inner.names() {
                for key in *keys {
                    push(reading, list, env, key, &inner.below(name), &format!("{path}.{name}."), None);
                }
            }
        }
        _ => list.push(Effective {
            env: env.cloned(),
            key: path,
            value: written(reading, value),
            line: Some(reading.line(value)),
        }),
    }
}

/// As in the file. A table with a header of its own is put in braces.
fn written(reading: &Reading<'_, '_>, value: &Value<'_>) -> String {
    let raw = reading.written(value);
    let Some(table) = value.get_ref().as_table() else { return raw };
    if raw.starts_with('{') {
        return raw;
    }
    let inner: Vec<String> = super::reading::in_order(table)
        .into_iter()
        .map(|(name, _, value)| format!("{name} = {}", written(reading, value)))
        .collect();
    format!("{{ {} }}", inner.join(", "))
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// The project's default in force, where there is one to show.
fn own_default(key: &Key, config: &Config) -> Option<String> {
    match key.name {
        "project" => Some(quoted(config.project.as_str())),
        "ledger" => Some(quoted(&ledger(&config.ledger))),
        "timezone" => Some(quoted(config.timezone.name())),
        _ => None,
    }
}

/// The environment's default in force, where there is one to show.
fn default(key: &Key, env: &Environment) -> Option<String> {
    match key.name {
        "from" if env.from.is_empty() => None,
        "from" => {
            let names: Vec<String> = env.from.iter().map(|name| quoted(name.as_str())).collect();
            Some(format!("[{}]", names.join(", ")))
        }
        "auto" => Some(env.auto.to_string()),
        "tier" => Some(quoted(match env.tier {
            Tier::Development => "development",
            Tier::Test => "test",
            Tier::Staging => "staging",
            Tier::Production => "production",
        })),
        "soak" | "timeout" | "on-failure" | "while-deploying" => Some(quoted(key.default)),
        "approvals" | "prune" | "hold" => Some(key.default.to_owned()),
        _ => None,
    }
}

fn ledger(place: &LedgerPlace) -> String {
    match place {
        LedgerPlace { store: StoreId::Local, prefix } => format!("{prefix}/"),
        LedgerPlace { store: StoreId::Git(branch), .. } => format!("git:{branch}"),
        LedgerPlace { store, prefix } => format!("{store}/{prefix}/"),
    }
}
