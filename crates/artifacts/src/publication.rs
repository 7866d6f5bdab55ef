//! Publishing a commit: which one it is, whether that was done already, its bytes, its place, its manifest.

use crate::git::GitRepository;
use crate::ready::{self, Ready, What};
use promote_core::commit::CommitId;
use promote_core::config::{ArtifactKind, Config};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::{Actor, LedgerError, Manifest};
use promote_core::port::{Commit, StepProgress};
use promote_core::publish::{Place, Publication, places, publish as put, stays};
use promote_core::report::{Document, PublishReport, PublishedArtifact};
use promote_core::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is to be published, and how.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The project.
    pub config: &'a Config,
    /// The folder that `promote.toml` lies in.
    pub base: &'a Path,
    /// The folder that plain paths are relative to.
    pub folder: &'a Path,
    /// The commit: its beginning, a tag or a branch.
    pub commit: &'a str,
    /// Finished files or folders, `NAME=PATH` where a release has several artifacts; none to pack the commit.
    pub paths: &'a [String],
    /// Whether to stop before anything is written.
    pub dry_run: bool,
    /// Who publishes.
    pub actor: &'a Actor,
    /// Hears what a build says.
    pub said: &'a dyn StepProgress,
}

/// Publishes, unless that was done already.
///
/// # Errors
/// When the commit or a file is not there, it can't be packed, or it was published with other bytes.
pub async fn publish(world: &World, args: &Asked<'_>) -> Result<PublishReport, Failure> {
    let config = args.config;
    let commit = resolve(world, args.commit, !args.paths.is_empty()).await?;
    let manifest = world.ledger.reader().manifest(&commit.0);
    // What retention deletes is told as such, not as published.
    let (known, stays) = tokio::join!(manifest, stays(world, &commit.0));
    let known = known.map_err(LedgerError::looking)?;
    stays?;
    if let Some(known) = known.as_ref().filter(|_| args.paths.is_empty() || args.dry_run) {
        return Ok(PublishReport { dry_run: args.dry_run, ..of_manifest(known, false, Vec::new()) });
    }
    let publication = about(args.actor, world, commit).await?;
    let places = places(config, &publication.commit, publication.version.as_deref())?;
    let files = crate::given_files::of(args.folder, args.paths, &places)?;
    if args.dry_run {
        let artifacts = places.iter().map(|(name, place)| PublishedArtifact {
            name: name.clone(),
            location: place.location.to_string(),
            digest: None,
            size: None,
            files: None,
        });
        return Ok(PublishReport {
            schema: PublishReport::SCHEMA,
            commit: publication.commit,
            subject: publication.subject,
            version: publication.version,
            new: true,
            begun: false,
            dry_run: true,
            artifacts: artifacts.collect(),
            warnings: Vec::new(),
            moves: Vec::new(),
        });
    }
    let mut ready = BTreeMap::new();
    for (name, place) in &places {
        if place.kind != ArtifactKind::Image {
            let commit = &publication.commit;
            ready.insert(name.clone(), content(world, args, commit, files.get(name), place).await?);
        }
    }
    let publication = with_bytes(publication, &ready);
    let (_, _, begun) = promote_core::begin::begin(world, config).await?;
    let published = put(world, config, &publication).await?;
    let warnings = ready.values().flat_map(|ready| ready.warnings.clone()).collect();
    Ok(PublishReport { begun, ..of_manifest(&published.manifest, published.new, warnings) })
}

/// The commit that is meant. A whole commit needs no repository when its files are given.
async fn resolve(world: &World, name: &str, files: bool) -> Result<(CommitId, Option<Commit>), Failure> {
    let whole: Option<CommitId> = name.parse().ok();
    let found = match &world.history {
        Some(history) => {
            history.resolve(name).await.map_err(|error| Failure::looking("reading the repository", error))?
        }
        None => None,
    };
    match (found, whole) {
        (Some(commit), _) => Ok((commit.id.clone(), Some(commit))),
        (None, Some(commit)) if files => Ok((commit, None)),
        _ if world.history.is_none() => {
            Err(Failure::new(ExitStatus::Missing, "there is no git repository to take the commit from")
                .hint("run it in the project's repository")
                .hint("or give the file and the whole commit: `promote publish app.zip --commit SHA`"))
        }
        _ => Err(Failure::new(
            ExitStatus::Missing,
            format!("the repository knows no `{}`", promote_core::names::shown(name)),
        )
        .hint("a checkout without history may lack it: fetch it first")),
    }
}

/// What the repository tells of the commit.
async fn about(
    actor: &Actor,
    world: &World,
    (commit, told): (CommitId, Option<Commit>),
) -> Result<Publication, Failure> {
    let (mut version, mut branches) = (None, Vec::new());
    if let (Some(history), Some(_)) = (&world.history, &told) {
        let failed = |error| Failure::looking("reading the repository", error);
        let tags = history.tags(&commit).await.map_err(failed)?;
        let numbers =
            tags.iter().filter_map(|tag| semver::Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok());
        version = numbers.max().map(|number| number.to_string());
        branches = history.branches(&commit).await.map_err(failed)?;
    }
    Ok(Publication {
        commit,
        subject: told.as_ref().map(|commit| commit.subject.clone()),
        committed_at: told.as_ref().map(|commit| commit.committed_at),
        version,
        branches,
        artifacts: BTreeMap::new(),
        built: "given".to_owned(),
        actor: actor.clone(),
    })
}

fn with_bytes(publication: Publication, ready: &BTreeMap<String, Ready>) -> Publication {
    let built: BTreeSet<&str> = ready.values().map(|ready| ready.built.as_str()).collect();
    let built: Vec<&str> = built.into_iter().collect();
    Publication {
        artifacts: ready.iter().map(|(name, ready)| (name.clone(), ready.given.clone())).collect(),
        built: if built.is_empty() { "pushed".to_owned() } else { built.join(", ") },
        ..publication
    }
}

/// What one artifact consists of.
async fn content(
    world: &World,
    args: &Asked<'_>,
    commit: &CommitId,
    file: Option<&PathBuf>,
    place: &Place,
) -> Result<Ready, Failure> {
    let zip = place.location.key.as_str().ends_with(".zip");
    match file {
        Some(path) if place.kind == ArtifactKind::Folder => ready::files_of(path.clone()).await,
        Some(path) if path.is_dir() => ready::packed(What::Path(path.clone())).await,
        Some(path) => ready::given(path.clone(), zip).await,
        None => {
            let repository = GitRepository::open(args.base).map_err(|error| {
                Failure::new(ExitStatus::Failed, "the repository can't be read").caused_by(error)
            })?;
            ready::build(world, args.config, &repository, commit, args.said).await?;
            let pack = args.config.pack.clone().unwrap_or_default();
            ready::packed(What::Commit(repository, commit.clone(), pack)).await
        }
    }
}

fn of_manifest(manifest: &Manifest, new: bool, warnings: Vec<String>) -> PublishReport {
    let artifacts = manifest.artifacts.iter().map(|(name, built)| PublishedArtifact {
        name: name.clone(),
        location: built.location.to_string(),
        digest: Some(built.sha256.to_string()),
        size: Some(built.folder.map_or(built.size, |folder| folder.bytes)),
        files: built.folder.map(|folder| folder.files),
    });
    PublishReport {
        schema: PublishReport::SCHEMA,
        commit: manifest.commit.clone(),
        subject: manifest.subject.clone(),
        version: manifest.version.clone(),
        new,
        begun: false,
        dry_run: false,
        artifacts: artifacts.collect(),
        warnings,
        moves: Vec::new(),
    }
}
