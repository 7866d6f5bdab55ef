//! Reading objects and listing keys. Reads change nothing, so the SDK may repeat them.

use crate::S3Bucket;
use crate::failure::Operation;
use crate::metadata::from_wire;
use crate::object::{token, version, whole_digest, whole_seconds};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream as WireStream;
use aws_sdk_s3::types::ChecksumMode;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use promote_port::location::Key;
use promote_port::names::escape;
use promote_port::port::order::Ascent;
use promote_port::port::{
    ByteStream, Checksums, ErrorKind, Headers, Metadata, Object, Pace, Page, PinnedSource, ProviderError,
    VersionId,
};
use std::sync::atomic::Ordering;
use tokio::time::Instant;

/// What is said of an answer that is waited for no longer.
const STOPPED: &str = "the answer stopped half-way, or came too slowly";

/// The object that an answer to a head or get describes.
macro_rules! described {
    ($key:expr, $answer:expr) => {{
        let size = $answer.content_length().and_then(|size| u64::try_from(size).ok());
        match (size, $answer.e_tag().and_then(token), whole_seconds($answer.last_modified())) {
            (Some(size), Some(token), Some(stored_at)) => Some(Object {
                key: $key.clone(),
                size,
                token,
                version: version($answer.version_id()),
                sha256: whole_digest($answer.checksum_sha256(), $answer.checksum_type()),
                stored_at,
                headers: Headers {
                    content_type: $answer.content_type().map(str::to_owned),
                    cache_control: $answer.cache_control().map(str::to_owned),
                    content_disposition: $answer.content_disposition().map(str::to_owned),
                    content_encoding: $answer.content_encoding().map(str::to_owned),
                    content_language: $answer.content_language().map(str::to_owned),
                    expires: $answer.expires_string().map(str::to_owned),
                },
                metadata: from_wire($answer.metadata()),
                checksums: crate::object::checksums!($answer),
            }),
            _ => None,
        }
    }};
}

/// The next piece of an answer's body, if it comes in time.
async fn next_piece(
    operation: &Operation<'_>,
    body: &mut WireStream,
    pace: &mut Pace,
) -> Result<Option<Bytes>, ProviderError> {
    let asked = Instant::now();
    match tokio::time::timeout(pace.next(), body.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(piece))) => {
            pace.came(piece.len(), asked.elapsed());
            Ok(Some(piece))
        }
        Ok(Some(Err(broken))) => {
            Err(operation.error(ErrorKind::Unavailable, "the answer broke off").caused_by(broken))
        }
        Err(_) => Err(operation.error(ErrorKind::Unavailable, STOPPED)),
    }
}

const fn read_right(version: Option<&VersionId>) -> &'static str {
    if version.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" }
}

impl S3Bucket {
    fn reading<'a>(&'a self, key: &'a Key, version: Option<&VersionId>) -> Operation<'a> {
        Operation::reading(self, key.as_str(), read_right(version), self.limits.answer)
    }

