//! What nasty answers, and missing ones, are taken to mean, and what is sent: against a store that does as told.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

mod fake;

use fake::{Answer, Fake, Request, connect, error_body, keys, settings};
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::StoreSettings;
use promote_port::port::{
    Body, Bucket, BucketReader, Condition, CopyGuard, ErrorKind, Headers, Metadata, Object, PinnedSource,
    Precondition, ProviderError, Token,
};
use promote_s3::{Limits, S3Bucket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

async fn write(bucket: &S3Bucket, when: Precondition) -> Result<Object, ProviderError> {
    let (body, headers, none) = (Body::Bytes("words".into()), Headers::default(), Metadata::new());
    bucket.write(&key("to/prod.zip"), body, &headers, &none, &Condition::on(when)).await
}

fn source(size: u64) -> PinnedSource {
    PinnedSource {
        location: "s3://acme/from/a+b.zip".parse().unwrap(),
        token: Token("abc".into()),
        version: None,
        sha256: Digest::of(b"words"),
        size,
        headers: Headers { content_type: Some("application/zip".into()), ..Headers::default() },
    }
}

async fn copy(bucket: &S3Bucket, from: &PinnedSource, way: CopyGuard) -> Result<Object, ProviderError> {
    let condition = Condition { way, ..Condition::on(Precondition::Matches(Token("old".into()))) };
    bucket.copy(from, &key("to/prod.zip"), &Metadata::new(), &condition).await
}

fn everything(failure: &ProviderError) -> String {
    let cause = failure.source.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{failure} / {} / {cause}", failure.hints.join(" / "))
}

#[tokio::test]
async fn every_answer_to_a_write_has_one_meaning_and_is_asked_for_once() {
    let moved = Answer::error(301, "PermanentRedirect").with("x-amz-bucket-region", "eu-north-1");
    let late = Answer::Send {
        status: 403,
        headers: vec![],
        body: error_body("AccessDenied", "Request has expired"),
    };
    let cases = [
        (Answer::error(412, "PreconditionFailed"), ErrorKind::Conflict, "somebody else"),
        (Answer::error(404, "NoSuchKey"), ErrorKind::Conflict, "is gone"),
        (Answer::error(409, "ConditionalRequestConflict"), ErrorKind::Unavailable, "did nothing"),
        (Answer::error(503, "SlowDown"), ErrorKind::Unavailable, "did nothing"),
        (late, ErrorKind::Unavailable, "had expired"),
        (Answer::error(503, "ServiceUnavailable"), ErrorKind::Unknown, "perhaps"),
        (Answer::error(500, "InternalError"), ErrorKind::Unknown, "perhaps"),
        (Answer::error(502, ""), ErrorKind::Unknown, "perhaps"),
        (Answer::error(504, ""), ErrorKind::Unknown, "perhaps"),
        (Answer::Drop, ErrorKind::Unknown, "before the answer"),
        (Answer::Hang, ErrorKind::Unknown, "no answer"),
        (Answer::ok(""), ErrorKind::Unknown, "what is stored now"),
        (Answer::error(404, "NoSuchBucket"), ErrorKind::NotFound, "no bucket `acme`"),
        (
            Answer::error(403, "AccessDenied"),
            ErrorKind::Denied,
            "`s3:PutObject` on `arn:aws:s3:::acme/to/prod.zip`",
        ),
        (Answer::error(400, "ExpiredToken"), ErrorKind::Denied, "have expired"),
        (Answer::error(403, "InvalidAccessKeyId"), ErrorKind::Denied, "access key `AKIDTEST`"),
        (Answer::error(403, "RequestTimeTooSkewed"), ErrorKind::Denied, "clock"),
        (moved, ErrorKind::Invalid, "`eu-north-1`, not in `eu-west-1`"),
        (Answer::error(400, "AuthorizationHeaderMalformed"), ErrorKind::Invalid, "region"),
        (Answer::error(400, "BadDigest"), ErrorKind::Corrupt, "other bytes"),
        (Answer::error(501, "NotImplemented"), ErrorKind::Unsupported, "s3:PutObject"),
        (Answer::error(400, "MetadataTooLarge"), ErrorKind::Invalid, "MetadataTooLarge"),
    ];
    for (answer, kind, words) in cases {
        let fake = Fake::answering(answer.clone()).await;
        let failure = write(&fake.bucket(), Precondition::Matches(Token("old".into()))).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{answer:?}: {failure:?}");
        assert!(everything(&failure).contains(words), "{answer:?}: {}", everything(&failure));
        assert_eq!(fake.seen("PUT").len(), 1, "{answer:?} was sent again");
        let shown = format!("{failure:?}");
        assert!(!shown.contains("very-secret") && !shown.contains("session-token"), "{shown}");
    }
}

#[tokio::test]
async fn a_store_that_asks_to_slow_down_is_heard() {
    let wait = async |answer| {
        let fake = Fake::answering(answer).await;
        write(&fake.bucket(), Precondition::Absent).await.unwrap_err().retry_after()
    };
    let slow = Answer::error(503, "SlowDown");
    assert_eq!(wait(slow.clone().with("retry-after", "7")).await, Some(Duration::from_secs(7)));
    assert_eq!(wait(slow).await, Some(Duration::ZERO));
    assert_eq!(wait(Answer::error(409, "ConditionalRequestConflict")).await, None);
    assert_eq!(wait(Answer::error(500, "InternalError")).await, None);
}

#[tokio::test]
async fn an_error_behind_a_status_of_success_is_not_known() {
    for way in [CopyGuard::ConditionalCopy, CopyGuard::ConditionalComplete] {
        let fake = Fake::start(|request| match request.method.as_str() {
            "POST" if request.uri.contains("uploads") => Answer::ok(
                "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>",
            ),
            "PUT" if request.uri.contains("partNumber") => {
                Answer::ok("<CopyPartResult><ETag>\"p1\"</ETag></CopyPartResult>")
            }
            "HEAD" => Answer::ok(""),
            "GET" if request.uri.contains("tagging") => Answer::ok("<Tagging><TagSet></TagSet></Tagging>"),
            _ => Answer::ok(&error_body("InternalError", "late")),
        })
        .await;
        let failure = copy(&fake.bucket(), &source(5), way).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Unknown, "{way:?}: {failure:?}");
        assert_eq!(fake.seen("DELETE").len(), 0, "{way:?}: nothing is cleaned up after an unknown");
        let sent = fake.seen(if way == CopyGuard::ConditionalCopy { "PUT" } else { "POST" });
        let effects = sent.iter().filter(|request| !request.uri.contains("uploads")).count();
        assert_eq!(effects, 1, "{way:?}");
    }
}

