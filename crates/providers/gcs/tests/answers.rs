//! What answers, and the lack of them, come to: faults made to order on the project's own fake.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

mod kit;

use futures_util::StreamExt as _;
use kit::{NAME, at, content, copy, key, pinned, start, write};
use promote_port::port::{Bucket as _, BucketReader as _, ErrorKind, Precondition, ProviderError};
use promote_stand_ins::gcs_fake::{Fake, Fault, What};
use std::time::Duration;

fn refuse(status: u16, reason: &str, retry_after: Option<u64>) -> What {
    What::Refuse { status, reason: reason.to_owned(), retry_after }
}

/// The failure and everything under it, as a person could come to see it.
fn all_words(failure: &ProviderError) -> String {
    format!("{failure} {:?} {:?}", failure.hints, failure.source)
}

#[tokio::test]
async fn a_lost_answer_is_unknown_to_a_writer_and_harmless_to_a_reader() {
    let (fake, bucket) = start();
    for (what, landed) in [
        (What::DropAnswer, true),
        (What::DropRequest, false),
        (What::Lie { status: 503 }, true),
        (refuse(500, "backendError", None), false),
        (What::Cut { after: 10 }, true),
        (What::Instead { body: "<html>sign in</html>".into() }, true),
        (What::Stall, true),
    ] {
        let name = format!("{what:?}");
        let place = format!("lost/{}", name.replace([' ', '{', '}', '"', '<', '>', '/', ':', ','], "-"));
        fake.fault(Fault::next("POST", "/upload/", what.clone()));
        let failure = write(&bucket, &place, "x", Precondition::Absent).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Unknown, "{name}: {failure}");
        assert_eq!(bucket.head(&key(&place)).await.unwrap().is_some(), landed, "{name}");
        write(&bucket, &place, "x", Precondition::Any).await.unwrap();
        let source = bucket.head(&key(&place)).await.unwrap().unwrap();
        fake.fault(Fault::next("POST", "/rewriteTo/", what.clone()));
        let to = format!("{place}-copy");
        let failure = copy(&bucket, &pinned(&source, b"x"), &to, Precondition::Absent).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Unknown, "{name}: {failure}");
        assert_eq!(bucket.head(&key(&to)).await.unwrap().is_some(), landed, "{name}");
        fake.fault(Fault::next("GET", &format!("{NAME}/o/lost"), what.clone()));
        let failure = bucket.head(&source.key).await.unwrap_err();
        let reading = match what {
            What::Instead { .. } => ErrorKind::Corrupt,
            _ => ErrorKind::Unavailable,
        };
        assert_eq!(failure.kind, reading, "{name}: {failure}");
    }
    assert_eq!(fake.faults_left(), 0);
}

#[tokio::test]
async fn being_slowed_down_is_told_with_its_wait() {
    let (fake, bucket) = start();
    for (status, reason) in [(429, "rateLimitExceeded"), (403, "userRateLimitExceeded")] {
        fake.fault(Fault::next("POST", "/upload/", refuse(status, reason, Some(7))));
        let failure = write(&bucket, "slow", "x", Precondition::Any).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Unavailable, "{failure}");
        assert_eq!(failure.retry_after(), Some(Duration::from_secs(7)), "{status}");
    }
    fake.fault(Fault::next("GET", "/o", refuse(503, "backendError", None)));
    let failure = bucket.head(&key("slow")).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry_after()), (ErrorKind::Unavailable, Some(Duration::ZERO)));
}

#[tokio::test]
async fn nobody_there_means_that_nothing_was_done() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let failure = write(&at(&address, NAME), "a", "x", Precondition::Any).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unavailable, "{failure}");
    assert!(failure.hints.iter().any(|hint| hint.contains("endpoint")), "{failure:?}");
}

