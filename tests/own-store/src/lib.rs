//! A store of one's own: a folder in which each object is one file, with what is known of it in the first line. Every effect
//! is made under the lock of one file, so its conditions hold for all processes of all machines that share the folder.
//!
//! The whole of a store is the two traits of [`promote::port`]: reading, and writing with a condition that is checked at the
//! very moment of the write. Nothing here knows of promotions.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use promote::Failure;
use promote::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, CopyGuard, Digest, ErrorKind,
    FenceClass, Headers, Key, Metadata, Object, Page, PinnedSource, Precondition, ProviderError, StoreId,
    Token, VersionId,
};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{Error, ErrorKind as Io};
use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, io};

/// The scheme that leads to it: `vault://NAME/KEY`.
pub const SCHEME: &str = "vault";

/// A store in a folder.
#[derive(Debug, Clone)]
pub struct Vault {
    name: String,
    folder: PathBuf,
}

/// What stands in the first line of an object's file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct About {
    key: Key,
    write: u64,
    sha256: String,
    stored_at: DateTime<Utc>,
    headers: Headers,
    metadata: Metadata,
}

impl Vault {
    /// What [`promote::Builder::scheme`] is given: the store of this name lies in a folder of this name.
    pub fn opener(root: PathBuf) -> impl Fn(&str) -> Result<Arc<dyn Bucket>, Failure> + Send + Sync {
        move |name| Ok(Arc::new(Self { name: name.to_owned(), folder: root.join(name) }) as Arc<dyn Bucket>)
    }

    /// What locations call it.
    pub fn id(&self) -> StoreId {
        StoreId::Other { scheme: SCHEME.to_owned(), name: self.name.clone() }
    }

    /// Runs `act` while nobody else does anything. Nothing is awaited in between, so nobody can be left holding the lock.
    fn alone<T>(&self, key: &str, act: impl FnOnce() -> Result<T, Refused>) -> Result<T, ProviderError> {
        let locked = fs::create_dir_all(&self.folder).and_then(|()| {
            let lock = File::options().create(true).append(true).open(self.folder.join("lock"))?;
            lock.lock().map(|()| lock)
        });
        let done = locked.map_err(Refused::from).and_then(|_lock| act());
        done.map_err(|Refused { kind, why, cause }| {
            let error = ProviderError::new(kind, self, key, why);
            match cause {
                Some(cause) => error.caused_by(cause),
                None => error,
            }
        })
    }

    /// Keys are longer than names of files may be, and not all of their characters are allowed there.
    fn file(&self, key: &Key) -> PathBuf {
        self.folder.join(format!("{}.object", Digest::of(key.as_str().as_bytes()).hex()))
    }

    fn find(&self, key: &Key) -> Result<Option<(Object, Bytes)>, Refused> {
        match fs::read(self.file(key)) {
            Ok(bytes) => Ok(Some(parsed(&bytes)?)),
            Err(error) if error.kind() == Io::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks everything that must hold, and writes. Under the lock.
    fn put(
        &self,
        key: &Key,
        bytes: &Bytes,
        (headers, metadata): (&Headers, &Metadata),
        condition: &Condition,
    ) -> Result<Object, Refused> {
        if condition.fence.as_ref().is_some_and(|fence| self.file(&fence.slot).exists()) {
            return Err(Refused::new(ErrorKind::Conflict, "another promotion took over"));
        }
        self.holds(key, &condition.when)?;
        // Each write has a number of its own, so a token never comes back.
        let counter = self.folder.join("writes");
        let before = match fs::read_to_string(&counter) {
            Ok(text) => text.trim().parse().map_err(|_| Error::from(Io::InvalidData))?,
            Err(error) if error.kind() == Io::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
        let write: u64 = before + 1;
        replace(&counter, write.to_string().as_bytes())?;
        let (headers, metadata) = (headers.clone(), metadata.clone());
        let sha256 = Digest::of(bytes).hex();
        let about = About { key: key.clone(), write, sha256, stored_at: Utc::now(), headers, metadata };
        let mut file = serde_json::to_vec(&about).map_err(Error::from)?;
        file.push(b'\n');
        file.extend_from_slice(bytes);
        replace(&self.file(key), &file)?;
        Ok(parsed(&file)?.0)
    }

    fn holds(&self, key: &Key, when: &Precondition) -> Result<(), Refused> {
        let met = match when {
            Precondition::Any => true,
            Precondition::Absent => !self.file(key).exists(),
            Precondition::Matches(token) => self.find(key)?.is_some_and(|(found, _)| found.token == *token),
        };
        if met {
            Ok(())
        } else {
            Err(Refused::new(ErrorKind::Conflict, "the object is not the one that was expected"))
        }
    }
}

/// An object's description and content, from its file.
fn parsed(file: &[u8]) -> io::Result<(Object, Bytes)> {
    let end = file.iter().position(|byte| *byte == b'\n').ok_or(Io::InvalidData)?;
    let (line, rest) = file.split_at(end);
    let about: About = serde_json::from_slice(line)?;
    let bytes = Bytes::copy_from_slice(rest.get(1..).unwrap_or_default());
    let object = Object {
        key: about.key,
        size: bytes.len() as u64,
        token: Token(about.write.to_string()),
        version: None,
        sha256: Digest::from_hex(&about.sha256).ok(),
        stored_at: about.stored_at,
        headers: about.headers,
        metadata: about.metadata,
        checksums: Default::default(),
    };
    Ok((object, bytes))
}

/// The whole of it or nothing: a process that is killed leaves what was there before.
fn replace(file: &std::path::Path, bytes: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, bytes)?;
    File::open(&new)?.sync_all()?;
    fs::rename(new, file)
}

/// Why nothing was done: what may be done next, and the cause.
struct Refused {
    kind: ErrorKind,
    why: String,
    cause: Option<Error>,
}

impl Refused {
    fn new(kind: ErrorKind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into(), cause: None }
    }
}

/// Whether a write took effect is not known when the disk fails: that is what `Unknown` says.
impl From<Error> for Refused {
    fn from(cause: Error) -> Self {
        let kind = match cause.kind() {
            Io::PermissionDenied => ErrorKind::Denied,
            Io::InvalidData => ErrorKind::Corrupt,
            _ => ErrorKind::Unknown,
        };
        Self { kind, why: "the folder can't be used".to_owned(), cause: Some(cause) }
    }
}

impl fmt::Display for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}://{}", self.name)
    }
}

