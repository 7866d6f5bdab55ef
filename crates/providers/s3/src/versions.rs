//! The versions of one object, for telling what a target held before: one listing, and a look at each. And whether a
//! bucket keeps any.

use crate::S3Bucket;
use crate::failure::Operation;
use crate::object::version;
use aws_sdk_s3::types::BucketVersioningStatus;
use futures_util::future::try_join_all;
use promote_port::location::Key;
use promote_port::port::{ErrorKind, Object, ProviderError};

/// How many versions are looked at side by side.
const AT_ONCE: usize = 8;

impl S3Bucket {
    /// See `BucketReader::versioning`. A bucket that never kept any has no status
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html>).
    pub(crate) async fn keeps_versions(&self) -> Result<Option<bool>, ProviderError> {
        let operation = Operation::reading(self, &self.name, "s3:GetBucketVersioning", self.limits.answer);
        let request = self.client().await?.get_bucket_versioning().bucket(&self.name);
        match operation.run(request.send()).await {
            Ok(answer) => Ok(Some(answer.status() == Some(&BucketVersioningStatus::Enabled))),
            Err(failure) if failure.kind == ErrorKind::Unavailable => Err(failure),
            Err(_) => Ok(None),
        }
    }

    /// See `BucketReader::versions`.
    pub(crate) async fn all_versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        let operation = Operation::reading(self, key.as_str(), "s3:ListBucketVersions", self.limits.answer);
        let client = self.client().await?;
        let mut names = Vec::new();
        let (mut marker, mut version_marker) = (None, None);
        loop {
            let request = client
                .list_object_versions()
                .bucket(&self.name)
                .prefix(key.as_str())
                .set_key_marker(marker.clone())
                .set_version_id_marker(version_marker.clone());
            let answer = operation.run(request.send()).await?;
            let mut beyond = false;
            for entry in answer.versions() {
                match entry.key() {
                    Some(name) if name == key.as_str() => names.push(version(entry.version_id())),
                    // Keys ascend, so everything of this one came before.
                    Some(_) => beyond = true,
                    None => {}
                }
            }
            let next = (
                answer.next_key_marker().map(str::to_owned),
                answer.next_version_id_marker().map(str::to_owned),
            );
            let more = answer.is_truncated().unwrap_or(false) && !beyond && names.len() < limit;
            if !more {
                break;
            }
            if next.0.is_none() || next == (marker.clone(), version_marker.clone()) {
                return Err(operation.error(ErrorKind::Corrupt, "the list of versions does not end"));
            }
            (marker, version_marker) = next;
        }
        names.truncate(limit);
        let mut found = Vec::with_capacity(names.len());
        for batch in names.chunks(AT_ONCE) {
            let looks = batch.iter().map(|name| self.describe_version(key, name.as_ref()));
            found.extend(try_join_all(looks).await?.into_iter().flatten());
        }
        // Newest first, as the store lists them; within a second their order is the store's.
        found.sort_by_key(|object| std::cmp::Reverse(object.stored_at));
        Ok(found)
    }
}