#[tokio::test]
async fn an_upload_that_failed_is_given_up() {
    let fake = Fake::start(|request| match request.method.as_str() {
        "POST" if request.uri.contains("uploads") => Answer::ok(
            "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>",
        ),
        "PUT" => Answer::ok("").with("etag", "\"p1\""),
        "POST" => Answer::error(409, "ConditionalRequestConflict"),
        _ => Answer::ok(""),
    })
    .await;
    let bucket = fake.bucket().with_limits(Limits { single: 2, part: 2, ..Limits::default() });
    let failure = write(&bucket, Precondition::Absent).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unavailable, "{failure:?}");
    let parts = fake.seen("PUT");
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|part| part.headers.contains_key("x-amz-checksum-sha256")), "{parts:?}");
    let given_up = fake.seen("DELETE");
    assert_eq!(given_up.len(), 1);
    assert!(given_up[0].uri.contains("uploadId=u1"), "{given_up:?}");
}

fn has(request: &Request, name: &str, value: &str) {
    assert_eq!(request.headers.get(name).map(String::as_str), Some(value), "{name} in {request:?}");
}

#[tokio::test]
async fn effects_are_signed_by_the_stores_clock_and_expire() {
    let fake = Fake::answering(Answer::ok("").with("etag", "\"abc\"")).await;
    let settings = StoreSettings { expiry_s: Some(17), ..settings(&fake.endpoint) };
    let bucket = S3Bucket::sign_in("acme", &settings, keys());
    let done = write(&bucket, Precondition::Absent).await.unwrap();
    assert_eq!(done.token, Token("abc".into()));
    let put = fake.seen("PUT").remove(0);
    assert!(put.uri.contains("X-Amz-Date=20300101T0000"), "{}", put.uri);
    assert!(put.uri.contains("X-Amz-Expires=17"), "{}", put.uri);
    assert!(!put.headers.contains_key("authorization"), "one signature only: {put:?}");
    // The conditions and the digest are part of what is signed, so nobody can take them off.
    for name in ["if-none-match", "x-amz-checksum-sha256"] {
        assert!(put.uri.contains(name), "{name} is not signed: {}", put.uri);
    }
    has(&put, "if-none-match", "*");
    assert!(!put.headers.contains_key("x-amz-trailer") && put.body == b"words", "{put:?}");
    let now = bucket.now().await.unwrap();
    assert!(now.to_rfc3339().starts_with("2030-01-01T00:00"), "{now}");
    assert_eq!(fake.seen("HEAD").len(), 1, "the clock is asked for once");
}

