//! What a target that should be a pointer names. That a pointer of a release is byte for byte the one that was written is
//! compared like any other bytes.

use super::check::TargetCheck;
use crate::config::{ArtifactKind, Environment};
use crate::digest::Digest;
use crate::failure::Failure;
use crate::ledger::State;
use crate::pointer::{LIMIT, Pointer};
use crate::ports::ReadPorts;
use crate::snapshot::Seen;

/// Compares what a pointer names with what was adopted, of which the ledger says the folder's digest alone; and says of
/// what differs whether it is a pointer at all, without which nobody can adopt it.
///
/// # Errors
/// What the store answers.
pub(super) async fn check(
    view: &ReadPorts,
    settings: &Environment,
    state: &State,
    seen: &Seen,
    check: &mut TargetCheck,
) -> Result<(), Failure> {
    check.points = is_pointer(settings, seen, &check.artifact);
    let adopted = state.release().is_none().then(|| adopted(state, seen)).flatten();
    if !check.points || (check.matches && adopted.is_none()) {
        return Ok(());
    }
    let Some(object) = seen.object.as_ref() else { return Ok(()) };
    let store = view.store(&seen.location.store)?;
    let names = match store.get(&object.key, LIMIT).await {
        Ok(found) => found.and_then(|(_, bytes)| Pointer::from_bytes(&bytes).ok()).map(|it| it.sha256),
        Err(error) if error.is_finding() => None,
        Err(error) => return Err(Failure::from_read(&format!("reading `{}`", seen.location), error)),
    };
    check.unfit = names.is_none();
    let place = &seen.location;
    let words = match (names, adopted) {
        (Some(names), Some(adopted)) if names == adopted => return Ok(()),
        (Some(_), None) => return Ok(()),
        (Some(names), Some(adopted)) => {
            format!("`{place}` names the folder {names}; the ledger says {adopted}")
        }
        (None, _) => format!("`{place}` is no pointer to a folder"),
    };
    check.matches = false;
    check.detail = Some(check.detail.take().into_iter().chain([words]).collect::<Vec<_>>().join("; "));
    Ok(())
}

fn is_pointer(settings: &Environment, seen: &Seen, artifact: &str) -> bool {
    let artifact = settings.artifacts.iter().find(|one| one.name() == artifact);
    let folder = artifact.is_some_and(|artifact| artifact.kind == ArtifactKind::Folder);
    folder && seen.location.folder().is_none()
}

/// The folder that was adopted by a pointer.
fn adopted(state: &State, seen: &Seen) -> Option<Digest> {
    let mut known = state.current.iter().flat_map(|current| &current.targets);
    known.find(|target| target.target == seen.location)?.sha256
}
