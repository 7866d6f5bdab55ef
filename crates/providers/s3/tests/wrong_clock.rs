//! A machine whose clock is far off: it is told so, and then its requests are signed by the store's clock.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

#[allow(dead_code, reason = "shared with `answers.rs`, which needs more of it")]
mod fake;

use fake::{Answer, Fake, Request};
use promote_port::location::Key;
use promote_port::port::{Body, Bucket, BucketReader, Condition, ErrorKind, Headers, Metadata};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// Whether a request is signed with the store's time, the first minute of 2030.
fn in_time(request: &Request) -> bool {
    let time = "20300101T0000";
    request.headers.get("x-amz-date").is_some_and(|date| date.starts_with(time)) || request.uri.contains(time)
}

/// A store that takes only what was signed within its time, and answers as it does to a right that is missing where
/// an answer has no body.
async fn strict() -> Fake {
    Fake::start(|request| match (in_time(request), request.method.as_str()) {
        (false, _) => Answer::error(403, "RequestTimeTooSkewed"),
        (true, "PUT") => Answer::ok("").with("etag", "\"abc\""),
        (true, _) => {
            Answer::ok("words").with("etag", "\"abc\"").with("last-modified", "Tue, 01 Jan 2030 00:00:00 GMT")
        }
    })
    .await
}

#[tokio::test]
async fn a_machine_whose_clock_is_years_off_is_told_so_and_not_that_a_right_is_missing() {
    for asked in ["head", "get", "list"] {
        let fake = strict().await;
        let bucket = fake.bucket();
        let failure = match asked {
            "head" => bucket.head(&key("a")).await.map(drop),
            "get" => bucket.get(&key("a"), 9).await.map(drop),
            _ => bucket.list("", None, 1).await.map(drop),
        };
        let failure = failure.unwrap_err();
        assert!(failure.message.starts_with("this machine's clock is "), "{asked}: {failure:?}");
        assert!(failure.message.ends_with(" behind the store's"), "{asked}: {failure:?}");
        assert!(!failure.lacks_right(), "{asked}: {failure:?}");
        // It may be asked again, and then its time is right.
        assert_eq!(failure.kind, ErrorKind::Unavailable, "{asked}: {failure:?}");
        assert!(bucket.head(&key("a")).await.unwrap().is_some(), "{asked}");
        assert!(fake.seen("HEAD").last().is_some_and(in_time), "{asked}");
    }
}

#[tokio::test]
async fn what_takes_effect_is_signed_by_the_stores_clock_from_the_first() {
    let fake = strict().await;
    let bucket = fake.bucket();
    let (headers, none) = (Headers::default(), Metadata::new());
    let body = Body::Bytes("words".into());
    bucket.write(&key("a"), body, &headers, &none, &Condition::absent()).await.unwrap();
    assert!(fake.seen("PUT").iter().all(in_time));
}

#[tokio::test]
async fn a_store_that_does_not_go_by_its_own_date_is_named() {
    let fake = Fake::start(|_| Answer::error(403, "RequestTimeTooSkewed")).await;
    let bucket = fake.bucket();
    bucket.now().await.unwrap();
    let failure = bucket.get(&key("a"), 9).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Denied, "{failure:?}");
    assert!(failure.message.contains("although it is the store's own"), "{failure:?}");
}