#[tokio::test]
async fn a_copy_says_everything_that_must_hold() {
    let fake = Fake::answering(Answer::ok(
        "<CopyObjectResult><ETag>\"new\"</ETag><LastModified>2030-01-01T00:00:07.250Z</LastModified></CopyObjectResult>",
    ))
    .await;
    let mut from = source(5);
    from.version = Some(promote_port::port::VersionId("v/1".into()));
    let done = copy(&fake.bucket(), &from, CopyGuard::ConditionalCopy).await.unwrap();
    assert_eq!(done.stored_at.to_rfc3339(), "2030-01-01T00:00:07+00:00");
    let put = fake.seen("PUT").remove(0);
    has(&put, "x-amz-copy-source", "acme/from/a%2Bb.zip?versionId=v/1");
    has(&put, "x-amz-copy-source-if-match", "\"abc\"");
    has(&put, "if-match", "\"old\"");
    has(&put, "x-amz-metadata-directive", "REPLACE");
    has(&put, "content-type", "application/zip");
    assert!(!put.headers.keys().any(|name| name.contains("tagging")), "{put:?}");
}

/// Copies in every way, and what the request that describes the target said.
async fn described(tags: Answer) -> Vec<(CopyGuard, Request)> {
    let mut found = Vec::new();
    for way in [CopyGuard::ConditionalCopy, CopyGuard::ConditionalComplete, CopyGuard::ConditionalPut] {
        let tags = tags.clone();
        let fake = Fake::start(move |request| match (request.method.as_str(), request.uri.as_str()) {
            ("HEAD", _) => Answer::ok(""),
            ("GET", uri) if uri.contains("tagging") => tags.clone(),
            ("GET", _) => Answer::ok("words").with("etag", "\"abc\""),
            ("POST", uri) if uri.contains("uploads") => Answer::ok(
                "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>",
            ),
            ("POST", _) => Answer::ok(
                "<CompleteMultipartUploadResult><ETag>\"new\"</ETag></CompleteMultipartUploadResult>",
            ),
            (_, uri) if uri.contains("partNumber") => {
                Answer::ok("<CopyPartResult><ETag>\"part\"</ETag></CopyPartResult>")
            }
            _ => Answer::ok("<CopyObjectResult><ETag>\"new\"</ETag></CopyObjectResult>")
                .with("etag", "\"new\""),
        })
        .await;
        let mut from = source(5);
        from.headers.expires = Some("when it rains".to_owned());
        from.version = Some(promote_port::port::VersionId("v1".into()));
        copy(&fake.bucket(), &from, way).await.unwrap();
        let method = if way == CopyGuard::ConditionalComplete { "POST" } else { "PUT" };
        found.push((way, fake.seen(method).remove(0)));
    }
    found
}

#[tokio::test]
async fn a_copy_keeps_expires_and_tags_in_every_way() {
    let tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>a &amp; b</Value></Tag>\
                <Tag><Key>cost centre</Key><Value></Value></Tag></TagSet></Tagging>";
    for (way, request) in described(Answer::ok(tags)).await {
        has(&request, "expires", "when it rains");
        // S3 carries them over by itself in a copy with one request, and a put that passes through takes none.
        if way == CopyGuard::ConditionalComplete {
            has(&request, "x-amz-tagging", "team=a%20%26%20b&cost%20centre=");
        } else {
            assert!(!request.headers.contains_key("x-amz-tagging"), "{request:?}");
        }
    }
    let none = Answer::ok("<Tagging><TagSet></TagSet></Tagging>");
    for without in [none, Answer::error(403, "AccessDenied"), Answer::error(501, "NotImplemented")] {
        for (_, request) in described(without).await {
            assert!(!request.headers.contains_key("x-amz-tagging"), "{request:?}");
        }
    }
}

