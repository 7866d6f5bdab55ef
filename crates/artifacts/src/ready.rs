//! The bytes of an artifact: packed from a commit or a folder, or a finished file that is verified first. Nothing is
//! uploaded here.

use crate::blob::FileBlob;
use crate::clean::{self, Cause};
use crate::git::GitRepository;
use crate::pack::{self, Listing, Options, Own, PackError, Packed, pack_to};
use crate::tally::Tally;
use crate::verify::{Limits, Verified, VerifyError, verify, verify_to_blob};
use promote_core::commit::CommitId;
use promote_core::config::{Config, Pack, Step, StepAction};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Dirty;
use promote_core::port::wire::{self, Wire};
use promote_core::port::{Blob, Body, StepContext, StepEnd, StepProgress};
use promote_core::ports::Ports;
use promote_core::publish::Given;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// An artifact's bytes, ready to be published.
#[derive(Debug)]
pub struct Ready {
    /// What it consists of.
    pub given: Given,
    /// How it was made, as the manifest says it.
    pub built: String,
    /// What is worth telling.
    pub warnings: Vec<String>,
    /// What of it is not the commit's, where that was let through.
    pub dirty: Option<Dirty>,
    /// Where it lies until it is published.
    _folder: Option<TempDir>,
}

/// What to pack.
#[derive(Debug, Clone)]
pub enum PackSource {
    /// As `[pack]` says, from a commit.
    Commit(GitRepository, CommitId, Pack, Own),
    /// A folder or file as it is, but for what is kept there for the project.
    Path(PathBuf, Own),
}

/// An archive that was made, and what is to be said of it.
#[derive(Debug)]
pub struct Made {
    /// The archive.
    pub packed: Packed,
    /// What is worth telling.
    pub warnings: Vec<String>,
    /// What of it is not the commit's, where that was let through.
    pub dirty: Option<Dirty>,
}

/// Where an archive is written.
#[derive(Debug)]
pub enum Out {
    /// Here, whole or not at all.
    File(PathBuf),
    /// To what is open already, such as a pipe that somebody reads.
    Open(File),
}

/// Packs into a file, off the thread that hears signals. `allow_dirty`: whether what comes from the work tree may be of a
/// tree that is not the commit's.
///
/// # Errors
/// When it can't be packed.
pub async fn pack(what: PackSource, out: Out, allow_dirty: bool) -> Result<Made, Failure> {
    let chosen = what.clone();
    let listing = aside(move || {
        let listing = match &chosen {
            PackSource::Commit(repository, commit, pack, own) => {
                Listing::select_beside(repository, commit, pack, own)
            }
            PackSource::Path(path, own) => Listing::of_path_beside(path, own),
        };
        listing.map_err(unpacked)
    })
    .await?;
    let dirty = match &what {
        PackSource::Commit(repository, commit, ..)
            if listing.origins().iter().any(|origin| !origin.commit) =>
        {
            clean::work_tree(repository, commit, allow_dirty, Cause::Found).await?
        }
        _ => None,
    };
    let named = match &what {
        PackSource::Commit(_, commit, ..) => commit.short(7).to_owned(),
        PackSource::Path(path, _) => path.display().to_string(),
    };
    let tally = Tally::default();
    let options = Options { tally: tally.clone(), ..Options::default() };
    let packing = aside(move || {
        let packed = match &out {
            Out::File(path) => pack_to(&listing, path, &options),
            Out::Open(file) => pack::pack(&listing, file, &options),
        };
        let packed = packed.map_err(unpacked)?;
        let warnings = listing.warnings().iter().map(ToString::to_string).collect();
        Ok(Made { packed, warnings, dirty })
    });
    tally.told("pack", &named, packing).await
}

