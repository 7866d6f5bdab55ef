//! The artifacts of one environment: where each lies, what the environment reads, and whether that can go well.

use super::diagnostic::Diagnostic;
use super::judge;
use super::layers::Layers;
use super::locations::{self, ParsedLocation};
use super::model::{Artifact, ArtifactKind};
use super::reading::{Reading, Value};
use crate::names::{ArtifactName, EnvironmentName, ProjectName};
use crate::template::{Template, Values};
use std::ops::Range;

/// More artifacts than this are no release that a person could follow.
const MOST: usize = 16;

/// Whose artifacts are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) env: &'a EnvironmentName,
    pub(super) project: &'a ProjectName,
    /// Where the environment is named.
    pub(super) span: &'a Range<usize>,
    /// Whether its deployment starts a pipeline with the release's own object, so that no target is needed.
    pub(super) starts: bool,
    /// What folders do that say nothing themselves: whether what the source lacks is deleted.
    pub(super) prune: bool,
}

/// Whether a deploy step starts a pipeline.
fn starts(layers: &Layers<'_, '_>) -> bool {
    let steps = layers.get("deploy").map(super::reading::several).unwrap_or_default();
    steps.into_iter().filter_map(|step| step.get_ref().as_table()).any(|table| {
        let keys = Layers::new(Some(table), None);
        keys.get("codepipeline").is_some() && keys.flag("start") == Some(true)
    })
}

/// An artifact with its places in the world and in the file.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) artifact: Artifact,
    pub(super) source: ParsedLocation,
    pub(super) source_span: Range<usize>,
    pub(super) target: Option<Target>,
}

/// What an environment reads.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) place: ParsedLocation,
    pub(super) span: Range<usize>,
    /// The template with the environment and the project filled in.
    pub(super) filled: String,
}

/// Reads them all. `None` when something is missing that other environments most likely miss, too.
pub(super) fn read(
    reading: &mut Reading<'_, '_>,
    layers: &Layers<'_, '_>,
    owner: Owner<'_>,
) -> Option<Vec<Spot>> {
    let owner = Owner { starts: starts(layers), prune: layers.flag("prune").unwrap_or(false), ..owner };
    let Some(named) = layers.get("artifact") else {
        return match one(reading, layers, None, owner) {
            Ok(spot) => Some(spot.into_iter().collect()),
            Err(Missing) => None,
        };
    };
    for key in ["source", "target"] {
        if let Some(value) = layers.get(key) {
            let found =
                Diagnostic::error(value.span(), format!("`{key}` and `[artifact.NAME]` do not go together"));
            reading.found.push(
                found
                    .also(named.span(), "the artifacts")
                    .hint(format!("write `{key}` in each `[artifact.NAME]`")),
            );
        }
    }
    let inner = layers.below("artifact");
    let names = inner.names();
    if names.is_empty() {
        reading.error(named.span(), "there is no artifact");
    }
    if names.len() > MOST {
        reading.error(named.span(), format!("there are more than {MOST} artifacts"));
        return Some(Vec::new());
    }
    let mut spots: Vec<Spot> = Vec::new();
    for name in names {
        let Ok(parsed) = name.parse::<ArtifactName>() else { continue };
        match one(reading, &inner.below(name), Some(parsed), owner) {
            Ok(spot) => spots.extend(spot),
            Err(Missing) => return None,
        }
    }
    apart(reading, &spots);
    if let Some(value) = layers.get("prune")
        && owner.prune
        && spots.iter().all(|spot| spot.artifact.kind != ArtifactKind::Folder)
    {
        reading.found.push(
            Diagnostic::warning(value.span(), "`prune` has no effect: no artifact is a folder")
                .also(named.span(), "the artifacts"),
        );
    }
    Some(spots)
}

/// A key that is required is missing, and was told.
struct Missing;

fn one(
    reading: &mut Reading<'_, '_>,
    keys: &Layers<'_, '_>,
    name: Option<ArtifactName>,
    owner: Owner<'_>,
) -> Result<Option<Spot>, Missing> {
    let of = name.as_ref().map_or_else(String::new, |name| format!(" for `{name}`"));
    let Some(source) = keys.get("source") else {
        let found = Diagnostic::error(owner.span.clone(), format!("`{}` has no `source`{of}", owner.env));
        reading.found.push(found.hint("for example `source = \"s3://BUCKET/{sha}.zip\"`"));
        return Err(Missing);
    };
    let from = place(reading, source, owner);
    let target = keys.get("target");
    let to = target.map(|target| (target.span(), place(reading, target, owner)));
    let Some((template, from)) = from else { return Ok(None) };
    constant(reading, source, &template, &from);
    let own = keys.flag("prune");
    let prune = own.unwrap_or(owner.prune && from.kind() == ArtifactKind::Folder);
    if own == Some(true) && from.kind() != ArtifactKind::Folder {
        let span = keys.get("prune").map_or(0..0, |value| value.span());
        let found = Diagnostic::warning(span, "`prune` has no effect: the source is not a folder");
        reading.found.push(found.also(source.span(), "without `/` at its end"));
    }
    let target = match to {
        None if from.kind() == ArtifactKind::Git => None,
        None if from.kind() == ArtifactKind::Object && owner.starts => None,
        None => {
            let found = Diagnostic::error(owner.span.clone(), format!("`{}` has no `target`{of}", owner.env));
            reading.found.push(
                found
                    .also(source.span(), "the source")
                    .hint("for example `target = \"s3://BUCKET/{env}.zip\"`"),
            );
            return Err(Missing);
        }
        Some((span, _)) if from.kind() == ArtifactKind::Git => {
            let found = Diagnostic::error(
                span,
                "with `source = \"git\"` the commit itself moves: there is no target",
            );
            reading.found.push(found.also(source.span(), "the source"));
            return Ok(None);
        }
        Some((_, None)) => return Ok(None),
        Some((span, Some((template, to)))) => Some((span, template, to)),
    };
    if let Some((span, template, to)) = &target {
        together(reading, source, &from, span, template, to);
    }
    let artifact = Artifact {
        name,
        source: template,
        target: target.as_ref().map(|(_, template, _)| template.clone()),
        kind: from.kind(),
        prune,
    };
    let target =
        target.map(|(span, template, place)| Target { place, span, filled: filled(&template, owner) });
    Ok(Some(Spot { artifact, source: from, source_span: source.span(), target }))
}

