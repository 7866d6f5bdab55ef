//! From a key to the folder and name of its file: part by part, never through a symbolic link, never into the store's
//! own folder.

use crate::error::{Outcome, Trouble};
use crate::folder::Folder;
use crate::metadata_dir;
use promote_port::location::Key;
use rustix::fs::FileType;
use std::io;

/// Why a name can't be opened or gone through, in words.
pub(crate) fn why_not(folder: &Folder, name: &str, error: io::Error) -> Trouble {
    match folder.kind(name) {
        Ok(FileType::Symlink) => Trouble::odd("it is a symbolic link, which could lead anywhere"),
        Ok(FileType::Directory | FileType::RegularFile) | Err(_) => error.into(),
        Ok(_) => Trouble::odd("it is no regular file"),
    }
}

/// The parts of a key: the folders and the name.
fn parts(key: &Key) -> Outcome<(Vec<&str>, &str)> {
    let mut parts: Vec<_> = key.as_str().split('/').collect();
    if parts.first().is_some_and(|first| first.eq_ignore_ascii_case(metadata_dir::NAME)) {
        return Err(Trouble::invalid(format!("`{}` belongs to the store itself", metadata_dir::NAME)));
    }
    let name = parts.pop().unwrap_or_default();
    Ok((parts, name))
}

/// The path of the folder at this place of a way.
fn way(parts: &[&str], at: usize) -> String {
    parts.iter().take(at + 1).copied().collect::<Vec<_>>().join("/")
}

/// The folder in which the object's file would be, if there is one, and the file's name.
pub(crate) fn parent<'a>(root: &Folder, key: &'a Key) -> Outcome<Option<(Folder, &'a str)>> {
    let (parts, name) = parts(key)?;
    Ok(go_down(root, &parts)?.map(|folder| (folder, name)))
}

/// The folder below `root` that these names lead to; `None` when one is missing or no folder.
pub(crate) fn go_down(root: &Folder, parts: &[&str]) -> Outcome<Option<Folder>> {
    let mut folder = root.again()?;
    for (at, part) in parts.iter().enumerate() {
        folder = match folder.sub(part) {
            Ok(next) => next,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => match folder.kind(part) {
                Ok(FileType::RegularFile) => return Ok(None),
                _ => return Err(why_not(&folder, part, error).of_folder(way(parts, at))),
            },
        };
    }
    Ok(Some(folder))
}

/// The same, with the folders durably made where they are missing.
pub(crate) fn make_parent<'a>(root: &Folder, key: &'a Key) -> Outcome<(Folder, &'a str)> {
    let (parts, name) = parts(key)?;
    let mut folder = root.again()?;
    for (at, part) in parts.iter().enumerate() {
        folder = match folder.make(part) {
            Ok(next) => next,
            Err(error) => {
                return Err(match folder.kind(part) {
                    Ok(FileType::RegularFile) => {
                        Trouble::invalid(format!("`{part}` is an object, so nothing can be below it"))
                    }
                    _ => why_not(&folder, part, error).of_folder(way(&parts, at)),
                });
            }
        };
    }
    Ok((folder, name))
}

/// Removes the folders that became empty. A folder that is left over is in nobody's way.
pub(crate) fn tidy(root: &Folder, key: &Key) {
    let Ok((mut parts, _)) = parts(key) else { return };
    while let Some(last) = parts.pop() {
        let Ok(Some(folder)) = go_down(root, &parts) else { return };
        if folder.remove_folder(last).is_err() {
            return;
        }
    }
}