/// Packs into a scratch file.
///
/// # Errors
/// When it can't be packed, or there is no room for it.
pub async fn packed(what: PackSource, allow_dirty: bool) -> Result<Ready, Failure> {
    let folder = TempDir::with_prefix("promote-").map_err(|error| {
        Failure::new(ExitStatus::Failed, "no scratch folder can be made").caused_by(error)
    })?;
    let file = folder.path().join("artifact.zip");
    let named = match &what {
        PackSource::Commit(_, commit, ..) => commit.short(7).to_owned(),
        PackSource::Path(path, _) => path.display().to_string(),
    };
    wire::tell(|| Wire::Doing { doing: "pack", what: named.clone() });
    let Made { packed, warnings, dirty } = pack(what, Out::File(file.clone()), allow_dirty).await?;
    let tally = Tally::default();
    let counts = tally.clone();
    let reading =
        aside(move || FileBlob::open_counted(&file, &counts).map_err(|error| unreadable(&file, error)));
    let blob = tally.told("check", &named, reading).await?;
    if blob.digest() != packed.digest {
        return Err(Failure::new(ExitStatus::Failed, "the archive was changed while it was packed"));
    }
    Ok(Ready {
        given: Given::Object { body: Body::Blob(Arc::new(blob)), content: Some(packed.content) },
        built: format!("promote-pack/{}", packed.format),
        warnings,
        dirty,
        _folder: Some(folder),
    })
}

/// A finished file. What is called a zip must be a sound one.
///
/// # Errors
/// When it can't be read, is empty, or is no sound zip.
pub async fn given(path: PathBuf, zip: bool) -> Result<Ready, Failure> {
    wire::tell(|| Wire::Doing { doing: "check", what: path.display().to_string() });
    let zip = zip || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
    let named = path.display().to_string();
    let tally = Tally::default();
    let counts = tally.clone();
    let checking = aside(move || {
        let (blob, content, warnings) = if zip {
            let (found, blob) = verify_to_blob(&path, &Limits::default(), &counts)
                .map_err(|error| unsound(&path, error, &PUBLISHED))?;
            (blob, Some(found.content), found.warnings.iter().map(ToString::to_string).collect())
        } else {
            let blob = FileBlob::open_counted(&path, &counts)
                .map_err(|error| unsound(&path, VerifyError::Read(error), &PUBLISHED))?;
            (blob, None, Vec::new())
        };
        if blob.size() == 0 {
            return Err(Failure::new(ExitStatus::Usage, format!("`{}` is empty", path.display()))
                .state("Nothing was published."));
        }
        let given = Given::Object { body: Body::Blob(Arc::new(blob)), content };
        Ok(Ready { given, built: "given".to_owned(), warnings, dirty: None, _folder: None })
    });
    tally.told("check", &named, checking).await
}

/// The files of a folder, as they are, without what is kept there for the project.
pub async fn files_of(path: PathBuf, own: Own) -> Result<Ready, Failure> {
    aside(move || {
        if !path.is_dir() {
            return Err(Failure::new(
                ExitStatus::Missing,
                format!("there is no folder `{}`", path.display()),
            )
            .state("Nothing was published."));
        }
        let (entries, warnings) = crate::unpacked::entries(&path, &own).map_err(|error| {
            let hint = error.hint();
            let message = format!("`{}` can't be published", path.display());
            let failure = Failure::new(ExitStatus::Usage, message).caused_by(error);
            hint.into_iter().fold(failure.state("Nothing was published."), Failure::hint)
        })?;
        let given = Given::Folder(entries);
        let warnings = warnings.iter().map(ToString::to_string).collect();
        Ok(Ready { given, built: "given".to_owned(), warnings, dirty: None, _folder: None })
    })
    .await
}