#[async_trait]
impl BucketReader for Vault {
    /// All of it holds by nature, so nothing has to be probed.
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            create: true,
            replace: true,
            copy: CopyGuard::ConditionalCopy,
            source_pin: true,
            versioned: false,
            stamps: true,
            tokens_tell: true,
            folders: false,
            trusted_answers: true,
            fence: FenceClass::Atomic,
            expiry_s: 0,
            allowance_s: 0,
            put_limit: u64::MAX,
            write_limit: Some(u64::MAX),
            notes: Vec::new(),
        }
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        Ok(Utc::now())
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.alone(key.as_str(), || Ok(self.find(key)?.map(|(object, _)| object)))
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.alone(key.as_str(), || match self.find(key)? {
            Some((_, bytes)) if bytes.len() > limit => {
                Err(Refused::new(ErrorKind::Corrupt, format!("it has more than {limit} bytes")))
            }
            found => Ok(found),
        })
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        let found = self.alone(key.as_str(), || Ok(self.find(key)?.filter(|_| version.is_none())))?;
        let none = || ProviderError::new(ErrorKind::NotFound, self, key, "there is no such object");
        let (_, bytes) = found.ok_or_else(none)?;
        Ok(stream::once(async move { Ok(bytes) }).boxed())
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        self.alone(prefix, || {
            if !(1..=1000).contains(&limit) {
                return Err(Refused::new(ErrorKind::Invalid, "a page has 1 to 1000 objects"));
            }
            let mut objects = Vec::new();
            for entry in fs::read_dir(&self.folder)? {
                let path = entry?.path();
                if path.extension().is_some_and(|kind| kind == "object") {
                    objects.push(parsed(&fs::read(path)?)?.0);
                }
            }
            objects.retain(|one| {
                one.key.as_str().starts_with(prefix) && after.is_none_or(|after| one.key > *after)
            });
            objects.sort_by(|one, other| one.key.cmp(&other.key));
            let more = objects.len() > limit;
            objects.truncate(limit);
            Ok(Page { objects, more, ..Page::default() })
        })
    }
}

#[async_trait]
impl Bucket for Vault {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let blob = body.blob();
        let all = usize::try_from(blob.size()).unwrap_or(usize::MAX);
        let bytes = blob.read_at(0, all).await.map_err(|cause| {
            let why = "what was to be written can't be read";
            ProviderError::new(ErrorKind::Invalid, self, key, why).caused_by(cause)
        })?;
        self.alone(key.as_str(), || self.put(key, &bytes, (headers, metadata), condition))
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.alone(to.as_str(), || {
            if from.location.store != self.id() {
                return Err(Refused::new(ErrorKind::Unsupported, "it copies from itself alone"));
            }
            match self.find(&from.location.key)? {
                Some((found, bytes)) if found.token == from.token => {
                    self.put(to, &bytes, (&from.headers, metadata), condition)
                }
                _ => Err(Refused::new(ErrorKind::Conflict, "the source is no longer what was checked")),
            }
        })
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.alone(key.as_str(), || {
            self.holds(key, when)?;
            match fs::remove_file(self.file(key)) {
                Err(error) if error.kind() != Io::NotFound => Err(error.into()),
                _ => Ok(()),
            }
        })
    }

    async fn probe(&self, _scratch: &Key) -> Result<Capabilities, ProviderError> {
        Ok(self.capabilities())
    }
}
