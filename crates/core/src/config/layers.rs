//! An environment's own table laid over the defaults at the top level. Tables merge key by key; texts, numbers, arrays
//! and steps replace. Everything read here was checked along the tables of keys, so what does not fit is left out.

use super::reading::{Table, Value, in_order, integer};
use crate::duration;
use std::str::FromStr;
use std::time::Duration;

/// Two tables seen as one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layers<'a, 't> {
    own: Option<&'a Table<'t>>,
    base: Option<&'a Table<'t>>,
}

impl<'a, 't> Layers<'a, 't> {
    /// `own` over `base`.
    pub(super) fn new(own: Option<&'a Table<'t>>, base: Option<&'a Table<'t>>) -> Self {
        Self { own, base }
    }

    /// The value in force.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value<'t>> {
        self.own.and_then(|own| own.get(key)).or_else(|| self.base.and_then(|base| base.get(key)))
    }

    /// The value, where it was written in the environment's own table.
    pub(super) fn own(&self, key: &str) -> Option<&'a Value<'t>> {
        self.own.and_then(|own| own.get(key))
    }

    /// The value at the top level.
    pub(super) fn base(&self, key: &str) -> Option<&'a Value<'t>> {
        self.base.and_then(|base| base.get(key))
    }

    /// The table below a key, merged; what is not a table replaces what it lies over.
    pub(super) fn below(&self, key: &str) -> Self {
        let own = self.own.and_then(|own| own.get(key));
        let own_table = own.and_then(|value| value.get_ref().as_table());
        let replaced = own.is_some() && own_table.is_none();
        let base = self.base.and_then(|base| base.get(key)).filter(|_| !replaced);
        Self { own: own_table, base: base.and_then(|value| value.get_ref().as_table()) }
    }

    /// The names in both tables, those of the lower one first, each in the order of the file.
    pub(super) fn names(&self) -> Vec<&'a str> {
        let mut names: Vec<&'a str> = Vec::new();
        for table in [self.base, self.own].into_iter().flatten() {
            for (name, _, _) in in_order(table) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key)?.get_ref().as_str()
    }

    pub(super) fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.get_ref().as_bool()
    }

    pub(super) fn number(&self, key: &str) -> Option<u32> {
        u32::try_from(integer(self.get(key)?)?).ok()
    }

    pub(super) fn duration(&self, key: &str) -> Option<Duration> {
        duration::parse(self.text(key)?).ok()
    }

    /// A text that has a form of its own.
    pub(super) fn parsed<T: FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }

    /// The items of an array that have this form.
    pub(super) fn list<T: FromStr>(&self, key: &str) -> Vec<T> {
        let items = self.get(key).map(super::reading::several).unwrap_or_default();
        items.into_iter().filter_map(|item| item.get_ref().as_str()?.parse().ok()).collect()
    }
}
