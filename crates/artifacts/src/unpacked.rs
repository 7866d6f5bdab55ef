//! The files of a folder as they are published one by one: names, bits and contents, nothing packed. What becomes of
//! them is core's.

use crate::blob::{digest_of, open_file};
use crate::file_identity::{FileIdentity, read_at};
use crate::pack::{Own, PackError, Warning, folder};
use crate::tally::Tally;
use async_trait::async_trait;
use bytes::Bytes;
use promote_core::digest::Digest;
use promote_core::folder::Entry;
use promote_core::location::LocationError;
use promote_core::port::{Blob, Body};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that is opened anew for each read, so that a folder of many files needs few open ones. It must not change:
/// every read sees to that.
#[derive(Debug, Clone)]
struct Reopened {
    path: PathBuf,
    identity: FileIdentity,
    digest: Digest,
}

impl Reopened {
    fn open(path: PathBuf) -> io::Result<Self> {
        let (file, identity) = open_file(&path)?;
        let digest = digest_of(&file, &identity, &Tally::default())?;
        Ok(Self { path, identity, digest })
    }

    fn read(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let (file, identity) = open_file(&self.path)?;
        let rest = self.identity.size.saturating_sub(offset);
        let length = length.min(usize::try_from(rest).unwrap_or(usize::MAX));
        let mut buffer = vec![0; length];
        let count = read_at(&file, &mut buffer, offset)?;
        if identity != self.identity || count != length {
            return Err(io::Error::other("the file changed while it was read"));
        }
        Ok(Bytes::from(buffer))
    }
}

#[async_trait]
impl Blob for Reopened {
    fn size(&self) -> u64 {
        self.identity.size
    }

    fn digest(&self) -> Digest {
        self.digest
    }

    async fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let blob = self.clone();
        tokio::task::spawn_blocking(move || blob.read(offset, length)).await.map_err(io::Error::other)?
    }
}

/// Every file below `path`, ascending by name, without what is kept there for a project, and what is worth telling of what
/// is left out.
///
/// # Errors
/// When there is none, something can't be read, is a symbolic link or no file, or has a name that no store takes.
pub fn entries(path: &Path, own: &Own) -> Result<(Vec<Entry>, Vec<Warning>), PackError> {
    let unreadable = |path: &Path, source| PackError::Unreadable { path: path.display().to_string(), source };
    let path = path.canonicalize().map_err(|source| unreadable(path, source))?;
    let mut found = Vec::new();
    let (files, left_out) = folder::files(&path, own)?;
    for file in files {
        crate::member_name::check(&file.name, crate::member_name::LONGEST)
            .map_err(|problem| PackError::Name { name: file.name.clone(), problem })?;
        let blob = Reopened::open(file.path.clone()).map_err(|source| unreadable(&file.path, source))?;
        let key = file.name.parse().map_err(|error: LocationError| PackError::Unnamable {
            name: file.name.clone(),
            reason: error.why(),
        })?;
        found.push(Entry { path: key, executable: file.executable, body: Body::Blob(Arc::new(blob)) });
    }
    if found.is_empty() {
        return Err(PackError::Empty);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((found, left_out.warnings()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_file_of_a_folder_is_read_when_it_is_needed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/none")).unwrap();
        std::fs::create_dir_all(dir.path().join(".git")).unwrap();
        std::fs::write(dir.path().join("a/x.yaml"), b"1").unwrap();
        std::fs::write(dir.path().join(".git/config"), b"2").unwrap();
        std::fs::write(dir.path().join("b.txt"), b"34").unwrap();
        let (found, told) = entries(dir.path(), &Own::default()).unwrap();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["the folder's own `.git` is left out", "the folder `a/none` is empty and left out"]
        );
        let names: Vec<&str> = found.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(names, ["a/x.yaml", "b.txt"]);
        let blob = found[1].body.blob();
        assert_eq!((blob.size(), blob.digest()), (2, Digest::of(b"34")));
        assert_eq!(blob.read_at(1, 9).await.unwrap(), "4");
        std::fs::write(dir.path().join("b.txt"), b"345").unwrap();
        assert!(blob.read_at(0, 9).await.unwrap_err().to_string().contains("changed"));
    }

    #[cfg(unix)]
    #[test]
    fn names_that_no_store_takes_are_refused_as_such() {
        for (name, said) in [("a\\b", "backslash"), ("a\u{7}", "control character")] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join(name), b"1").unwrap();
            let error = entries(dir.path(), &Own::default()).unwrap_err();
            assert!(matches!(error, PackError::Name { .. }), "{error}");
            assert!(error.to_string().contains(said), "{error}");
        }
    }

    #[test]
    fn a_repository_inside_is_refused_by_its_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/.git")).unwrap();
        std::fs::write(dir.path().join("a/x"), b"1").unwrap();
        let error = entries(dir.path(), &Own::default()).unwrap_err();
        assert!(matches!(&error, PackError::Nested { path } if path == "a/.git"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_empty_folders_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(entries(dir.path(), &Own::default()), Err(PackError::Empty)));
        std::os::unix::fs::symlink("x", dir.path().join("link")).unwrap();
        assert!(matches!(entries(dir.path(), &Own::default()), Err(PackError::Unfit { .. })));
    }
}
