//! Folders in which nothing lies. No listing of objects tells them, and one may be in the place of an object.

use crate::error::Outcome;
use crate::folder::Folder;
use crate::metadata_dir;
use crate::path::{go_down, parent};
use promote_port::location::Key;
use promote_port::port::{Metadata, Precondition};
use rustix::fs::FileType;
use std::io;

/// Makes way for an object that is about to be written. What a ledger keeps says nothing of itself: a folder in its place
/// stays, to be found.
pub(crate) fn make_way(root: &Folder, key: &Key, metadata: &Metadata, when: &Precondition) -> Outcome<()> {
    if metadata.is_empty() || matches!(when, Precondition::Matches(_)) {
        return Ok(());
    }
    clear(root, key)
}

/// Removes what is in the place of an object, if it is a folder in which there is nothing but such folders: what a removal
/// leaves that was cut off before it was done.
fn clear(root: &Folder, key: &Key) -> Outcome<()> {
    let Some((folder, name)) = parent(root, key)? else { return Ok(()) };
    let is_folder = |folder: &Folder, name: &str| matches!(folder.kind(name), Ok(FileType::Directory));
    if is_folder(&folder, name) && is_empty(&folder.sub(name)?)? {
        remove(&folder, name)?;
    }
    Ok(())
}

/// Whether there is nothing in a folder but such folders.
fn is_empty(folder: &Folder) -> io::Result<bool> {
    let (mut inner, mut only) = (Vec::new(), true);
    folder.each(|entry| match entry.is_folder && entry.unnamable.is_none() {
        true => inner.push(entry.name),
        false => only = false,
    })?;
    for name in inner {
        only = only && is_empty(&folder.sub(&name)?)?;
    }
    Ok(only)
}

/// Removes a folder with those inside it; one that is not empty by now stays.
fn remove(folder: &Folder, name: &str) -> io::Result<()> {
    let inner = folder.sub(name)?;
    for entry in inner.entries()? {
        remove(&inner, &entry.name)?;
    }
    match folder.remove_folder(name) {
        Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(error),
        _ => Ok(()),
    }
}

/// Those below the folder that `prefix` names, at most `most` of them.
pub(crate) fn folders(root: &Folder, prefix: &str, most: usize) -> Outcome<Vec<Key>> {
    let below = prefix.trim_end_matches('/');
    let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
    let mut found = Vec::new();
    if let Some(folder) = go_down(root, &parts)? {
        let path = if below.is_empty() { String::new() } else { format!("{below}/") };
        look(&folder, &path, most, &mut found)?;
    }
    Ok(found)
}

fn look(folder: &Folder, path: &str, most: usize, found: &mut Vec<Key>) -> Outcome<()> {
    let (mut inner, mut any) = (Vec::new(), false);
    folder.each(|entry| {
        any = true;
        if entry.is_folder && !entry.name.eq_ignore_ascii_case(metadata_dir::NAME) {
            inner.push(entry.name);
        }
    })?;
    if !any {
        // One that no key can name is in the place of none.
        found.extend(path.trim_end_matches('/').parse::<Key>());
        return Ok(());
    }
    inner.sort_unstable();
    for name in inner {
        if found.len() >= most {
            break;
        }
        match folder.sub(&name) {
            Ok(sub) => look(&sub, &format!("{path}{name}/"), most, found)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
