//! What must hold of an artifact's locations, in words without a place: the reader tells it at the place in the file, and
//! [`Config::check`](super::Config::check) of a configuration that was built in code. Which location is meant is known by then.

use super::locations::ParsedLocation;
use super::model::ArtifactKind;
use crate::step::{Step, StepAction};
use crate::template::Template;

/// Something that can't be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// What is wrong: a lower-case fragment.
    pub(super) message: String,
    /// Why it matters, at the place itself.
    pub(super) label: Option<&'static str>,
    /// What to do about it.
    pub(super) hint: Option<String>,
}

fn fault(message: impl Into<String>, label: Option<&'static str>, hint: Option<&str>) -> Option<Fault> {
    Some(Fault { message: message.into(), label, hint: hint.map(str::to_owned) })
}

/// A source stands for one commit's bytes for ever.
pub(super) fn source(template: &Template, kind: ArtifactKind) -> Option<Fault> {
    if kind == ArtifactKind::Git {
        return None;
    }
    if template.uses_timestamp() || template.uses_date() {
        return fault("a source can't be named by the time", None, Some("name it by its commit: `{sha}`"));
    }
    if template.uses_sha() {
        return None;
    }
    fault(
        "a source must be named by its commit",
        Some("without `{sha}`, the next build overwrites it"),
        Some("for example `s3://BUCKET/{sha}.zip`"),
    )
}

/// What keeps a source and a target from being one artifact's.
pub(super) fn pair(from: &ParsedLocation, to: &ParsedLocation) -> Option<Fault> {
    if from == to {
        return fault("the target is the source", None, None);
    }
    if points(from, to) {
        return None;
    }
    if from.kind() != to.kind() {
        let name = |kind| match kind {
            ArtifactKind::Object => "an object",
            ArtifactKind::Folder => "a folder",
            ArtifactKind::Image => "an image",
            ArtifactKind::Git => "a commit",
        };
        let message = format!("the source is {}, the target {}", name(from.kind()), name(to.kind()));
        let folder = from.kind() == ArtifactKind::Folder || to.kind() == ArtifactKind::Folder;
        return fault(
            message,
            None,
            folder.then_some("a folder ends with `/`, a pointer to one with `.json`"),
        );
    }
    if from.touches(to) {
        return fault("one of source and target is inside the other", None, None);
    }
    None
}

/// Whether the target is a pointer: one object that says which folder is meant.
pub(super) fn points(from: &ParsedLocation, to: &ParsedLocation) -> bool {
    from.kind() == ArtifactKind::Folder && to.is_pointer()
}

/// Why a newer promotion can't overtake an older one that these steps deploy; `None` where all of them put it aside by
/// themselves.
pub(super) fn overtaking(deploy: &[Step]) -> Option<String> {
    let supersedes = |step: &&Step| matches!(step.action, StepAction::CodePipeline { .. });
    match deploy.iter().find(|step| !supersedes(step)) {
        Some(other) => Some(format!("the step `{}` would go on beside the newer one", other.name())),
        None if deploy.is_empty() => Some("it has no `deploy` step".to_owned()),
        None => None,
    }
}
