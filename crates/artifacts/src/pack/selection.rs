//! Choosing members as `[pack]` says: paths that are in git come from the commit, others from the work tree.
//! Running the `build` command before is the caller's work.
//!
//! Each path of `include` has one origin. When the commit holds it, as a file or as a folder, all of it comes from the
//! commit, and what else lies there in the work tree is left out; so build output has a path of its own. Paths
//! and patterns are read from the top of the repository, before `root` is stripped.

use super::error::PackError;
use super::folder::{self, LeftOut};
use super::listing::{Content, Item, Listing, MemberKind, Origin};
use super::own::Own;
use crate::git::{BlobStream, GitRepository, TreeEntry, TreeKind};
use crate::member_name;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use promote_core::commit::CommitId;
use promote_core::config::Pack;
use std::io::Read;
use std::path::Path;

/// A longer link target can not be made on Linux.
const LONGEST_TARGET: u64 = 4096;

impl Listing {
    /// The whole tree of a commit.
    ///
    /// # Errors
    /// When the repository can't be read, or holds something that can't be packed.
    pub fn of_commit(repository: &GitRepository, commit: &CommitId) -> Result<Self, PackError> {
        Self::select(repository, commit, &Pack::default())
    }

    /// What `[pack]` chooses. Without `include` that is the commit's tree. `build` is not run here.
    ///
    /// `exclude` contains glob patterns: without a `/` they fit a file or folder name at any depth, with one a path from
    /// the top; a folder that fits is left out with everything in it. `root` is stripped from the paths that lie
    /// below it; others stay as they are.
    ///
    /// # Errors
    /// When a path or pattern is wrong or chooses nothing, the repository or a file can't be read, or something
    /// chosen can't be packed.
    pub fn select(repository: &GitRepository, commit: &CommitId, pack: &Pack) -> Result<Self, PackError> {
        Self::select_beside(repository, commit, pack, &Own::default())
    }

