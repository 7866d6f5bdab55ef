//! A repository of images behind the ports of the core: tags are keys, manifests are objects.

use crate::RegistryBucket;
use crate::api;
use crate::blobs::Way;
use crate::cross_repo_copy::{MOST, few};
use crate::failure::Operation;
use crate::manifest::{ImageSettings, LONGEST, Manifest, digest_of, written};
use crate::quay::Quay;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Checksums, Condition, CopyGuard, ErrorKind,
    FenceClass, Headers, Metadata, Names, Object, Page, PinnedSource, Precondition, ProviderError, Token,
    VersionId,
};
use promote_port::tag::is_tag;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

/// The label of an image by which Quay lets its tags expire.
const EXPIRES: &str = "quay.expires-after";
/// The longest settings of an image that are read.
const SETTINGS: usize = 4 << 20;
/// How many tags are looked at side by side.
const ABREAST: usize = 8;

impl RegistryBucket {
    fn error(&self, kind: ErrorKind, key: &str, message: impl Into<String>) -> ProviderError {
        ProviderError::new(kind, self, key, message)
    }

    /// The tag that a key is.
    pub(crate) fn tag<'a>(&self, key: &'a Key) -> Result<&'a str, ProviderError> {
        let tag = key.as_str();
        if is_tag(tag) { Ok(tag) } else { Err(self.error(ErrorKind::Invalid, tag, "it is not a tag")) }
    }

    /// The tag or digest that a key is. Anything may be read by its digest.
    fn reference<'a>(&self, key: &'a Key) -> Result<&'a str, ProviderError> {
        if digest_of(key.as_str()).is_some() { Ok(key.as_str()) } else { self.tag(key) }
    }

    async fn find(&self, key: &Key) -> Result<Option<Manifest>, ProviderError> {
        let reference = self.reference(key)?;
        let operation = Operation::reading(&self.repository, reference);
        api::get(&self.shared.session, &self.shared.kept, operation, reference).await
    }

    /// The time that the registry last said; this machine's where it says none.
    fn time(&self) -> DateTime<Utc> {
        self.shared.session.time(&self.repository).unwrap_or_else(Utc::now)
    }

    pub(crate) fn described(&self, key: &Key, manifest: &Manifest) -> Object {
        let headers = Headers { content_type: Some(manifest.media_type.clone()), ..Headers::default() };
        Object {
            key: key.clone(),
            size: manifest.bytes.len() as u64,
            token: Token(written(&manifest.digest)),
            version: None,
            sha256: Some(manifest.digest),
            stored_at: self.time(),
            headers,
            metadata: Metadata::new(),
            checksums: Checksums::new(),
        }
    }

    /// Forgets the list of tags, since one was changed.
    pub(crate) fn forget_tags(&self) {
        *self.tags.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// All tags in order. A list that is gone through page by page is asked for once.
    async fn sorted_tags(&self, from_start: bool) -> Result<Arc<Vec<String>>, ProviderError> {
        let kept = self.tags.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (false, Some(kept)) = (from_start, kept) {
            return Ok(kept);
        }
        let operation = Operation::reading(&self.repository, "tags");
        let (mut tags, more) = api::tags(&self.shared.session, operation.clone(), api::PAGES).await?;
        if more {
            return Err(operation.error(ErrorKind::Corrupt, "the registry's list of tags does not end"));
        }
        tags.retain(|tag| is_tag(tag));
        tags.sort();
        tags.dedup();
        let tags = Arc::new(tags);
        *self.tags.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&tags));
        Ok(tags)
    }

    /// The value of the label `quay.expires-after` of an image, such as `2w`: Quay lets every tag that is put on it
    /// expire that long afterwards. Of an index, the first image that has one counts.
    ///
    /// # Errors
    /// As [`BucketReader::get`]; `NotFound` when there is no such image.
    pub async fn expires_after(&self, digest: &Digest) -> Result<Option<String>, ProviderError> {
        let name = written(digest);
        let (session, kept) = (&self.shared.session, &self.shared.kept);
        let operation = Operation::reading(&self.repository, &name);
        let gone = || operation.error(ErrorKind::NotFound, "there is no such image");
        let root = match kept.get(digest) {
            Some(root) => root,
            None => api::get(session, kept, operation.clone(), &name).await?.ok_or_else(gone)?,
        };
        let mut images = vec![root.clone()];
        let children = root.children();
        few(&operation, "manifests", children.len(), MOST)?;
        for child in children {
            let reference = digest_of(&child.digest).map(|digest| written(&digest));
            let Some(reference) = reference else { continue };
            let operation = Operation::reading(&self.repository, &reference);
            images.extend(api::get(session, kept, operation, &reference).await?);
        }
        for image in images {
            let Some(settings) = image.settings() else { continue };
            // Signatures and other attachments have settings of another kind.
            if !settings.media_type.contains("image") || settings.size > SETTINGS as u64 {
                continue;
            }
            let bytes = Way::small(session, &self.repository, &settings, SETTINGS).await?;
            let settings: ImageSettings = serde_json::from_slice(&bytes).unwrap_or_default();
            if let Some(label) = settings.label(EXPIRES) {
                return Ok(Some(crate::foreign::harmless(label)));
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl BucketReader for RegistryBucket {
    fn config_hints(&self) -> Vec<(&'static str, String)> {
        let sign_in = self.shared.session.advice(&self.repository);
        sign_in.map(|value| ("sign-in", value)).into_iter().collect()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            create: false,
            replace: false,
            copy: CopyGuard::Observed,
            source_pin: true,
            versioned: false,
            stamps: false,
            tokens_tell: true,
            folders: false,
            trusted_answers: true,
            fence: FenceClass::Advisory,
            expiry_s: 0,
            allowance_s: 30,
            put_limit: LONGEST as u64,
            write_limit: None,
            notes: vec![
                "a registry moves a tag without any condition: what somebody else does at the same moment shows only afterwards"
                    .to_owned(),
            ],
        }
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        if let Some(time) = self.shared.session.time(&self.repository) {
            return Ok(time);
        }
        self.shared.ping(&self.repository).await?;
        Ok(self.time())
    }

    /// One request. The manifest itself is asked for, since a copy needs it anyway.
    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        Ok(self.find(key).await?.map(|manifest| self.described(key, &manifest)))
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        let Some(manifest) = self.find(key).await? else { return Ok(None) };
        if manifest.bytes.len() > limit {
            return Err(self.error(
                ErrorKind::Corrupt,
                key.as_str(),
                format!("it has more than {limit} bytes"),
            ));
        }
        Ok(Some((self.described(key, &manifest), manifest.bytes)))
    }

    async fn read(&self, key: &Key, _version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        let manifest = self.find(key).await?.ok_or_else(|| {
            self.error(
                ErrorKind::NotFound,
                key.as_str(),
                "there is no such tag, or it was deleted or has expired",
            )
        })?;
        Ok(stream::once(async move { Ok(manifest.bytes) }).boxed())
    }

    async fn expires(&self, key: &Key) -> Result<Option<String>, ProviderError> {
        let reference = self.reference(key)?;
        if let (Some(quay), None) = (Quay::of(&self.shared.session, &self.repository), digest_of(reference)) {
            let row = quay.history(reference, true, 1).await?.into_iter().next();
            if let Some(when) = row.and_then(|row| row.expiration) {
                return Ok(Some(format!("on {}, as its tag says", crate::foreign::harmless(&when))));
            }
        }
        let Some(manifest) = self.find(key).await? else { return Ok(None) };
        let label = self.expires_after(&manifest.digest).await?;
        Ok(label.map(|span| format!("{span} after it is tagged on quay.io, by its label `{EXPIRES}`")))
    }

    /// What a tag named, as far as quay.io's history tells, where a token for its API is at hand; of other registries
    /// nobody knows. An image that is gone for good has no length.
    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        let tag = self.tag(key)?;
        let Some(quay) = Quay::of(&self.shared.session, &self.repository) else { return Ok(Vec::new()) };
        let (mut sizes, mut found) = (HashMap::new(), Vec::new());
        for row in quay.whole_history(tag, limit).await? {
            let (Some(sha256), Some(stored_at)) =
                (digest_of(&row.manifest_digest), DateTime::from_timestamp(row.start_ts, 0))
            else {
                return Err(self.error(ErrorKind::Corrupt, tag, "Quay's history of the tag makes no sense"));
            };
            let name = written(&sha256);
            let size = match sizes.get(&sha256) {
                Some(size) => *size,
                None => {
                    let operation = Operation::reading(&self.repository, &name);
                    let manifest =
                        api::get(&self.shared.session, &self.shared.kept, operation, &name).await?;
                    let size = manifest.map_or(0, |manifest| manifest.bytes.len() as u64);
                    sizes.insert(sha256, size);
                    size
                }
            };
            found.push(Object {
                key: key.clone(),
                size,
                token: Token(name),
                version: None,
                sha256: Some(sha256),
                stored_at,
                headers: Headers::default(),
                metadata: Metadata::new(),
                checksums: Checksums::new(),
            });
        }
        Ok(found)
    }

    /// All tags are read, page after page, and one request is sent for each that is returned: for import only.
    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        if !(1..=1000).contains(&limit) {
            return Err(self.error(ErrorKind::Invalid, prefix, "a page has 1 to 1000 objects"));
        }
        let tags = self.sorted_tags(after.is_none()).await?;
        let follows = |tag: &&String| {
            tag.starts_with(prefix) && after.is_none_or(|after| tag.as_str() > after.as_str())
        };
        let mut matching = tags.iter().filter(follows);
        let names: Vec<String> = matching.by_ref().take(limit).cloned().collect();
        let more = matching.next().is_some();
        let found: Vec<Option<Object>> = stream::iter(names.into_iter().map(|name| async move {
            let Ok(key) = name.parse::<Key>() else { return Ok(None) };
            let found = self.find(&key).await?;
            // A tag that was deleted meanwhile is left out.
            Ok::<_, ProviderError>(found.map(|manifest| Object {
                headers: Headers::default(),
                sha256: None,
                ..self.described(&key, &manifest)
            }))
        }))
        .buffered(ABREAST)
        .try_collect()
        .await?;
        Ok(Page { objects: found.into_iter().flatten().collect(), more, ..Page::default() })
    }

    /// Of Quay's own API, where there is a token for it and a prefix to ask for, the newest tags; else the registry's
    /// list, which has no order in time.
    async fn names(&self, prefix: &str, requests: usize) -> Result<Names, ProviderError> {
        let fits = |tag: &String| is_tag(tag) && tag.starts_with(prefix);
        let quay = Quay::of(&self.shared.session, &self.repository).filter(|_| !prefix.is_empty());
        let (tags, more, newest) = match quay {
            Some(quay) => {
                let (tags, more) = quay.newest(prefix, requests).await?;
                (tags, more, true)
            }
            None => {
                let operation = Operation::reading(&self.repository, "tags");
                let (tags, more) =
                    api::tags(&self.shared.session, operation, requests.min(api::PAGES)).await?;
                (tags, more, false)
            }
        };
        let keys = tags.iter().filter(|tag| fits(tag)).filter_map(|tag| tag.parse().ok()).collect();
        Ok(Names { keys, more, newest })
    }
}

