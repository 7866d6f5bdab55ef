//! Publishing a commit: which one it is, whether that was done already, its bytes, its place, its manifest.

mod preview;

use crate::clean::{self, Cause};
use crate::git::GitRepository;
use crate::pack::Own;
use crate::ready::{self, PackSource, Ready};
use promote_core::commit::CommitId;
use promote_core::config::{ArtifactKind, Config};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::{Actor, Allowed, Dirty, LedgerError, Manifest, Unmerged};
use promote_core::observe::begun;
use promote_core::port::{Commit, ErrorKind, StepProgress};
use promote_core::ports::Ports;
use promote_core::proposal::{Named, Proposal, refused};
use promote_core::publish::{
    ArtifactPlace, Publication, PublishedState, places, publish as put, remember, standing, stays, unchanged,
};
use promote_core::report::{AllowedReport, Document, PublishReport, PublishedArtifact};
use promote_core::version;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is to be published, and how.
#[derive(Clone, Copy)]
pub struct PublishRequest<'a> {
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
    /// Whether the work tree may be another than the commit's.
    pub allow_dirty: bool,
    /// Whether the commit may be a merge that is only tried out.
    pub allow_unmerged: bool,
    /// The proposed change that the job is about, where it was given such a merge.
    pub proposal: Option<&'a Proposal>,
    /// Who publishes.
    pub actor: &'a Actor,
    /// Hears what a build says.
    pub said: &'a dyn StepProgress,
}

/// Publishes, unless that was done already.
///
/// # Errors
/// When the commit or a file is not there, it can't be packed, or it was published with other bytes.
pub async fn publish(world: &Ports, args: &PublishRequest<'_>) -> Result<PublishReport, Failure> {
    let config = args.config;
    let commit = resolve(world, args.commit, !args.paths.is_empty()).await?;
    let unmerged = unmerged(world, args, &commit.0).await?;
    let reader = world.ledger.reader();
    let (begun, known, stays) =
        tokio::join!(begun(reader, config), reader.manifest(&commit.0), stays(world, &commit.0));
    let begun = begun?;
    let known = known.map_err(LedgerError::read_failure)?;
    // What retention deletes is told as such, not as published.
    let last = stays?;
    let tags = tags(world, &commit).await?;
    let there = known.as_ref().zip(begun.as_ref());
    if let Some((known, (genesis, _))) = there {
        still_dirty(known, args)?;
        if args.paths.is_empty() {
            let standing = standing(&world.view(), genesis, known, last).await?;
            if standing.missing.is_empty() || args.dry_run {
                if !args.dry_run {
                    remember(world, &commit.0, &standing, args.actor).await;
                }
                let warnings = warnings(&standing, args.dry_run);
                let report = of_manifest(known, &tags, false, warnings);
                return Ok(PublishReport { dry_run: args.dry_run, ..report });
            }
        }
    }
    let publication = about(args.actor, world, commit, &tags).await?;
    // Where a release lies is settled when it is published, whatever tags its commit gets later.
    let version = known.as_ref().map_or(&publication.version, |known| &known.version);
    let places = places(config, &publication.commit, version.as_deref())?;
    let files = crate::given_files::of(args.folder, args.paths, &places)?;
    let dirty = judged(args, &publication.commit, &places, &files).await?;
    let builds = config.pack.as_ref().is_some_and(|pack| pack.build.is_some());
    let mut ready = BTreeMap::new();
    for (name, place) in &places {
        let file = files.get(name);
        // A build may do anything, so looking runs none.
        if place.kind != ArtifactKind::Image && !(args.dry_run && builds && file.is_none()) {
            ready.insert(name.clone(), content(world, args, &publication.commit, file, place).await?);
        }
    }
    let dirty = ready.values().fold(dirty, |dirty, one| clean::both(dirty, one.dirty.clone()));
    let told: Vec<String> = ready.values().flat_map(|ready| ready.warnings.clone()).collect();
    let publication = with_bytes(publication, &ready, Allowed { dirty, unmerged });
    if args.dry_run {
        let looked = match there {
            None => preview::new(world, &publication, &places, told).await?,
            Some((known, (genesis, _))) => {
                unchanged(known, &places, &publication.artifacts)?;
                let standing = standing(&world.view(), genesis, known, last).await?;
                let told = warnings(&standing, true).into_iter().chain(told).collect();
                of_manifest(known, &tags, false, told)
            }
        };
        return Ok(PublishReport { dry_run: true, ..looked });
    }
    let (_, _, begun) = promote_core::init_ledger::init_ledger(world, config).await?;
    let published = put(world, config, &publication).await?;
    let told = warnings(&published.standing, false).into_iter().chain(told).collect();
    Ok(PublishReport { begun, ..of_manifest(&published.manifest, &tags, published.new, told) })
}

