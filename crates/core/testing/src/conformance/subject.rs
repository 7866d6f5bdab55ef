//! The store under examination, and the small steps that checks are made of.

use super::report::{Stop, Verdict};
use super::sharing::{Opener, Rival, Sharing};
use bytes::Bytes;
use futures_util::TryStreamExt;
use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::{
    Body, Bucket, Capabilities, Condition, CopyGuard, ErrorKind, Headers, Metadata, Object, PinnedSource,
    Precondition, ProviderError, VersionId,
};
use std::sync::Arc;

/// The media type of an index of images.
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What the store takes for an object and for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Any bytes under any key.
    Bytes,
    /// Manifests of images under tags: the text of an object is an annotation of an index without images, and parts
    /// of a key are joined by dots.
    Manifests,
}

/// What is examined, and how hard.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The store.
    pub bucket: Arc<dyn Bucket>,
    /// What locations call it, for pinned sources.
    pub store: StoreId,
    /// Everything is written below this key. Must be fresh for each run; nothing is cleaned up.
    pub prefix: Key,
    /// What the store is expected to honour. Checks of anything else are skipped.
    pub expected: Capabilities,
    /// What objects and keys are made of.
    pub content: Content,
    /// Whether single objects can be deleted. Some registries delete an image only with all of its tags.
    pub deletes: bool,
    /// Whether the store sorts names part by part, as its folders lie, instead of by all their bytes.
    pub by_folder: bool,
    /// Whether pages keep to the order of a whole listing where one name begins another (`a/b`, `a/b.c`).
    pub pages_keep_order: bool,
    /// Whether a handle does not look again at what it found once. Right for a ledger alone, whose objects do not change;
    /// conditions are checked all the same.
    pub found_stays: bool,
    /// The size in bytes of the large object: beyond what the provider sends in one part.
    pub large: usize,
    /// How many objects are listed in pages.
    pub listed: usize,
    /// How many objects a page has.
    pub page: usize,
    /// How many race.
    pub racers: usize,
    /// How often two processes race for the next thing.
    pub rounds: usize,
    /// How the store is opened again in this process.
    pub(super) opener: Option<Opener>,
    /// Who else can use it.
    pub(super) sharing: Sharing,
}

impl Subject {
    /// A subject with 6 MiB for a large object, 25 objects in pages of 10, 32 racers, and 24 rounds between processes.
    /// How it is opened again is for [`Subject::opened_by`] and [`Subject::raced_by`] to say: without a word of that it fails.
    pub fn new(bucket: Arc<dyn Bucket>, store: StoreId, prefix: Key, expected: Capabilities) -> Self {
        let (large, listed, page, racers, rounds) = (6 << 20, 25, 10, 32, 24);
        let (content, deletes, by_folder) = (Content::Bytes, true, false);
        let (pages_keep_order, found_stays) = (true, false);
        Self {
            bucket,
            store,
            prefix,
            expected,
            content,
            deletes,
            by_folder,
            pages_keep_order,
            found_stays,
            large,
            listed,
            page,
            racers,
            rounds,
            opener: None,
            sharing: Sharing::Unsaid,
        }
    }

    /// How a further handle of the same store is opened: a connection of its own, which knows nothing of what the first one
    /// was answered.
    #[must_use]
    pub fn opened_by(mut self, open: impl Fn() -> Arc<dyn Bucket> + Send + Sync + 'static) -> Self {
        self.opener = Some(Opener::new(open));
        self
    }

    /// Races with a second process: this executable, told to run what has `test` in its name. That test asks
    /// [`Rival::here`], opens the store at [`Rival::place`], which is `place`, and gives it to [`Rival::race`].
    #[must_use]
    pub fn raced_by(mut self, test: &str, place: impl Into<String>) -> Self {
        self.sharing = Sharing::Raced(Rival::new(test, place.into()));
        self
    }

