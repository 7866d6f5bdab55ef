//! Publishing what is published: it must lie where it was put, with the same bytes. What is gone is put there again;
//! where something else lies, that is refused.

use super::places::{ArtifactPlace, places, same};
use super::publication::{Given, Publication, Published};
use super::standing::{remember, standing, stays};
use crate::commit::CommitId;
use crate::config::Config;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder;
use crate::ledger::{BuiltArtifact, LedgerError, Manifest, Stored};
use crate::observe::{self};
use crate::placing::Placing;
use crate::ports::Ports;
use futures_util::future::try_join;
use std::collections::BTreeMap;

/// Publishes a release that is published already.
pub(super) async fn again(
    ports: &Ports,
    config: &Config,
    known: Manifest,
    publication: &Publication,
) -> Result<Published, Failure> {
    let view = ports.view();
    let commit = &known.commit;
    let (last, (genesis, _)) = try_join(stays(ports, commit), observe::genesis(&view, config)).await?;
    let places = places(config, commit, known.version.as_deref())?;
    unchanged(&known, &places, &publication.artifacts)?;
    let mut standing = standing(&view, &genesis, &known, last).await?;
    for name in standing.missing.keys() {
        let Some(built) = known.artifacts.get(name) else { continue };
        let stored = put(ports, commit, built, publication.artifacts.get(name)).await?;
        standing.findings.fresh.artifacts.insert(name.clone(), stored);
    }
    let findings = &mut standing.findings;
    if !standing.missing.is_empty() && last > 0 && !findings.asked {
        let found = view.ledger.remembered(commit, last).await;
        findings.before = found.map_err(LedgerError::read_failure)?;
    }
    remember(ports, commit, &standing, &publication.actor).await;
    Ok(Published { manifest: known, new: false, standing })
}

/// Refuses other bytes than those that a release was published with.
///
/// # Errors
/// `Conflict`, with both digests.
pub fn unchanged(
    known: &Manifest,
    places: &BTreeMap<String, ArtifactPlace>,
    given: &BTreeMap<String, Given>,
) -> Result<(), Failure> {
    for (name, given) in given {
        if let (Some(digest), Some(place)) = (digest(given)?, places.get(name)) {
            same(known, name, &place.location, &digest)?;
        }
    }
    Ok(())
}

/// The digest of what is given, as a manifest names it; `None` for an image, which is known by its tag.
fn digest(given: &Given) -> Result<Option<Digest>, Failure> {
    Ok(match given {
        Given::Object { body, .. } => Some(body.blob().digest()),
        Given::Folder(entries) => Some(folder::manifest_of(entries)?.identity()),
        Given::Pushed => None,
    })
}

/// Puts one artifact there again.
async fn put(
    ports: &Ports,
    commit: &CommitId,
    built: &BuiltArtifact,
    given: Option<&Given>,
) -> Result<Stored, Failure> {
    let location = &built.location;
    match given {
        Some(Given::Object { body, .. }) => Placing { ports, commit, built }.put(body).await,
        Some(Given::Folder(entries)) => {
            let bucket = &**ports.store(&location.store)?;
            let publishing = folder::Publishing { bucket, location, commit, clock: &*ports.clock };
            let put = Box::pin(publishing.put(entries.clone())).await?;
            Ok(Stored::written(&put.object))
        }
        Some(Given::Pushed) | None if location.is_image() => {
            Err(Failure::new(ExitStatus::Missing, format!("the image `{location}` is not there any more"))
                .state(format!("It was published as {}.", built.sha256))
                .hint("push that very image again, and publish afterwards"))
        }
        Some(Given::Pushed) | None => {
            Err(Failure::new(ExitStatus::Usage, format!("`{location}` is not there any more"))
                .state("Nothing was given to be put there again.")
                .hint("publish the build that was published: `promote publish PATH`"))
        }
    }
}
