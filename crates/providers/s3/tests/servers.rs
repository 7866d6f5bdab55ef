//! The provider against real servers: what each is found to honour, and that objects come back as they were written.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

#[allow(dead_code, reason = "shared with `conformance.rs`, which needs more of it")]
mod real;

use futures_util::StreamExt as _;
use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::{
    Body, Bucket, BucketReader, Condition, CopyGuard, ErrorKind, FenceClass, Headers, Metadata, Object,
    PinnedSource, Precondition, Token,
};
use promote_s3::{Limits, S3Bucket};
use real::Store;
use std::sync::Arc;

const MIB: usize = 1 << 20;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn text(words: &'static str) -> Body {
    Body::Bytes(words.into())
}

fn pinned(bucket: &str, object: &Object, sha256: Digest) -> PinnedSource {
    PinnedSource {
        location: Location { store: StoreId::S3(bucket.to_owned()), key: object.key.clone() },
        token: object.token.clone(),
        version: object.version.clone(),
        sha256,
        size: object.size,
        headers: object.headers.clone(),
    }
}

fn by(way: CopyGuard, when: Precondition) -> Condition {
    Condition { way, ..Condition::on(when) }
}

async fn write(bucket: &S3Bucket, at: &str, words: &'static str) -> Object {
    let (headers, none) = (Headers::default(), Metadata::new());
    bucket.write(&key(at), text(words), &headers, &none, &Condition::absent()).await.unwrap()
}

#[tokio::test]
async fn seaweedfs_is_found_to_guard_copies_and_to_end_late_requests() {
    let store = Store::start("seaweedfs").await;
    let found = store.bucket.probe(&key("scratch/probe")).await.unwrap();
    assert!(found.create && found.replace && found.source_pin && found.trusted_answers, "{found:?}");
    assert_eq!(found.copy, CopyGuard::ConditionalCopy, "{found:?}");
    assert_eq!((found.fence, found.expiry_s), (FenceClass::Expiring, 30), "{found:?}");
    assert!(!found.versioned, "{found:?}");
    let left = store.bucket.list("", None, 1000).await.unwrap();
    assert_eq!(left.objects, [], "the probe cleans up");
}

#[tokio::test]
async fn seaweedfs_with_versions_is_found_to_keep_them() {
    let store = Store::versioned("seaweedfs").await;
    let found = store.bucket.probe(&key("scratch/probe")).await.unwrap();
    assert!(found.versioned && found.source_pin && found.create, "{found:?}");
    assert_eq!(found.copy, CopyGuard::ConditionalCopy, "{found:?}");
}

#[tokio::test]
async fn ministack_is_found_to_guard_the_completion_of_an_upload() {
    for name in ["ministack", "ministack-auth"] {
        let store = Store::start(name).await;
        let found = store.bucket.probe(&key("scratch/probe")).await.unwrap();
        assert!(found.create && found.replace && found.source_pin, "{name}: {found:?}");
        assert_eq!(found.copy, CopyGuard::ConditionalComplete, "{name}: {found:?}");
        assert_eq!(found.fence, FenceClass::Expiring, "{name}: {found:?}");
    }
}

#[tokio::test]
async fn moto_is_found_to_guard_puts_alone() {
    let store = Store::start("moto").await;
    let found = store.bucket.probe(&key("scratch/probe")).await.unwrap();
    assert!(found.create && found.replace, "{found:?}");
    assert_eq!(found.copy, CopyGuard::ConditionalPut, "{found:?}");
    assert_eq!(found.fence, FenceClass::Advisory, "{found:?}");
    assert!(found.notes.iter().any(|note| note.contains("have expired")), "{found:?}");
}