#[tokio::test]
async fn a_missing_right_is_named_with_its_side() {
    let (fake, bucket) = start();
    let source = write(&bucket, "source", "x", Precondition::Absent).await.unwrap();
    let target = write(&bucket, "target", "y", Precondition::Absent).await.unwrap();
    let now = Precondition::Matches(target.token.clone());
    let deny = |right: &str, below: &str| {
        fake.set(|settings| settings.denied = [(right.to_owned(), format!("{NAME}/{below}"))].into());
    };
    for (right, below, place) in [
        ("storage.objects.get", "source", "gs://acme-releases/source"),
        ("storage.objects.create", "target", "gs://acme-releases/target"),
        ("storage.objects.delete", "target", "gs://acme-releases/target"),
    ] {
        deny(right, below);
        let failure = copy(&bucket, &pinned(&source, b"x"), "target", now.clone()).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Denied, "{failure}");
        assert_eq!(failure.message, format!("the right `{right}` on `{place}` is missing"));
        assert!(!failure.hints.is_empty(), "{failure:?}");
    }
    deny("storage.objects.get", "source");
    for failure in [
        bucket.head(&key("source")).await.unwrap_err(),
        bucket.get(&key("source"), 9).await.unwrap_err(),
        bucket.read(&key("source"), None).await.err().unwrap(),
    ] {
        assert_eq!(failure.kind, ErrorKind::Denied, "{failure}");
        assert!(failure.message.contains("`storage.objects.get`"), "{failure}");
    }
    deny("storage.objects.list", "");
    let failure = bucket.list("", None, 1).await.unwrap_err();
    assert_eq!(failure.message, "the right `storage.objects.list` on `gs://acme-releases` is missing");
    let fresh = at(&fake.endpoint, NAME);
    assert_eq!(fresh.head(&key("none")).await.unwrap(), None, "who may not list still reads");
    fake.set(|settings| settings.token = Some("geheim".to_owned()));
    let failure = bucket.head(&key("source")).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Denied, "{failure}");
    assert!(failure.message.contains("credentials"), "{failure}");
}

#[tokio::test]
async fn a_missing_bucket_is_never_an_absent_object() {
    let fake = Fake::start().unwrap();
    fake.bucket("other", false);
    let bucket = at(&fake.endpoint, NAME);
    let other = at(&fake.endpoint, "other");
    let source = write(&other, "source", "x", Precondition::Absent).await.unwrap();
    let mut source = pinned(&source, b"x");
    source.location = "gs://other/source".parse().unwrap();
    let failures = [
        bucket.head(&key("a")).await.unwrap_err(),
        bucket.get(&key("a"), 1).await.unwrap_err(),
        bucket.read(&key("a"), None).await.err().unwrap(),
        bucket.list("", None, 1).await.unwrap_err(),
        bucket.delete(&key("a"), &Precondition::Any).await.unwrap_err(),
        write(&bucket, "a", "x", Precondition::Absent).await.unwrap_err(),
        write(&bucket, "a", content(2 << 20), Precondition::Absent).await.unwrap_err(),
        copy(&bucket, &source, "a", Precondition::Absent).await.unwrap_err(),
        bucket.probe(&key("scratch")).await.unwrap_err(),
    ];
    for failure in failures {
        assert_eq!(failure.kind, ErrorKind::NotFound, "{failure}");
        assert!(failure.message.contains("no bucket `acme-releases`"), "{failure}");
    }
}

#[tokio::test]
async fn an_upload_in_pieces_goes_on_where_it_broke_off() {
    let (fake, bucket) = start();
    let whole = content(5 << 20);
    for (number, (what, pass)) in [
        (What::Keep { bytes: 256 << 10 }, 1),
        (What::DropRequest, 0),
        (What::DropAnswer, 2),
        (What::DropAnswer, 4),
        (What::Lie { status: 502 }, 4),
        (refuse(503, "backendError", None), 4),
    ]
    .into_iter()
    .enumerate()
    {
        fake.fault(Fault::next("PUT", "upload_id", what.clone()).after(pass));
        let place = format!("large/{number}");
        let object = write(&bucket, &place, whole.clone(), Precondition::Absent).await.unwrap();
        assert_eq!(object.size, 5 << 20, "{what:?}");
        assert_eq!(fake.object(NAME, &place).unwrap().content, whole, "{what:?}");
        assert_eq!(fake.faults_left(), 0, "{what:?}");
    }
    assert_eq!(fake.listing(NAME).len(), 6, "each was written once");
}

