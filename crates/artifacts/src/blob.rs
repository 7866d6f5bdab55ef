//! A file as content that can be read again from any place: what providers upload. Where it goes is their work.

use crate::file_identity::{FileIdentity, open_regular, read_at};
use crate::tally::Tally;
use async_trait::async_trait;
use bytes::Bytes;
use promote_core::digest::{Digest, Hasher};
use promote_core::port::Blob;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

const READ: usize = 256 * 1024;

/// A file that was opened once and must not change while it is read: its length, modification time and digest are
/// taken at the beginning, and every read looks at the first two again.
#[derive(Debug, Clone)]
pub struct FileBlob {
    file: Arc<File>,
    identity: FileIdentity,
    digest: Digest,
}

impl FileBlob {
    /// Opens a regular file and computes its digest. A symbolic link is followed.
    ///
    /// # Errors
    /// When the file can't be read, is no regular file, or changes meanwhile.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_counted(path, &Tally::default())
    }

    /// The same, counting what was read.
    pub(crate) fn open_counted(path: &Path, tally: &Tally) -> io::Result<Self> {
        let (file, identity) = open_file(path)?;
        tally.expect(identity.size, 1);
        let digest = digest_of(&file, &identity, tally)?;
        Ok(Self { file: Arc::new(file), identity, digest })
    }

    pub(crate) fn of_parts(file: Arc<File>, identity: FileIdentity, digest: Digest) -> Self {
        Self { file, identity, digest }
    }

    fn read(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let rest = self.identity.size.saturating_sub(offset);
        let length = length.min(usize::try_from(rest).unwrap_or(usize::MAX));
        let mut buffer = vec![0; length];
        let count = read_at(&self.file, &mut buffer, offset)?;
        if count != length || !self.identity.holds(&self.file)? {
            return Err(changed());
        }
        Ok(Bytes::from(buffer))
    }
}

#[async_trait]
impl Blob for FileBlob {
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

/// Opens what the path leads to, which must be a regular file.
pub(crate) fn open_file(path: &Path) -> io::Result<(File, FileIdentity)> {
    let path = path.canonicalize()?;
    let odd = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
    // A socket can't be opened at all.
    let file = open_regular(&path).map_err(|error| match path.metadata() {
        Ok(found) if !found.is_file() => odd(),
        _ => error,
    })?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(odd());
    }
    Ok((file, FileIdentity::of(&metadata)))
}

/// The digest of an open file that must stay as it is.
pub(crate) fn digest_of(file: &File, identity: &FileIdentity, tally: &Tally) -> io::Result<Digest> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; READ];
    let mut offset = 0;
    loop {
        let count = read_at(file, &mut buffer, offset)?;
        hasher.update(buffer.get(..count).unwrap_or_default());
        offset += count as u64;
        tally.add(count as u64);
        if count < READ {
            break;
        }
    }
    if offset != identity.size || !identity.holds(file)? {
        return Err(changed());
    }
    Ok(hasher.finish())
}

fn changed() -> io::Error {
    io::Error::other("the file changed while it was read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_read_from_any_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zip");
        std::fs::write(&path, b"0123456789").unwrap();
        let blob = FileBlob::open(&path).unwrap();
        assert_eq!((blob.size(), blob.digest()), (10, Digest::of(b"0123456789")));
        assert_eq!(blob.read_at(3, 4).await.unwrap(), "3456");
        assert_eq!(blob.read_at(8, 40).await.unwrap(), "89");
        assert_eq!(blob.read_at(10, 4).await.unwrap(), "");
        assert_eq!(blob.read_at(u64::MAX, 4).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_file_that_was_written_meanwhile_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zip");
        std::fs::write(&path, b"0123456789").unwrap();
        let blob = FileBlob::open(&path).unwrap();
        std::fs::write(&path, b"0123456789abc").unwrap();
        assert!(blob.read_at(0, 4).await.unwrap_err().to_string().contains("changed"));
        let blob = FileBlob::open(&path).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        assert!(blob.read_at(0, 4).await.is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_or_a_socket_is_not_a_blob() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("socket");
        let _bound = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for path in [dir.path(), socket.as_path()] {
            assert_eq!(FileBlob::open(path).unwrap_err().to_string(), "not a regular file");
        }
    }
}
