//! The provider against a server by other hands: the shapes of requests and answers are Google's, and a server that
//! ignores conditions is found out.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

#[allow(dead_code, reason = "shared with `answers.rs`, which needs more of it")]
mod kit;

use futures_util::StreamExt as _;
use kit::{at, content, key, pinned, write};
use promote_port::location::{Location, StoreId};
use promote_port::port::{
    Body, Bucket as _, BucketReader as _, Condition, CopyGuard, FenceClass, Headers, Metadata, Precondition,
};
use promote_stand_ins::server::Server;
use std::sync::atomic::{AtomicU32, Ordering};

/// A bucket that nobody else has.
async fn fresh(server: &Server) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("gcs-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let request = reqwest::Client::new()
        .post(format!("{}/storage/v1/b?project=test", server.endpoint))
        .header("content-type", "application/json")
        .body(format!("{{\"name\":\"{name}\"}}"));
    assert!(request.send().await.unwrap().status().is_success());
    name
}

#[tokio::test]
async fn objects_come_back_as_they_were_written() {
    let server = Server::start("fake-gcs").unwrap();
    let name = fresh(&server).await;
    let bucket = at(&server.endpoint, &name);
    let headers = Headers {
        content_type: Some("application/zip".into()),
        cache_control: Some("no-store".into()),
        content_disposition: Some("attachment".into()),
        content_language: Some("en".into()),
        ..Headers::default()
    };
    let metadata = Metadata::from([("promote-actor".to_owned(), "Jörg M".to_owned())]);
    let place = key("a b/ä+%.zip");
    assert_eq!(bucket.head(&place).await.unwrap(), None);
    let body = Body::Bytes("content".into());
    let written =
        bucket.write(&place, body, &headers, &metadata, &Condition::on(Precondition::Absent)).await.unwrap();
    let found = bucket.head(&place).await.unwrap().unwrap();
    assert_eq!((&found.token, found.size), (&written.token, 7));
    assert_eq!((&found.headers, &found.metadata), (&headers, &metadata));
    let (at_once, bytes) = bucket.get_with_metadata(&place, 100).await.unwrap().unwrap();
    assert_eq!((&at_once.token, &at_once.metadata, &bytes[..]), (&written.token, &metadata, &b"content"[..]));
    // One request with a condition is what this server does keep to.
    let again = write(&bucket, "a b/ä+%.zip", "other", Precondition::Absent).await.unwrap_err();
    assert_eq!(again.kind, promote_port::port::ErrorKind::Conflict, "{again}");
    let whole: Vec<u8> = bucket
        .read(&place, found.version.as_ref())
        .await
        .unwrap()
        .map(|piece| piece.unwrap().to_vec())
        .concat()
        .await;
    assert_eq!(whole, b"content");
    let mut source = pinned(&found, b"content");
    source.location = Location { store: StoreId::Gcs(name.clone()), key: place };
    let stamp = Metadata::from([("promote-id".to_owned(), "7".to_owned())]);
    let condition = Condition::on(Precondition::Absent);
    let copied = bucket.copy(&source, &key("prod.zip"), &stamp, &condition).await.unwrap();
    let there = bucket.head(&key("prod.zip")).await.unwrap().unwrap();
    assert_eq!((&there.token, &there.metadata), (&copied.token, &stamp));
    assert_eq!(there.headers.content_type.as_deref(), Some("application/zip"));
}

#[tokio::test]
async fn large_content_goes_in_pieces() {
    let server = Server::start("fake-gcs").unwrap();
    let bucket = at(&server.endpoint, &fresh(&server).await);
    let whole = content((3 << 20) + 77);
    let object = write(&bucket, "large", whole.clone(), Precondition::Any).await.unwrap();
    assert_eq!(object.size, whole.len() as u64);
    let found: Vec<u8> =
        bucket.read(&key("large"), None).await.unwrap().map(|piece| piece.unwrap().to_vec()).concat().await;
    assert!(found == whole);
}

#[tokio::test]
async fn names_are_listed_page_by_page() {
    let server = Server::start("fake-gcs").unwrap();
    let bucket = at(&server.endpoint, &fresh(&server).await);
    for name in ["log/1", "log/2", "log/3", "logs", "a"] {
        write(&bucket, name, "x", Precondition::Any).await.unwrap();
    }
    let names = |page: &promote_port::port::Page| -> Vec<String> {
        page.objects.iter().map(|object| object.key.to_string()).collect()
    };
    let page = bucket.list("log/", None, 2).await.unwrap();
    assert_eq!((names(&page), page.more), (vec!["log/1".into(), "log/2".into()], true));
    let rest = bucket.list("log/", Some(&key("log/2")), 2).await.unwrap();
    assert_eq!((names(&rest), rest.more), (vec!["log/3".into()], false));
    assert_eq!(names(&bucket.list("", Some(&key("a")), 9).await.unwrap()).len(), 4);
}

#[tokio::test]
async fn a_server_that_ignores_conditions_is_found_out() {
    let server = Server::start("fake-gcs").unwrap();
    let bucket = at(&server.endpoint, &fresh(&server).await);
    let found = bucket.probe(&key("scratch/probe")).await.unwrap();
    // A generation of a source is asked for by its number, which no condition is needed for.
    assert!(!found.create && !found.replace && found.source_pin, "{found:?}");
    assert_eq!((found.copy, found.fence), (CopyGuard::None, FenceClass::Advisory), "{found:?}");
    for words in ["an upload in pieces ignores", "a copy (`rewrite`) ignores", "a deletion ignores"] {
        assert!(found.notes.iter().any(|note| note.contains(words)), "{words}: {found:?}");
    }
    assert_eq!(bucket.list("", None, 10).await.unwrap().objects, [], "the probe cleans up");
}
