//! Digests of files that don't come with one, each computed once as long as its file stays the same.

use crate::stamp::Stamp;
use promote_port::digest::{Digest, Hasher};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::{Mutex, PoisonError};

/// How many are remembered.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Digests(Mutex<HashMap<Stamp, Digest>>);

impl Digests {
    /// The digest of the whole file, whose state is `stamp`.
    pub(crate) fn of(&self, file: &File, stamp: &Stamp) -> io::Result<Digest> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(stamp).copied();
        if let Some(digest) = known {
            return Ok(digest);
        }
        let digest = of_file(file)?;
        // A file that changed meanwhile has no digest worth keeping.
        if Stamp::of(file)? == *stamp {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(*stamp, digest);
        }
        Ok(digest)
    }
}

/// Reads a file from its start and leaves it there.
pub(crate) fn of_file(mut file: &File) -> io::Result<Digest> {
    file.rewind()?;
    let mut hasher = Hasher::new();
    let mut piece = vec![0; 256 << 10];
    loop {
        let size = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(size) => size,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(piece.get(..size).unwrap_or_default());
    }
    file.rewind()?;
    Ok(hasher.finish())
}
