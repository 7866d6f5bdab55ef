//! Publishing a folder: its files are put in place once and for ever, side by side, and then the manifest that makes
//! it a whole one. A repeat with the same bytes changes nothing; one with other bytes is refused.

use super::listing::list;
use super::manifest::{FolderFile, FolderManifest, PUBLISHED_LIMIT};
use super::{IN_FLIGHT, headers, inside};
use crate::commit::CommitId;
use crate::digest::{Digest, Hasher};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::location::{Key, Location};
use crate::names::shown;
use crate::port::{Body, Bucket, Condition, ErrorKind, Headers, Metadata, Object, ProviderError};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::HashMap;

/// How often one file is sent.
const TRIES: u32 = 3;

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
        Failure::new(ExitStatus::Usage, format!("`{}` can't be published: {why}", shown(path.as_str())))
            .hint("leave it out of the folder")
    };
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    if name.starts_with("gha-creds-") && name.ends_with(".json") {
        return Err(refused("it holds credentials that a CI action left there"));
    }
    if path.as_str().split('/').any(|part| part == ".git") {
        return Err(refused("it is part of a git repository"));
    }
    Ok(())
}

/// Publishes a folder at `location`. What was written before an error is the same that the next try writes.
///
/// # Errors
/// `Usage` when the files are no folder, `Conflict` when other bytes were published there; else what a store answered.
pub async fn put(
    bucket: &dyn Bucket,
    location: &Location,
    commit: &CommitId,
    entries: Vec<Entry>,
) -> Result<(FolderManifest, Object), Failure> {
    let publishing = Publishing {
        bucket,
        location,
        commit,
        prefix: location.folder().ok_or_else(|| {
            Failure::new(ExitStatus::Usage, format!("`{location}` is no folder"))
                .hint("a folder's location ends with a slash")
        })?,
    };
    let mut files = Vec::with_capacity(entries.len());
    let mut bodies = HashMap::with_capacity(entries.len());
    for entry in entries {
        admit(&entry.path)?;
        let blob = entry.body.blob();
        let (sha256, size) = (blob.digest(), blob.size());
        files.push(FolderFile {
            path: entry.path.clone(),
            size,
            executable: entry.executable,
            sha256,
            token: None,
        });
        bodies.insert(entry.path, entry.body);
    }
    let no_folder = |error| {
        Failure::new(ExitStatus::Usage, "these files can't be published as a folder").caused_by(error)
    };
    let wanted = FolderManifest::new(files).map_err(no_folder)?;
    let bytes = wanted.to_bytes();
    if bytes.len() > PUBLISHED_LIMIT {
        return Err(no_folder(super::FolderError::Long(bytes.len())));
    }
    if let Some(object) = publishing.there(&wanted).await? {
        return Ok((wanted, object));
    }
    publishing.put_files(&wanted, &bodies).await?;
    let object = publishing.put_manifest(&wanted, bytes).await?;
    Ok((wanted, object))
}

/// One folder that is being published.
struct Publishing<'a> {
    bucket: &'a dyn Bucket,
    location: &'a Location,
    commit: &'a CommitId,
    prefix: &'a str,
}

