//! Reading the file: secrets covered first, then TOML, then the keys one by one, then what they mean together. Each part
//! goes on after a mistake, so that all of them are told at once.

use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::model::{ArtifactKind, Config, SignersFile};
use super::reading::{ReadContext, Reading, Table};
use super::{advice, effective, environments, forge, lanes, order, project, secrets, shape, stores, unacted};
use chrono_tz::Tz;
use std::collections::BTreeSet;
use toml::de::DeTable;

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// Reads `promote.toml`: what it means, with warnings and advice.
///
/// # Errors
/// Everything that is wrong, errors first, and warnings and advice as far as they could be found. At least one of them
/// is an error.
pub fn read(text: &str, context: &ReadContext<'_>) -> Result<(Config, Vec<Diagnostic>), Vec<Diagnostic>> {
    if text.len() > LARGEST {
        let mut found = Diagnostics::new("");
        let message = format!(
            "the file has {} bytes, more than the {LARGEST} that a configuration may have",
            text.len()
        );
        found.push(Diagnostic::error(0..0, message));
        return Err(found.into_list());
    }
    let hidden = secrets::find(text);
    let covered = secrets::cover(text, &hidden);
    let mut reading = Reading {
        text: &covered,
        context,
        found: Diagnostics::new(&covered),
        unacted: Diagnostics::new(&covered),
    };
    secrets::report(&hidden, &mut reading.found);
    let covers = |span: &std::ops::Range<usize>| {
        hidden
            .iter()
            .any(|secret| secret.span.start < span.end.max(span.start + 1) && span.start <= secret.span.end)
    };
    let (root, mistakes) = DeTable::parse_recoverable(&covered);
    let config = if mistakes.is_empty() {
        shape::check(&mut reading, root.get_ref());
        whole(&mut reading, root.get_ref())
    } else {
        syntax(&mut reading, root.get_ref(), &mistakes);
        None
    };
    let failed = reading.found.has_errors();
    let mut list = reading.found.into_list();
    let unacted = reading.unacted.into_list();
    // A covered value is no longer what its key takes; that it stands there is enough to say.
    let told = |found: &Diagnostic| found.primary.text == "a secret" || !covers(&found.primary.span);
    list.retain(|found| found.severity != Severity::Error || told(found));
    match config {
        Some(config) if !failed => Ok((Config { unacted, ..config }, list)),
        _ => Err(list),
    }
}

/// TOML's own errors, and of the others those on lines that TOML has no quarrel with.
fn syntax(reading: &mut Reading<'_, '_>, root: &Table<'_>, mistakes: &[toml::de::Error]) {
    let mut checked = Reading {
        text: reading.text,
        context: reading.context,
        found: Diagnostics::new(reading.text),
        unacted: Diagnostics::new(reading.text),
    };
    shape::check(&mut checked, root);
    // One mistake can lead the parser to many complaints: the first of each line is enough, and ten are.
    let mut first: Vec<(usize, usize, &str)> = mistakes
        .iter()
        .map(|mistake| {
            let span = mistake.span().unwrap_or(0..0);
            (span.start, span.end, mistake.message().lines().next().unwrap_or_default())
        })
        .collect();
    first.sort_unstable();
    let mut lines = BTreeSet::new();
    for (start, end, message) in first {
        if !lines.insert(reading.found.lines().line(start)) || lines.len() > 10 {
            continue;
        }
        let (message, expected) = match message.split_once(", expected ") {
            Some((message, "nothing")) => (message, String::new()),
            Some((message, expected)) => (message, format!("expected {expected}")),
            None => (message, String::new()),
        };
        let next = reading.text.get(start..).and_then(|rest| rest.chars().next()).filter(|c| !c.is_control());
        let end = end.max(start + next.map_or(0, char::len_utf8));
        reading.found.push(Diagnostic::error(start..end, crate::names::escape(message)).label(expected));
    }
    for found in checked.found.into_list() {
        if !lines.contains(&found.line) {
            reading.found.push(found);
        }
    }
}

/// What the keys mean together.
fn whole(reading: &mut Reading<'_, '_>, root: &Table<'_>) -> Option<Config> {
    let order = order::read(reading, root);
    let name = project::name(reading, root)?;
    let required_version = project::required_version(reading, root);
    let mut drafts = environments::read(reading, root, &order, &name);
    let lanes = lanes::read(reading, &mut drafts);
    let ledger = project::ledger(reading, root, &name, &drafts);
    lanes::collisions(reading, &drafts, ledger.as_ref());
    let stores = stores::stores(reading, root, &drafts, ledger.as_ref());
    let render = project::render(reading, root);
    let pack = project::pack(reading, root);
    let forge = forge::read(reading, root);
    advice::give(reading, &drafts);
    let git =
        drafts.iter().flat_map(|draft| &draft.spots).filter(|spot| spot.artifact.kind == ArtifactKind::Git);
    for spot in git {
        reading.unacted.push(unacted::of_git(spot.source_span.clone()));
    }
    let text = |key: &str| root.get(key).and_then(|value| value.get_ref().as_str());
    let mut config = Config {
        host: project::host(root, &name),
        project: name,
        timezone: text("timezone").and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC),
        stages: order.stages,
        environments: drafts
            .iter()
            .map(|draft| (draft.environment.name.clone(), draft.environment.clone()))
            .collect(),
        lanes,
        ledger: ledger?,
        pack,
        stores,
        required_version,
        render,
        forge,
        signers: text("signers").map(|path| SignersFile { path: path.to_owned(), text: None }),
        frozen: None,
        unacted: Vec::new(),
        effective: Vec::new(),
    };
    config.effective = effective::list(reading, root, &drafts, &config);
    Some(config)
}
