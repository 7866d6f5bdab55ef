//! Documents of a ledger whose content a listing tells.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

#[allow(dead_code, reason = "shared with `answers.rs`, which needs more of it")]
mod kit;

use bytes::Bytes;
use kit::{key, start};
use promote_port::digest::Digest;
use promote_port::port::{Body, Bucket as _, BucketReader as _, Condition, Headers, Metadata, Precondition};

/// A body of this many bytes that hardly shrinks.
fn dense(length: usize) -> Bytes {
    let digests = (0_u32..).flat_map(|n| Digest::of(&n.to_be_bytes()).hex().into_bytes());
    digests.take(length).collect()
}

#[tokio::test]
async fn a_listing_of_few_tells_what_was_created_and_nothing_else() {
    let (_fake, bucket) = start();
    let json = Headers { content_type: Some("application/json".to_owned()), ..Headers::default() };
    let put = async |name: &str, bytes: &Bytes, metadata: &Metadata, when: Precondition| {
        let body = Body::Bytes(bytes.clone());
        bucket.write(&key(name), body, &json, metadata, &Condition::on(when)).await.unwrap()
    };
    let none = Metadata::new();
    let record = Bytes::from_static(b"{\"seq\": \"7\"}\n");
    let object = put("log/1", &record, &none, Precondition::Absent).await;
    assert_eq!(object.metadata, none, "what is added is not told as if somebody had written it");
    put("log/2", &dense(40_000), &none, Precondition::Absent).await;
    put("log/3", &record, &[("promote-id".to_owned(), "x".to_owned())].into(), Precondition::Absent).await;
    put("log/4", &record, &none, Precondition::Any).await;

    let page = bucket.list("log/", None, 50).await.unwrap();
    assert_eq!(page.objects.len(), 4);
    assert!(page.objects.iter().all(|object| object.metadata.is_empty()));
    assert_eq!(page.contents.into_iter().collect::<Vec<_>>(), [(key("log/1"), record.clone())]);
    assert!(bucket.list("log/", None, 1000).await.unwrap().contents.is_empty(), "pages stay short");
    let (described, bytes) = bucket.get(&key("log/1"), 1000).await.unwrap().unwrap();
    assert_eq!((described.metadata, bytes), (none, record));
    // Too long for a description is no reason not to be written.
    assert_eq!(bucket.get(&key("log/2"), 50_000).await.unwrap().unwrap().1, dense(40_000));
}
