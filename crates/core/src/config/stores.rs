//! `[store.NAME]`: how to reach one bucket or one repository of images. A setting that the kind of store does not have is
//! told here, at its line, since a command that would reach the store refuses it.

use super::diagnostic::Diagnostic;
use super::environments::Draft;
use super::layers::Layers;
use super::locations;
use super::model::LedgerPlace;
use super::reading::{Reading, Table, in_order};
use super::sign_in::SignIns;
use crate::location::{StoreId, is_repository};
use crate::port::StoreSettings;
use std::collections::BTreeMap;
use std::ops::Range;

/// Which kind of store a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image,
    S3,
    Gcs,
    Memory,
    /// A store that the program brings along.
    Other,
}

/// The kind of a store, where its name and the locations tell one.
fn kind(name: &str, used: &[(&str, Kind)]) -> Option<Kind> {
    if is_repository(name) {
        return Some(Kind::Image);
    }
    let mut kinds = used.iter().filter(|(used, _)| *used == name).map(|(_, kind)| *kind);
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

/// What is said of a setting that a store of this kind does not have.
fn unfit(kind: Kind, key: &str, span: Range<usize>) -> Option<Diagnostic> {
    let message = |what: &str| format!("`{key}` {what}");
    match (kind, key) {
        (Kind::Image, "region" | "endpoint" | "path-style" | "profile" | "expiry" | "allowance") => {
            let found = Diagnostic::error(span, message("is not a setting of a repository of images"));
            Some(found.hint("it has `credentials`, a file such as Docker's `config.json`, and `sign-in`"))
        }
        (Kind::S3, "credentials") => {
            let found = Diagnostic::error(span, message("is not a setting of S3"));
            Some(found.hint("name a profile of your AWS settings: `profile = \"NAME\"`"))
        }
        (Kind::Gcs, "profile") => {
            let found = Diagnostic::error(span, message("is not a setting of Google Cloud Storage"));
            Some(found.hint("name a file: `credentials = \"$NAME\"` of a variable that holds its path"))
        }
        (Kind::Gcs, "region" | "path-style" | "expiry" | "allowance") => {
            Some(Diagnostic::warning(span, message("has no effect on Google Cloud Storage")))
        }
        (Kind::Other, key) => {
            let message = format!("`{key}` is not a setting of a store that is not promote's own");
            Some(Diagnostic::error(span, message).hint("the program that brings it along has its settings"))
        }
        _ => None,
    }
}

/// `[store.NAME]`; a store that nothing lies in is most likely misspelt.
pub(super) fn stores(
    reading: &mut Reading<'_, '_>,
    root: &Table<'_>,
    drafts: &[Draft<'_, '_>],
    ledger: Option<&LedgerPlace>,
) -> BTreeMap<String, StoreSettings> {
    let mut stores = BTreeMap::new();
    let Some(tables) = root.get("store").and_then(|store| store.get_ref().as_table()) else { return stores };
    let used = used(drafts, ledger);
    let names: Vec<&str> = used.iter().map(|(name, _)| *name).collect();
    // Where no location could be read, that was told.
    let placed = drafts.iter().any(|draft| !draft.spots.is_empty());
    let mut said = SignIns::default();
    for (name, span, value) in in_order(tables) {
        let Some(table) = value.get_ref().as_table() else { continue };
        let keys = Layers::new(Some(table), None);
        let within = |reading: &mut Reading<'_, '_>, key: &str, least: u64, most: u64, words: &str| {
            let time = keys.duration(key)?;
            if (least..=most).contains(&time.as_secs()) {
                return u32::try_from(time.as_secs()).ok();
            }
            let span = keys.get(key).map_or(0..0, |value| value.span());
            reading.error(span, format!("`{key}` is {words}"));
            None
        };
        let settings = StoreSettings {
            region: keys.owned("region"),
            endpoint: keys.owned("endpoint"),
            path_style: keys.flag("path-style"),
            profile: keys.owned("profile"),
            credentials: keys.owned("credentials"),
            sign_in: said.read(reading, name, keys.get("sign-in")),
            expiry_s: within(reading, "expiry", 5, 300, "5 seconds to 5 minutes"),
            allowance_s: within(reading, "allowance", 0, 86_400, "at most a day"),
        };
        stores.insert(name.to_owned(), settings);
        let kind = kind(name, &used);
        for (key, span, _) in in_order(table) {
            if let Some(found) = kind.and_then(|kind| unfit(kind, key, span)) {
                reading.found.push(found);
            }
        }
        if !names.contains(&name) && placed {
            let found = Diagnostic::warning(span, format!("no location is in `{name}`"));
            let near = crate::suggest::closest(name, names.iter().copied());
            reading.found.push(match near {
                Some(near) => found.label(format!("did you mean `{near}`?")),
                None => found,
            });
        }
    }
    stores
}

/// The buckets and repositories that something lies in.
fn used<'a>(drafts: &'a [Draft<'_, '_>], ledger: Option<&'a LedgerPlace>) -> Vec<(&'a str, Kind)> {
    let mut names = Vec::new();
    let places = drafts.iter().flat_map(|draft| draft.spots.iter()).flat_map(|spot| {
        std::iter::once(&spot.source).chain(spot.target.as_ref().map(|target| &target.place))
    });
    let places: Vec<_> = places.collect();
    names.extend(places.iter().filter_map(|place| match place {
        locations::ParsedLocation::Image(text) => {
            crate::location::image_parts(text).map(|(repository, _)| (repository, Kind::Image))
        }
        _ => None,
    }));
    let stores = places.into_iter().filter_map(|place| match place {
        locations::ParsedLocation::Store { store, .. } => Some(store),
        _ => None,
    });
    let ledger = ledger.map(|ledger| &ledger.store);
    for store in stores.chain(ledger) {
        match store {
            StoreId::S3(name) => names.push((name.as_str(), Kind::S3)),
            StoreId::Gcs(name) => names.push((name.as_str(), Kind::Gcs)),
            StoreId::Memory(name) => names.push((name.as_str(), Kind::Memory)),
            StoreId::Other { name, .. } => names.push((name.as_str(), Kind::Other)),
            _ => {}
        }
    }
    names
}
