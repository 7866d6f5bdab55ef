//! `promote.toml` in a folder that others may have filled: where it is looked for, whose it is, and how it is read. A file
//! that is found is only taken from its user, or from a repository that git takes; one that is named is taken as it is. What
//! it says is read in `promote-core`.

use crate::{Variables, opened};
use promote_core::config::LARGEST;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// The file that is looked for.
pub const FILE: &str = "promote.toml";

/// The nearest file from `folder` upwards, up to the end of the work tree: one above that belongs to something else.
pub fn find(folder: &Path) -> Option<PathBuf> {
    let mut folder = Some(folder);
    while let Some(here) = folder {
        let file = here.join(FILE);
        // Whatever it is: a pipe or a broken link of that name is told of, not walked past.
        if file.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
            return Some(file);
        }
        if here.join(".git").exists() {
            break;
        }
        folder = here.parent();
    }
    None
}

/// The text of the file. `another` is the hint that says how another one is named.
///
/// # Errors
/// When it is no regular file, a link that leads out of the project, too large, or not UTF-8; and what the system says.
pub fn text(file: &Path, another: &str) -> Result<String, Failure> {
    let failed = |error| unread(file, error, another);
    let refused = |why: &str| Failure::new(ExitStatus::Usage, format!("`{}` {why}", file.display()));
    if file.symlink_metadata().map_err(failed)?.is_symlink() {
        let real = file.canonicalize().map_err(failed)?;
        let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().map_err(failed)?;
        if !real.starts_with(work_tree(&folder).unwrap_or(&folder)) {
            return Err(refused("is a symbolic link to a file outside the project")
                .state("It was not read.")
                .hint(another));
        }
    }
    content(file, another)
}

/// The text of a file that a person names: the same without a word about where links lead.
///
/// # Errors
/// When it is no regular file, too large, or not UTF-8; and what the system says.
pub fn regular(file: &Path) -> Result<String, Failure> {
    content(file, "")
}

fn content(file: &Path, another: &str) -> Result<String, Failure> {
    let failed = |error| unread(file, error, another);
    let refused = |why: &str| Failure::new(ExitStatus::Usage, format!("`{}` {why}", file.display()));
    let opened = opened::regular(file).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => refused("is no regular file"),
        _ => failed(error),
    })?;
    let about = opened.metadata().map_err(failed)?;
    let mut bytes = Vec::new();
    opened.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > LARGEST {
        let size = about.len().max(bytes.len() as u64);
        return Err(refused(&format!("has {size} bytes, more than a configuration may have ({LARGEST})")));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(refused("is UTF-16, and a configuration is UTF-8").hint("save it as UTF-8"));
    }
    if is_wide(&bytes) {
        return Err(refused("looks like UTF-16, and a configuration is UTF-8").hint("save it as UTF-8"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|b| **b == b'\n');
        refused(&format!("is not UTF-8 at line {}", line.count() + 1)).hint("save it as UTF-8")
    })
}

/// Whether most of it is every other byte a zero, as plain letters are in UTF-16. TOML has no such byte anywhere.
fn is_wide(bytes: &[u8]) -> bool {
    let zeros = |first: usize| bytes.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let half = bytes.len() / 2;
    half > 0 && (zeros(0) * 2 > half || zeros(1) * 2 > half)
}

fn unread(file: &Path, error: std::io::Error, another: &str) -> Failure {
    let failure = match error.kind() {
        ErrorKind::NotFound if file.is_symlink() => Failure::new(
            ExitStatus::Missing,
            format!("`{}` can't be read: it is a link to a file that does not exist", file.display()),
        ),
        ErrorKind::NotFound => {
            Failure::new(ExitStatus::Missing, format!("there is no file `{}`", file.display()))
        }
        _ => Failure::new(ExitStatus::Usage, format!("`{}` can't be read", file.display())).caused_by(error),
    };
    if another.is_empty() { failure } else { failure.hint(another) }
}

