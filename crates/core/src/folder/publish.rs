//! Publishing a folder: its files are put in place once and for ever, side by side, and then the manifest that makes
//! it a whole one. A repeat with the same bytes changes nothing; one with other bytes is refused.

use super::content::content;
use super::listing::list;
use super::manifest::{FolderFile, FolderManifest, LIMIT, PUBLISHED_LIMIT};
use super::{IN_FLIGHT, headers, inside};
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::location::{Key, Location};
use crate::names::escape;
use crate::placing::differs;
use crate::port::{
    Body, Bucket, Clock, Condition, ErrorKind, Headers, Metadata, Object, ProviderError, Token,
};
use crate::retry::Attempts;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::HashMap;
use std::fmt::Display;

/// One file to be published.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its path from the folder's root.
    pub path: Key,
    /// Whether it may be run.
    pub executable: bool,
    /// Its content.
    pub body: Body,
}

impl Entry {
    /// A file under a name as file systems and archives have it.
    ///
    /// # Errors
    /// When no store could keep it under that name, or it is one that must not be published.
    pub fn new(name: &str, executable: bool, body: Body) -> Result<Self, Failure> {
        let path = name.parse::<Key>().map_err(|error| {
            Failure::new(ExitStatus::Usage, "a file of the folder can't be published").caused_by(error)
        })?;
        admit(&path)?;
        Ok(Self { path, executable, body })
    }
}

/// Refuses files that only lie in a folder by mistake.
fn admit(path: &Key) -> Result<(), Failure> {
    let refused = |why: &str| {
        Failure::new(ExitStatus::Usage, format!("`{}` can't be published: {why}", escape(path.as_str())))
            .hint("leave it out of the folder")
    };
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    if name.starts_with("gha-creds-") && name.ends_with(".json") {
        return Err(refused("it has credentials that a CI action left there"));
    }
    if path.as_str().split('/').any(|part| part == ".git") {
        return Err(refused("it is part of a git repository"));
    }
    Ok(())
}

/// A folder that lies at its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    /// Its manifest as it is stored.
    pub manifest: FolderManifest,
    /// What the store says of the manifest.
    pub object: Object,
    /// Whether the tokens in the manifest are those at which this very call wrote the files or found them right.
    pub vouched: bool,
}

/// One folder that is to be published.
#[derive(Debug, Clone, Copy)]
pub struct Publishing<'a> {
    /// The store of it.
    pub bucket: &'a dyn Bucket,
    /// Where: its manifest.
    pub location: &'a Location,
    /// The commit.
    pub commit: &'a CommitId,
    /// The clock that pauses are slept on.
    pub clock: &'a dyn Clock,
}

/// The manifest of files that are to be published as a folder.
///
/// # Errors
/// `Usage` when they are no folder.
pub fn manifest_of(entries: &[Entry]) -> Result<FolderManifest, Failure> {
    let file = |entry: &Entry| {
        admit(&entry.path)?;
        let blob = entry.body.blob();
        let (sha256, size) = (blob.digest(), blob.size());
        let (path, executable) = (entry.path.clone(), entry.executable);
        Ok(FolderFile { path, size, executable, sha256, token: None })
    };
    let files: Vec<FolderFile> = entries.iter().map(file).collect::<Result<_, Failure>>()?;
    let wanted = FolderManifest::new(files).map_err(no_folder)?;
    let length = wanted.to_bytes().len();
    if length > PUBLISHED_LIMIT {
        return Err(no_folder(super::FolderError::Long(length)));
    }
    Ok(wanted)
}

fn no_folder(error: super::FolderError) -> Failure {
    Failure::new(ExitStatus::Usage, "these files can't be published as a folder").caused_by(error)
}

