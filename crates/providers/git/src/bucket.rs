//! A branch behind the port of object stores. One commit changes one object, and is pushed onto exactly the commit
//! that was looked at, so every condition holds at the moment of writing. There is no clock but those of the writers:
//! `now` is this machine's, and an object's time is that of the machine which wrote it.

use crate::commit::{Change, MARK, Made, README, make};
use crate::listing;
use crate::objects::{Blob, ObjectKind};
use crate::process::Git;
use crate::remote::{Pushed, is_race, pause};
use crate::view::Branch;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use promote_port::location::Key;
use promote_port::names::escape;
use promote_port::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Checksums, Condition, CopyGuard, ErrorKind,
    FenceClass, Headers, Metadata, Object, Page, PinnedSource, Precondition, ProviderError, Token, VersionId,
};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use tokio::sync::Mutex;

/// How often a write is begun anew because somebody else wrote another object first.
const TRIES: u32 = 24;
/// The largest object in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// A branch of the repository around a folder.
#[derive(Debug)]
pub struct GitBucket {
    branch: Branch,
    /// Writes of this process follow one another: racing itself would only cost refused pushes.
    writing: Mutex<()>,
}

impl GitBucket {
    /// The branch `name` of the repository that `base` lies in, at `remote`; without one named it is at `origin`, else
    /// at the only remote, else in this repository alone. Nothing is read before the first request.
    pub fn open(base: impl Into<PathBuf>, name: impl Into<String>, remote: Option<String>) -> Self {
        Self::with_program("git", base, name, remote)
    }

    /// The same with another program than the `git` on the PATH.
    pub fn with_program(
        program: impl Into<OsString>,
        base: impl Into<PathBuf>,
        name: impl Into<String>,
        remote: Option<String>,
    ) -> Self {
        let branch = Branch::new(Git::new(program, base), name.into(), remote);
        Self { branch, writing: Mutex::new(()) }
    }

    /// How often the remote was talked to: fetches and pushes.
    pub fn conversations(&self) -> usize {
        self.branch.conversations()
    }

    fn error(&self, kind: ErrorKind, key: impl fmt::Display, message: impl Into<String>) -> ProviderError {
        ProviderError::new(kind, self, key, message)
    }

    /// The file at a key in one commit.
    async fn at(&self, head: Option<&str>, key: &Key, limit: usize) -> Result<Option<Blob>, ProviderError> {
        let Some(head) = head.filter(|_| !is_mark(key)) else { return Ok(None) };
        match self.branch.ask(&format!("{head}:{key}"), limit).await? {
            ObjectKind::Blob(blob) => Ok(Some(blob)),
            ObjectKind::Nothing | ObjectKind::Other => Ok(None),
        }
    }

    /// The file at a key, and the commit in which it was found.
    async fn find(&self, key: &Key, limit: usize) -> Result<Option<(String, Blob)>, ProviderError> {
        let last = self.branch.last().await?;
        if let Some(blob) = self.at(last.as_deref(), key, limit).await? {
            return Ok(last.map(|head| (head, blob)));
        }
        let head = self.branch.for_question(key.as_str()).await?;
        if head == last {
            return Ok(None);
        }
        let blob = self.at(head.as_deref(), key, limit).await?;
        Ok(head.zip(blob))
    }

    async fn described(&self, head: &str, key: &Key, blob: &Blob) -> Result<Object, ProviderError> {
        let times = self.branch.times(head, &[(key.as_str(), &blob.id)]).await?;
        let stored_at = times.first().copied().unwrap_or_default();
        Ok(object(key, &blob.id, blob.size, stored_at))
    }

    /// Refuses a key that is a folder, or lies below what is a file: git would silently drop one for the other.
    async fn placeable(&self, head: Option<&str>, key: &Key) -> Result<(), ProviderError> {
        let (Some(head), text) = (head, key.as_str()) else { return Ok(()) };
        if self.branch.ask(&format!("{head}:{key}"), 0).await? == ObjectKind::Other {
            return Err(self.error(ErrorKind::Invalid, key, "there are other objects below this key"));
        }
        for (at, _) in text.match_indices('/') {
            let above = text.get(..at).unwrap_or_default();
            match self.branch.ask(&format!("{head}:{above}"), 0).await? {
                ObjectKind::Nothing => break,
                ObjectKind::Other => {}
                ObjectKind::Blob(_) => {
                    let message = format!("`{}` is an object, so nothing can be below it", escape(above));
                    return Err(self.error(ErrorKind::Invalid, key, message));
                }
            }
        }
        Ok(())
    }

