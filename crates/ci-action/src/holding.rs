//! What an environment holds, for the outputs that later steps go by: as the ledger says, never as a plan does.

use crate::answer::Answer;
use crate::run::Site;
use promote_core::commit::CommitId;
use promote_core::config::{ArtifactKind, Environment};
use promote_core::failure::Failure;
use promote_core::ledger::{LedgerError, State};

/// Where a release lies, as the ledger says. A plan names tags with a time that are never made when it is not carried out.
pub(crate) fn lies(answer: &mut Answer, state: &State) {
    let Some(current) = &state.current else { return };
    if let Some(first) = current.targets.first() {
        answer.values.insert("target", first.target.to_string());
        if let Some(digest) = first.sha256 {
            answer.values.insert("digest", digest.to_string());
        }
    }
    if let Some(image) = current.targets.iter().find(|target| target.target.is_image()) {
        answer.values.insert("release_tag", image.target.to_string());
    }
}

/// The image that an environment holds, when it holds this release: what the next step of the job deploys.
pub(crate) async fn image(
    site: &Site<'_>,
    environment: &str,
    commit: &CommitId,
) -> Result<Option<String>, Failure> {
    let settings = site.config.environments.values().find(|one| one.name.as_str() == environment);
    let images = |one: &&Environment| one.artifacts.iter().any(|one| one.kind == ArtifactKind::Image);
    let Some(settings) = settings.filter(images) else { return Ok(None) };
    let head = site.world.view().ledger.head(&settings.lane).await.map_err(LedgerError::looking)?;
    let current = head.as_ref().and_then(|head| head.state().current.as_ref());
    let current = current.filter(|current| current.release.as_ref().is_some_and(|it| it.commit == *commit));
    let mut targets = current.into_iter().flat_map(|current| &current.targets);
    Ok(targets.find(|target| target.target.is_image()).map(|target| target.target.to_string()))
}