#[tokio::test]
async fn an_upload_in_pieces_that_can_not_go_on_says_what_is_known() {
    let (fake, bucket) = start();
    let whole = content(3 << 20);
    // The first piece never gets through: nothing can have been written.
    fake.fault(Fault::next("PUT", "upload_id", What::DropRequest).times(100));
    let failure = write(&bucket, "never", whole.clone(), Precondition::Absent).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unavailable, "{failure}");
    assert!(fake.object(NAME, "never").is_none());
    let fake = Fake::start().unwrap();
    fake.bucket(NAME, true);
    let bucket = at(&fake.endpoint, NAME);
    // The last one is answered by nobody: it may have been.
    fake.fault(Fault::next("PUT", "upload_id", What::DropAnswer).after(2).times(100));
    let failure = write(&bucket, "perhaps", whole.clone(), Precondition::Absent).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unknown, "{failure}");
    assert!(!all_words(&failure).contains("session-"), "the upload's name is a secret: {failure:?}");
    assert!(fake.object(NAME, "perhaps").is_some());
    // A conflict is one, also at the end of the pieces.
    let fake = Fake::start().unwrap();
    fake.bucket(NAME, true);
    let bucket = at(&fake.endpoint, NAME);
    write(&bucket, "there", "x", Precondition::Any).await.unwrap();
    let failure = write(&bucket, "there", whole, Precondition::Absent).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Conflict, "{failure}");
    assert_eq!(fake.open_uploads(), 0);
}

#[tokio::test]
async fn a_copy_of_many_calls_is_pinned_guarded_and_lost_only_at_its_end() {
    let (fake, bucket) = start();
    fake.set(|settings| settings.rewrite_step = Some(1 << 20));
    let whole = content(3 << 20);
    let source = write(&bucket, "source", whole.clone(), Precondition::Absent).await.unwrap();
    let source = pinned(&source, &whole);
    fake.forget();
    let copied = copy(&bucket, &source, "target", Precondition::Absent).await.unwrap();
    assert_eq!(fake.seen().len(), 3, "one call a step");
    assert_eq!(fake.object(NAME, "target").unwrap().content, whole);
    // Somebody else writes between two calls.
    let rival = async {
        while fake.seen().iter().filter(|one| one.address.contains("rewriteToken")).count() < 3 {
            tokio::task::yield_now().await;
        }
        write(&bucket, "target", "other", Precondition::Any).await.unwrap()
    };
    fake.set(|settings| settings.rewrite_step = Some(4096));
    let when = Precondition::Matches(copied.token);
    let (end, rival) = tokio::join!(copy(&bucket, &source, "target", when), rival);
    assert_eq!(end.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(bucket.head(&key("target")).await.unwrap().unwrap().token, rival.token);
    // A store that never gets on is left.
    fake.set(|settings| settings.rewrite_step = Some(0));
    let failure = copy(&bucket, &source, "target", Precondition::Any).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unavailable, "{failure}");
    assert!(failure.message.contains("0 of 3145728"), "{failure}");
}

