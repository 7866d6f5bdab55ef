//! Moving tags in one repository: exact bytes, whole indexes, manifest requests alone, and what a registry can't check.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail")]

mod real;

use promote_core::digest::Digest;
use promote_core::port::{Body, Bucket as _, BucketReader as _, ErrorKind, Headers, Metadata, Precondition};
use promote_quay::keep_tag;
use promote_tests::quay_fake::QuayFake;
use real::{Registry, fresh, image, key, pinned, seen, token, when};

const BOTH: [&str; 2] = ["amd64", "arm64"];

#[tokio::test]
async fn an_index_is_retagged_by_manifest_requests_alone() {
    // A server of its own: its log is counted.
    let registry = Registry::alone("docker-registry");
    let path = format!("{}/app", fresh());
    let digest = image(&registry, &format!("{path}:33242e93"), "a", &BOTH);
    let before = registry.log(&path).len();

    let bucket = registry.bucket(&path);
    let source = seen(&bucket, "33242e93").await;
    assert_eq!(source.sha256, digest);
    let target = "prod-33242e93-16-04-2021.1618577888";
    assert!(bucket.head(&key(target)).await.unwrap().is_none());
    let answer =
        bucket.copy(&source, &key(target), &Metadata::new(), &when(Precondition::Absent)).await.unwrap();
    assert_eq!(
        (answer.sha256, answer.size, answer.token.clone()),
        (Some(digest), source.size, token(digest))
    );
    assert_eq!(answer.headers.content_type.as_deref(), Some("application/vnd.oci.image.index.v1+json"));

    let log = registry.log(&path).split_off(before);
    let (old, new) = (format!("/v2/{path}/manifests/33242e93"), format!("/v2/{path}/manifests/{target}"));
    let expected = [format!("GET {old}"), format!("GET {new}"), format!("HEAD {new}"), format!("PUT {new}")];
    assert_eq!(log, expected);
    let (old, new) = (registry.raw(&format!("{path}:33242e93")), registry.raw(&format!("{path}:{target}")));
    assert_eq!(old, new);
    assert_eq!(Digest::of(&new), digest);
}

/// How many requests, of which kinds, a promotion takes: two looks and a move.
async fn counted(quay: &QuayFake, host_is_quay: bool) -> Vec<String> {
    let registry = Registry::of(quay);
    let path = format!("{}/app", fresh());
    let digest = image(&registry, &format!("{path}:33242e93"), "a", &BOTH);
    let mut pairs = registry.environment();
    if host_is_quay {
        pairs.push(("PROMOTE_QUAY_HOST".to_owned(), quay.host.clone()));
    }
    let registries = promote_quay::Registries::new(pairs.into_iter().collect());
    let bucket = registries.repository(&format!("{}/{path}", quay.host), None).unwrap();
    quay.take_log();
    let (source, target) = (key("33242e93"), key("prod-1"));
    let (seen, none) = tokio::join!(bucket.head(&source), bucket.head(&target));
    assert!(none.unwrap().is_none());
    let size = seen.unwrap().unwrap().size;
    let from = pinned(&bucket, "33242e93", digest, size);
    bucket.copy(&from, &target, &Metadata::new(), &when(Precondition::Absent)).await.unwrap();
    quay.take_log()
}

#[tokio::test]
async fn a_retag_takes_four_requests_and_its_token() {
    let quay = QuayFake::start().unwrap();
    let log = counted(&quay, true).await;
    let manifests = log.iter().filter(|line| line.contains("/manifests/")).count();
    assert_eq!((log.len(), manifests), (5, 4), "with a token: {log:#?}");
    // A registry of which nothing is known first has to say where its tokens come from.
    let log = counted(&quay, false).await;
    assert_eq!(log.len(), 6, "{log:#?}");
    assert_eq!(log.iter().filter(|line| line.contains("/v2/auth")).count(), 1, "{log:#?}");
}

