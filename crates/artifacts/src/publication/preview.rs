//! What publishing would do, as far as it can be told without writing: what is given is read and judged as it would be.

use promote_core::config::ArtifactKind;
use promote_core::failure::Failure;
use promote_core::folder;
use promote_core::ports::Ports;
use promote_core::publish::{ArtifactPlace, Given, Publication, pushed};
use promote_core::report::{AllowedReport, Document, PublishReport, PublishedArtifact};
use std::collections::BTreeMap;

/// A release that is not published yet.
///
/// # Errors
/// What publishing would end with: an image that is not there, a folder that can't be published.
pub(super) async fn new(
    world: &Ports,
    publication: &Publication,
    places: &BTreeMap<String, ArtifactPlace>,
    warnings: Vec<String>,
) -> Result<PublishReport, Failure> {
    let mut artifacts = Vec::new();
    for (name, place) in places {
        let (digest, size, files) = match publication.artifacts.get(name) {
            _ if place.kind == ArtifactKind::Image => {
                let image = pushed(world, place).await?;
                (Some(image.sha256), Some(image.size), None)
            }
            Some(Given::Object { body, .. }) => {
                let blob = body.blob();
                (Some(blob.digest()), Some(blob.size()), None)
            }
            Some(Given::Folder(entries)) => {
                let manifest = folder::manifest_of(entries)?;
                (Some(manifest.identity()), Some(manifest.bytes()), Some(manifest.files.len() as u64))
            }
            _ => (None, None, None),
        };
        artifacts.push(PublishedArtifact {
            name: name.clone(),
            location: place.location.to_string(),
            digest: digest.map(|digest| digest.to_string()),
            size,
            files,
        });
    }
    Ok(PublishReport {
        schema: PublishReport::SCHEMA,
        commit: publication.commit.clone(),
        subject: publication.subject.clone(),
        version: publication.version.clone(),
        new: true,
        begun: false,
        dry_run: true,
        artifacts,
        warnings,
        allowed: AllowedReport::of(&publication.allowed),
        moves: Vec::new(),
    })
}
