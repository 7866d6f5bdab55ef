//! `environments`: the order of promotion, and the tier that a name tells.

use super::diagnostic::Diagnostic;
use super::model::{Config, Environment};
use super::reading::{Reading, Table, Value, kind_of};
use crate::name_word;
use crate::names::{EnvironmentName, escape};
use crate::suggest::closest;
use crate::tier::Tier;
use std::ops::Range;

/// More environments than this are no order that a person could follow.
const MOST: usize = 50;

/// The stages, with the place where each environment is named.
#[derive(Debug, Default)]
pub(super) struct Order {
    pub(super) stages: Vec<Vec<EnvironmentName>>,
    /// In order.
    pub(super) named: Vec<(EnvironmentName, Range<usize>)>,
    /// The whole value.
    pub(super) span: Range<usize>,
}

impl Order {
    /// The stage of an environment, from 0.
    pub(super) fn stage(&self, name: &EnvironmentName) -> Option<usize> {
        self.stages.iter().position(|stage| stage.contains(name))
    }
}

impl Config {
    /// Every environment, in the order of promotion.
    pub fn in_order(&self) -> impl Iterator<Item = &Environment> {
        self.stages.iter().flatten().filter_map(|name| self.environments.get(name))
    }
}

/// Reads `environments` and compares it with the tables of `[env]`.
pub(super) fn read(reading: &mut Reading<'_, '_>, root: &Table<'_>) -> Order {
    let mut order = Order::default();
    let Some(value) = root.get("environments") else {
        // A misspelt key was told already.
        if root.iter().any(|(key, _)| closest(key.get_ref(), ["environments"]).is_some()) {
            return order;
        }
        reading.found.push(
            Diagnostic::error(0..0, "`environments` is missing")
                .hint("it gives the order of promotion: `environments = [\"staging\", \"prod\"]`"),
        );
        return order;
    };
    order.span = value.span();
    let Some(items) = value.get_ref().as_array() else {
        let message = format!("`environments` takes an array of names, not {}", kind_of(value));
        reading
            .found
            .push(Diagnostic::error(value.span(), message).hint("`environments = [\"staging\", \"prod\"]`"));
        return order;
    };
    if items.is_empty() {
        reading.error(value.span(), "there is no environment");
    }
    for item in items.iter() {
        let stage = match item.get_ref().as_array() {
            Some(inner) if inner.is_empty() => {
                reading.error(item.span(), "this stage has no environment");
                continue;
            }
            Some(inner) => inner.iter().filter_map(|one| name(reading, one, &mut order)).collect(),
            None => name(reading, item, &mut order).into_iter().collect::<Vec<_>>(),
        };
        if order.named.len() > MOST {
            reading.error(value.span(), format!("there are more than {MOST} environments"));
            return Order { span: value.span(), ..Order::default() };
        }
        if !stage.is_empty() {
            order.stages.push(stage);
        }
    }
    strangers(reading, root, &order);
    order
}

fn name(reading: &mut Reading<'_, '_>, value: &Value<'_>, order: &mut Order) -> Option<EnvironmentName> {
    let Some(text) = value.get_ref().as_str() else {
        let message = format!("an environment's name is a text, not {}", kind_of(value));
        reading.error(value.span(), message);
        return None;
    };
    let name: EnvironmentName = match text.parse() {
        Ok(name) => name,
        Err(_) => {
            let found =
                Diagnostic::error(value.span(), format!("`{}` is not an environment's name", escape(text)));
            reading.found.push(found.hint(
                "names have 1 to 32 of the characters a-z, 0-9 and `-`, and a letter or digit at both ends",
            ));
            return None;
        }
    };
    if let Some(meaning) = name_word::meaning(text) {
        let message = format!("an environment can't be called `{name}`: as a release, that is {meaning}");
        reading.found.push(
            Diagnostic::error(value.span(), message)
                .hint("a release can be named by its environment, so call it something else"),
        );
        return None;
    }
    if let Some((_, first)) = order.named.iter().find(|(known, _)| *known == name) {
        let found = Diagnostic::error(value.span(), format!("`{name}` is listed twice in `environments`"));
        reading.found.push(found.also(first.clone(), "the first time"));
        return None;
    }
    order.named.push((name.clone(), value.span()));
    Some(name)
}

/// Tables of environments that are not in the order.
fn strangers(reading: &mut Reading<'_, '_>, root: &Table<'_>, order: &Order) {
    let Some(tables) = root.get("env").and_then(|env| env.get_ref().as_table()) else { return };
    for (key, _) in tables.iter() {
        let text: &str = key.get_ref();
        if order.named.iter().all(|(name, _)| name.as_str() != text) && !reading.found.is_bad(&key.span()) {
            let label = match closest(text, order.named.iter().map(|(name, _)| name.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "not one of them".to_owned(),
            };
            let found =
                Diagnostic::error(key.span(), format!("`[env.{}]` is not in `environments`", escape(text)));
            reading.found.push(found.label(label).also(order.span.clone(), "the environments"));
        }
    }
}

/// The tier that an environment's name tells: the whole name, or one of its words, the most dangerous first.
pub(super) fn tier_of(name: &str) -> Option<Tier> {
    const WORDS: [(Tier, &[&str]); 4] = [
        (Tier::Production, &["prod", "production", "live"]),
        (Tier::Staging, &["staging", "stage", "uat", "preprod", "model", "demo"]),
        (Tier::Test, &["test", "qa", "qc"]),
        (Tier::Development, &["dev", "development", "trunk", "review"]),
    ];
    let known = |word: &str| WORDS.iter().find(|(_, words)| words.contains(&word)).map(|(tier, _)| *tier);
    if name == "pre-prod" || name == "pre-production" {
        return Some(Tier::Staging);
    }
    known(name).or_else(|| name.split('-').filter_map(known).max())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_tiers() {
        for (name, tier) in [
            ("prod", Some(Tier::Production)),
            ("live", Some(Tier::Production)),
            ("eu-prod", Some(Tier::Production)),
            ("prod-test", Some(Tier::Production)),
            ("pre-prod", Some(Tier::Staging)),
            ("uat", Some(Tier::Staging)),
            ("qa", Some(Tier::Test)),
            ("review-12", Some(Tier::Development)),
            ("production1", None),
            ("canary", None),
        ] {
            assert_eq!(tier_of(name), tier, "{name}");
        }
    }
}