#[tokio::test]
async fn a_moving_tag_leaves_a_keep_tag_behind() {
    let registry = Registry::start("docker-registry-token");
    let path = format!("{}/app", fresh());
    let old = image(&registry, &format!("{path}:old"), "old", &BOTH);
    let new = image(&registry, &format!("{path}:new"), "new", &BOTH);
    let bucket = registry.bucket(&path);
    let (from_old, from_new) = (seen(&bucket, "old").await, seen(&bucket, "new").await);
    let prod = key("prod");
    let any = Metadata::new();
    bucket.copy(&from_old, &prod, &any, &when(Precondition::Absent)).await.unwrap();
    let kept = keep_tag("prod", &old);
    assert_eq!(kept, format!("keep-prod-{}", &old.hex()[..12]));
    assert!(bucket.head(&key(&kept)).await.unwrap().is_none(), "a first tag has nothing to keep");

    bucket.copy(&from_new, &prod, &any, &when(Precondition::Matches(token(old)))).await.unwrap();
    assert_eq!(bucket.head(&prod).await.unwrap().unwrap().sha256, Some(new));
    assert_eq!(Digest::of(&registry.raw(&format!("{path}:{kept}"))), old);
    // There and back again: the tag that is there already is left alone.
    bucket.copy(&from_old, &prod, &any, &when(Precondition::Matches(token(new)))).await.unwrap();
    bucket.copy(&from_new, &prod, &any, &when(Precondition::Matches(token(old)))).await.unwrap();
    assert_eq!(bucket.head(&key(&kept)).await.unwrap().unwrap().sha256, Some(old));

    // One that somebody has put on something else is not overwritten, and nothing moves.
    let wrong = key(&keep_tag("prod", &new));
    bucket.copy(&from_old, &wrong, &any, &when(Precondition::Any)).await.unwrap();
    let error =
        bucket.copy(&from_old, &prod, &any, &when(Precondition::Matches(token(new)))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert_eq!(bucket.head(&prod).await.unwrap().unwrap().sha256, Some(new));
}

#[test]
fn a_keep_tag_is_never_too_long() {
    let tag = keep_tag(&"a".repeat(128), &Digest::of(b"x"));
    assert_eq!(tag.len(), 128);
    assert!(promote_core::tag::is_tag(&tag));
}

#[tokio::test]
async fn a_source_tag_that_moved_on_does_not_change_what_is_promoted() {
    let registry = Registry::start("docker-registry");
    let path = format!("{}/app", fresh());
    let built = image(&registry, &format!("{path}:33242e93"), "built", &BOTH);
    let bucket = registry.bucket(&path);
    let source = seen(&bucket, "33242e93").await;
    image(&registry, &format!("{path}:33242e93"), "pushed later", &BOTH);
    // Another process, which has nothing in memory.
    let again = registry.bucket(&path);
    again.copy(&source, &key("prod"), &Metadata::new(), &when(Precondition::Absent)).await.unwrap();
    assert_eq!(Digest::of(&registry.raw(&format!("{path}:prod"))), built);
}

#[tokio::test]
async fn a_tag_beyond_the_first_page_is_found_with_one_request() {
    let quay = QuayFake::start().unwrap();
    let registry = Registry::of(&quay);
    let path = format!("{}/app", fresh());
    let digest = image(&registry, &format!("{path}:first"), "a", &["amd64"]);
    let bucket = registry.bucket(&path);
    let (_, bytes) = bucket.get(&key("first"), 1 << 20).await.unwrap().unwrap();
    let headers = bucket.head(&key("first")).await.unwrap().unwrap().headers;
    let any = when(Precondition::Any);
    for n in 0..150 {
        let body = Body::Bytes(bytes.clone());
        bucket.write(&key(&format!("tag-{n:03}")), body, &headers, &Metadata::new(), &any).await.unwrap();
    }
    quay.take_log();
    let found = bucket.head(&key("tag-149")).await.unwrap().unwrap();
    assert_eq!(found.sha256, Some(digest));
    assert_eq!(quay.take_log(), [format!("GET /v2/{path}/manifests/tag-149 200")]);

    // The list itself is gone through page by page, and is whole.
    let page = bucket.list("tag-", None, 1000).await.unwrap();
    assert_eq!((page.objects.len(), page.more), (150, false));
    let log = quay.take_log();
    let pages: Vec<_> = log.iter().filter(|line| line.contains("/tags/list")).collect();
    assert_eq!(pages.len(), 2, "{pages:#?}");
}

#[tokio::test]
async fn other_bytes_under_the_tag_are_a_conflict() {
    let registry = Registry::start("docker-registry");
    let path = format!("{}/app", fresh());
    let one = image(&registry, &format!("{path}:one"), "one", &["amd64"]);
    image(&registry, &format!("{path}:two"), "two", &["amd64"]);
    let bucket = registry.bucket(&path);
    let two = seen(&bucket, "two").await;
    for condition in [Precondition::Absent, Precondition::Matches(token(two.sha256))] {
        let end = bucket.copy(&two, &key("one"), &Metadata::new(), &when(condition)).await;
        assert_eq!(end.unwrap_err().kind, ErrorKind::Conflict);
    }
    let end =
        bucket.copy(&two, &key("gone"), &Metadata::new(), &when(Precondition::Matches(token(one)))).await;
    assert_eq!(end.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(bucket.head(&key("one")).await.unwrap().unwrap().sha256, Some(one));
    for bad in ["-x", "a/b", "sha256:12"] {
        let end = bucket.copy(&two, &key(bad), &Metadata::new(), &when(Precondition::Any)).await;
        assert_eq!(end.unwrap_err().kind, ErrorKind::Invalid, "{bad}");
    }
    let none = Headers::default();
    let end = bucket
        .write(
            &key("x"),
            Body::Bytes("no manifest".into()),
            &none,
            &Metadata::new(),
            &when(Precondition::Any),
        )
        .await;
    assert_eq!(end.unwrap_err().kind, ErrorKind::Invalid);
}
