//! Publishing a commit: which one it is, whether that was done already, its bytes, its place, its manifest.

use crate::app::App;
use crate::automatic::Moved;
use crate::command::publish::PublishArgs;
use crate::packing::{self, Ready, What};
use crate::page::{Style, Text};
use crate::project::Project;
use crate::screen::Screen;
use promote_artifacts::git::GitRepository;
use promote_core::commit::CommitId;
use promote_core::config::ArtifactKind;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::{LedgerError, Manifest};
use promote_core::port::{Commit, StepProgress};
use promote_core::publish::{Place, Publication, places, publish as put};
use promote_core::report::Document;
use promote_core::world::World;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PublishReport {
    schema: &'static str,
    /// The release.
    #[serde(rename = "sha")]
    pub(crate) commit: CommitId,
    /// First line of its message.
    pub(crate) subject: Option<String>,
    /// Its semver number.
    pub(crate) version: Option<String>,
    /// Whether it was published now; otherwise it was before.
    pub(crate) new: bool,
    /// Whether the ledger was begun now.
    pub(crate) begun: bool,
    /// Whether nothing was written because of `--dry-run`.
    pub(crate) dry_run: bool,
    /// What lies where.
    pub(crate) artifacts: Vec<PublishedArtifact>,
    /// What is worth telling.
    pub(crate) warnings: Vec<String>,
    /// Where it went by itself.
    pub(crate) moves: Vec<Moved>,
}

/// One artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PublishedArtifact {
    /// Its name; the only one is called `main`.
    pub(crate) name: String,
    /// Where it lies.
    pub(crate) location: String,
    /// Its digest; `null` when it was not made.
    pub(crate) digest: Option<String>,
    /// Its length in bytes: of a folder, of all its files.
    pub(crate) size: Option<u64>,
    /// How many files a folder has; `null` for anything else.
    pub(crate) files: Option<u64>,
}

impl Document for PublishReport {
    const SCHEMA: &'static str = "promote/publish@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "sha", "subject", "version", "new", "begun", "dry_run", "artifacts", "warnings", "moves"];
}

/// Publishes, unless that was done already.
pub(crate) async fn publish(
    app: &App<'_>,
    project: &Project,
    world: &World,
    args: &PublishArgs,
) -> Result<PublishReport, Failure> {
    let config = &project.config;
    let commit = resolve(world, &args.commit, !args.paths.is_empty()).await?;
    let known = world.ledger.reader().manifest(&commit.0).await.map_err(LedgerError::looking)?;
    if let Some(known) = known.as_ref().filter(|_| args.paths.is_empty() || args.changing.dry_run) {
        return Ok(PublishReport { dry_run: args.changing.dry_run, ..of_manifest(known, false, Vec::new()) });
    }
    let publication = about(app, world, commit).await?;
    let places = places(config, &publication.commit, publication.version.as_deref())?;
    let files = crate::given_files::of(app, &args.paths, &places)?;
    if args.changing.dry_run {
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
            ready.insert(name.clone(), content(app, project, world, commit, files.get(name), place).await?);
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
    app: &App<'_>,
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
        actor: app.actor(),
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
    app: &App<'_>,
    project: &Project,
    world: &World,
    commit: &CommitId,
    file: Option<&PathBuf>,
    place: &Place,
) -> Result<Ready, Failure> {
    let zip = place.location.key.as_str().ends_with(".zip");
    match file {
        Some(path) if place.kind == ArtifactKind::Folder => packing::files_of(path.clone()).await,
        Some(path) if path.is_dir() => packing::packed(What::Path(path.clone())).await,
        Some(path) => packing::given(path.clone(), zip).await,
        None => {
            let repository = GitRepository::open(&project.base).map_err(|error| {
                Failure::new(ExitStatus::Failed, "the repository can't be read").caused_by(error)
            })?;
            let lines = Said(&app.screen);
            packing::build(world, &project.config, &repository, commit, &lines).await?;
            let pack = project.config.pack.clone().unwrap_or_default();
            packing::packed(What::Commit(repository, commit.clone(), pack)).await
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

/// Shows what a build says.
pub(crate) struct Said<'a>(pub(crate) &'a Screen);

impl StepProgress for Said<'_> {
    fn line(&self, line: &str) {
        self.0.say(&Text::new(format!("  {line}"), Style::Dim));
    }
}
