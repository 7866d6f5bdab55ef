//! What a listing of a target has beside the release's files.

use super::is_reserved;
use super::manifest::FolderManifest;
use crate::location::FOLDER;
use crate::port::Object;
use std::collections::HashSet;

/// The folders that a path lies in, each with its slash.
pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..=at))
}

/// What was listed and is neither the release's, nor `promote`'s own, nor part of another folder of `promote`.
pub(crate) fn others<'a>(source: &FolderManifest, listed: &'a [Object]) -> Vec<&'a Object> {
    let own: HashSet<&str> = source.files.iter().map(|file| file.path.as_str()).collect();
    let foreign: HashSet<&str> = listed
        .iter()
        .filter_map(|object| object.key.as_str().strip_suffix(FOLDER))
        .filter(|prefix| prefix.ends_with('/'))
        .collect();
    let stays = |path: &str| {
        own.contains(path) || is_reserved(path) || folders(path).any(|folder| foreign.contains(folder))
    };
    listed.iter().filter(|object| !stays(object.key.as_str())).collect()
}