impl Publishing<'_> {
    /// Publishes the folder. What was written before an error is the same that the next try writes.
    ///
    /// # Errors
    /// `Usage` when the files are no folder, `Conflict` when other bytes were published there; else what a store
    /// answered.
    pub async fn put(&self, entries: Vec<Entry>) -> Result<Put, Failure> {
        let wanted = manifest_of(&entries)?;
        let bodies: HashMap<Key, Body> = entries.into_iter().map(|entry| (entry.path, entry.body)).collect();
        let there = self.there(&wanted).await?;
        let tokens = self.put_files(&wanted, &bodies).await?;
        let noted = wanted.noting(|path| tokens.get(path).cloned());
        // Somebody else's manifest says what they saw, if they saw anything.
        if let Some((object, manifest)) = there {
            let vouched = manifest == noted;
            return Ok(Put { manifest, object, vouched });
        }
        let bytes = noted.to_bytes();
        if bytes.len() > LIMIT {
            return Err(no_folder(super::FolderError::Long(bytes.len())));
        }
        self.put_manifest(noted, bytes).await
    }

    fn prefix(&self) -> Result<&str, Failure> {
        self.location.folder().ok_or_else(|| {
            Failure::new(ExitStatus::Usage, format!("`{}` is not a folder", self.location))
                .hint("a folder's location ends with a slash")
        })
    }

    fn differs(&self, what: &dyn Display, was: &Digest, is: &Digest) -> Failure {
        differs(self.commit, what, was, is).state("What was published is as it was.")
    }

    fn failed(&self, doing: &str, last: Option<ProviderError>) -> Failure {
        let failure = Failure::new(ExitStatus::Failed, format!("{doing} failed"))
            .hint("run the same command again: it goes on where it stopped");
        match last {
            Some(error) => failure.caused_by(error),
            None => failure,
        }
    }

    /// The manifest and its object, when the very folder was published before.
    async fn there(&self, wanted: &FolderManifest) -> Result<Option<(Object, FolderManifest)>, Failure> {
        let doing = format!("reading `{}`", self.location);
        let found = FolderManifest::read(self.bucket, self.location).await;
        let Some((object, found)) = found.map_err(|error| Failure::of_place(&doing, error))? else {
            return Ok(None);
        };
        let (is, was) = (wanted.identity(), found.identity());
        if found.of.is_none() && was == is {
            return Ok(Some((object, found)));
        }
        Err(self.differs(&self.location, &was, &is))
    }

    /// Puts all files in place, and tells their tokens.
    async fn put_files(
        &self,
        wanted: &FolderManifest,
        bodies: &HashMap<Key, Body>,
    ) -> Result<HashMap<Key, Token>, Failure> {
        // What an earlier try left is not sent again.
        let doing = format!("listing `{}`", self.location);
        let prefix = self.prefix()?;
        let listed =
            list(self.bucket, prefix, None).await.map_err(|error| Failure::of_place(&doing, error))?;
        let there: HashMap<Key, Object> =
            listed.into_iter().map(|object| (object.key.clone(), object)).collect();
        let mut puts = Vec::with_capacity(wanted.files.len());
        for file in &wanted.files {
            let key = inside(prefix, &file.path).map_err(|error| {
                Failure::new(
                    ExitStatus::Usage,
                    format!("`{}` can't be published", escape(file.path.as_str())),
                )
                .caused_by(error)
            })?;
            let Some(body) = bodies.get(&file.path) else { continue };
            puts.push((file.clone(), key, body.clone(), there.contains_key(&file.path)));
        }
        stream::iter(puts)
            .map(|(file, key, body, there)| self.put_file(file, key, body, there))
            .buffer_unordered(IN_FLIGHT)
            .try_collect()
            .await
    }

    /// Puts one file in place, and settles what became of it. `there`: something lies there already.
    async fn put_file(
        &self,
        file: FolderFile,
        key: Key,
        body: Body,
        there: bool,
    ) -> Result<(Key, Token), Failure> {
        let lies = |token| (file.path.clone(), token);
        if there && let Some(token) = self.compare(&file, &key).await? {
            return Ok(lies(token));
        }
        let metadata: Metadata =
            [("promote-commit", self.commit.to_string()), ("promote-sha256", file.sha256.hex())]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
        let (headers, absent) = (headers(&file.path), Condition::absent());
        let doing = format!("writing `{key}`");
        let mut last = None;
        let mut attempts = Attempts::new(self.clock, file.size);
        while attempts.another() {
            match self.bucket.write(&key, body.clone(), &headers, &metadata, &absent).await {
                Ok(object) => return Ok(lies(object.token)),
                Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Unknown) => {
                    if let Some(token) = self.compare(&file, &key).await? {
                        return Ok(lies(token));
                    }
                    last = Some(error);
                }
                Err(error) if error.kind == ErrorKind::Unavailable => {
                    attempts.pause(&error).await;
                    last = Some(error);
                }
                Err(error) => {
                    // What lies in its place is told first.
                    self.compare(&file, &key).await?;
                    return Err(Failure::of_place(&doing, error));
                }
            }
        }
        Err(self.failed(&doing, last))
    }

    /// The token of the file when it lies there, by the store's word where it gives one, else by reading it.
    async fn compare(&self, file: &FolderFile, key: &Key) -> Result<Option<Token>, Failure> {
        let failed = |error| Failure::of_place(&format!("reading `{key}`"), error);
        let head = self.bucket.head(key).await.map_err(failed)?;
        let found = match head.map(|object| (object.sha256, object)) {
            Some((Some(digest), object)) => Some((object, digest)),
            Some((None, object)) => content(self.bucket, key, object.size).await.map_err(failed)?,
            None => None,
        };
        let Some((object, digest)) = found else { return Ok(None) };
        if digest == file.sha256 {
            return Ok(Some(object.token));
        }
        Err(self.differs(key, &digest, &file.sha256))
    }

    async fn put_manifest(&self, manifest: FolderManifest, bytes: Vec<u8>) -> Result<Put, Failure> {
        let key = &self.location.key;
        let json = Headers { content_type: Some("application/json".to_owned()), ..Headers::default() };
        let metadata: Metadata =
            [("promote-commit", self.commit.to_string()), ("promote-sha256", Digest::of(&bytes).hex())]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
        let doing = format!("writing the manifest of `{}`", self.location);
        let mut attempts = Attempts::new(self.clock, bytes.len() as u64);
        let body = Body::Bytes(bytes.into());
        let mut last = None;
        while attempts.another() {
            match self.bucket.write(key, body.clone(), &json, &metadata, &Condition::absent()).await {
                Ok(object) => return Ok(Put { manifest, object, vouched: true }),
                Err(error)
                    if matches!(
                        error.kind,
                        ErrorKind::Conflict | ErrorKind::Unknown | ErrorKind::Unavailable
                    ) =>
                {
                    if error.kind == ErrorKind::Unavailable {
                        attempts.pause(&error).await;
                    }
                    last = Some(error);
                }
                Err(error) => return Err(Failure::of_place(&doing, error)),
            }
            if let Some((object, found)) = self.there(&manifest).await? {
                // Perhaps it is the one that was just sent.
                let vouched = found == manifest;
                return Ok(Put { manifest: found, object, vouched });
            }
        }
        Err(self.failed(&doing, last))
    }
}