/// A location for this environment; what is wrong with it was told already, or is told now.
pub(super) fn place(
    reading: &mut Reading<'_, '_>,
    value: &Value<'_>,
    owner: Owner<'_>,
) -> Option<(Template, ParsedLocation)> {
    let text = value.get_ref().as_str()?;
    if reading.found.is_bad(&value.span()) {
        return None;
    }
    let template = locations::template(text, reading.context).ok()?;
    let rendered = locations::render(&template, Some(owner.env), Some(owner.project))?;
    match locations::classify(&rendered, reading.context.schemes) {
        Ok(place) => {
            image_without_tag(reading, value, &place);
            Some((template, place))
        }
        Err((message, hint)) => {
            reading.found.push(Diagnostic::error(value.span(), message).maybe_hint(hint));
            None
        }
    }
}

/// `quay.io/acme/x` reads as a path, which is hardly meant.
fn image_without_tag(reading: &mut Reading<'_, '_>, value: &Value<'_>, place: &ParsedLocation) {
    let ParsedLocation::Store { store: crate::location::StoreId::Local, key, .. } = place else { return };
    let (host, rest) = key.split_once('/').unwrap_or((key, ""));
    let end = host.rsplit('.').next().unwrap_or_default();
    let domain = host.contains('.') && end.len() >= 2 && end.bytes().all(|b| b.is_ascii_lowercase());
    let last = rest.rsplit('/').next().unwrap_or_default();
    if domain && !rest.is_empty() && !last.contains('.') {
        let found = Diagnostic::warning(value.span(), "this is read as a path in the local folder");
        reading.found.push(found.hint("an image has a tag: `HOST/REPOSITORY:{sha}`"));
    }
}

/// A source stands for one commit's bytes for ever.
fn constant(reading: &mut Reading<'_, '_>, value: &Value<'_>, template: &Template, place: &ParsedLocation) {
    let Some(fault) = judge::source(template, place.kind()) else { return };
    let found = Diagnostic::error(value.span(), fault.message).maybe_hint(fault.hint);
    reading.found.push(match fault.label {
        Some(label) => found.label(label),
        None => found,
    });
}

fn together(
    reading: &mut Reading<'_, '_>,
    source: &Value<'_>,
    from: &ParsedLocation,
    span: &Range<usize>,
    template: &Template,
    to: &ParsedLocation,
) {
    if let Some(fault) = judge::pair(from, to) {
        let found = Diagnostic::error(span.clone(), fault.message).maybe_hint(fault.hint);
        reading.found.push(found.also(source.span(), "the source"));
    } else if judge::points(from, to) {
        // One pointer says which folder is meant, whatever its name holds.
    } else if template.uses_sha() && !template.uses_timestamp() && to.kind() != ArtifactKind::Image {
        let found = Diagnostic::warning(
            span.clone(),
            "every release is another target here, so nothing is ever replaced",
        );
        reading.found.push(
            found.hint("a target that is read by its name has no `{sha}`; a log has `{timestamp}` too"),
        );
    }
}

/// No two artifacts of one environment write the same place, or one into the other.
fn apart(reading: &mut Reading<'_, '_>, spots: &[Spot]) {
    for (index, spot) in spots.iter().enumerate() {
        for other in spots.iter().take(index) {
            let (Some(a), Some(b)) = (&spot.target, &other.target) else { continue };
            if a.place.touches(&b.place) {
                let found = Diagnostic::error(
                    a.span.clone(),
                    "two artifacts have the same target, or one in the other",
                );
                reading.found.push(found.also(b.span.clone(), "the other"));
            }
        }
    }
}

fn filled(template: &Template, owner: Owner<'_>) -> String {
    let values =
        Values { env: Some(owner.env.clone()), project: Some(owner.project.clone()), ..Values::default() };
    template.fill(&values).map_or_else(|_| template.to_string(), |filled| filled.to_string())
}