    /// Changes one path under a condition, and says what was made; `None` when there was nothing to remove.
    async fn change(
        &self,
        key: &Key,
        change: Change<'_>,
        when: &Precondition,
    ) -> Result<Option<Made>, ProviderError> {
        if is_mark(key) {
            return Err(self.error(ErrorKind::Invalid, key, "this name is the branch's own"));
        }
        let _turn = self.writing.lock().await;
        let mut head = self.branch.last().await?;
        for attempt in 0..TRIES {
            let mut found = self.at(head.as_deref(), key, 0).await?;
            if !holds(when, found.as_ref()) && attempt == 0 {
                // What was seen may be old.
                head = self.branch.now().await?;
                found = self.at(head.as_deref(), key, 0).await?;
            }
            if !holds(when, found.as_ref()) {
                return Err(self.error(ErrorKind::Conflict, key, "somebody else wrote it first"));
            }
            if matches!(change, Change::Remove) && found.is_none() {
                return Ok(None);
            }
            self.placeable(head.as_deref(), key).await?;
            let (repository, who) = (self.branch.repository().await?, self.branch.identity().await);
            let about = self.branch.about();
            let made = make(&self.branch.git, repository, about, who, head.as_deref(), key, change).await?;
            let last_try = attempt + 1 == TRIES;
            match self.branch.push(&made.commit, head.as_deref()).await? {
                Pushed::Done => {
                    self.branch.learn(key.as_str(), &made.blob, made.at).await;
                    return Ok(Some(made));
                }
                Pushed::Unsent(error) => return Err(error),
                Pushed::Doubt(why) => return self.settle(key, made, when, &why).await,
                Pushed::Moved if last_try => break,
                Pushed::Moved => {
                    pause(attempt).await;
                    head = self.branch.now().await?;
                }
                Pushed::Refused(why) => {
                    let now = self.branch.now().await?;
                    // A remote words a lost race in its own way; that the branch has moved tells it surely.
                    if (now == head && !is_race(&why)) || last_try {
                        return Err(self.refused(&why));
                    }
                    pause(attempt).await;
                    head = now;
                }
            }
        }
        Err(self
            .error(ErrorKind::Unavailable, key, "others write to the branch all the time")
            .hint("try again in a moment"))
    }

    /// What became of a push without an answer, as the branch shows it.
    async fn settle(
        &self,
        key: &Key,
        made: Made,
        when: &Precondition,
        why: &str,
    ) -> Result<Option<Made>, ProviderError> {
        let message = format!("whether the push landed is not known: {why}");
        let unknown = self.error(ErrorKind::Unknown, key, message);
        let head = match self.branch.now().await {
            Ok(head) => head,
            Err(error) => return Err(unknown.caused_by(error)),
        };
        let found = self.at(head.as_deref(), key, 0).await?;
        match (found, when) {
            (Some(blob), _) if blob.id == made.blob => {
                self.branch.learn(key.as_str(), &made.blob, made.at).await;
                Ok(Some(made))
            }
            (None, _) if made.blob.is_empty() => Ok(Some(made)),
            // Somebody else's object lies there for good, so ours can't land any more.
            (Some(_), Precondition::Absent) => {
                Err(self.error(ErrorKind::Conflict, key, "somebody else wrote it first"))
            }
            _ => Err(unknown),
        }
    }

    fn refused(&self, why: &str) -> ProviderError {
        let about = self.branch.about();
        let remote = about.remote.unwrap_or("this repository");
        let branch = about.branch;
        about
            .error(ErrorKind::Denied, format!("`{remote}` refuses pushes to the branch: {why}"))
            .hint(format!(
                "let those who promote push to `{branch}` without a review: a rule that covers all branches needs an exception"
            ))
            .hint(format!("keep force pushes to `{branch}` and its deletion forbidden"))
    }
}

/// Whether a key is one of the files that the branch has for itself.
fn is_mark(key: &Key) -> bool {
    [MARK, README].contains(&key.as_str())
}

fn holds(when: &Precondition, found: Option<&Blob>) -> bool {
    match when {
        Precondition::Any => true,
        Precondition::Absent => found.is_none(),
        Precondition::Matches(token) => found.is_some_and(|blob| blob.id == token.0),
    }
}

fn object(key: &Key, id: &str, size: u64, stored_at: DateTime<Utc>) -> Object {
    Object {
        key: key.clone(),
        size,
        token: Token(id.to_owned()),
        version: None,
        sha256: None,
        stored_at,
        headers: Headers::default(),
        metadata: Metadata::new(),
        checksums: Checksums::new(),
    }
}

