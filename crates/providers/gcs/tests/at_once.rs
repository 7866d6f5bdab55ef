//! Content and description in one answer, and everything that may be wrong with that answer.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

#[allow(dead_code, reason = "shared with `answers.rs`, which needs more of it")]
mod kit;

use kit::{NAME, at, key, start, write};
use promote_gcs::GcsBucket;
use promote_port::port::{
    Body, Bucket as _, BucketReader as _, Condition, ErrorKind, Headers, Metadata, Object, Precondition,
};
use promote_stand_ins::gcs_fake::{Fake, Fault, What};

const PLACE: &str = "site/.promote-folder.json";

/// The manifest of a folder as a promotion writes it.
async fn manifest(bucket: &GcsBucket, at: &str) -> Object {
    let headers = Headers { content_type: Some("application/json".to_owned()), ..Headers::default() };
    let metadata = Metadata::from([("promote-id".to_owned(), "01JD".to_owned())]);
    let body = Body::Bytes("content".into());
    let condition = Condition::on(Precondition::Absent);
    bucket.write(&key(at), body, &headers, &metadata, &condition).await.unwrap()
}

/// What was asked since the last `forget`, without parameters.
fn asked(fake: &Fake) -> Vec<String> {
    let path = |address: &str| address.split('?').next().unwrap_or_default().to_owned();
    fake.seen().iter().map(|one| format!("{} {}", one.method, path(&one.address))).collect()
}

fn shortcut() -> String {
    format!("GET /{NAME}/{PLACE}")
}

fn usual() -> String {
    format!("GET /storage/v1/b/{NAME}/o/site%2F.promote-folder.json")
}

#[tokio::test]
async fn one_request_tells_both() {
    let (fake, bucket) = start();
    let written = manifest(&bucket, PLACE).await;
    fake.forget();
    let (object, bytes) = bucket.get_with_metadata(&key(PLACE), 100).await.unwrap().unwrap();
    assert_eq!(asked(&fake), [shortcut()]);
    assert_eq!((&object.token, &object.version, object.size), (&written.token, &written.version, 7));
    assert_eq!((&object.metadata, &bytes[..]), (&written.metadata, &b"content"[..]));
    assert!((written.stored_at - object.stored_at).num_milliseconds() < 1000);
    fake.forget();
    assert!(bucket.get_with_metadata(&key("site/other"), 100).await.unwrap().is_none());
    assert_eq!(asked(&fake), [format!("GET /{NAME}/site/other")]);
}

#[tokio::test]
async fn names_with_odd_characters_are_found() {
    let (fake, bucket) = start();
    for name in ["a b/ä+%&?#;.json", "x/%2F", "%2F"] {
        manifest(&bucket, name).await;
        fake.forget();
        let (object, _) = bucket.get_with_metadata(&key(name), 100).await.unwrap().unwrap();
        assert_eq!((object.key.as_str(), fake.seen().len()), (name, 1));
    }
}

#[tokio::test]
async fn a_server_without_the_xml_api_is_asked_the_usual_way() {
    let (fake, bucket) = start();
    fake.set(|settings| settings.json_only = true);
    let written = manifest(&bucket, PLACE).await;
    fake.forget();
    let (object, bytes) = bucket.get_with_metadata(&key(PLACE), 100).await.unwrap().unwrap();
    assert_eq!((object, &bytes[..]), (written, &b"content"[..]));
    assert_eq!(asked(&fake), [shortcut(), usual(), usual()]);
    assert!(bucket.get_with_metadata(&key("site/other"), 100).await.unwrap().is_none());
}

/// Whether there is metadata can't be told from its absence in an answer.
#[tokio::test]
async fn what_has_no_metadata_is_asked_for_the_usual_way() {
    let (fake, bucket) = start();
    let body = Body::Bytes("content".into());
    let condition = Condition::on(Precondition::Absent);
    // Long enough that nothing is added to its description.
    let long = vec![b'x'; 50 << 10];
    write(&bucket, PLACE, long.clone(), Precondition::Absent).await.unwrap();
    fake.forget();
    let (object, bytes) = bucket.get_with_metadata(&key(PLACE), 1 << 20).await.unwrap().unwrap();
    assert_eq!((object.metadata, bytes.len()), (Metadata::new(), long.len()));
    assert_eq!(asked(&fake), [shortcut(), usual(), usual()]);
    bucket.write(&key("b"), body, &Headers::default(), &Metadata::new(), &condition).await.unwrap();
    let (object, _) = bucket.get_with_metadata(&key("b"), 100).await.unwrap().unwrap();
    assert_eq!(object.metadata, Metadata::new(), "what the provider added is not told");
}

#[tokio::test]
async fn an_answer_that_is_not_sound_is_asked_for_again() {
    let (fake, bucket) = start();
    let written = manifest(&bucket, PLACE).await;
    for what in [
        What::Instead { body: "contend".to_owned() },
        What::Instead { body: "longer than it was".to_owned() },
        What::Refuse { status: 403, reason: "forbidden".to_owned(), retry_after: None },
        What::Refuse { status: 404, reason: "notFound".to_owned(), retry_after: None },
        What::Lie { status: 501 },
    ] {
        fake.fault(Fault::next("GET", &format!("/{NAME}/site/"), what.clone()));
        fake.forget();
        let (object, bytes) = bucket.get_with_metadata(&key(PLACE), 100).await.unwrap().unwrap();
        assert_eq!((object, &bytes[..]), (written.clone(), &b"content"[..]), "{what:?}");
        assert_eq!(asked(&fake), [shortcut(), usual(), usual()], "{what:?}");
    }
}

#[tokio::test]
async fn refusals_are_told_in_the_usual_words() {
    let (fake, bucket) = start();
    manifest(&bucket, PLACE).await;
    let error = bucket.get_with_metadata(&key(PLACE), 3).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt, "{error}");
    fake.fault(Fault::next("GET", &format!("/{NAME}/site/"), What::Cut { after: 3 }));
    assert_eq!(bucket.get_with_metadata(&key(PLACE), 100).await.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(fake.faults_left(), 0);
    // Who has enough of us is not asked at once again.
    let slow = What::Refuse { status: 429, reason: "rateLimitExceeded".to_owned(), retry_after: Some(2) };
    fake.fault(Fault::next("GET", &format!("/{NAME}/site/"), slow));
    fake.forget();
    let error = bucket.get_with_metadata(&key(PLACE), 100).await.unwrap_err();
    assert_eq!(
        (error.kind, error.retry_after().map(|wait| wait.as_secs())),
        (ErrorKind::Unavailable, Some(2))
    );
    assert_eq!(asked(&fake), [shortcut()]);
    fake.set(|settings| {
        settings.denied.insert(("storage.objects.get".to_owned(), format!("{NAME}/site/")));
    });
    let error = bucket.get_with_metadata(&key(PLACE), 100).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.to_string().contains("storage.objects.get"), "{error}");
    let error = at(&fake.endpoint, "no-such-bucket").get_with_metadata(&key(PLACE), 100).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains("there is no bucket `no-such-bucket`"), "{error}");
}
