//! The tables of keys as the reference page has them: in words for people.

use super::keys::{Key, KeySupport, Shape, TABLES};

/// A key for the reference page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Where it stands, for people: `at the top level`, `in a step`.
    pub place: &'static str,
    /// The key.
    pub name: &'static str,
    /// What it takes, for people.
    pub takes: String,
    /// Its default; empty where it has none.
    pub default: &'static str,
    /// What it means.
    pub meaning: String,
}

/// Every key, table by table, for the reference page.
pub fn reference() -> Vec<KeyRow> {
    let row = |place, key: &Key| KeyRow {
        place,
        name: key.name,
        takes: key.shape.takes(),
        default: key.default,
        meaning: format!("{}{}", key.doc, key.standing.told()),
    };
    TABLES.iter().flat_map(|(place, keys)| keys.iter().map(|key| row(*place, key))).collect()
}

impl KeySupport {
    /// What is added to the meaning of a key, for people.
    fn told(self) -> String {
        match self {
            Self::Acted => String::new(),
            Self::Unacted => {
                " Not acted on yet: an error of `promote check` and of every command that writes.".to_owned()
            }
        }
    }
}

impl Shape {
    /// What it takes, for people, with an article.
    pub(super) fn takes(&self) -> String {
        match self {
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Integer(from, to) => format!("a whole number from {from} to {to}"),
            Self::Text | Self::Template | Self::Settled | Self::Region => "a text".to_owned(),
            Self::Word(words) => {
                format!(
                    "one of {}",
                    words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", ")
                )
            }
            Self::Name => "a name".to_owned(),
            Self::Duration | Self::Timeout => "a duration such as `\"30m\"`".to_owned(),
            Self::Window => "a time window".to_owned(),
            Self::Versions => "a semver requirement".to_owned(),
            Self::TimeZone => "a time zone".to_owned(),
            Self::Location | Self::Ledger => "a location".to_owned(),
            Self::Address | Self::Asked | Self::Link | Self::Endpoint => "an address".to_owned(),
            Self::SignIn => "`\"none\"`, `\"password\"` or an address".to_owned(),
            Self::Secret => "a variable, `\"$NAME\"`".to_owned(),
            Self::Path | Self::Folder => "a path".to_owned(),
            Self::Pattern => "a pattern".to_owned(),
            Self::Order => "an array of names".to_owned(),
            Self::List(of) | Self::Filled(of, _) => format!("an array, each {}", of.takes()),
            Self::Several(of) => format!("{}, or an array of them", of.takes()),
            Self::Table(_) => "a table".to_owned(),
            Self::OrTable(of, _) => format!("{}, or a table", of.takes()),
            Self::Named(..) => "tables with names".to_owned(),
            Self::Variables => "a table of texts".to_owned(),
            Self::Steps => "a command, a step table, or an array of them".to_owned(),
        }
    }
}
