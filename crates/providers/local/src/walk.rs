//! Listing: a walk through the folders in the order of keys, that goes only where the answer can lie.

use crate::error::{Outcome, Trouble};
use crate::folder::{Entry, Folder};
use crate::metadata_dir::{self, MetadataDir};
use crate::path::go_down;
use crate::store::Store;
use chrono::DateTime;
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::{Checksums, Headers, Metadata, Object, Page, Token};
use std::io;

/// How many entries of a folder are held at least.
const BATCH: usize = 1024;

/// What is looked for, and what was found.
struct Walk<'a> {
    store: &'a Store,
    metadata_dir: Option<&'a MetadataDir>,
    prefix: &'a str,
    after: &'a str,
    /// One more than asked for, to see whether more follows.
    enough: usize,
    objects: Vec<Object>,
    /// How many folders were read.
    folders: usize,
}

/// A page, and how many folders were read for it.
pub(crate) fn list(store: &Store, prefix: &str, after: Option<&Key>, limit: usize) -> Outcome<(Page, usize)> {
    let root = store.root()?;
    let metadata_dir = MetadataDir::find(&root)?;
    let _lock = metadata_dir.as_ref().map(MetadataDir::lock_shared).transpose()?;
    let mut walk = Walk {
        store,
        metadata_dir: metadata_dir.as_ref(),
        prefix,
        after: after.map(Key::as_str).unwrap_or_default(),
        enough: limit + 1,
        objects: Vec::new(),
        folders: 0,
    };
    // Whatever the prefix names up to its last slash is one folder, unless no key can begin so.
    let below = prefix.rsplit_once('/').map_or("", |(below, _)| below);
    if below.is_empty() {
        if !prefix.starts_with('/') {
            walk.folder(&root, "")?;
        }
    } else if below.parse::<Key>().is_ok() && !is_hidden(below) {
        let parts: Vec<_> = below.split('/').collect();
        if let Some(folder) = go_down(&root, &parts)? {
            walk.folder(&folder, &format!("{below}/"))?;
        }
    }
    let more = walk.objects.len() > limit;
    walk.objects.truncate(limit);
    Ok((Page { objects: walk.objects, more, ..Page::default() }, walk.folders))
}

fn is_hidden(path: &str) -> bool {
    path.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(metadata_dir::NAME))
}