/// Runs `[pack].build` in the work tree, which must be this commit's before and afterwards, or `allow_dirty`. What was let
/// through is the answer.
///
/// # Errors
/// When it is another one's, or the command does not succeed.
pub async fn build(
    world: &Ports,
    config: &Config,
    repository: &GitRepository,
    commit: &CommitId,
    allow_dirty: bool,
    progress: &dyn StepProgress,
) -> Result<Option<Dirty>, Failure> {
    let Some(command) = config.pack.as_ref().and_then(|pack| pack.build.clone()) else { return Ok(None) };
    let before = clean::work_tree(repository, commit, allow_dirty, Cause::Found).await?;
    let step = Step {
        action: StepAction::Run { command, changed: None, saves: None },
        timeout: None,
        retries: 0,
        env: BTreeMap::new(),
        workdir: None,
        evidence: None,
    };
    let variables = [("PROMOTE_SHA", commit.to_string()), ("PROMOTE_PROJECT", config.project.to_string())];
    let context = StepContext {
        variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        ..StepContext::default()
    };
    const LIMIT: Duration = Duration::from_secs(2 * 60 * 60);
    let report = world.steps.run(&step, &context, LIMIT, progress).await;
    if report.end == StepEnd::Succeeded {
        let after = clean::work_tree(repository, commit, allow_dirty, Cause::Built).await?;
        return Ok(clean::both(before, after));
    }
    let mut failure =
        Failure::new(ExitStatus::Failed, format!("`pack.build` did not succeed: {}", report.summary))
            .state("Nothing was published.");
    let tail: Vec<&str> = report.tail.lines().rev().take(5).collect();
    failure.state.extend(tail.into_iter().rev().map(|line| format!("  {line}")));
    Err(failure)
}

/// Reads a finished archive as [`publish`](crate::publication) does before it is published.
///
/// # Errors
/// The first reason to refuse it; [`ExitStatus::Missing`] when there is no such file.
pub async fn verified(path: PathBuf) -> Result<Verified, Failure> {
    aside(move || verify(&path, &Limits::default()).map_err(|error| unsound(&path, error, &LOOKED_AT))).await
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(Failure::new(ExitStatus::Failed, "packing was interrupted").caused_by(error))
    })
}

fn unpacked(error: PackError) -> Failure {
    let hint = error.hint();
    let failure = match &error {
        PackError::NotThere { .. } => {
            let failure =
                Failure::new(ExitStatus::Missing, error.to_string()).state("Nothing was published.");
            return hint.into_iter().fold(failure, Failure::hint);
        }
        PackError::Write(why) => {
            let room = why.kind() == std::io::ErrorKind::StorageFull;
            let failure = Failure::new(ExitStatus::Failed, "the archive can't be written");
            let failure = failure.state("No part of it is left, and what was there is as it was.");
            if room { failure.hint("make room there, then run the same command again") } else { failure }
        }
        _ => Failure::new(ExitStatus::Usage, "it can't be packed"),
    };
    let failure = failure.caused_by(error).state("Nothing was published.");
    hint.into_iter().fold(failure, Failure::hint)
}

/// How a refusal of an archive is told.
struct RefusalWords {
    refused: &'static str,
    missing: &'static str,
}

const PUBLISHED: RefusalWords = RefusalWords {
    refused: "is not published",
    missing: "build it first, or leave the path out to pack the commit's own files",
};
const LOOKED_AT: RefusalWords = RefusalWords {
    refused: "would not be published",
    missing: "build or download it first; `promote pack` makes one",
};

fn unsound(path: &Path, error: VerifyError, told: &RefusalWords) -> Failure {
    if let VerifyError::Read(error) = &error
        && error.kind() == std::io::ErrorKind::NotFound
    {
        return Failure::new(ExitStatus::Missing, format!("there is no file `{}`", path.display()))
            .state("Nothing was changed.")
            .hint(told.missing);
    }
    let hint = error.hint();
    let failure = Failure::new(ExitStatus::Usage, format!("`{}` {}", path.display(), told.refused));
    let failure = failure.caused_by(error).state("Nothing was changed.");
    hint.into_iter().fold(failure, Failure::hint)
}

fn unreadable(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(ExitStatus::Usage, format!("`{}` can't be read", path.display())).caused_by(error)
}