#[tokio::test]
async fn rclone_is_found_to_ignore_every_condition() {
    let store = Store::start("rclone").await;
    let found = store.bucket.probe(&key("scratch/probe")).await.unwrap();
    assert!(!found.create && !found.replace, "{found:?}");
    assert_eq!(found.copy, CopyGuard::None, "{found:?}");
    assert!(found.notes.iter().any(|note| note.contains("a put ignores")), "{found:?}");
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_written() {
    for name in ["seaweedfs", "ministack-auth", "moto"] {
        let store = Store::start(name).await;
        let bucket = &store.bucket;
        assert_eq!(bucket.head(&key("a b/ä+%.zip")).await.unwrap(), None, "{name}");
        let headers = Headers {
            content_type: Some("application/zip".into()),
            cache_control: Some("no-store".into()),
            ..Headers::default()
        };
        let metadata = Metadata::from([("promote-actor".to_owned(), "Jörg M".to_owned())]);
        let written = bucket
            .write(&key("a b/ä+%.zip"), text("content"), &headers, &metadata, &Condition::absent())
            .await
            .unwrap();
        let (there, bytes) = bucket.get(&key("a b/ä+%.zip"), 7).await.unwrap().unwrap();
        assert_eq!(&bytes[..], b"content", "{name}");
        assert_eq!((&there.token, there.size), (&written.token, 7), "{name}");
        assert_eq!((&there.headers, &there.metadata), (&headers, &metadata), "{name}");
        let described = bucket.head(&key("a b/ä+%.zip")).await.unwrap().unwrap();
        assert_eq!(described.sha256, Some(Digest::of(b"content")), "{name}");
        let refused = bucket.get(&key("a b/ä+%.zip"), 6).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Corrupt, "{name}");
        // The copy's source is encoded, its headers are carried over and its metadata is replaced.
        let source = pinned(&store.name, &there, Digest::of(b"content"));
        let other = Metadata::from([("promote-id".to_owned(), "7".to_owned())]);
        let copied = bucket.copy(&source, &key("prod.zip"), &other, &Condition::absent()).await.unwrap();
        let there = bucket.head(&key("prod.zip")).await.unwrap().unwrap();
        assert_eq!(
            (&there.token, &there.headers, &there.metadata),
            (&copied.token, &headers, &other),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_lost_race_is_a_conflict_in_every_way_to_write() {
    let store = Store::start("seaweedfs").await;
    let bucket = &store.bucket;
    let first = write(bucket, "source/1", "first").await;
    let second = write(bucket, "source/2", "second!").await;
    let one = pinned(&store.name, &first, Digest::of(b"first"));
    let two = pinned(&store.name, &second, Digest::of(b"second!"));
    let none = Metadata::new();
    for (way, at) in [
        (CopyGuard::ConditionalCopy, "to/copy"),
        (CopyGuard::ConditionalComplete, "to/complete"),
        (CopyGuard::ConditionalPut, "to/put"),
    ] {
        let to = key(at);
        let kind = async |source: &PinnedSource, when| {
            bucket.copy(source, &to, &none, &by(way, when)).await.unwrap_err().kind
        };
        let wrong = Precondition::Matches(Token("0".repeat(32)));
        assert_eq!(kind(&one, wrong.clone()).await, ErrorKind::Conflict, "{way:?} on nothing");
        let there = bucket.copy(&one, &to, &none, &by(way, Precondition::Absent)).await.unwrap();
        assert_eq!(kind(&two, Precondition::Absent).await, ErrorKind::Conflict, "{way:?}");
        assert_eq!(kind(&two, wrong).await, ErrorKind::Conflict, "{way:?}");
        let other = PinnedSource { token: one.token.clone(), ..two.clone() };
        let now = Precondition::Matches(there.token.clone());
        assert_eq!(kind(&other, now.clone()).await, ErrorKind::Conflict, "{way:?} of another source");
        let gone = PinnedSource { location: "s3://x-y-z/gone".parse().unwrap(), ..one.clone() };
        let gone = PinnedSource {
            location: Location { store: StoreId::S3(store.name.clone()), ..gone.location },
            ..gone
        };
        assert_eq!(kind(&gone, now.clone()).await, ErrorKind::Conflict, "{way:?} of nothing");
        assert_eq!(bucket.head(&to).await.unwrap().unwrap().token, there.token, "{way:?} left it alone");
        bucket.copy(&two, &to, &none, &by(way, now)).await.unwrap();
        assert_eq!(&bucket.get(&to, 100).await.unwrap().unwrap().1[..], b"second!");
    }
}

#[tokio::test]
async fn large_content_goes_in_parts() {
    for name in ["seaweedfs", "ministack-auth"] {
        let store = Store::start(name).await;
        let limits = Limits {
            single: MIB as u64,
            part: 5 * MIB as u64,
            copy: MIB as u64,
            copy_part: 5 * MIB as u64,
            ..Limits::default()
        };
        let bucket = store.again().with_limits(limits);
        let content: Vec<u8> = (0..12 * MIB).map(|at| (at % 251) as u8).collect();
        let body = Body::Bytes(content.clone().into());
        let digest = Digest::of(&content);
        let (headers, none) = (Headers::default(), Metadata::new());
        let to = key("large.bin");
        let written = bucket.write(&to, body.clone(), &headers, &none, &Condition::absent()).await.unwrap();
        assert_eq!(written.sha256, None, "{name}: only the parts are vouched for");
        assert!(written.token.0.ends_with("-3"), "{name}: {written:?}");
        let lost = bucket.write(&to, body, &headers, &none, &Condition::absent()).await.unwrap_err();
        assert_eq!(lost.kind, ErrorKind::Conflict, "{name}: {lost}");
        let source = pinned(&store.name, &written, digest);
        let copied = bucket.copy(&source, &key("copy.bin"), &none, &Condition::absent()).await.unwrap();
        assert!(copied.token.0.ends_with("-3"), "{name}: {copied:?}");
        let (_, bytes) = bucket.get(&key("copy.bin"), content.len()).await.unwrap().unwrap();
        assert_eq!(Digest::of(&bytes), digest, "{name}");
        let empty =
            bucket.write(&key("empty"), text(""), &headers, &none, &Condition::absent()).await.unwrap();
        let empty = pinned(&store.name, &empty, Digest::of(b""));
        let complete = by(CopyGuard::ConditionalComplete, Precondition::Absent);
        assert_eq!(bucket.copy(&empty, &key("empty2"), &none, &complete).await.unwrap().size, 0, "{name}");
        assert_eq!(store.open_uploads().await, 0, "{name}: lost uploads are given up");
    }
}

#[tokio::test]
async fn a_copy_takes_the_version_that_was_pinned() {
    let store = Store::versioned("seaweedfs").await;
    let bucket = &store.bucket;
    let old = write(bucket, "source", "old").await;
    let now = Condition::on(Precondition::Matches(old.token.clone()));
    let headers = Headers::default();
    bucket.write(&key("source"), text("newer"), &headers, &Metadata::new(), &now).await.unwrap();
    let source = pinned(&store.name, &old, Digest::of(b"old"));
    for way in [CopyGuard::ConditionalCopy, CopyGuard::ConditionalComplete, CopyGuard::ConditionalPut] {
        let to = key(&format!("{way:?}"));
        bucket.copy(&source, &to, &Metadata::new(), &by(way, Precondition::Absent)).await.unwrap();
        assert_eq!(&bucket.get(&to, 100).await.unwrap().unwrap().1[..], b"old", "{way:?}");
    }
}

#[tokio::test]
async fn expires_goes_along_in_every_way() {
    let store = Store::start("seaweedfs").await;
    let bucket = &store.bucket;
    let headers = Headers { expires: Some("Thu, 01 Jan 2032 00:00:00 GMT".to_owned()), ..Headers::default() };
    let none = Metadata::new();
    let written =
        bucket.write(&key("source"), text("words"), &headers, &none, &Condition::absent()).await.unwrap();
    let source = PinnedSource { headers, ..pinned(&store.name, &written, Digest::of(b"words")) };
    for way in [CopyGuard::ConditionalCopy, CopyGuard::ConditionalComplete, CopyGuard::ConditionalPut] {
        let to = key(&format!("{way:?}"));
        bucket.copy(&source, &to, &none, &by(way, Precondition::Absent)).await.unwrap();
        let there = bucket.head(&to).await.unwrap().unwrap();
        assert_eq!(there.headers.expires, source.headers.expires, "{way:?}");
    }
}

#[tokio::test]
async fn a_copy_crosses_buckets() {
    let (here, there) = (Store::start("seaweedfs").await, Store::start("seaweedfs").await);
    if here.endpoint != there.endpoint {
        here.create_bucket(&there.name).await;
    }
    let from = here.at(&there.name);
    let written = write(&from, "source", "words").await;
    let source = pinned(&there.name, &written, Digest::of(b"words"));
    here.bucket.copy(&source, &key("prod"), &Metadata::new(), &Condition::absent()).await.unwrap();
    assert_eq!(&here.bucket.get(&key("prod"), 5).await.unwrap().unwrap().1[..], b"words");
}

#[tokio::test]
async fn listings_are_paged_in_order() {
    let store = Store::start("seaweedfs").await;
    let bucket = Arc::new(store.again());
    for name in ["log/1", "log/2", "log/3", "logs", "a"] {
        write(&bucket, name, "x").await;
    }
    store.put_raw("log/m/").await;
    let page = bucket.list("log/", None, 2).await.unwrap();
    let names = |page: &promote_port::port::Page| -> Vec<String> {
        page.objects.iter().map(|object| object.key.to_string()).collect()
    };
    assert_eq!((names(&page), page.more), (vec!["log/1".into(), "log/2".into()], true));
    let rest = bucket.list("log/", Some(&key("log/2")), 2).await.unwrap();
    assert_eq!((names(&rest), rest.more), (vec!["log/3".into()], false));
    assert_eq!(bucket.list("", None, 1000).await.unwrap().objects.len(), 5);
}

#[tokio::test]
async fn a_missing_bucket_is_never_an_absent_object() {
    let store = Store::start("seaweedfs").await;
    let bucket = store.at("no-such-bucket-here");
    let failures = [
        bucket.head(&key("a")).await.unwrap_err(),
        bucket.get(&key("a"), 1).await.unwrap_err(),
        bucket.list("", None, 1).await.unwrap_err(),
        bucket
            .write(&key("a"), text(""), &Headers::default(), &Metadata::new(), &Condition::absent())
            .await
            .unwrap_err(),
    ];
    for failure in failures {
        assert_eq!(failure.kind, ErrorKind::NotFound, "{failure}");
        assert!(failure.message.contains("no bucket `no-such-bucket-here`"), "{failure}");
    }
}

#[tokio::test]
async fn wrong_keys_are_denied_without_showing_the_secret() {
    let store = Store::start("seaweedfs").await;
    let bucket = store.with_secret("not-the-secret-of-this-key");
    let failure = bucket.list("", None, 1).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Denied, "{failure}");
    assert!(!format!("{failure:?} {bucket:?}").contains("not-the-secret"), "{failure:?}");
    assert!(failure.hints.iter().any(|hint| hint.contains("signed in with access key")), "{failure:?}");
}

#[tokio::test]
async fn only_what_was_meant_is_deleted() {
    for name in ["seaweedfs", "ministack-auth"] {
        let store = Store::start(name).await;
        let bucket = &store.bucket;
        let object = write(bucket, "old", "x").await;
        let other = Precondition::Matches(Token("0".repeat(32)));
        let kind = async |at: &str, when| bucket.delete(&key(at), when).await.unwrap_err().kind;
        assert_eq!(kind("old", &other).await, ErrorKind::Conflict, "{name}");
        assert_eq!(kind("old", &Precondition::Absent).await, ErrorKind::Conflict, "{name}");
        assert!(bucket.head(&key("old")).await.unwrap().is_some(), "{name}");
        bucket.delete(&key("old"), &Precondition::Matches(object.token)).await.unwrap();
        assert_eq!(bucket.head(&key("old")).await.unwrap(), None, "{name}");
        bucket.delete(&key("old"), &Precondition::Any).await.unwrap();
        bucket.delete(&key("old"), &Precondition::Absent).await.unwrap();
    }
}

#[tokio::test]
async fn content_is_read_as_a_stream_of_the_version_that_is_named() {
    let store = Store::versioned("seaweedfs").await;
    let bucket = &store.bucket;
    let old = write(bucket, "source", "old").await;
    let now = Condition::on(Precondition::Matches(old.token.clone()));
    bucket.write(&key("source"), text("newer"), &Headers::default(), &Metadata::new(), &now).await.unwrap();
    let all = async |version| -> Vec<u8> {
        let pieces = bucket.read(&key("source"), version).await.unwrap();
        pieces.map(|piece| piece.unwrap().to_vec()).concat().await
    };
    assert_eq!(all(None).await, b"newer");
    assert_eq!(all(old.version.as_ref()).await, b"old");
    let gone = bucket.read(&key("gone"), None).await.err().unwrap();
    assert_eq!(gone.kind, ErrorKind::NotFound, "{gone}");
}