impl fmt::Display for GitBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.branch.shown)
    }
}

#[async_trait]
impl BucketReader for GitBucket {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            create: true,
            replace: true,
            // A branch is no target: there is nothing to copy from.
            copy: CopyGuard::None,
            source_pin: false,
            versioned: false,
            stamps: false,
            tokens_tell: true,
            folders: false,
            trusted_answers: true,
            fence: FenceClass::Advisory,
            expiry_s: 0,
            allowance_s: 0,
            put_limit: 0,
            write_limit: None,
            notes: vec![],
        }
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        Ok(Utc::now())
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        match self.find(key, 0).await? {
            Some((head, blob)) => self.described(&head, key, &blob).await.map(Some),
            None => Ok(None),
        }
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        let Some((head, mut blob)) = self.find(key, limit).await? else { return Ok(None) };
        let Some(content) = blob.content.take() else {
            let message = format!("it has {} bytes, more than the {limit} that it may have", blob.size);
            return Err(self.error(ErrorKind::Corrupt, key, message));
        };
        let object = self.described(&head, key, &blob).await?;
        Ok(Some((object, Bytes::from(content))))
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        let missing = || self.error(ErrorKind::NotFound, key, "there is no such object");
        if version.is_some() {
            return Err(missing());
        }
        let (_, blob) = self.find(key, LARGEST).await?.ok_or_else(missing)?;
        let content = blob.content.ok_or_else(|| {
            self.error(ErrorKind::Corrupt, key, format!("it has {} bytes, more than any record", blob.size))
        })?;
        Ok(futures_util::stream::once(async move { Ok(Bytes::from(content)) }).boxed())
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        if !(1..=1000).contains(&limit) {
            return Err(self.error(ErrorKind::Invalid, escape(prefix), "a page has 1 to 1000 objects"));
        }
        let question = format!("{prefix}\n{}\n{limit}", after.map_or("", Key::as_str));
        let Some(head) = self.branch.for_question(&question).await? else { return Ok(Page::default()) };
        let failed = |error| self.branch.about().not_run(error);
        let (mut found, more) =
            listing::list(&self.branch.git, &head, prefix, after, limit).await.map_err(failed)?;
        found.retain(|one| !is_mark(&one.key));
        let wanted: Vec<(&str, &str)> = found.iter().map(|one| (one.key.as_str(), one.id.as_str())).collect();
        let times = self.branch.times(&head, &wanted).await?;
        let objects = found.iter().zip(times).map(|(one, at)| object(&one.key, &one.id, one.size, at));
        Ok(Page { objects: objects.collect(), more, ..Page::default() })
    }
}

#[async_trait]
impl Bucket for GitBucket {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        _headers: &Headers,
        _metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let blob = body.blob();
        let size = usize::try_from(blob.size()).ok().filter(|size| *size <= LARGEST);
        let Some(size) = size else {
            return Err(self.error(ErrorKind::Invalid, key, "it is too large for a branch"));
        };
        let mut content = Vec::with_capacity(size);
        while content.len() < size {
            let piece = blob.read_at(content.len() as u64, size - content.len()).await;
            let piece = piece.map_err(|error| {
                self.error(ErrorKind::Invalid, key, "what is to be written can't be read").caused_by(error)
            })?;
            if piece.is_empty() {
                return Err(self.error(
                    ErrorKind::Invalid,
                    key,
                    "what is to be written is shorter than it said",
                ));
            }
            content.extend_from_slice(&piece);
        }
        let made = self.change(key, Change::Put(&content), &condition.when).await?;
        let (id, at) = made.map(|made| (made.blob, made.at)).unwrap_or_default();
        Ok(object(key, &id, size as u64, at))
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        _metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let source = self.find(&from.location.key, 0).await?.map(|(_, blob)| blob);
        let Some(blob) = source.filter(|blob| blob.id == from.token.0) else {
            return Err(self.error(
                ErrorKind::Conflict,
                &from.location.key,
                "it is not what was pinned any more",
            ));
        };
        let made = self.change(to, Change::Link(&blob.id), &condition.when).await?;
        Ok(object(to, &blob.id, blob.size, made.map(|made| made.at).unwrap_or_default()))
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.change(key, Change::Remove, when).await.map(drop)
    }

    /// Nothing is written: what a branch honours is known.
    async fn probe(&self, _scratch: &Key) -> Result<Capabilities, ProviderError> {
        Ok(self.capabilities())
    }
}
