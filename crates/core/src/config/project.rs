//! The keys of the whole project: its name, the ledger, the time zone, and the tables that stand once.

use super::diagnostic::Diagnostic;
use super::environments::Draft;
use super::layers::Layers;
use super::locations;
use super::model::{ArtifactKind, Host, LedgerPlace, Pack, Render, StoreSettings};
use super::reading::{Reading, Table, in_order};
use super::sign_in::Said;
use super::steps;
use crate::location::StoreId;
use crate::names::ProjectName;
use crate::template::Values;
use semver::VersionReq;
use std::collections::BTreeMap;

/// The project's name. A made-up one where there is none, so that the rest can be checked.
pub(super) fn name(reading: &mut Reading<'_, '_>, root: &Table<'_>) -> Option<ProjectName> {
    let written = root.get("project");
    match written.and_then(|value| value.get_ref().as_str()).map(str::parse::<ProjectName>) {
        Some(Ok(name)) => Some(name),
        _ if written.is_none() && reading.context.default_project.is_some() => {
            reading.context.default_project.clone()
        }
        _ => {
            if written.is_none() {
                let found =
                    Diagnostic::error(0..0, "`project` is missing, and there is no repository to name it");
                reading.found.push(found.hint("for example `project = \"billing-api\"`"));
            }
            "project".parse().ok()
        }
    }
}

/// `required-version`, compared with the tool's own.
pub(super) fn required_version(reading: &mut Reading<'_, '_>, root: &Table<'_>) -> Option<VersionReq> {
    let value = root.get("required-version")?;
    let required: VersionReq = value.get_ref().as_str()?.parse().ok()?;
    if !required.matches(&reading.context.version) {
        let message =
            format!("this file is for promote `{required}`, and this is {}", reading.context.version);
        reading.found.push(Diagnostic::error(value.span(), message).hint("install a version that fits"));
    }
    Some(required)
}

/// `ledger`, or a folder beside the first source that lies in a bucket or folder.
pub(super) fn ledger(
    reading: &mut Reading<'_, '_>,
    root: &Table<'_>,
    project: &ProjectName,
    drafts: &[Draft<'_, '_>],
) -> Option<LedgerPlace> {
    if let Some(value) = root.get("ledger") {
        let template = locations::ledger_template(value.get_ref().as_str()?, reading.context).ok()?;
        let place = locations::ledger(&template, project);
        if place.is_none() && !reading.found.is_bad(&value.span()) {
            reading.error(value.span(), "this is no place for a ledger");
        }
        return place;
    }
    let stored = |kind| matches!(kind, ArtifactKind::Object | ArtifactKind::Folder);
    let spots = drafts.iter().flat_map(|draft| draft.spots.iter());
    let first = spots.clone().find(|spot| stored(spot.artifact.kind));
    let Some(first) = first else {
        if spots.clone().next().is_some() {
            let span = spots.map(|spot| spot.source_span.clone()).next().unwrap_or(0..0);
            let found =
                Diagnostic::error(span, "`ledger` is missing, and no source is in a bucket or folder");
            reading.found.push(
                found.hint("for example `ledger = \"s3://BUCKET/.promote/PROJECT/\"` or `ledger = \"git:promote-ledger\"`"),
            );
        }
        return None;
    };
    match crate::place::store_of(&first.artifact.source) {
        Some(store) => Some(LedgerPlace { store, prefix: format!(".promote/{project}").parse().ok()? }),
        None => {
            let message = "`ledger` is missing, and the first source's bucket depends on a placeholder";
            let found = Diagnostic::error(first.source_span.clone(), message);
            reading.found.push(found.hint("for example `ledger = \"s3://BUCKET/.promote/PROJECT/\"`"));
            None
        }
    }
}

pub(super) fn pack(root: &Table<'_>) -> Option<Pack> {
    let keys = below(root, "pack")?;
    Some(Pack {
        build: keys.owned("build"),
        include: keys.list("include"),
        exclude: keys.list("exclude"),
        root: keys.owned("root"),
    })
}

pub(super) fn render(reading: &mut Reading<'_, '_>, root: &Table<'_>) -> Option<Render> {
    let keys = below(root, "render")?;
    if keys.get("templates").is_none() {
        let span = root.get("render").map_or(0..0, |value| value.span());
        let found = Diagnostic::error(span, "`[render]` has no `templates`");
        reading.found.push(found.hint("the folder that holds them: `templates = \"deploy\"`"));
    }
    Some(Render { templates: keys.parsed("templates")?, values: keys.list("values") })
}

pub(super) fn host(root: &Table<'_>, project: &ProjectName) -> Option<Host> {
    let keys = below(root, "host")?;
    let settled = Values { project: Some(project.clone()), ..Values::default() };
    let run = |key| steps::read(keys.get(key), &settled);
    Some(Host { prepare: run("prepare"), deploy: run("deploy"), verify: run("verify") })
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
    let mut said = Said::default();
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
        if !used.contains(&name) && !used.is_empty() {
            let found = Diagnostic::warning(span, format!("no location is in `{name}`"));
            let near = crate::suggest::closest(name, used.iter().copied());
            reading.found.push(match near {
                Some(near) => found.label(format!("did you mean `{near}`?")),
                None => found,
            });
        }
    }
    stores
}

/// The buckets and repositories that something lies in.
fn used<'a>(drafts: &'a [Draft<'_, '_>], ledger: Option<&'a LedgerPlace>) -> Vec<&'a str> {
    let mut names = Vec::new();
    let places = drafts.iter().flat_map(|draft| draft.spots.iter()).flat_map(|spot| {
        std::iter::once(&spot.source).chain(spot.target.as_ref().map(|target| &target.place))
    });
    let places: Vec<_> = places.collect();
    names.extend(places.iter().filter_map(|place| match place {
        locations::Place::Image(text) => crate::location::image_parts(text).map(|(repository, _)| repository),
        _ => None,
    }));
    let stores = places.into_iter().filter_map(|place| match place {
        locations::Place::Store { store, .. } => Some(store),
        _ => None,
    });
    let ledger = ledger.map(|ledger| &ledger.store);
    for store in stores.chain(ledger) {
        if let StoreId::S3(name) | StoreId::Gcs(name) | StoreId::Memory(name) = store {
            names.push(name.as_str());
        }
    }
    names
}

fn below<'a, 't>(root: &'a Table<'t>, key: &str) -> Option<Layers<'a, 't>> {
    Some(Layers::new(Some(root.get(key)?.get_ref().as_table()?), None))
}
