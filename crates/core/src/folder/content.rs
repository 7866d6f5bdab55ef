//! Reading one object to its end, so that what was hashed is what its token names.

use crate::digest::{Digest, Hasher};
use crate::location::Key;
use crate::port::{BucketReader, ErrorKind, Object, ProviderError, VersionId};
use futures_util::StreamExt as _;

/// The longest object, in bytes, that is read in one answer, which tells its token besides.
const AT_ONCE: u64 = 1 << 20;

/// How often an object is read that somebody else writes meanwhile.
const TRIES: u32 = 3;

/// What lies at `key`, and the digest of just that; `None` when nothing does. `size` is the length in bytes that it
/// probably has. Where the store vouches for a SHA-256, nothing longer than that is read.
///
/// # Errors
/// What the store answers, and `Unavailable` for an object that is written all the time.
pub(crate) async fn content(
    bucket: &dyn BucketReader,
    key: &Key,
    size: u64,
) -> Result<Option<(Object, Digest)>, ProviderError> {
    if size <= AT_ONCE {
        match bucket.get(key, usize::try_from(AT_ONCE).unwrap_or(usize::MAX)).await {
            Ok(found) => {
                return Ok(found.map(|(object, bytes)| {
                    let digest = Digest::of(&bytes);
                    (object, digest)
                }));
            }
            // It is longer than was thought.
            Err(error) if error.kind == ErrorKind::Corrupt => {}
            Err(error) => return Err(error),
        }
    }
    let mut seen = bucket.head(key).await?;
    for _ in 0..TRIES {
        let Some(object) = seen else { return Ok(None) };
        if let Some(vouched) = object.sha256 {
            return Ok(Some((object, vouched)));
        }
        let digest = match digest(bucket, key, object.version.as_ref()).await {
            Ok(digest) => digest,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // A version is read exactly. Without one, whatever lay there was.
        if object.version.is_some() {
            return Ok(Some((object, digest)));
        }
        seen = bucket.head(key).await?;
        if seen.as_ref().is_some_and(|again| again.token == object.token) {
            return Ok(Some((object, digest)));
        }
    }
    Err(ProviderError::new(ErrorKind::Unavailable, bucket, key, "somebody else writes it all the time"))
}

/// The digest of an object's content, of this version when one is named.
async fn digest(
    bucket: &dyn BucketReader,
    key: &Key,
    version: Option<&VersionId>,
) -> Result<Digest, ProviderError> {
    let mut hasher = Hasher::new();
    let mut stream = bucket.read(key, version).await?;
    while let Some(piece) = stream.next().await {
        hasher.update(&piece?);
    }
    Ok(hasher.finish())
}

/// The digest of what lies at `key`, by reading it.
pub(crate) async fn read_digest(bucket: &dyn BucketReader, key: &Key) -> Result<Digest, ProviderError> {
    digest(bucket, key, None).await
}