impl Publishing<'_> {
    fn differs(&self, what: &str, was: &Digest, is: &Digest) -> Failure {
        let commit = self.commit.short(12);
        Failure::new(ExitStatus::Conflict, format!("release {commit} was published with other bytes"))
            .state(format!("`{what}` holds {was}; this build is {is}."))
            .state("What was published is as it was.")
            .hint("a release never changes: make a new commit, or use the build that was published")
    }

    fn failed(&self, doing: &str, last: Option<ProviderError>) -> Failure {
        let failure = Failure::new(ExitStatus::Failed, format!("{doing} failed"))
            .hint("run `promote publish` again: it goes on where it stopped");
        match last {
            Some(error) => failure.caused_by(error),
            None => failure,
        }
    }

    /// The manifest's object, when the very folder was published before.
    async fn there(&self, wanted: &FolderManifest) -> Result<Option<Object>, Failure> {
        let doing = format!("reading `{}`", self.location);
        let found = FolderManifest::read(self.bucket, self.location).await;
        let Some((object, found)) = found.map_err(|error| Failure::looking(&doing, error))? else {
            return Ok(None);
        };
        if found == *wanted {
            return Ok(Some(object));
        }
        Err(self.differs(&self.location.to_string(), &found.digest(), &wanted.digest()))
    }

    async fn put_files(&self, wanted: &FolderManifest, bodies: &HashMap<Key, Body>) -> Result<(), Failure> {
        // What an earlier try left is not sent again.
        let doing = format!("listing `{}`", self.location);
        let listed =
            list(self.bucket, self.prefix, None).await.map_err(|error| Failure::looking(&doing, error))?;
        let there: HashMap<Key, Object> =
            listed.into_iter().map(|object| (object.key.clone(), object)).collect();
        let mut puts = Vec::with_capacity(wanted.files.len());
        for file in &wanted.files {
            let key = inside(self.prefix, &file.path).map_err(|error| {
                Failure::new(ExitStatus::Usage, format!("`{}` can't be published", shown(file.path.as_str())))
                    .caused_by(error)
            })?;
            let Some(body) = bodies.get(&file.path) else { continue };
            puts.push((file.clone(), key, body.clone(), there.contains_key(&file.path)));
        }
        stream::iter(puts)
            .map(|(file, key, body, there)| self.put_file(file, key, body, there))
            .buffer_unordered(IN_FLIGHT)
            .try_collect::<()>()
            .await
    }

    /// Puts one file in place, and settles what became of it. `there`: something lies there already.
    async fn put_file(&self, file: FolderFile, key: Key, body: Body, there: bool) -> Result<(), Failure> {
        if there && self.compare(&file, &key).await? {
            return Ok(());
        }
        let metadata: Metadata =
            [("promote-commit", self.commit.to_string()), ("promote-sha256", file.sha256.hex())]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
        let (headers, absent) = (headers(&file.path), Condition::absent());
        let doing = format!("writing `{key}`");
        let mut last = None;
        for _ in 0..TRIES {
            match self.bucket.write(&key, body.clone(), &headers, &metadata, &absent).await {
                Ok(_) => return Ok(()),
                Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Unknown) => {
                    if self.compare(&file, &key).await? {
                        return Ok(());
                    }
                    last = Some(error);
                }
                Err(error) if error.kind == ErrorKind::Unavailable => last = Some(error),
                Err(error) => return Err(Failure::looking(&doing, error)),
            }
        }
        Err(self.failed(&doing, last))
    }

    /// Whether the file lies there, by the store's word where it gives one, else by reading it.
    async fn compare(&self, file: &FolderFile, key: &Key) -> Result<bool, Failure> {
        let doing = format!("reading `{key}`");
        let head = self.bucket.head(key).await.map_err(|error| Failure::looking(&doing, error))?;
        let Some(object) = head else { return Ok(false) };
        let found = match object.sha256 {
            Some(digest) => digest,
            None => read_digest(self.bucket, key).await.map_err(|error| Failure::looking(&doing, error))?,
        };
        if found == file.sha256 {
            return Ok(true);
        }
        Err(self.differs(key.as_str(), &found, &file.sha256))
    }

    async fn put_manifest(&self, wanted: &FolderManifest, bytes: Vec<u8>) -> Result<Object, Failure> {
        let key = &self.location.key;
        let json = Headers { content_type: Some("application/json".to_owned()), ..Headers::default() };
        let metadata: Metadata =
            [("promote-commit", self.commit.to_string()), ("promote-sha256", Digest::of(&bytes).hex())]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
        let doing = format!("writing the manifest of `{}`", self.location);
        let body = Body::Bytes(bytes.into());
        let mut last = None;
        for _ in 0..TRIES {
            match self.bucket.write(key, body.clone(), &json, &metadata, &Condition::absent()).await {
                Ok(object) => return Ok(object),
                Err(error)
                    if matches!(
                        error.kind,
                        ErrorKind::Conflict | ErrorKind::Unknown | ErrorKind::Unavailable
                    ) =>
                {
                    last = Some(error);
                }
                Err(error) => return Err(Failure::looking(&doing, error)),
            }
            if let Some(object) = self.there(wanted).await? {
                return Ok(object);
            }
        }
        Err(self.failed(&doing, last))
    }
}

/// The digest of an object's content, by reading it.
pub(crate) async fn read_digest(
    bucket: &dyn crate::port::BucketReader,
    key: &Key,
) -> Result<Digest, ProviderError> {
    let mut hasher = Hasher::new();
    let mut stream = bucket.read(key, None).await?;
    while let Some(piece) = stream.next().await {
        hasher.update(&piece?);
    }
    Ok(hasher.finish())
}
