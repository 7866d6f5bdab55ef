//! Writing and deleting objects under a condition, with one request each. Larger content goes by `resumable`.

use crate::GcsBucket;
use crate::checksum;
use crate::exchange::Operation;
use crate::inline_content;
use crate::resource::{Resource, Target, guard, told};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use promote_port::location::Key;
use promote_port::port::{
    Blob, Body, ErrorKind, Headers, Metadata, Object, Precondition, ProviderError, VersionId,
};
use std::convert::Infallible;

/// Parts a description from the content after it. The content's length is told, so that nothing in it matters.
const BOUNDARY: &str = "promote-part-7d1f0c52a3b9";

impl GcsBucket {
    /// See `Bucket::write`.
    pub(crate) async fn store(
        &self,
        key: &Key,
        body: &Body,
        headers: &Headers,
        metadata: &Metadata,
        when: &Precondition,
    ) -> Result<Object, ProviderError> {
        let target = Target { key, headers, metadata, when };
        let blob = body.blob();
        if blob.size() > self.limits.single {
            return self.upload(&target, blob.as_ref()).await;
        }
        let bytes = self.piece(key, blob.as_ref(), 0, blob.size()).await?;
        // What is made once and held in memory is a document of a ledger.
        let document = matches!((body, when), (Body::Bytes(_), Precondition::Absent));
        let added = if document { inline_content::added(metadata, &bytes) } else { None };
        let metadata = added.as_ref().unwrap_or(metadata);
        self.put(&Target { metadata, ..target }, bytes).await
    }

    /// Part of the content, all of it.
    pub(crate) async fn piece(
        &self,
        key: &Key,
        blob: &dyn Blob,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let bad = |message: &str| ProviderError::new(ErrorKind::Invalid, self, key, message);
        let length = usize::try_from(length).map_err(|_| bad("the content is too large for this machine"))?;
        let bytes = blob
            .read_at(offset, length)
            .await
            .map_err(|broken| bad("the content could not be read").caused_by(broken))?;
        if bytes.len() == length { Ok(bytes) } else { Err(bad("the content is shorter than it was")) }
    }

    /// The parameters of an upload.
    pub(crate) fn upload_query<'q>(
        kind: &'q str,
        target: &Target<'q>,
        guard: Option<&'q str>,
    ) -> Vec<(&'q str, &'q str)> {
        let mut query = vec![("uploadType", kind), ("name", target.key.as_str())];
        query.extend(guard.map(|number| ("ifGenerationMatch", number)));
        query
    }

    /// The content type, which the API also wants beside the content itself.
    pub(crate) fn content_type<'t>(target: &Target<'t>) -> &'t str {
        // A header can't carry every text; the description can.
        let plain = |text: &&str| text.bytes().all(|b| (b' '..=b'~').contains(&b));
        target.headers.content_type.as_deref().filter(plain).unwrap_or("application/octet-stream")
    }

    /// One conditional upload of description and content. The store checks the sum, and so does this.
    pub(crate) async fn put(&self, target: &Target<'_>, bytes: Bytes) -> Result<Object, ProviderError> {
        let operation =
            Operation::effect(self, target.key.as_str(), "storage.objects.create", bytes.len() as u64);
        let guard = guard(&operation, target.when)?;
        let sum = checksum::of(&bytes);
        let description = target.described(Some(&sum)).map_err(|odd| {
            operation.error(ErrorKind::Invalid, "the description can't be written").caused_by(odd)
        })?;
        let head = format!(
            "--{BOUNDARY}\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{description}\r\n\
             --{BOUNDARY}\r\nContent-Type: {}\r\n\r\n",
            Self::content_type(target)
        );
        let tail = format!("\r\n--{BOUNDARY}--\r\n");
        let (length, size) = (head.len() + bytes.len() + tail.len(), bytes.len() as u64);
        let parts = [Bytes::from(head), bytes, Bytes::from(tail)];
        let parts = futures_util::stream::iter(parts.into_iter().map(Ok::<_, Infallible>));
        let ready = self.ready().await?;
        let query = Self::upload_query("multipart", target, guard);
        let url = ready.endpoint.call("upload/storage/v1", &["b", &self.name, "o"], &query);
        let request = ready
            .http
            .post(url)
            .header(CONTENT_TYPE, format!("multipart/related; boundary={BOUNDARY}"))
            .header(CONTENT_LENGTH, length)
            .body(reqwest::Body::wrap_stream(parts));
        let resource =
            operation.ask(request).await.map_err(|failure| self.not_written(&operation, failure))?;
        self.written(&operation, target.key, resource, size, &sum)
    }

    /// A failed write. Nothing but the bucket can be missing when an object is made.
    pub(crate) fn not_written(&self, operation: &Operation<'_>, failure: ProviderError) -> ProviderError {
        match failure.kind {
            ErrorKind::NotFound if !operation.lacks_bucket(&failure) => {
                operation.no_bucket().caused_by(failure)
            }
            _ => failure,
        }
    }

    /// What is stored now, when it is what was sent.
    pub(crate) fn written(
        &self,
        operation: &Operation<'_>,
        key: &Key,
        resource: Resource,
        size: u64,
        sum: &str,
    ) -> Result<Object, ProviderError> {
        let stored = resource.crc32c.clone();
        let object = told(operation, key, resource)?;
        self.bucket_seen();
        if object.size != size || stored.is_some_and(|stored| stored != sum) {
            return Err(operation.error(
                ErrorKind::Corrupt,
                format!("generation {} has other bytes than were sent", object.token),
            ));
        }
        Ok(object)
    }

    /// See `Bucket::delete`. With a version, that one is deleted for good.
    pub(crate) async fn remove(
        &self,
        key: &Key,
        when: &Precondition,
        version: Option<&VersionId>,
    ) -> Result<(), ProviderError> {
        let operation = Operation::effect(self, key.as_str(), "storage.objects.delete", 0);
        if *when == Precondition::Absent {
            return match self.describe(key).await? {
                None => Ok(()),
                Some(_) => {
                    Err(operation.error(ErrorKind::Conflict, "the object that was to be absent is there"))
                }
            };
        }
        let mut query = Vec::new();
        query.extend(guard(&operation, when)?.map(|number| ("ifGenerationMatch", number)));
        query.extend(version.map(|version| ("generation", version.0.as_str())));
        let ready = self.ready().await?;
        let url = ready.endpoint.call("storage/v1", &["b", &self.name, "o", key.as_str()], &query);
        match operation.send(ready.http.delete(url)).await {
            Ok(_) => {
                self.bucket_seen();
                Ok(())
            }
            Err(failure) if failure.kind == ErrorKind::NotFound && !operation.lacks_bucket(&failure) => {
                self.unless_bucket_is_missing().await?;
                match when {
                    Precondition::Any => Ok(()),
                    _ => Err(operation.as_conflict(failure)),
                }
            }
            Err(failure) => Err(failure),
        }
    }
}
