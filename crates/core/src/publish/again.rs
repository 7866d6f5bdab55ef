//! Publishing what is published: it must lie where it was put, with the same bytes. What is gone is put there again;
//! where something else lies, that is refused.

use super::{Given, Publication, Published, places, same};
use crate::commit::CommitId;
use crate::config::Config;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder;
use crate::ledger::{Actor, BuiltArtifact, Genesis, LedgerError, Manifest, Stored};
use crate::observe::{self, Lies, lying};
use crate::placing::Placing;
use crate::snapshot::Findings;
use crate::world::{View, World};
use futures_util::future::try_join;
use std::collections::BTreeMap;

/// How a published release lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// What is not there any more, by the name of its entry in the manifest; one sentence each.
    pub missing: BTreeMap<String, Vec<String>>,
    /// What lies in its folders and was not published, one sentence each.
    pub beside: Vec<String>,
    findings: Findings,
}

impl Standing {
    /// What is missing, in sentences.
    pub fn gone(&self) -> Vec<String> {
        self.missing.values().flatten().cloned().collect()
    }
}

/// Looks at every artifact of a release that is published. `last` is what [`stays`] answered.
///
/// # Errors
/// `Conflict` when something else lies where one was put, or what a store answered.
pub async fn standing(
    view: &View,
    genesis: &Genesis,
    manifest: &Manifest,
    last: u32,
) -> Result<Standing, Failure> {
    let (artifacts, findings) = Box::pin(lying(view, genesis, manifest, last)).await?;
    let mut standing = Standing { findings, ..Standing::default() };
    let mut others = Vec::new();
    for (entry, lies) in artifacts {
        match lies {
            Lies::There(beside) => standing.beside.extend(beside),
            Lies::Missing(told) => drop(standing.missing.insert(entry, told)),
            Lies::Other(told) => others.extend(told),
        }
    }
    if others.is_empty() {
        return Ok(standing);
    }
    let short = manifest.commit.short(12);
    let message = format!("something else is where release {short} was published");
    let failure = Failure::new(ExitStatus::Conflict, message);
    let failure = others.into_iter().fold(failure, |failure, told| failure.state(format!("{told}.")));
    Err(failure.state("Nothing was changed.").hint(
        "find out who wrote there, and delete that: publishing again then puts the release there once more",
    ))
}

/// Writes down what looking found out, so that it need not be read again.
pub async fn remember(world: &World, commit: &CommitId, standing: &Standing, actor: &Actor) {
    let Findings { last, before, fresh, .. } = &standing.findings;
    if fresh.is_empty() {
        return;
    }
    let end = world.ledger.remember(commit, (*last, before), fresh, (&actor.name, world.clock.now()));
    // Without it, the bytes are read when they are needed.
    drop(end.await);
}

/// Publishes a release that is published already.
pub(super) async fn again(
    world: &World,
    config: &Config,
    known: Manifest,
    publication: &Publication,
) -> Result<Published, Failure> {
    let view = world.view();
    let commit = &known.commit;
    let (last, (genesis, _)) = try_join(stays(world, commit), observe::genesis(&view, config)).await?;
    let places = places(config, commit, known.version.as_deref())?;
    for (name, given) in &publication.artifacts {
        if let (Some(digest), Some(place)) = (digest(given)?, places.get(name)) {
            same(&known, name, &place.location, &digest)?;
        }
    }
    let mut standing = standing(&view, &genesis, &known, last).await?;
    for name in standing.missing.keys() {
        let Some(built) = known.artifacts.get(name) else { continue };
        let stored = put(world, commit, built, publication.artifacts.get(name)).await?;
        standing.findings.fresh.artifacts.insert(name.clone(), stored);
    }
    let findings = &mut standing.findings;
    if !standing.missing.is_empty() && last > 0 && !findings.asked {
        let found = view.ledger.remembered(commit, last).await;
        findings.before = found.map_err(LedgerError::looking)?;
    }
    remember(world, commit, &standing, &publication.actor).await;
    Ok(Published { manifest: known, new: false, standing })
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
    world: &World,
    commit: &CommitId,
    built: &BuiltArtifact,
    given: Option<&Given>,
) -> Result<Stored, Failure> {
    let location = &built.location;
    match given {
        Some(Given::Object { body, .. }) => Placing { world, commit, built }.put(body).await,
        Some(Given::Folder(entries)) => {
            let bucket = &**world.store(&location.store)?;
            let publishing = folder::Publishing { bucket, location, commit, clock: &*world.clock };
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

/// Refuses to put in place again what retention deletes, or has deleted: nobody could take it from there.
///
/// Answers the number of the last entry about what was found out by reading its artifacts.
///
/// # Errors
/// `Conflict` when that is so, or what the store answered.
pub async fn stays(world: &World, commit: &CommitId) -> Result<u32, Failure> {
    let entry = world.ledger.reader().release(commit).await.map_err(LedgerError::looking)?;
    let short = commit.short(12);
    if entry.gone.is_some() || entry.erasing() {
        let message = format!("release {short} was published before, and retention has deleted it");
        return Err(Failure::new(ExitStatus::Conflict, message)
            .state("Nothing was changed.")
            .hint("make a new commit, and publish that"));
    }
    if entry.doomed() {
        let message = format!("release {short} was published before, and retention is about to delete it");
        return Err(Failure::new(ExitStatus::Conflict, message)
            .state("Nothing was changed.")
            .hint(format!("`promote pin {short} --reason TEXT` keeps it")));
    }
    Ok(entry.seen)
}
