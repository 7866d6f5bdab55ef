//! What the tests of this crate share: a bucket on the project's own fake, and short words for what is done to it.

use promote_gcs::{GcsBucket, Limits, SignIn};
use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::StoreSettings;
use promote_port::port::{
    Body, Bucket as _, Condition, Headers, Metadata, Object, PinnedSource, Precondition, ProviderError,
};
use promote_stand_ins::gcs_fake::Fake;
use std::time::Duration;

pub(crate) const NAME: &str = "acme-releases";

pub(crate) fn key(text: &str) -> Key {
    text.parse().unwrap()
}

pub(crate) fn at(endpoint: &str, bucket: &str) -> GcsBucket {
    let settings = StoreSettings { endpoint: Some(endpoint.to_owned()), ..StoreSettings::default() };
    let limits = Limits {
        single: 1 << 20,
        piece: 1 << 20,
        answer: Duration::from_secs(2),
        pause: Duration::from_millis(1),
        ..Limits::default()
    };
    GcsBucket::sign_in(bucket, &settings, SignIn::Anonymous).with_limits(limits)
}

/// A fake with one bucket that keeps versions.
pub(crate) fn start() -> (Fake, GcsBucket) {
    let fake = Fake::start().unwrap();
    fake.bucket(NAME, true);
    let bucket = at(&fake.endpoint, NAME);
    (fake, bucket)
}

pub(crate) async fn write(
    bucket: &GcsBucket,
    at: &str,
    content: impl Into<bytes::Bytes>,
    when: Precondition,
) -> Result<Object, ProviderError> {
    let (headers, none) = (Headers::default(), Metadata::new());
    bucket.write(&key(at), Body::Bytes(content.into()), &headers, &none, &Condition::on(when)).await
}

pub(crate) fn pinned(object: &Object, content: &[u8]) -> PinnedSource {
    PinnedSource {
        location: Location { store: StoreId::Gcs(NAME.to_owned()), key: object.key.clone() },
        token: object.token.clone(),
        version: object.version.clone(),
        sha256: Digest::of(content),
        size: object.size,
        headers: object.headers.clone(),
    }
}

pub(crate) async fn copy(
    bucket: &GcsBucket,
    from: &PinnedSource,
    to: &str,
    when: Precondition,
) -> Result<Object, ProviderError> {
    bucket.copy(from, &key(to), &Metadata::new(), &Condition::on(when)).await
}

/// Content of which no two stretches are alike.
pub(crate) fn content(length: usize) -> Vec<u8> {
    (0u32..).flat_map(u32::to_be_bytes).take(length).collect()
}