/// What is to be said of a release that was published before.
fn warnings(standing: &PublishedState, dry_run: bool) -> Vec<String> {
    let then = if dry_run { "would be put there again" } else { "was put there again" };
    let gone = standing.gone().into_iter().map(|told| format!("{told}, and {then}"));
    gone.chain(standing.beside.iter().cloned()).collect()
}

/// Refuses to take a release for the commit's whose bytes were let through although they may not be.
fn still_dirty(known: &Manifest, args: &PublishRequest<'_>) -> Result<(), Failure> {
    let Some(dirty) = known.allowed.dirty.as_ref().filter(|_| !args.allow_dirty) else { return Ok(()) };
    let short = known.commit.short(12);
    let message = format!("release {short} was published with `--allow-dirty`, and stays what it is");
    Err(Failure::new(ExitStatus::Conflict, message)
        .state(format!("{}.", dirty.said()))
        .state("Nothing was changed.")
        .hint("make a new commit, and publish that")
        .hint("`--allow-dirty` goes on with what is published"))
}

/// What was made of a proposed change alone, where that is let through.
async fn unmerged(
    world: &Ports,
    args: &PublishRequest<'_>,
    commit: &CommitId,
) -> Result<Option<Unmerged>, Failure> {
    let Some(proposal) = args.proposal else { return Ok(None) };
    let parent = async |number: u8| {
        let history = world.history.as_ref()?;
        history.resolve(&format!("{commit}^{number}")).await.ok().flatten().map(|parent| parent.id)
    };
    // At the edge of a shallow clone a commit has no parents, and nobody knows how many it has.
    let parents = match parent(1).await {
        Some(first) => Some(std::iter::once(first).chain(parent(2).await).collect()),
        None => None,
    };
    // Whoever names what is checked out, by whichever name, names what the job was given.
    let given = match &world.history {
        Some(history) if args.commit != "HEAD" => history.resolve("HEAD").await.ok().flatten(),
        _ => None,
    };
    let explicit = args.commit != "HEAD" && given.is_none_or(|given| given.id != *commit);
    let above = above(world, proposal, commit, explicit).await;
    let named = Named { commit: commit.clone(), explicit, parents, above };
    match proposal.unmerged(&named) {
        Some(unmerged) if !args.allow_unmerged => Err(refused(proposal, &named, &unmerged)),
        found => Ok(found),
    }
}

/// How far back a merge is looked for that its system does not name.
const BACK: usize = 100;

/// Whether a commit was made on top of a merge that was made for a proposed change.
async fn above(world: &Ports, proposal: &Proposal, commit: &CommitId, explicit: bool) -> bool {
    let Some(history) = &world.history else { return false };
    if let Some(merge) = &proposal.merge {
        let missing = history.between(commit, merge, 1).await;
        return merge != commit && matches!(missing, Ok(Some((0, _))));
    }
    // The same merge may have been made for good by now, for whoever names a later commit.
    let Some(head) = proposal.head.as_ref().filter(|head| *head != commit && !explicit) else { return false };
    let parent = async |of: &CommitId, number: u8| {
        let found = history.resolve(&format!("{of}^{number}")).await;
        found.ok().flatten().map(|parent| parent.id)
    };
    let mut next = parent(commit, 1).await;
    for _ in 0..BACK {
        let Some(one) = next.filter(|one| one != head) else { return false };
        next = parent(&one, 1).await;
        if let Some(second) = parent(&one, 2).await
            && (second == *head || next.as_ref() == Some(head))
        {
            return true;
        }
    }
    false
}

/// Whether the work tree is the commit's as far as bytes of it are published, before anything runs. What was let through
/// is the answer.
async fn judged(
    args: &PublishRequest<'_>,
    commit: &CommitId,
    places: &BTreeMap<String, ArtifactPlace>,
    files: &BTreeMap<String, PathBuf>,
) -> Result<Option<Dirty>, Failure> {
    let Ok(repository) = GitRepository::open(args.base) else { return Ok(None) };
    let mut found = None;
    let built = args.config.pack.as_ref().is_some_and(|pack| pack.build.is_some());
    let packed = |(name, place): (&String, &ArtifactPlace)| {
        place.kind == ArtifactKind::Object && !files.contains_key(name)
    };
    if built && places.iter().any(packed) {
        found = clean::work_tree(&repository, commit, args.allow_dirty, Cause::Found).await?;
    }
    let own = Own::of(args.config, args.base);
    for path in files.values() {
        found = clean::both(found, clean::given(&repository, commit, path, &own, args.allow_dirty).await?);
    }
    Ok(found)
}