#[tokio::test]
async fn whether_versions_are_kept_is_asked_anew() {
    let status =
        |status: &str| Answer::ok(&format!("<VersioningConfiguration>{status}</VersioningConfiguration>"));
    for (answer, kept) in [
        (status("<Status>Enabled</Status>"), Some(true)),
        (status("<Status>Suspended</Status>"), Some(false)),
        (status(""), Some(false)),
        (Answer::error(403, "AccessDenied"), None),
        (Answer::error(501, "NotImplemented"), None),
    ] {
        let fake = Fake::answering(answer.clone()).await;
        let bucket = fake.bucket();
        bucket.now().await.unwrap();
        assert_eq!(bucket.versioning().await.unwrap(), kept, "{answer:?}");
    }
}

#[tokio::test]
async fn what_passes_through_the_client_is_checked_first() {
    let changed = Answer::ok("other").with("etag", "\"abc\"");
    let fake = Fake::answering(changed).await;
    let failure = copy(&fake.bucket(), &source(5), CopyGuard::ConditionalPut).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Corrupt, "{failure:?}");
    let small = fake.bucket().with_limits(Limits { put: 4, ..Limits::default() });
    let failure = copy(&small, &source(5), CopyGuard::ConditionalPut).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unsupported, "{failure:?}");
    assert_eq!(fake.seen("PUT").len(), 0);
}

#[tokio::test]
async fn a_missing_right_is_never_an_absent_object() {
    let fake = Fake::start(|_| Answer::error(403, "AccessDenied")).await;
    let bucket = fake.bucket();
    // Its clock is years ahead, which a refusal of the first request would be put down to.
    bucket.now().await.unwrap();
    for failure in [
        bucket.head(&key("a")).await.unwrap_err(),
        bucket.get(&key("a"), 1).await.unwrap_err(),
        bucket.list("", None, 1).await.unwrap_err(),
        bucket.probe(&key("scratch")).await.unwrap_err(),
    ] {
        assert_eq!(failure.kind, ErrorKind::Denied, "{failure:?}");
        assert!(failure.message.contains("the right `s3:"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_head_in_the_wrong_region_names_the_right_one() {
    let fake = Fake::start(|_| {
        Answer::Send { status: 400, headers: vec![], body: String::new() }
            .with("x-amz-bucket-region", "us-west-2")
    })
    .await;
    let failure = fake.bucket().head(&key("a")).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Invalid, "{failure:?}");
    assert!(everything(&failure).contains("us-west-2"), "{failure:?}");
    // It says nothing about what lies there.
    assert!(!failure.is_finding());
}

#[tokio::test]
async fn reads_are_repeated() {
    let count = AtomicUsize::new(0);
    let fake = Fake::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::error(503, "SlowDown"),
        _ => Answer::ok("words").with("etag", "\"a\"").with("last-modified", "Tue, 01 Jan 2030 00:00:00 GMT"),
    })
    .await;
    let (object, bytes) = fake.bucket().get(&key("a"), 5).await.unwrap().unwrap();
    assert_eq!((object.size, &bytes[..]), (5, &b"words"[..]));
    assert_eq!(fake.seen("GET").len(), 2);
}

#[tokio::test]
async fn a_listing_out_of_order_is_refused() {
    let entry = |name: &str| {
        format!(
            "<Contents><Key>{name}</Key><Size>1</Size><ETag>\"a\"</ETag>\
             <LastModified>2030-01-01T00:00:00.000Z</LastModified></Contents>"
        )
    };
    let body = format!(
        "<ListBucketResult><IsTruncated>false</IsTruncated>{}{}</ListBucketResult>",
        entry("log/2"),
        entry("log/1")
    );
    let fake = Fake::answering(Answer::ok(&body)).await;
    let failure = fake.bucket().list("log/", None, 10).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unsupported, "{failure:?}");
    let empty = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    let fake = Fake::answering(Answer::ok(empty)).await;
    let failure = fake.bucket().list("log/", None, 10).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Corrupt, "{failure:?}");
}

