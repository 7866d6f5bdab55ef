//! Whether what is read from the work tree is the commit's: the gate before bytes of it are published under the
//! commit's name. Going past it is said by the release for ever.

use crate::git::{GitError, GitRepository};
use crate::pack::{Own, PackError, folder};
use promote_core::commit::CommitId;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Dirty;
use promote_core::ledger::allowed::NAMED;
use promote_core::names::escape;
use promote_core::port::History;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What keeps a work tree from being that of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It was so before anything ran.
    Found,
    /// The build did it.
    Built,
}

/// Whether the whole work tree is that of the commit: it is what is checked out, and no file in git is changed. What was
/// built in another one is that one's. `None` when it is.
///
/// # Errors
/// When it is not and `allowed` does not say otherwise, or git fails.
pub(crate) async fn work_tree(
    repository: &GitRepository,
    commit: &CommitId,
    allowed: bool,
    cause: Cause,
) -> Result<Option<Dirty>, Failure> {
    let head = repository.resolve("HEAD").await;
    let head = head.map_err(|error| Failure::from_read("reading the repository", error))?.map(|head| head.id);
    if head.as_ref() != Some(commit) && !allowed {
        return Err(elsewhere(head.as_ref(), commit));
    }
    let files = differing(repository, commit, None).await?;
    let dirty = Dirty { at: head.filter(|head| head != commit), ..named(&files) };
    if dirty == Dirty::default() {
        return Ok(None);
    }
    if allowed { Ok(Some(dirty)) } else { Err(changed(commit, &dirty, cause)) }
}

/// Whether what lies at or below a path of the work tree is the commit's. In a folder of which git knows files, so are
/// those that git does not know, ignored ones too, except what the project keeps there of its own: it is not published. Of a folder, or a file, that git does not know at all nobody knows what
/// it was made of; nor of what lies outside of the repository.
///
/// # Errors
/// As [`work_tree`].
pub(crate) async fn given(
    repository: &GitRepository,
    commit: &CommitId,
    path: &Path,
    own: &Own,
    allowed: bool,
) -> Result<Option<Dirty>, Failure> {
    let Some(below) = inside(repository.top(), path)? else { return Ok(None) };
    let known = repository.resolve(commit.as_str()).await;
    if known.map_err(|error| Failure::from_read("reading the repository", error))?.is_none() {
        return Ok(None);
    }
    let mut files = differing(repository, commit, Some(below.clone())).await?;
    files.extend(unknown(repository, commit, below, path, own).await?);
    let dirty = named(&files);
    match dirty == Dirty::default() {
        true => Ok(None),
        false if allowed => Ok(Some(dirty)),
        false => Err(changed(commit, &dirty, Cause::Found)),
    }
}

/// The files of a folder that the commit does not have, where it has others there.
async fn unknown(
    repository: &GitRepository,
    commit: &CommitId,
    below: String,
    path: &Path,
    own: &Own,
) -> Result<BTreeSet<String>, Failure> {
    if !path.is_dir() {
        return Ok(BTreeSet::new());
    }
    let (repository, commit, path) = (repository.clone(), commit.clone(), path.to_path_buf());
    let own = own.clone();
    let look = move || {
        // The path itself may be a link, or lie behind one: what is below it is meant.
        let found = path
            .canonicalize()
            .map_err(|source| PackError::Unreadable { path: path.display().to_string(), source });
        let there = found.and_then(|found| folder::names(&found, &own)).map_err(|error| {
            let message = format!("`{}` can't be read", path.display());
            Failure::new(ExitStatus::Usage, message).caused_by(error).state("Nothing was published.")
        })?;
        repository.unknown(&commit, &below, there).map_err(incomparable)
    };
    tokio::task::spawn_blocking(look).await.map_err(broken_off)?
}

/// What several looks found, as one.
pub(crate) fn both(one: Option<Dirty>, two: Option<Dirty>) -> Option<Dirty> {
    let (Some(one), Some(two)) = (&one, &two) else { return one.or(two) };
    let files: BTreeSet<&String> = one.files.iter().chain(&two.files).collect();
    // The later look at one tree sees what the earlier one saw; of two paths, each is counted.
    let count = one.count.max(two.count).max(files.len() as u64);
    Some(Dirty {
        at: one.at.clone().or_else(|| two.at.clone()),
        files: files.into_iter().take(NAMED).cloned().collect(),
        count,
    })
}

async fn differing(
    repository: &GitRepository,
    commit: &CommitId,
    below: Option<String>,
) -> Result<BTreeSet<String>, Failure> {
    let (repository, commit) = (repository.clone(), commit.clone());
    let look = move || repository.differing(&commit, below.as_deref().filter(|below| !below.is_empty()));
    tokio::task::spawn_blocking(look).await.map_err(broken_off)?.map_err(incomparable)
}

fn broken_off(error: tokio::task::JoinError) -> Failure {
    Failure::new(ExitStatus::Failed, "comparing the work tree broke off").caused_by(error)
}

fn incomparable(error: GitError) -> Failure {
    let hint = error.hint();
    let failure = Failure::new(ExitStatus::Failed, "the work tree can't be compared with the commit");
    let failure = failure.caused_by(error).state("Nothing was published.");
    hint.into_iter().fold(failure, Failure::hint)
}

fn named(files: &BTreeSet<String>) -> Dirty {
    Dirty {
        at: None,
        files: files.iter().take(NAMED).map(|file| escape(file)).collect(),
        count: files.len() as u64,
    }
}

/// The path from the top of the repository, empty for the top itself; `None` for one that lies elsewhere, or nowhere.
///
/// # Errors
/// When its name is not UTF-8: git would not be asked about that one.
fn inside(top: &Path, path: &Path) -> Result<Option<String>, Failure> {
    let whole: Option<(PathBuf, PathBuf)> = top.canonicalize().ok().zip(path.canonicalize().ok());
    let Some((top, path)) = whole else { return Ok(None) };
    let Ok(below) = path.strip_prefix(top) else { return Ok(None) };
    match below.to_str() {
        Some(below) => Ok(Some(below.to_owned())),
        None => {
            let message = format!(
                "`{}` can't be compared with the commit: its name is not UTF-8",
                escape(&below.to_string_lossy())
            );
            Err(Failure::new(ExitStatus::Usage, message).state("Nothing was published.").hint("rename it"))
        }
    }
}

fn elsewhere(head: Option<&CommitId>, commit: &CommitId) -> Failure {
    let here = head.map_or_else(|| "no commit".to_owned(), |head| head.short(12).to_owned());
    let short = commit.short(12);
    Failure::new(
        ExitStatus::Usage,
        format!("the work tree is at {here}, and what is built there is not of {short}"),
    )
    .state("Nothing was published.")
    .hint(format!("`git switch --detach {short}` first, or leave `--commit` out"))
    .hint("`--allow-dirty` publishes it all the same, and the release says so for ever")
}

fn changed(commit: &CommitId, dirty: &Dirty, cause: Cause) -> Failure {
    let short = commit.short(12);
    let (message, hint) = match cause {
        Cause::Found => (
            format!("the work tree is not what was committed as {short}"),
            "commit what belongs to the release, and `git stash` or move away the rest",
        ),
        Cause::Built => (
            format!("the build changed files that are in git: the work tree is not {short} any more"),
            "let the build write elsewhere, or commit what it makes",
        ),
    };
    Failure::new(ExitStatus::Usage, message)
        .state(format!("{}.", dirty.said()))
        .state("Nothing was published.")
        .hint(hint)
        .hint("`--allow-dirty` publishes it all the same, and the release says so for ever")
}
