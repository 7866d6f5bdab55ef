//! Files of a folder, build output as a rule: every file and link below it, no folder itself, nothing followed.
//! The `.git` of the folder itself is left out; one further down is refused unless it was excluded.

use super::error::PackError;
use super::listing::{Content, Item, Listing, MemberKind, Origin, Warning};
use super::own::Own;
use crate::file_identity::{FileIdentity, is_executable};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

const NEVER: &str = ".git";

fn unreadable(path: &Path, source: io::Error) -> PackError {
    PackError::Unreadable { path: path.display().to_string(), source }
}

/// What lies in a folder and does not go along.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    /// Folders with nothing in them, by their names.
    empty: Vec<String>,
    /// Whether the folder has a `.git` of its own.
    repository: bool,
    /// What `promote` or the project keeps there.
    own: Vec<String>,
}

impl LeftOut {
    /// That a file or folder is left out since it is kept there for the project.
    pub(super) fn own(&mut self, name: &str) {
        self.own.push(name.to_owned());
    }

    /// What is to be said of it.
    pub(crate) fn warnings(mut self) -> Vec<Warning> {
        let first = |names: &mut Vec<String>| {
            names.sort();
            let more = names.len().saturating_sub(1) as u64;
            names.first().cloned().map(|name| (name, more))
        };
        let empty = first(&mut self.empty).map(|(name, more)| Warning::EmptyFolder { name, more });
        let own = first(&mut self.own).map(|(name, more)| Warning::Own { name, more });
        self.repository.then_some(Warning::Repository).into_iter().chain(own).chain(empty).collect()
    }
}

/// The members below `path`, named `prefix` and their path below it; or the one file or link at `path`, named
/// `prefix`. Names refused by `keep` are neither read nor, when they are folders, entered.
pub(super) fn collect(
    path: &Path,
    prefix: &str,
    keep: &dyn Fn(&str) -> bool,
    own: &dyn Fn(&str, &Path) -> bool,
    into: &mut Vec<Item>,
) -> Result<LeftOut, PackError> {
    let mut left_out = LeftOut::default();
    let metadata = fs::symlink_metadata(path).map_err(|source| unreadable(path, source))?;
    let mut waiting = vec![(path.to_path_buf(), prefix.to_owned(), metadata)];
    while let Some((path, name, metadata)) = waiting.pop() {
        if !metadata.is_dir() {
            into.push(item(path, name, &metadata)?);
            continue;
        }
        let mut empty = true;
        for entry in fs::read_dir(&path).map_err(|source| unreadable(&path, source))? {
            let entry = entry.map_err(|source| unreadable(&path, source))?;
            empty = false;
            let file_name = entry.file_name();
            let inner = entry.path();
            let Some(part) = file_name.to_str() else {
                let problem = crate::member_name::NameProblem::NotUtf8;
                return Err(PackError::Name { name: inner.display().to_string(), problem });
            };
            let inner_name = if name.is_empty() { part.to_owned() } else { format!("{name}/{part}") };
            if inner_name == NEVER {
                left_out.repository = true;
            } else if !keep(&inner_name) {
                continue;
            } else if own(&inner_name, &inner) {
                left_out.own(&inner_name);
            } else {
                if part == NEVER {
                    return Err(PackError::Nested { path: inner_name });
                }
                let metadata = entry.metadata().map_err(|source| unreadable(&inner, source))?;
                waiting.push((inner, inner_name, metadata));
            }
        }
        if empty && !name.is_empty() {
            left_out.empty.push(name);
        }
    }
    Ok(left_out)
}

fn item(path: PathBuf, name: String, metadata: &Metadata) -> Result<Item, PackError> {
    if metadata.is_symlink() {
        let target = fs::read_link(&path).map_err(|source| unreadable(&path, source))?;
        let content = Content::Bytes(target.into_os_string().into_encoded_bytes());
        Ok(Item { name, kind: MemberKind::Link, content })
    } else if metadata.is_file() {
        let kind = if is_executable(metadata) { MemberKind::Executable } else { MemberKind::File };
        Ok(Item { name, kind, content: Content::File { path, identity: FileIdentity::of(metadata) } })
    } else {
        Err(PackError::Special { path: path.display().to_string() })
    }
}

/// The paths below a folder of all that would be taken from it: not what the project keeps there of its own.
pub(crate) fn names(path: &Path, own: &Own) -> Result<Vec<String>, PackError> {
    let mut items = Vec::new();
    collect(path, "", &|_| true, &|name, path| own.holds(name, path), &mut items)?;
    Ok(items.into_iter().map(|item| item.name).collect())
}

/// A file of a folder that is published file by file.
pub(crate) struct Plain {
    /// Its path below the folder, with slashes.
    pub(crate) name: String,
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Whether the owner may run it.
    pub(crate) executable: bool,
}

/// The files below `path`, and what is left out. A link is refused: no bucket holds one.
pub(crate) fn files(path: &Path, own: &Own) -> Result<(Vec<Plain>, LeftOut), PackError> {
    let mut items = Vec::new();
    let kept = |_: &str, path: &Path| own.keeps(path);
    let left_out = collect(path, "", &|_| true, &kept, &mut items)?;
    let plain = |item: Item| match item.content {
        Content::File { path, .. } => {
            Ok(Plain { name: item.name, path, executable: item.kind == MemberKind::Executable })
        }
        _ => Err(PackError::Unfit { path: item.name }),
    };
    Ok((items.into_iter().map(plain).collect::<Result<_, _>>()?, left_out))
}

impl Listing {
    /// A folder, its members named from it; or one file, named as it is.
    ///
    /// # Errors
    /// When something can't be read, is no file or link, or would have a name or a link target that is refused.
    pub fn of_path(path: &Path) -> Result<Self, PackError> {
        Self::of_path_beside(path, &Own::default())
    }

    /// The same without what is kept there for a project.
    ///
    /// # Errors
    /// As [`Listing::of_path`].
    pub fn of_path_beside(path: &Path, own: &Own) -> Result<Self, PackError> {
        let metadata = fs::metadata(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => PackError::NotThere { path: path.display().to_string() },
            _ => unreadable(path, source),
        })?;
        let prefix = match path.file_name() {
            Some(name) if !metadata.is_dir() => name.to_string_lossy().into_owned(),
            _ => String::new(),
        };
        // The path itself may be a link: the user named it. Links inside are kept as links.
        let path = path.canonicalize().map_err(|source| unreadable(path, source))?;
        let mut items = Vec::new();
        let left_out = collect(&path, &prefix, &|_| true, &|name, path| own.holds(name, path), &mut items)?;
        let origins = vec![Origin { path: String::new(), commit: false, members: items.len() }];
        Ok(Self::new(items, None, origins)?.saying(left_out.warnings()))
    }
}
