//! Whether a target's bytes are those of the release: by the store's own digest, or by reading them, also where its token
//! tells already that somebody wrote there.

use super::check::TargetCheck;
use super::sources::Running;
use crate::config::Config;
use crate::content;
use crate::digest::Digest;
use crate::failure::Failure;
use crate::ledger::{BuiltArtifact, State};
use crate::pointer::Pointer;
use crate::ports::ReadPorts;
use crate::snapshot::Seen;

/// What the bytes of an artifact's target are to be, where that is known and the target is one object.
fn wanted(
    config: &Config,
    state: &State,
    seen: &Seen,
    check: &TargetCheck,
    running: Option<&Running>,
) -> Option<Digest> {
    let artifact = &check.artifact;
    if seen.location.folder().is_some() {
        return None;
    }
    let manifest = running.map(|running| &running.candidate.manifest);
    let environment = running.and_then(|running| running.environment.parse().ok());
    let built: Option<&BuiltArtifact> = manifest
        .zip(environment.as_ref())
        .and_then(|(manifest, environment)| manifest.artifact(artifact, environment))
        .map(|(_, built)| built);
    match (built, manifest) {
        (Some(built), Some(manifest)) if built.folder.is_some() => {
            let pointer = Pointer::new(&config.project, &manifest.commit, &built.location, built.sha256);
            Some(Digest::of(&pointer.to_bytes()))
        }
        (Some(built), _) => Some(built.sha256),
        _ => {
            let known = state.current.iter().flat_map(|current| &current.targets);
            // Of a pointer that was adopted, the folder's digest is recorded.
            let adopted = state.release().is_none() && !check.points;
            known.into_iter().find(|target| adopted && target.target == seen.location)?.sha256
        }
    }
}

/// Compares the digest that the store tells, or the bytes where `read` says so.
pub(super) async fn check(
    view: &ReadPorts,
    config: &Config,
    state: &State,
    (seen, running): (&Seen, Option<&Running>),
    read: bool,
    check: &mut TargetCheck,
) -> Result<(), Failure> {
    let Some(object) = seen.object.as_ref() else { return Ok(()) };
    let Some(wanted) = wanted(config, state, seen, check, running) else { return Ok(()) };
    let store = view.store(&seen.location.store)?;
    let found = if read && !seen.location.is_image() {
        match content::digest(&**store, &seen.location, object.clone(), &*view.events).await {
            Ok(read) => read.map(|(_, digest)| digest),
            // Such as bytes that are not those that were written.
            Err(failure) if failure.is_finding() => {
                check.matches = false;
                check.detail = Some(failure.words());
                return Ok(());
            }
            Err(failure) => return Err(failure),
        }
    } else {
        object.sha256
    };
    let Some(found) = found else { return Ok(()) };
    if let Some(told) = &mut check.found {
        told.sha256 = Some(found.to_string());
    }
    let words = if found != wanted {
        format!("`{}` contains {found}; the ledger says {wanted}", seen.location)
    } else if check.matches {
        return Ok(());
    } else {
        "its bytes are those that the ledger says".to_owned()
    };
    check.matches = false;
    let told: Vec<String> = check.detail.take().into_iter().chain([words]).collect();
    check.detail = Some(told.join("; "));
    Ok(())
}
