//! What stays in a target and keeps a file of the release from its place, where a file and a folder can't have one name.

use super::manifest::FolderManifest;
use super::others::{folders, others};
use crate::names::escape;
use crate::port::Object;
use std::collections::HashSet;

/// The first of what was `listed` in a target, and stays there, that is in the way of a file of the release, in words without
/// the place of the target. `prunes`: whether what is not the release's goes.
pub(crate) fn obstructed(source: &FolderManifest, listed: &[Object], prunes: bool) -> Option<String> {
    let goes: HashSet<&str> = match prunes {
        true => others(source, listed).into_iter().map(|object| object.key.as_str()).collect(),
        false => HashSet::new(),
    };
    let own: HashSet<&str> = source.files.iter().map(|file| file.path.as_str()).collect();
    let odd = listed.iter().find(|object| object.odd().is_some() && own.contains(object.key.as_str()));
    if let Some((object, what)) = odd.and_then(|object| Some((object, object.odd()?))) {
        let path = escape(object.key.as_str());
        return Some(format!("`{path}` is {what}, and a file of the release belongs there"));
    }
    let stays = listed.iter().map(|object| object.key.as_str());
    stays.filter(|path| !own.contains(path) && !goes.contains(path)).find_map(|path| {
        let above = folders(path).map(|folder| folder.trim_end_matches('/')).find(|it| own.contains(it));
        let file = above.or_else(|| below(source, path))?;
        let (path, file) = (escape(path), escape(file));
        Some(match above {
            Some(_) => {
                format!("`{path}` stays there, so that the folder of it can't become the file `{file}`")
            }
            None => format!("`{path}` stays there, so that `{file}` can't be put below it"),
        })
    })
}

/// A file of the release below what is a file.
fn below<'s>(source: &'s FolderManifest, path: &str) -> Option<&'s str> {
    let below = format!("{path}/");
    let next = source.files.partition_point(|file| *file.path.as_str() < *below);
    source.files.get(next).map(|file| file.path.as_str()).filter(|file| file.starts_with(&below))
}
