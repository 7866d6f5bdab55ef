//! What has to happen for a folder in an environment to hold what a release's folder holds. Ordinary functions over
//! values: nothing is read or written here.

use super::manifest::{FolderFile, FolderManifest};
use super::others::{folders, others};
use super::strangers::Strangers;
use crate::location::Key;
use crate::port::{Object, Precondition, Token};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// One file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The file, as the release has it.
    pub file: FolderFile,
    /// What must hold of the place when it is written.
    pub when: Precondition,
    /// Whether somebody wrote a file of the same length there that no manifest knows, as a promotion does that was
    /// killed: looking at it may save the write.
    pub look: bool,
}

/// What has to happen. Paths are those inside the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Files that must go before anything can be written: one lies where a folder must be, or the other way round.
    pub clear: Vec<(Key, Token)>,
    /// Files to be written.
    pub write: Vec<Write>,
    /// Files that are right, with the tokens that they have.
    pub keep: Vec<FolderFile>,
    /// Files to be removed after that.
    pub remove: Vec<(Key, Token)>,
    /// How many files are not the release's and stay, since they are not to be removed.
    pub strays: usize,
}

impl Difference {
    /// Whether nothing has to happen.
    pub fn is_empty(&self) -> bool {
        self.clear.is_empty() && self.write.is_empty() && self.remove.is_empty()
    }
}

/// The difference between a release's folder and what was listed below the target's prefix, `listed`, with keys as
/// paths inside the folder. `known` is the manifest of the target as the last promotion left it.
///
/// A file is right when the store vouches for its digest, or when it has the very token that the manifest noted for it
/// with the right digest. Any other is written. With `everything` each file of the release is written, right or not.
/// Of whatever else lies there, except what other folders and `promote` itself keep there, what `goes` says is removed.
pub fn difference(
    source: &FolderManifest,
    listed: &[Object],
    known: Option<&FolderManifest>,
    goes: &dyn Fn(&Object) -> bool,
    everything: bool,
) -> Difference {
    let there: HashMap<&str, &Object> = listed.iter().map(|object| (object.key.as_str(), object)).collect();
    let known = known.map(FolderManifest::by_path).unwrap_or_default();
    let mut difference = Difference::default();
    for file in &source.files {
        let file = FolderFile { token: None, ..file.clone() };
        let Some(object) = there.get(file.path.as_str()) else {
            difference.write.push(Write { file, when: Precondition::Absent, look: false });
            continue;
        };
        let noted = known.get(file.path.as_str()).filter(|noted| noted.token.as_ref() == Some(&object.token));
        let right = object.size == file.size
            && match object.sha256 {
                Some(vouched) => vouched == file.sha256,
                None => noted.is_some_and(|noted| noted.sha256 == file.sha256 && noted.size == file.size),
            };
        if right && !everything {
            difference.keep.push(FolderFile { token: Some(object.token.clone()), ..file });
        } else {
            let unknown = noted.is_none() && object.sha256.is_none() && object.size == file.size;
            let when = Precondition::Matches(object.token.clone());
            difference.write.push(Write { file, when, look: unknown && !everything });
        }
    }
    let paths: HashSet<&str> = source.files.iter().map(|file| file.path.as_str()).collect();
    for object in others(source, listed) {
        if !goes(object) {
            difference.strays += 1;
            continue;
        }
        let one = (object.key.clone(), object.token.clone());
        if in_the_way(source, &paths, object.key.as_str()) {
            difference.clear.push(one);
        } else {
            difference.remove.push(one);
        }
    }
    difference
}

/// Whether a file where this one is would have to be a folder, or a folder one of the release's files.
fn in_the_way(source: &FolderManifest, paths: &HashSet<&str>, path: &str) -> bool {
    if folders(path).any(|folder| paths.contains(folder.trim_end_matches('/'))) {
        return true;
    }
    let below = format!("{path}/");
    let next = source.files.partition_point(|file| *file.path.as_str() < *below);
    source.files.get(next).is_some_and(|file| file.path.as_str().starts_with(&below))
}

/// What a move changes, for a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// Files that the target lacks.
    pub added: usize,
    /// Files that the target has with other content.
    pub changed: usize,
    /// Files that the release before has and this one has not, when these are removed.
    pub removed: usize,
    /// The length of what is added and changed, in bytes.
    pub bytes: u64,
    /// Files that are removed although the release before has not put them there.
    #[serde(default)]
    pub strangers: Option<Strangers>,
}

impl Change {
    /// How many files are touched.
    pub fn files(&self) -> usize {
        let strangers = self.strangers.as_ref().map_or(0, |strangers| strangers.count);
        self.added + self.changed + self.removed + strangers
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.files() == 0 {
            return f.write_str("no file changes");
        }
        let strangers = self.strangers.as_ref().map_or(0, |strangers| strangers.count);
        let parts = [
            (self.added, "added"),
            (self.changed, "changed"),
            (self.removed, "removed"),
            (strangers, "others removed"),
        ];
        let mut first = true;
        for (count, word) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{}{count} {word}", if first { "" } else { ", " })?;
            first = false;
        }
        Ok(())
    }
}

/// What a move changes, as far as the two manifests tell. `target` is the environment's, `None` when it has none. `all`: all
/// that lies there, where what the release lacks is removed.
pub fn change(source: &FolderManifest, target: Option<&FolderManifest>, all: Option<&[Object]>) -> Change {
    let there = target.map(FolderManifest::by_path).unwrap_or_default();
    let mut change = Change::default();
    for file in &source.files {
        match there.get(file.path.as_str()) {
            None => change.added += 1,
            Some(found) => {
                if found.sha256 == file.sha256 {
                    continue;
                }
                change.changed += 1;
            }
        }
        change.bytes = change.bytes.saturating_add(file.size);
    }
    if let Some(all) = all {
        let others = others(source, all);
        change.removed = others.iter().filter(|object| there.contains_key(object.key.as_str())).count();
        change.strangers = Strangers::among(source, target, all);
    }
    change
}
