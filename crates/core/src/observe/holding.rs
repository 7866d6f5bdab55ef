//! What an environment holds, for what comes after a promotion in the same pipeline.

use crate::commit::CommitId;
use crate::config::{ArtifactKind, Config};
use crate::failure::Failure;
use crate::ledger::{Deployed, LedgerError};
use crate::ports::ReadPorts;

/// The full reference of the image that an environment holds, by the ledger, when it holds this release: what the next
/// step of a pipeline deploys. The ledger is asked only where the environment has images.
///
/// # Errors
/// What the store answered.
pub async fn image(
    view: &ReadPorts,
    config: &Config,
    environment: &str,
    commit: &CommitId,
) -> Result<Option<String>, Failure> {
    let settings = config.environments.values().find(|one| one.name.as_str() == environment);
    let has_images = settings.filter(|one| one.artifacts.iter().any(|one| one.kind == ArtifactKind::Image));
    let Some(settings) = has_images else { return Ok(None) };
    let head = view.ledger.head(&settings.lane).await.map_err(LedgerError::read_failure)?;
    let current = head.as_ref().and_then(|head| head.state().current.as_ref());
    let current = current.filter(|current| current.release.as_ref().is_some_and(|it| it.commit == *commit));
    Ok(current.and_then(Deployed::image).map(ToString::to_string))
}