    /// See `BucketReader::head`.
    pub(crate) async fn describe(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        let operation = self.reading(key, None);
        let request = self.client().await?.head_object().bucket(&self.name).key(key.as_str());
        match operation.run(request.checksum_mode(ChecksumMode::Enabled).send()).await {
            Ok(answer) => {
                self.bucket_seen();
                described!(key, answer).map(Some).ok_or_else(|| incomplete(&operation))
            }
            Err(failure) if failure.kind == ErrorKind::NotFound => {
                // The answer has no body, so it is the same for an object and for a bucket that is not there.
                if !self.connection.exists.load(Ordering::Relaxed) {
                    match self.ask_for_bucket().await {
                        Err(failure) if failure.kind == ErrorKind::NotFound => return Err(failure),
                        _ => self.bucket_seen(),
                    }
                }
                Ok(None)
            }
            Err(failure) if failure.kind == ErrorKind::Denied => {
                Err(self.refused_caller(key).await.unwrap_or(failure))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Why a description was denied, when it is the caller who is not accepted and no right that is missing: such an
    /// answer has no body, and the same refusal of the object's first byte has one.
    async fn refused_caller(&self, key: &Key) -> Option<ProviderError> {
        let operation = self.reading(key, None);
        let request = self.client().await.ok()?.get_object().bucket(&self.name).key(key.as_str());
        let failure = operation.run(request.range("bytes=0-0").send()).await.err()?;
        let caller = failure.kind == ErrorKind::Denied && !failure.lacks_right();
        caller.then_some(failure)
    }

    /// One version of an object as it is described; `None` when it is gone.
    pub(crate) async fn describe_version(
        &self,
        key: &Key,
        version: Option<&VersionId>,
    ) -> Result<Option<Object>, ProviderError> {
        let operation = self.reading(key, version);
        let request = self.client().await?.head_object().bucket(&self.name).key(key.as_str());
        let request = request.set_version_id(version.map(|version| version.0.clone()));
        match operation.run(request.checksum_mode(ChecksumMode::Enabled).send()).await {
            Ok(answer) => described!(key, answer).map(Some).ok_or_else(|| incomplete(&operation)),
            Err(failure) if failure.kind == ErrorKind::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// See `BucketReader::get`.
    pub(crate) async fn fetch(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Option<(Object, Bytes)>, ProviderError> {
        let operation = self.reading(key, None);
        let request = self.client().await?.get_object().bucket(&self.name).key(key.as_str());
        let answer = match operation.run(request.checksum_mode(ChecksumMode::Enabled).send()).await {
            Ok(answer) => answer,
            Err(failure) if failure.kind == ErrorKind::NotFound && !operation.lacks_bucket(&failure) => {
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        self.bucket_seen();
        let object = described!(key, answer).ok_or_else(|| incomplete(&operation))?;
        let bytes = self.drain(&operation, answer.body, object.size, limit).await?;
        Ok(Some((object, bytes)))
    }

    /// The pinned source's content, at most `limit` bytes.
    pub(crate) async fn fetch_pinned(
        &self,
        bucket: &str,
        from: &PinnedSource,
        limit: usize,
    ) -> Result<Bytes, ProviderError> {
        let operation = self.reading(&from.location.key, from.version.as_ref());
        let answer = self.open_pinned(&operation, bucket, from, None).await?;
        self.drain(&operation, answer.body, from.size, limit).await
    }

    /// See `BucketReader::read_range`.
    pub(crate) async fn fetch_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let last = offset.checked_add(length).and_then(|end| end.checked_sub(1));
        let Some(last) = last.filter(|last| *last >= offset) else { return Ok(Bytes::new()) };
        let right = read_right(from.version.as_ref());
        let operation = Operation::reading(self, from.location.key.as_str(), right, self.timeout(length));
        let range = format!("bytes={offset}-{last}");
        let answer = self.open_pinned(&operation, &self.name, from, Some(range)).await?;
        // Not every store looks at the condition of a read.
        if answer.e_tag().and_then(token).as_ref() != Some(&from.token) {
            return Err(operation.error(ErrorKind::Conflict, "the source was replaced"));
        }
        if answer.content_range().is_none() {
            return self.cut(&operation, answer.body, offset, length).await;
        }
        let limit = usize::try_from(length).unwrap_or(usize::MAX);
        self.drain(&operation, answer.body, length, limit).await
    }

    /// `length` bytes from `offset` of a body that is the whole object: a server may ignore the range of a request
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-14.2>), as MiniStack does for a version.
    async fn cut(
        &self,
        operation: &Operation<'_>,
        mut body: WireStream,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let missing =
            |had: u64, wanted: u64| usize::try_from(wanted.saturating_sub(had)).unwrap_or(usize::MAX);
        let (mut part, mut passed, mut pace) = (BytesMut::new(), 0_u64, Pace::new(self.limits.answer));
        while (part.len() as u64) < length {
            let Some(mut piece) = next_piece(operation, &mut body, &mut pace).await? else {
                return Err(operation.error(ErrorKind::Unavailable, "the answer ended early"));
            };
            let before = piece.len().min(missing(passed, offset));
            passed += before as u64;
            let mut piece = piece.split_off(before);
            piece.truncate(missing(part.len() as u64, length));
            part.extend_from_slice(&piece);
        }
        Ok(part.freeze())
    }

    /// The answer with the pinned source's content, or with a range of it.
    async fn open_pinned(
        &self,
        operation: &Operation<'_>,
        bucket: &str,
        from: &PinnedSource,
        range: Option<String>,
    ) -> Result<GetObjectOutput, ProviderError> {
        let request = self
            .client()
            .await?
            .get_object()
            .bucket(bucket)
            .key(from.location.key.as_str())
            .set_version_id(from.version.as_ref().map(|version| version.0.clone()))
            .set_range(range)
            .if_match(crate::object::etag(&from.token));
        operation.run(request.send()).await.map_err(|failure| match failure.kind {
            ErrorKind::NotFound if !operation.lacks_bucket(&failure) => {
                operation.error(ErrorKind::Conflict, "the source is gone").caused_by(failure)
            }
            _ => failure,
        })
    }

    /// All of a body, which must have `size` bytes.
    async fn drain(
        &self,
        operation: &Operation<'_>,
        mut body: WireStream,
        size: u64,
        limit: usize,
    ) -> Result<Bytes, ProviderError> {
        let too_large = || operation.error(ErrorKind::Corrupt, format!("more than {limit} bytes are stored"));
        let size = usize::try_from(size).ok().filter(|size| *size <= limit).ok_or_else(too_large)?;
        let (mut all, mut pace) = (BytesMut::with_capacity(size), Pace::new(self.limits.answer));
        while let Some(piece) = next_piece(operation, &mut body, &mut pace).await? {
            if all.len() + piece.len() > size {
                return Err(too_large());
            }
            all.extend_from_slice(&piece);
        }
        if all.len() == size {
            Ok(all.freeze())
        } else {
            Err(operation.error(ErrorKind::Unavailable, "the answer ended early"))
        }
    }

    /// See `BucketReader::read`.
    pub(crate) async fn stream(
        &self,
        key: &Key,
        version: Option<&VersionId>,
    ) -> Result<ByteStream, ProviderError> {
        let operation = self.reading(key, version);
        let request = self.client().await?.get_object().bucket(&self.name).key(key.as_str());
        let request = request.set_version_id(version.map(|version| version.0.clone()));
        let GetObjectOutput { body, .. } = operation.run(request.send()).await?;
        self.bucket_seen();
        let (provider, subject) = (self.to_string(), key.to_string());
        let start = (body, Pace::new(self.limits.answer), false);
        let pieces = futures_util::stream::unfold(start, move |(mut body, mut pace, over)| {
            let (provider, subject) = (provider.clone(), subject.clone());
            async move {
                if over {
                    return None;
                }
                let wrong = |what: &str| ProviderError::new(ErrorKind::Unavailable, provider, subject, what);
                let asked = Instant::now();
                let piece = match tokio::time::timeout(pace.next(), body.next()).await {
                    Ok(piece) => piece?.map_err(|broken| wrong("the answer broke off").caused_by(broken)),
                    Err(_) => Err(wrong(STOPPED)),
                };
                pace.came(piece.as_ref().map_or(0, Bytes::len), asked.elapsed());
                let over = piece.is_err();
                Some((piece, (body, pace, over)))
            }
        });
        Ok(pieces.boxed())
    }

    /// See `BucketReader::list`. Keys that are none in `promote`'s sense (folder markers, for one) are left out.
    pub(crate) async fn page(
        &self,
        prefix: &str,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, ProviderError> {
        let subject = if prefix.is_empty() { self.name.as_str() } else { prefix };
        let operation = Operation::reading(self, subject, "s3:ListBucket", self.limits.answer);
        if !(1..=1000).contains(&limit) {
            return Err(
                operation.error(ErrorKind::Invalid, format!("a page has 1 to 1000 objects, not {limit}"))
            );
        }
        let client = self.client().await?;
        let mut after = after.map(|key| key.as_str().to_owned());
        let mut page = Page::default();
        let mut ascent = Ascent::default();
        loop {
            let wanted = i32::try_from(limit - page.objects.len()).unwrap_or(1000);
            let request = client.list_objects_v2().bucket(&self.name).prefix(prefix).max_keys(wanted);
            let answer = operation.run(request.set_start_after(after.clone()).send()).await?;
            self.bucket_seen();
            page.more = answer.is_truncated().unwrap_or(false);
            for entry in answer.contents() {
                let Some(name) = entry.key() else { return Err(incomplete(&operation)) };
                let in_order = after.as_deref().is_none_or(|last| ascent.step(last, name));
                if !name.starts_with(prefix) || !in_order {
                    return Err(operation
                        .error(
                            ErrorKind::Unsupported,
                            format!("the store lists `{}` out of order", escape(name)),
                        )
                        .hint(
                            "a ledger needs a store that lists keys in the order of their bytes, or folder by folder",
                        ));
                }
                after = Some(name.to_owned());
                let Ok(key) = name.parse::<Key>() else { continue };
                page.objects.push(Object {
                    key,
                    size: entry.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                    token: entry.e_tag().and_then(token).ok_or_else(|| incomplete(&operation))?,
                    version: None,
                    sha256: None,
                    stored_at: whole_seconds(entry.last_modified()).ok_or_else(|| incomplete(&operation))?,
                    headers: Headers::default(),
                    metadata: Metadata::default(),
                    checksums: Checksums::new(),
                });
            }
            if page.more && answer.contents().is_empty() {
                return Err(operation.error(ErrorKind::Corrupt, "an empty page says that more follow"));
            }
            if !page.more || page.objects.len() >= limit {
                return Ok(page);
            }
        }
    }
}

fn incomplete(operation: &Operation<'_>) -> ProviderError {
    operation.error(ErrorKind::Corrupt, "the answer lacks size, token or time of the object")
}