/// The nearest folder upwards that has a `.git`.
fn work_tree(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|here| here.join(".git").exists())
}

/// Refuses a file that was found and that somebody else may have put there: its steps would run as who calls. Git's rule is
/// the model (<https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory>): a repository of
/// another user is taken when git takes it, with the files in it that belong to the repository's owner or to who calls.
///
/// # Errors
/// [`ExitStatus::Denied`], with the owner and the ways to go on.
#[cfg(unix)]
pub fn trusted(file: &Path) -> Result<(), Failure> {
    let Some((whose, owner, by_git)) = foreign_in(file, git_takes) else { return Ok(()) };
    let why = format!("`{}` belongs to somebody else (user {owner})", whose.display());
    let failure = Failure::new(ExitStatus::Denied, why)
        .state(format!("The steps of `{}` would run as you, so it was not read.", file.display()));
    let failure = failure.hint(format!("`--config {}` takes it, if you trust it", file.display()));
    let folder = file.parent().unwrap_or(Path::new("."));
    Err(match work_tree(folder).filter(|_| by_git) {
        None => failure,
        Some(root) => failure.hint(format!(
            "`git config --global --add safe.directory {}` trusts the repository",
            root.display()
        )),
    })
}

/// What belongs to somebody else, whom, and whether it is the repository itself, which `takes` says git works with.
#[cfg(unix)]
fn foreign_in(file: &Path, takes: impl Fn(&Path) -> bool) -> Option<(PathBuf, u32, bool)> {
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    // A fact of the process, whatever variables a program gives.
    let by_sudo = || Variables::of_process().get("SUDO_UID").and_then(|id| id.parse().ok());
    let is_mine = |owner: u32| owner == me || owner == 0 || (me == 0 && Some(owner) == by_sudo());
    let owner = |path: &Path| path.symlink_metadata().map(|about| about.uid()).ok();
    let folder = file.parent().unwrap_or(Path::new("."));
    let foreign = |paths: &[PathBuf], trusted: Option<u32>| {
        let owned = paths.iter().filter_map(|path| Some((path.clone(), owner(path)?)));
        owned.into_iter().find(|(_, owner)| !is_mine(*owner) && Some(*owner) != trusted)
    };
    let root = work_tree(folder);
    let repository = root
        .and_then(|root| foreign(&[root.to_path_buf(), root.join(".git")], None).filter(|_| !takes(root)));
    if let Some((whose, owner)) = repository {
        return Some((whose, owner, true));
    }
    let found = match root {
        None => foreign(&[file.to_path_buf(), folder.to_path_buf()], None),
        // Whom the repository belongs to is trusted by now, and nobody else who could have put the file there.
        Some(root) => foreign(&on_the_way(file, root), owner(root)),
    };
    found.map(|(whose, owner)| (whose, owner, false))
}

/// The file, the folders between it and the work tree's root, and the same of where it leads when it is a link.
#[cfg(unix)]
fn on_the_way(file: &Path, root: &Path) -> Vec<PathBuf> {
    let real = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    let real_root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let below = |path: &Path, root: &Path| -> Vec<PathBuf> {
        path.ancestors().take_while(|here| *here != root).map(Path::to_path_buf).collect()
    };
    let mut found = below(file, root);
    // One that leads out of the project is refused where it is read.
    if real.starts_with(&real_root) {
        found.extend(below(&real, &real_root));
    }
    found
}

/// Nothing is known of owners.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn trusted(_: &Path) -> Result<(), Failure> {
    Ok(())
}

/// Whether git works with this repository although it is somebody else's.
#[cfg(unix)]
fn git_takes(root: &Path) -> bool {
    let mut git = std::process::Command::new("git");
    let git = git.arg("-C").arg(root).args(["rev-parse", "--git-dir"]).stdin(std::process::Stdio::null());
    git.output().is_ok_and(|output| output.status.success())
}

#[cfg(all(test, unix))]
mod tests;