    /// The same without what is kept there for a project, in the commit or in the work tree.
    ///
    /// # Errors
    /// As [`Listing::select`].
    pub fn select_beside(
        repository: &GitRepository,
        commit: &CommitId,
        pack: &Pack,
        own: &Own,
    ) -> Result<Self, PackError> {
        let top = repository.top().canonicalize().unwrap_or_else(|_| repository.top().to_path_buf());
        let excluded = Patterns::new(&pack.exclude)?;
        let include = pack.include.iter().map(|path| clean(path)).collect::<Result<Vec<_>, _>>()?;
        let root = pack.root.as_deref().map(clean).transpose()?.unwrap_or_default();
        let tree = repository.tree(commit)?;
        let everything = [String::new()];
        let paths = if include.is_empty() { &everything[..] } else { &include[..] };
        let (mut items, mut origins, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths {
            let before = items.len();
            let inside: Vec<&TreeEntry> = tree.iter().filter(|entry| is_below(&entry.path, path)).collect();
            let tracked = !inside.is_empty();
            if tracked {
                let mut left_out = LeftOut::default();
                for entry in inside.into_iter().filter(|entry| !excluded.fit(&entry.path)) {
                    match own.holds(&entry.path, &top.join(&entry.path)) {
                        true => left_out.own(&entry.path),
                        false => items.push(blob_item(entry)?),
                    }
                }
                warnings.extend(left_out.warnings());
            } else {
                warnings.extend(from_files(repository.top(), path, &excluded, own, &mut items)?.warnings());
            }
            origins.push(Origin { path: path.clone(), commit: tracked, members: items.len() - before });
        }
        read_links(repository, &mut items)?;
        strip(&mut items, &root);
        Ok(Self::new(items, Some(repository.clone()), origins)?.saying(warnings))
    }

    /// What `[pack]` chooses, all of it from the files below `base`, in a repository or not. Without `include` that is
    /// every file.
    ///
    /// # Errors
    /// As [`Listing::select`].
    pub fn of_files(base: &Path, pack: &Pack) -> Result<Self, PackError> {
        let excluded = Patterns::new(&pack.exclude)?;
        let mut include = pack.include.iter().map(|path| clean(path)).collect::<Result<Vec<_>, _>>()?;
        let root = pack.root.as_deref().map(clean).transpose()?.unwrap_or_default();
        if include.is_empty() {
            include.push(String::new());
        }
        let (mut items, mut origins, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for path in include {
            let before = items.len();
            warnings.extend(from_files(base, &path, &excluded, &Own::default(), &mut items)?.warnings());
            origins.push(Origin { path, commit: false, members: items.len() - before });
        }
        strip(&mut items, &root);
        Self::new(items, None, origins)
    }
}

fn blob_item(entry: &TreeEntry) -> Result<Item, PackError> {
    let kind = match entry.kind {
        TreeKind::File => MemberKind::File,
        TreeKind::Executable => MemberKind::Executable,
        TreeKind::Link => MemberKind::Link,
        TreeKind::Submodule => return Err(PackError::Submodule { path: entry.path.clone() }),
    };
    Ok(Item { name: entry.path.clone(), kind, content: Content::Blob(entry.object.clone()) })
}

fn strip(items: &mut [Item], root: &str) {
    for item in items {
        item.name = stripped(&item.name, root).to_owned();
    }
}

fn from_files(
    top: &Path,
    path: &str,
    excluded: &Patterns,
    own: &Own,
    items: &mut Vec<Item>,
) -> Result<LeftOut, PackError> {
    let nothing = || PackError::Nothing { path: path.to_owned() };
    // A link on the way would lead the walk elsewhere: what is packed must lie below the top.
    let top = top.canonicalize().map_err(|_| nothing())?;
    let full = if path.is_empty() { top.clone() } else { top.join(path) };
    if !path.is_empty() {
        let parent = full.parent().and_then(|parent| parent.canonicalize().ok()).ok_or_else(nothing)?;
        if !parent.starts_with(&top) {
            return Err(PackError::Path { path: path.to_owned() });
        }
    }
    if full.symlink_metadata().is_err() {
        return Err(nothing());
    }
    folder::collect(&full, path, &|name| !excluded.fit(name), &|name, path| own.holds(name, path), items)
}

/// Reads the targets of links, so that where they lead is known before anything is packed.
fn read_links(repository: &GitRepository, items: &mut [Item]) -> Result<(), PackError> {
    let mut links: Vec<&mut Item> = items
        .iter_mut()
        .filter(|item| item.kind == MemberKind::Link && matches!(item.content, Content::Blob(_)))
        .collect();
    if links.is_empty() {
        return Ok(());
    }
    let object = |item: &&mut Item| match &item.content {
        Content::Blob(object) => object.clone(),
        _ => String::new(),
    };
    let objects: Vec<String> = links.iter().map(object).collect();
    let mut blobs = BlobStream::open(repository, objects.clone())?;
    for (item, object) in links.iter_mut().zip(&objects) {
        let size = blobs.next(object)?;
        if size > LONGEST_TARGET {
            return Err(PackError::Link { name: item.name.clone(), target: format!("{size} bytes") });
        }
        let mut target = Vec::new();
        let read = blobs.by_ref().take(size).read_to_end(&mut target);
        read.map_err(|source| PackError::Unreadable { path: item.name.clone(), source })?;
        item.content = Content::Bytes(target);
    }
    Ok(())
}

/// A path of the configuration without `./` before and `/` behind it; empty for the top.
fn clean(path: &str) -> Result<String, PackError> {
    let cleaned = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    if path == "." || path == "./" {
        return Ok(String::new());
    }
    match member_name::check(cleaned, member_name::LONGEST) {
        Ok(()) => Ok(cleaned.to_owned()),
        Err(_) => Err(PackError::Path { path: path.to_owned() }),
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn stripped<'a>(path: &'a str, root: &str) -> &'a str {
    let rest = path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/'));
    rest.filter(|rest| !root.is_empty() && !rest.is_empty()).unwrap_or(path)
}

/// `exclude`.
#[derive(Debug)]
struct Patterns {
    /// Fit the last part of a path.
    names: GlobSet,
    /// Fit the whole path.
    paths: GlobSet,
}

impl Patterns {
    fn new(patterns: &[String]) -> Result<Self, PackError> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let wrong = |pattern: &str, error: &globset::Error| PackError::Pattern {
            pattern: pattern.to_owned(),
            reason: error.kind().to_string(),
        };
        for pattern in patterns {
            if let Some((_, reason)) = promote_core::pattern::excess(pattern) {
                return Err(PackError::Pattern { pattern: promote_core::names::escape(pattern), reason });
            }
            let trimmed = pattern.trim_end_matches('/');
            let path = trimmed.strip_prefix('/').or_else(|| trimmed.strip_prefix("./"));
            let whole = path.is_some() || trimmed.contains('/');
            let glob = GlobBuilder::new(path.unwrap_or(trimmed)).literal_separator(true).build();
            let glob = glob.map_err(|error| wrong(pattern, &error))?;
            if whole {
                paths.add(glob)
            } else {
                names.add(glob)
            };
        }
        let build = |set: GlobSetBuilder| set.build().map_err(|error| wrong("exclude", &error));
        Ok(Self { names: build(names)?, paths: build(paths)? })
    }

    /// Whether the path, or a folder that it lies in, fits.
    fn fit(&self, path: &str) -> bool {
        if self.names.is_empty() && self.paths.is_empty() {
            return false;
        }
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.filter_map(|end| path.get(..end)).any(|part| {
            let name = part.rsplit('/').next().unwrap_or(part);
            self.names.is_match(name) || self.paths.is_match(part)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names_paths_and_folders() {
        let patterns = |list: &[&str]| {
            Patterns::new(&list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
        };
        let set = patterns(&["*.log", "node_modules", "/dist", "docs/*.md", "a/**/z", "b/"]);
        for path in ["x.log", "a/x.log", "a/node_modules/b/c", "dist/x", "docs/a.md", "a/1/2/z", "c/b/x"] {
            assert!(set.fit(path), "{path}");
        }
        for path in ["log", "a/dist", "docs/c/a.md", "node_modules2/x", "a/zz", "bb"] {
            assert!(!set.fit(path), "{path}");
        }
        let deep = format!("{}x{}", "{".repeat(1000), "}".repeat(1000));
        for bad in ["[".to_owned(), "{".repeat(16_000), deep] {
            assert!(matches!(Patterns::new(&[bad]), Err(PackError::Pattern { .. })));
        }
    }

    #[test]
    fn paths_of_the_configuration_stay_below_the_top() {
        assert_eq!(clean("./app/server/").unwrap(), "app/server");
        assert_eq!(clean(".").unwrap(), "");
        for bad in ["", "/etc", "../x", "a/../b", "a\\b"] {
            assert!(matches!(clean(bad), Err(PackError::Path { .. })), "{bad}");
        }
        assert_eq!(stripped("app/server/x", "app"), "server/x");
        assert_eq!(stripped("apple/x", "app"), "apple/x");
        assert_eq!(stripped("aws/x", "app"), "aws/x");
        assert!(is_below("app", "app") && is_below("app/x", "app") && !is_below("apple", "app"));
    }
}