#[async_trait]
impl Bucket for RegistryBucket {
    /// Pushes a manifest; what it refers to must be there. The content type of `headers` is its media type.
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        _metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let tag = self.tag(key)?;
        let blob = body.blob();
        if blob.size() > LONGEST as u64 {
            return Err(self.error(ErrorKind::Invalid, tag, "it is too long for a manifest"));
        }
        let bytes = blob.read_at(0, LONGEST).await.map_err(|error| {
            self.error(ErrorKind::Invalid, tag, "what was to be written can't be read").caused_by(error)
        })?;
        let manifest = Manifest::new(bytes, headers.content_type.as_deref());
        let operation = Operation::writing(&self.repository, tag);
        self.admit(&operation, tag, &condition.when).await?;
        api::put(&self.shared.session, &self.shared.kept, operation, tag, &manifest).await?;
        self.forget_tags();
        Ok(self.described(key, &manifest))
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        _metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.promote(from, to, condition).await
    }

    /// Deletes one tag. An image is never deleted by its digest: that would take all of its tags along.
    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        let tag = self.tag(key)?;
        let operation = Operation { right: "delete", ..Operation::writing(&self.repository, tag) };
        self.admit(&operation, tag, when).await?;
        api::delete(&self.shared.session, operation, tag).await?;
        self.forget_tags();
        Ok(())
    }

    /// Nothing is to be found out: no registry can do more, and none does less. Nothing is written.
    async fn probe(&self, _scratch: &Key) -> Result<Capabilities, ProviderError> {
        Ok(self.capabilities())
    }
}
