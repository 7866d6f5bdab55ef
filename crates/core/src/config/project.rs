//! The keys of the whole project: its name, the ledger, the time zone, and the tables that stand once.

use super::diagnostic::Diagnostic;
use super::environments::Draft;
use super::layers::Layers;
use super::locations;
use super::model::{ArtifactKind, Host, LedgerPlace, Pack, Render};
use super::reading::{Reading, Table};
use super::steps;
use crate::names::ProjectName;
use crate::template::Values;
use semver::VersionReq;

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
                let found = Diagnostic::error(
                    0..0,
                    "`project` is missing, and no repository has a name that would do",
                );
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
        let place = locations::ledger(&template, project, reading.context.schemes);
        if place.is_none() && !reading.found.is_bad(&value.span()) {
            reading.error(value.span(), "a ledger can't be stored here");
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
    match first.artifact.source.store() {
        Some(store) => Some(LedgerPlace { store, prefix: format!(".promote/{project}").parse().ok()? }),
        None => {
            let message = "`ledger` is missing, and the first source's bucket depends on a placeholder";
            let found = Diagnostic::error(first.source_span.clone(), message);
            reading.found.push(found.hint("for example `ledger = \"s3://BUCKET/.promote/PROJECT/\"`"));
            None
        }
    }
}

pub(super) fn pack(reading: &mut Reading<'_, '_>, root: &Table<'_>) -> Option<Pack> {
    let keys = below(root, "pack")?;
    let paths = keys.get("include").and_then(|value| value.get_ref().as_array());
    for item in paths.into_iter().flat_map(|paths| paths.iter()) {
        // Brackets stand in the names of files, and these two hardly ever.
        if item.get_ref().as_str().is_some_and(|text| text.contains(['*', '?'])) {
            let message = "`include` takes paths, and this looks like a pattern, which matches nothing";
            let found = Diagnostic::warning(item.span(), message);
            reading
                .found
                .push(found.hint("name the folder: everything below it is taken; `exclude` takes patterns"));
        }
    }
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
    let run = |key| steps::read(keys.get(key), &settled, None);
    Some(Host { prepare: run("prepare"), deploy: run("deploy"), verify: run("verify") })
}

fn below<'a, 't>(root: &'a Table<'t>, key: &str) -> Option<Layers<'a, 't>> {
    Some(Layers::new(Some(root.get(key)?.get_ref().as_table()?), None))
}