#[tokio::test]
async fn a_token_that_is_no_generation_never_reaches_the_store() {
    let (fake, bucket) = start();
    let source = write(&bucket, "source", "x", Precondition::Absent).await.unwrap();
    fake.forget();
    for odd in ["0", "nonsense", "", "-1", "1&ifGenerationMatch=0"] {
        let when = Precondition::Matches(promote_port::port::Token(odd.to_owned()));
        let mut wrong = pinned(&source, b"x");
        wrong.token = promote_port::port::Token(odd.to_owned());
        for end in [
            write(&bucket, "new", "x", when.clone()).await.map(drop),
            write(&bucket, "new", content(2 << 20), when.clone()).await.map(drop),
            copy(&bucket, &pinned(&source, b"x"), "new", when.clone()).await.map(drop),
            copy(&bucket, &wrong, "new", Precondition::Absent).await.map(drop),
            bucket.delete(&key("source"), &when).await,
        ] {
            assert_eq!(end.unwrap_err().kind, ErrorKind::Conflict, "{odd}");
        }
    }
    assert_eq!(fake.seen().len(), 0, "zero would mean that nothing is to be there");
}

#[tokio::test]
async fn damaged_content_is_found_out() {
    let (fake, bucket) = start();
    write(&bucket, "object", "content", Precondition::Absent).await.unwrap();
    let damage = || Fault::next("GET", "alt=media", What::Instead { body: "CONTENT".into() });
    fake.fault(damage());
    assert_eq!(bucket.get(&key("object"), 100).await.unwrap_err().kind, ErrorKind::Corrupt);
    fake.fault(damage());
    let mut pieces = bucket.read(&key("object"), None).await.unwrap();
    let mut end = Ok(bytes::Bytes::new());
    while let Some(piece) = pieces.next().await {
        end = piece;
    }
    assert_eq!(end.unwrap_err().kind, ErrorKind::Corrupt, "the stream ends with it");
    fake.fault(Fault::next("GET", "alt=media", What::Cut { after: 3 }));
    assert_eq!(bucket.get(&key("object"), 100).await.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(&bucket.get(&key("object"), 100).await.unwrap().unwrap().1[..], b"content");
}

#[tokio::test]
async fn a_bucket_that_takes_one_write_a_second_is_probed_all_the_same() {
    let (fake, bucket) = start();
    fake.set(|settings| settings.one_write_a_second = true);
    let found = bucket.probe(&key("scratch")).await.unwrap();
    assert!(found.create && found.replace && found.source_pin && found.trusted_answers, "{found:?}");
    assert_eq!(fake.listing(NAME), [""; 0]);
}

#[tokio::test]
async fn content_that_is_replaced_while_it_is_read_is_of_one_generation() {
    let (_fake, bucket) = start();
    write(&bucket, "object", "old", Precondition::Absent).await.unwrap();
    let reading = async {
        for _ in 0..50 {
            let (object, bytes) = bucket.get(&key("object"), 100).await.unwrap().unwrap();
            assert_eq!(object.size, bytes.len() as u64);
        }
    };
    let writing = async {
        for round in 0..50 {
            let text = "x".repeat(round % 7);
            write(&bucket, "object", text, Precondition::Any).await.unwrap();
        }
    };
    tokio::join!(reading, writing);
}

#[tokio::test]
async fn all_generations_of_an_object_are_told_newest_first() {
    let (_fake, bucket) = start();
    let mut tokens = Vec::new();
    for content in ["one", "three", "seven77"] {
        write(&bucket, "prod.zip", content, Precondition::Any).await.unwrap();
        write(&bucket, "prod.zip.sig", content, Precondition::Any).await.unwrap();
        write(&bucket, "prod.zip sig", content, Precondition::Any).await.unwrap();
        tokens.push(bucket.head(&key("prod.zip")).await.unwrap().unwrap());
    }
    tokens.reverse();
    assert_eq!(bucket.versions(&key("prod.zip"), 10).await.unwrap(), tokens);
    assert_eq!(bucket.versions(&key("prod.zip"), 2).await.unwrap(), tokens[..2]);
    bucket.delete(&key("prod.zip"), &Precondition::Any).await.unwrap();
    assert_eq!(
        bucket.versions(&key("prod.zip"), 10).await.unwrap().len(),
        3,
        "what was deleted is still kept"
    );
    assert_eq!(bucket.versions(&key("prod"), 10).await.unwrap(), []);
}