    /// The store is part of this process's memory: no other process can use it, so none can be raced with. Not for a store
    /// that others reach.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.sharing = Sharing::InMemory;
        self
    }

    /// A subject of manifests under tags, for a registry of images; `deletes` says whether it deletes single tags.
    #[must_use]
    pub fn of_manifests(mut self, deletes: bool) -> Self {
        (self.content, self.deletes, self.large) = (Content::Manifests, deletes, 256 << 10);
        self
    }

    /// Whether objects may be anything: what could not be a manifest is left out otherwise.
    pub(super) fn takes_anything(&self) -> bool {
        self.content == Content::Bytes
    }

    /// The name that something has below the prefix.
    pub(super) fn spelt(&self, rest: &str) -> String {
        match self.content {
            Content::Bytes => rest.to_owned(),
            Content::Manifests => rest.replace('/', "."),
        }
    }

    /// What all keys begin with whose `rest` does.
    pub(super) fn below(&self, rest: &str) -> String {
        match self.content {
            Content::Bytes => format!("{}/{rest}", self.prefix),
            Content::Manifests => self.spelt(&format!("{}/{rest}", self.prefix)),
        }
    }

    /// A key below the prefix.
    pub(super) fn key(&self, rest: &str) -> Result<Key, Stop> {
        self.below(rest).parse::<Key>().map_err(|error| Stop::Failed(error.to_string()))
    }

    /// The bytes that stand for a text.
    pub(super) fn body(&self, text: &str) -> Bytes {
        match self.content {
            Content::Bytes => text.to_owned().into(),
            Content::Manifests => serde_json::json!({
                "schemaVersion": 2,
                "mediaType": INDEX,
                "manifests": [],
                "annotations": { "promote.conformance": text },
            })
            .to_string()
            .into(),
        }
    }

    /// Headers and metadata with everything in them that promotion writes and the store keeps.
    pub(super) fn dressed(&self) -> (Headers, Metadata) {
        let (headers, metadata) = dressed();
        match self.content {
            Content::Bytes if self.expected.stamps => (headers, metadata),
            Content::Bytes => (Headers::default(), Metadata::new()),
            Content::Manifests => (self.plain(), Metadata::new()),
        }
    }

    /// Headers that an object must have.
    fn plain(&self) -> Headers {
        let content_type = (self.content == Content::Manifests).then(|| INDEX.to_owned());
        Headers { content_type, ..Headers::default() }
    }

    /// Skips the check when the store can't do what it needs.
    pub(super) fn needs(&self, able: bool, ability: &str) -> Verdict {
        if able { Ok(()) } else { Err(Stop::Skipped(format!("the store has no {ability}"))) }
    }

    /// Skips the check unless targets can be moved with a condition by the store.
    pub(super) fn needs_guarded_copy(&self) -> Verdict {
        self.needs(self.expected.copy > CopyGuard::None, "guarded way to move a target")
    }

    pub(super) async fn write(
        &self,
        key: &Key,
        text: &str,
        when: Precondition,
    ) -> Result<Object, ProviderError> {
        let body = Body::Bytes(self.body(text));
        self.bucket.write(key, body, &self.plain(), &Metadata::new(), &Condition::on(when)).await
    }

    /// An object made without any condition, so that the check works on any store.
    pub(super) async fn put(&self, key: &Key, text: &str) -> Result<Object, ProviderError> {
        self.write(key, text, Precondition::Any).await
    }

    /// The object as it is now.
    pub(super) async fn head(&self, key: &Key) -> Result<Object, Stop> {
        let found = self.bucket.head(key).await?;
        found.ok_or_else(|| Stop::Failed(format!("`{key}` is not there")))
    }

    pub(super) async fn bytes(&self, key: &Key, version: Option<&VersionId>) -> Result<Vec<u8>, Stop> {
        let stream = self.bucket.read(key, version).await?;
        let whole = stream.try_fold(Vec::new(), |mut whole, piece| async move {
            whole.extend_from_slice(&piece);
            Ok(whole)
        });
        Ok(whole.await?)
    }

    /// The source as a plan would pin it. `object` comes from `head`.
    pub(super) fn pin(&self, object: &Object, content: &[u8]) -> PinnedSource {
        PinnedSource {
            location: Location { store: self.store.clone(), key: object.key.clone() },
            token: object.token.clone(),
            version: object.version.clone(),
            sha256: Digest::of(content),
            size: object.size,
            headers: object.headers.clone(),
        }
    }

    /// Writes a source and pins it.
    pub(super) async fn source(&self, key: &Key, content: &str) -> Result<PinnedSource, Stop> {
        self.put(key, content).await?;
        Ok(self.pin(&self.head(key).await?, &self.body(content)))
    }

    /// A condition for a copy, in the best way that the store has.
    pub(super) fn condition(&self, when: Precondition) -> Condition {
        Condition { when, way: self.expected.copy, fence: None }
    }

    pub(super) async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        when: Precondition,
    ) -> Result<Object, ProviderError> {
        self.bucket.copy(from, to, &Metadata::new(), &self.condition(when)).await
    }

    /// Fails unless the request was refused as a conflict.
    pub(super) fn conflict<T>(&self, what: &str, end: Result<T, ProviderError>) -> Verdict {
        self.refused(what, ErrorKind::Conflict, end)
    }

    /// Fails unless the request was refused in this way.
    pub(super) fn refused<T>(&self, what: &str, kind: ErrorKind, end: Result<T, ProviderError>) -> Verdict {
        match end {
            Err(error) if error.kind == kind => Ok(()),
            Err(error) => Err(Stop::Failed(format!("{what}: {:?} instead of {kind:?}: {error}", error.kind))),
            Ok(_) => Err(Stop::Failed(format!("{what} was not refused"))),
        }
    }

    /// Fails unless the object is the one that stands for this text.
    pub(super) async fn holds(&self, key: &Key, text: &str) -> Verdict {
        self.holds_bytes(key, &self.body(text)).await
    }

    /// Fails unless the object has exactly this content.
    pub(super) async fn holds_bytes(&self, key: &Key, content: &[u8]) -> Verdict {
        let found = self.bytes(key, None).await?;
        let shown = |bytes: &[u8]| match bytes.len() {
            0..=64 => String::from_utf8_lossy(bytes).into_owned(),
            size => format!("{size} bytes"),
        };
        if found == content {
            return Ok(());
        }
        Err(Stop::Failed(format!("`{key}` contains `{}` instead of `{}`", shown(&found), shown(content))))
    }

    /// Fails when there is such an object.
    pub(super) async fn nothing_at(&self, key: &Key) -> Verdict {
        match self.bucket.head(key).await? {
            None => Ok(()),
            Some(_) => Err(Stop::Failed(format!("`{key}` was written"))),
        }
    }
}

/// Headers and metadata with everything in them that promotion writes.
fn dressed() -> (Headers, Metadata) {
    let headers = Headers {
        content_type: Some("application/zip".into()),
        cache_control: Some("no-cache, max-age=0".into()),
        content_disposition: Some("attachment; filename=\"prod.zip\"".into()),
        content_encoding: Some("identity".into()),
        content_language: Some("en-GB".into()),
        ..Headers::default()
    };
    let pairs = [
        ("promote-commit", "ce96f07b2d4e5a6f708192a3b4c5d6e7f8091a2b"),
        ("promote-time", "2026-01-05T09:00:00Z"),
        ("promote-source", "s3://acme-releases/a%20b/{sha}.zip?versionId=x+y="),
        ("codepipeline-artifact-revision-summary", "ce96f07 to prod by alice <alice@example.com>"),
    ];
    (headers, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}