#[tokio::test]
async fn a_store_that_is_not_there_was_sent_nothing() {
    // The reserved port answers nobody.
    let failure = write(&connect("http://127.0.0.1:1"), Precondition::Absent).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unavailable, "{failure:?}");
    // The clock is known, then the store goes away: the write itself is what fails.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        let said = b"HTTP/1.1 200 OK\r\ndate: Tue, 01 Jan 2030 00:00:00 GMT\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(said).unwrap();
    });
    let bucket = connect(&endpoint);
    bucket.now().await.unwrap();
    serving.join().unwrap();
    let failure = write(&bucket, Precondition::Absent).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unavailable, "{failure:?}");
    assert!(failure.message.contains("could not be reached"), "{failure:?}");
}

#[tokio::test]
async fn what_is_not_configured_is_named() {
    let nowhere = StoreSettings { region: None, ..settings("http://127.0.0.1:1") };
    let failure = S3Bucket::sign_in("acme", &nowhere, keys()).head(&key("a")).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Invalid, "{failure:?}");
    assert!(everything(&failure).contains("AWS_REGION"), "{failure:?}");
    let nobody = StoreSettings {
        profile: Some("promote-test-no-such-profile".into()),
        ..settings("http://127.0.0.1:1")
    };
    let failure = S3Bucket::connect("acme", &nobody).head(&key("a")).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Denied, "{failure:?}");
    assert!(everything(&failure).contains("sign in"), "{failure:?}");
}

#[tokio::test]
async fn a_directory_bucket_holds_no_ledger() {
    let bucket = S3Bucket::sign_in("acme--use1-az4--x-s3", &settings("http://127.0.0.1:1"), keys());
    let found = bucket.probe(&key("scratch")).await.unwrap();
    assert!(!found.create && found.notes[0].contains("directory bucket"), "{found:?}");
    assert_eq!(found, bucket.capabilities());
}

#[tokio::test]
async fn a_body_that_ends_early_is_not_taken_for_the_whole() {
    let fake = Fake::answering(Answer::ok("words").with("etag", "\"abc\"")).await;
    let failure = copy(&fake.bucket(), &source(9), CopyGuard::ConditionalPut).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unavailable, "{failure:?}");
    let slow = fake.bucket().with_limits(Limits { answer: Duration::from_secs(2), ..Limits::default() });
    let failure = copy(&slow, &source(3), CopyGuard::ConditionalPut).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Corrupt, "{failure:?}");
}

#[tokio::test]
async fn a_part_is_cut_out_where_a_store_ignores_ranges() {
    let fake = Fake::answering(Answer::ok("words").with("etag", "\"abc\"")).await;
    let bucket = fake.bucket();
    for (offset, length, part) in [(0, 5, "words"), (0, 2, "wo"), (2, 2, "rd"), (4, 1, "s"), (3, 0, "")] {
        let found = bucket.read_range(&source(5), offset, length).await.unwrap();
        assert_eq!(found, part, "{offset}, {length}");
    }
    let failure = bucket.read_range(&source(9), 4, 2).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unavailable, "{failure:?}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let listing = |fill: usize| {
        format!(
            "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated>\
             <KeyCount>0</KeyCount><Name>{}</Name></ListBucketResult>",
            "x".repeat(fill)
        )
    };
    let long = 40 << 20;
    let fake = Fake::answering(Answer::ok(&listing(1 << 20))).await;
    connect(&fake.endpoint).list("a/", None, 10).await.unwrap();
    let fake = Fake::answering(Answer::ok(&listing(long))).await;
    let failure = connect(&fake.endpoint).list("a/", None, 10).await.unwrap_err();
    assert!(everything(&failure).contains("length limit"), "{}", everything(&failure));
    let error =
        Answer::Send { status: 403, headers: vec![], body: error_body("AccessDenied", &"x".repeat(long)) };
    let fake = Fake::answering(error).await;
    let failure = connect(&fake.endpoint).list("a/", None, 10).await.unwrap_err();
    assert!(everything(&failure).len() < 10_000 && everything(&failure).contains("length limit"));
    // Content is as long as it is.
    let content = "x".repeat(20 << 20);
    let fake = Fake::start(move |request| match request.method.as_str() {
        "GET" => Answer::ok(&content)
            .with("etag", "\"abc\"")
            .with("last-modified", "Tue, 01 Jan 2030 00:00:00 GMT"),
        _ => Answer::ok(""),
    })
    .await;
    let read = connect(&fake.endpoint).get(&key("a"), 32 << 20).await.unwrap().unwrap();
    assert_eq!(read.1.len(), 20 << 20);
}
