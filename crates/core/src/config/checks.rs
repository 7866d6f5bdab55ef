//! `checks`: the checks that a commit must have, by name and by where they come from.

use super::diagnostic::Diagnostic;
use super::layers::Layers;
use super::reading::{Reading, Table, Value};
use crate::names::escape;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A check that must be green. The more it says, the less fits it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequiredCheck {
    /// Its name.
    pub name: String,
    /// The app that must have made it; `None` for any, and for a status that no app vouches for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The file of the workflow that it must be a job of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// What must have set off that workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
}

impl RequiredCheck {
    /// One that is known by its name alone.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Whether it says more than a name.
    pub const fn says_origin(&self) -> bool {
        self.app.is_some() || self.needs_workflow()
    }

    /// Whether a workflow has to be looked up for it.
    pub const fn needs_workflow(&self) -> bool {
        self.workflow.is_some() || self.event.is_some()
    }

    /// Whether all that fits this fits the other as well.
    pub fn implies(&self, other: &Self) -> bool {
        let same = |own: &Option<String>, other: &Option<String>| other.is_none() || own == other;
        self.name == other.name
            && same(&self.app, &other.app)
            && same(&self.workflow, &other.workflow)
            && same(&self.event, &other.event)
    }

    /// What [`fmt::Display`] wrote; `None` for what it never writes.
    pub fn told(text: &str) -> Option<Self> {
        if text.starts_with('{') { serde_json::from_str(text).ok() } else { Some(Self::named(text)) }
    }
}

/// The name alone, or JSON: whatever a name looks like, it is not taken for something else.
impl fmt::Display for RequiredCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.says_origin() || self.name.starts_with('{') {
            f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
        } else {
            f.write_str(&self.name)
        }
    }
}

/// The checks that an environment asks for.
pub(super) fn read(reading: &mut Reading<'_, '_>, keys: &Layers<'_, '_>) -> Vec<RequiredCheck> {
    let items = keys.get("checks").map(super::reading::several).unwrap_or_default();
    let mut found: Vec<RequiredCheck> = Vec::new();
    for item in items {
        let Some(check) = one(reading, item) else { continue };
        if found.contains(&check) {
            let message = format!("`{}` is listed twice in `checks`", escape(&check.name));
            reading.found.push(Diagnostic::warning(item.span(), message));
        } else {
            found.push(check);
        }
    }
    found
}

fn one(reading: &mut Reading<'_, '_>, item: &Value<'_>) -> Option<RequiredCheck> {
    if let Some(name) = item.get_ref().as_str() {
        return Some(RequiredCheck::named(name));
    }
    let table: &Table<'_> = item.get_ref().as_table()?;
    let keys = Layers::new(Some(table), None);
    if keys.get("name").is_none() {
        let found = Diagnostic::error(item.span(), "this check has no `name`");
        reading.found.push(found.hint("`{ name = \"test\", app = \"github-actions\" }`"));
    }
    Some(RequiredCheck {
        name: keys.owned("name")?,
        app: keys.owned("app"),
        workflow: keys.owned("workflow"),
        event: keys.owned("event"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_taken_for_a_check_that_says_more() {
        let full = RequiredCheck { app: Some("github-actions".to_owned()), ..RequiredCheck::named("build") };
        for check in [RequiredCheck::named("build"), full.clone(), RequiredCheck::named(full.to_string())] {
            assert_eq!(RequiredCheck::told(&check.to_string()), Some(check));
        }
        assert!(full.implies(&RequiredCheck::named("build")));
        assert!(!RequiredCheck::named("build").implies(&full));
        assert!(!RequiredCheck::named(full.to_string()).implies(&full));
    }
}