/// The tags on the commit, where the repository knows it.
async fn tags(world: &Ports, (commit, told): &(CommitId, Option<Commit>)) -> Result<Vec<String>, Failure> {
    match (&world.history, told) {
        (Some(history), Some(_)) => {
            history.tags(commit).await.map_err(|error| Failure::from_read("reading the repository", error))
        }
        _ => Ok(Vec::new()),
    }
}

/// The commit that is meant. A whole commit needs no repository when its files are given.
async fn resolve(world: &Ports, name: &str, files: bool) -> Result<(CommitId, Option<Commit>), Failure> {
    let whole: Option<CommitId> = name.parse().ok();
    let found = match &world.history {
        Some(history) => match history.resolve(name).await {
            // Where git does not run at all, what was given is enough.
            Err(error) if error.kind == ErrorKind::Unavailable && files && whole.is_some() => None,
            found => found.map_err(|error| Failure::from_read("reading the repository", error))?,
        },
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
        _ if name == "HEAD" => Err(Failure::new(
            ExitStatus::Missing,
            "the repository has no commit yet, and a release is one of a commit",
        )
        .hint("commit what belongs to the release, then run the same command again")),
        _ => Err(Failure::new(
            ExitStatus::Missing,
            format!("no commit, branch or tag `{}` in the repository", promote_core::names::escape(name)),
        )
        .hint("a checkout without history may lack it: fetch it first")),
    }
}

/// What the repository tells of the commit.
async fn about(
    actor: &Actor,
    world: &Ports,
    (commit, told): (CommitId, Option<Commit>),
    tags: &[String],
) -> Result<Publication, Failure> {
    let mut branches = Vec::new();
    if let (Some(history), Some(_)) = (&world.history, &told) {
        let found = history.branches(&commit).await;
        branches = found.map_err(|error| Failure::from_read("reading the repository", error))?;
    }
    Ok(Publication {
        commit,
        subject: told.as_ref().map(|commit| commit.subject.clone()),
        committed_at: told.as_ref().map(|commit| commit.committed_at),
        version: version::of(tags.iter().map(String::as_str)),
        branches,
        artifacts: BTreeMap::new(),
        built: "given".to_owned(),
        allowed: Allowed::default(),
        actor: actor.clone(),
    })
}

fn with_bytes(publication: Publication, ready: &BTreeMap<String, Ready>, allowed: Allowed) -> Publication {
    let built: BTreeSet<&str> = ready.values().map(|ready| ready.built.as_str()).collect();
    let built: Vec<&str> = built.into_iter().collect();
    Publication {
        artifacts: ready.iter().map(|(name, ready)| (name.clone(), ready.given.clone())).collect(),
        built: if built.is_empty() { "pushed".to_owned() } else { built.join(", ") },
        allowed,
        ..publication
    }
}

/// What one artifact consists of.
async fn content(
    world: &Ports,
    args: &PublishRequest<'_>,
    commit: &CommitId,
    file: Option<&PathBuf>,
    place: &ArtifactPlace,
) -> Result<Ready, Failure> {
    let zip = place.location.key.as_str().ends_with(".zip");
    let own = || Own::of(args.config, args.base);
    match file {
        Some(path) if place.kind == ArtifactKind::Folder => ready::files_of(path.clone(), own()).await,
        Some(path) if path.is_dir() => {
            ready::packed(PackSource::Path(path.clone(), own()), args.allow_dirty).await
        }
        Some(path) => ready::given(path.clone(), zip).await,
        None => {
            let repository = GitRepository::open(args.base).map_err(|error| {
                let hint = error.hint();
                let failure = Failure::new(ExitStatus::Failed, "the repository can't be read");
                hint.into_iter().fold(failure.caused_by(error), Failure::hint)
            })?;
            let allow = args.allow_dirty;
            let built = ready::build(world, args.config, &repository, commit, allow, args.said).await?;
            let pack = args.config.pack.clone().unwrap_or_default();
            let mut ready =
                ready::packed(PackSource::Commit(repository, commit.clone(), pack, own()), allow).await?;
            ready.dirty = clean::both(built, ready.dirty.take());
            Ok(ready)
        }
    }
}

fn of_manifest(manifest: &Manifest, tags: &[String], new: bool, warnings: Vec<String>) -> PublishReport {
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
        version: version::now(manifest.version.as_deref(), tags),
        new,
        begun: false,
        dry_run: false,
        artifacts: artifacts.collect(),
        warnings,
        allowed: AllowedReport::of(&manifest.allowed),
        moves: Vec::new(),
    }
}