impl Walk<'_> {
    /// Goes through one folder, whose keys begin with `path`.
    fn folder(&mut self, folder: &Folder, path: &str) -> Outcome<()> {
        self.folders += 1;
        let mut last = None;
        while self.objects.len() < self.enough {
            let (batch, over) = self.batch(folder, path, last.as_deref())?;
            last = batch.last().map(|(begin, _)| begin.clone());
            for (begin, entry) in batch {
                if self.objects.len() >= self.enough {
                    break;
                }
                if entry.is_odd {
                    self.odd(folder, &entry, &begin)?;
                    continue;
                }
                if !entry.is_folder {
                    self.file(folder, &entry.name, &begin)?;
                    continue;
                }
                match folder.sub(&entry.name) {
                    Ok(inner) => self.folder(&inner, &begin)?,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error.into()),
                }
            }
            if over {
                break;
            }
        }
        Ok(())
    }

    /// The next entries of a folder that may lead to what is looked for, in the order of keys, and whether there are no
    /// more. A folder of very many is read again for each batch, and never held as a whole.
    fn batch(
        &self,
        folder: &Folder,
        path: &str,
        last: Option<&str>,
    ) -> Outcome<(Vec<(String, Entry)>, bool)> {
        let most = self.enough.max(BATCH);
        let mut batch: Vec<(String, Entry)> = Vec::new();
        let mut over = true;
        let mut trim = |batch: &mut Vec<(String, Entry)>| {
            // A folder comes where its keys come: with the slash that follows its name.
            batch.sort_unstable_by(|(one, _), (two, _)| one.cmp(two));
            over &= batch.len() <= most;
            batch.truncate(most);
        };
        folder.each(|entry| {
            let begin = format!("{path}{}{}", entry.name, if entry.is_folder { "/" } else { "" });
            let next = last.is_none_or(|last| begin.as_str() > last);
            if next && self.may_hold(&begin, entry.is_folder) && !is_hidden(&begin) {
                batch.push((begin, entry));
                if batch.len() >= 2 * most {
                    trim(&mut batch);
                }
            }
        })?;
        trim(&mut batch);
        Ok((batch, over))
    }

    /// Whether a key that is looked for can be, or begin with, `begin`.
    fn may_hold(&self, begin: &str, is_folder: bool) -> bool {
        if !is_folder {
            return begin.starts_with(self.prefix) && begin > self.after;
        }
        (begin.starts_with(self.prefix) || self.prefix.starts_with(begin))
            && (begin > self.after || self.after.starts_with(begin))
    }

    /// A link or a pipe is nobody's object, nor is a file that no key can name, and whoever reads the folder would take it for
    /// one: it is listed with the digest of nothing that was ever published, and can't be read.
    fn odd(&mut self, folder: &Folder, entry: &Entry, key: &str) -> Outcome<()> {
        // Only the length can be wrong now, and that is the whole path's.
        let key = key.parse::<Key>().map_err(|error| Trouble::odd(error.to_string()))?;
        let Some(odd) = folder.odd_entry(entry)? else { return Ok(()) };
        self.objects.push(Object {
            key,
            size: odd.size,
            sha256: Some(Digest::of(odd.state.as_bytes())),
            token: Token(odd.state),
            version: None,
            stored_at: DateTime::from_timestamp(odd.changed_s, 0).unwrap_or_default(),
            headers: Headers { content_type: Some(odd.kind.to_owned()), ..Headers::default() },
            metadata: Metadata::new(),
            checksums: Checksums::new(),
        });
        Ok(())
    }

    fn file(&mut self, folder: &Folder, name: &str, key: &str) -> Outcome<()> {
        // Only the length can be wrong now, and that is the whole path's.
        let key = key.parse::<Key>().map_err(|error| Trouble::odd(error.to_string()))?;
        let Some(found) = self.store.find_in(folder, name, self.metadata_dir, &key)? else { return Ok(()) };
        self.objects.push(Object {
            key,
            size: found.stamp.size,
            token: Token(found.state()),
            version: None,
            sha256: found.sha256(),
            stored_at: found.stamp.changed_at(),
            headers: Headers::default(),
            metadata: Metadata::new(),
            checksums: Checksums::new(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::Steps;

    /// A hundred thousand records, as they lie in a ledger: the newest is found by going straight down.
    #[test]
    fn the_newest_of_many_records_is_found_in_a_few_folders() {
        let root = tempfile::tempdir().unwrap();
        let log = ".promote/acme/lanes/prod/log/999/999";
        for thousand in 900..1000 {
            let folder = root.path().join(format!("{log}/{thousand}"));
            std::fs::create_dir_all(&folder).unwrap();
            for n in 0..1000 {
                std::fs::File::create(folder.join(format!("{n:03}.json"))).unwrap();
            }
        }
        let store = Store::new(root.path().to_owned(), Steps::default());
        let prefix = ".promote/acme/lanes/prod/log/";
        let (page, folders) = list(&store, prefix, None, 1).unwrap();
        assert_eq!(page.objects[0].key.as_str(), format!("{log}/900/000.json"));
        assert!(page.more);
        assert_eq!(folders, 4, "log, 999, 999, 900");

        // A page from the middle reads two folders of records and those above them.
        let place = format!("{log}/950/500.json").parse().unwrap();
        let (page, folders) = list(&store, prefix, Some(&place), 1000).unwrap();
        assert_eq!(page.objects[999].key.as_str(), format!("{log}/951/500.json"));
        assert_eq!(folders, 5);
    }

    /// Of a folder with more entries than are held at once every page tells the same as one of all would.
    #[test]
    fn a_folder_of_more_entries_than_are_held_is_listed_in_order_and_whole() {
        let root = tempfile::tempdir().unwrap();
        let mut keys = Vec::new();
        for n in 0..3 * BATCH {
            let name = format!("{:05}", n * 7919 % 100_000);
            match n % 3 {
                0 => keys.push(name),
                1 => keys.push(format!("{name}/manifest.json")),
                // Nothing is in it.
                _ => std::fs::create_dir(root.path().join(name)).unwrap(),
            }
        }
        for key in &keys {
            let path = root.path().join(key);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::File::create(path).unwrap();
        }
        keys.sort_unstable();
        let store = Store::new(root.path().to_owned(), Steps::default());
        for limit in [1, 7, 1000] {
            let mut found: Vec<String> = Vec::new();
            let mut after = None;
            loop {
                let (page, _) = list(&store, "", after.as_ref(), limit).unwrap();
                found.extend(page.objects.iter().map(|object| object.key.to_string()));
                after = page.objects.last().map(|object| object.key.clone());
                if !page.more || limit == 1 && found.len() > 50 {
                    assert_eq!(page.more, found.len() < keys.len());
                    break;
                }
            }
            assert_eq!(found, keys[..found.len()]);
        }
    }
}
