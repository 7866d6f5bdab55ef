//! Signing in with every kind of credentials that CI leaves or people have, end to end: from the file, over stand-ins of
//! the services that hand out tokens, to a store that takes exactly one token.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

#[allow(dead_code, reason = "shared with `answers.rs`, which needs more of it")]
mod kit;

use kit::{NAME, key};
use promote_gcs::{GcsBucket, SignIn};
use promote_port::port::StoreSettings;
use promote_port::port::{BucketReader as _, ErrorKind, ProviderError};
use promote_stand_ins::gcs_fake::Fake;
use promote_stand_ins::stand_in::StandIn;
use promote_stand_ins::token_service::{EXCHANGED, IMPERSONATED, REFRESHED, SUBJECT, TokenService};
use serde_json::{Value, json};
use std::path::Path;

/// The bucket with the credentials in a file, on a fake that takes this token alone.
fn signed_in(folder: &Path, credentials: &Value, token: Option<&str>) -> (Fake, GcsBucket) {
    let fake = Fake::start().unwrap();
    fake.bucket(NAME, true);
    fake.set(|settings| settings.token = token.map(str::to_owned));
    let file = folder.join("credentials.json");
    std::fs::write(&file, credentials.to_string()).unwrap();
    let settings = StoreSettings {
        endpoint: Some(fake.endpoint.clone()),
        credentials: Some(file.to_string_lossy().into_owned()),
        ..StoreSettings::default()
    };
    let bucket = GcsBucket::connect(NAME, &settings);
    (fake, bucket)
}

fn shows_nothing(failure: &ProviderError) {
    let all = format!("{failure} {failure:?}");
    assert!(!all.contains("geheim"), "{all}");
}

#[tokio::test]
async fn every_kind_of_credentials_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    let service = TokenService::start().unwrap();
    let subject = folder.path().join("subject");
    std::fs::write(&subject, SUBJECT).unwrap();
    for (what, credentials, token, asked) in [
        ("by URL", service.by_url(false), EXCHANGED, &["GET /ci", "POST /v1/token"][..]),
        (
            "by URL, acting as",
            service.by_url(true),
            IMPERSONATED,
            &["GET /ci", "POST /v1/token", "POST /v1/projects/-/serviceAccounts/"],
        ),
        ("by file", service.by_file(&subject, false), EXCHANGED, &["POST /v1/token"]),
        (
            "by file, acting as",
            service.by_file(&subject, true),
            IMPERSONATED,
            &["POST /v1/token", "POST /v1/projects/-/serviceAccounts/"],
        ),
        ("a person", service.of_person(), REFRESHED, &["POST /oauth"]),
        (
            "a person, acting as",
            service.impersonated(),
            IMPERSONATED,
            &["POST /oauth", "POST /v1/projects/-/serviceAccounts/"],
        ),
    ] {
        let before = service.seen().len();
        let (_fake, bucket) = signed_in(folder.path(), &credentials, Some(token));
        for name in ["a", "b"] {
            assert_eq!(bucket.head(&key(name)).await.unwrap(), None, "{what}");
        }
        let seen = service.seen().split_off(before);
        assert_eq!(seen.len(), asked.len(), "{what}: a token is kept as long as it is good: {seen:?}");
        for (seen, asked) in seen.iter().zip(asked) {
            assert!(seen.starts_with(asked), "{what}: {seen}");
        }
        assert!(!format!("{bucket:?}").contains("geheim"), "{what}");
    }
}

#[tokio::test]
async fn a_service_account_signs_for_itself() {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use base64::Engine as _;
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let text = base64::prelude::BASE64_STANDARD.encode(der.as_ref());
    let kind = "PRIVATE KEY";
    let pem = format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n");
    let account = json!({"type": "service_account", "client_email": "ci@acme.iam.gserviceaccount.com",
        "private_key_id": "1", "private_key": pem, "project_id": "acme"});
    let folder = tempfile::tempdir().unwrap();
    let (fake, bucket) = signed_in(folder.path(), &account, None);
    assert_eq!(bucket.head(&key("a")).await.unwrap(), None);
    let shown = fake.seen()[0].headers["authorization"].to_str().unwrap().to_owned();
    let parts: Vec<&str> = shown.strip_prefix("Bearer ").unwrap().split('.').collect();
    assert_eq!(parts.len(), 3, "a token that is signed here, without asking anybody");
}

#[tokio::test]
async fn credentials_that_are_not_taken_are_said_to_be_so_without_being_shown() {
    let folder = tempfile::tempdir().unwrap();
    let service = TokenService::start().unwrap();
    let mut other = service.by_url(false);
    other["audience"] = json!("//iam.googleapis.com/other");
    let (fake, bucket) = signed_in(folder.path(), &other, None);
    let failure = bucket.head(&key("a")).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Denied, "{failure}");
    let cause = failure.source.as_ref().unwrap().to_string();
    assert!(cause.contains("invalid_grant") && cause.contains("does not match the expected"), "{cause}");
    shows_nothing(&failure);
    assert_eq!(fake.seen().len(), 0, "nothing is sent without a token");
    let mut field = service.by_url(false);
    field["credential_source"]["format"]["subject_token_field_name"] = json!("token");
    let (_fake, bucket) = signed_in(folder.path(), &field, None);
    let failure = bucket.head(&key("a")).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Denied, "{failure}");
    shows_nothing(&failure);
    let (_fake, bucket) = signed_in(folder.path(), &service.of_person(), Some("another"));
    let failure = bucket.head(&key("a")).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Denied, "{failure}");
    shows_nothing(&failure);
}

#[tokio::test]
async fn an_answer_that_is_neither_success_nor_error_breaks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for code in [300, 304, 307] {
        let service = StandIn::start(move |_| (code, Vec::new(), Vec::new()));
        let host = service.unwrap().host;
        let person = json!({"type": "authorized_user", "client_id": "id", "client_secret": "geheim",
            "refresh_token": "geheim-refresh", "token_uri": format!("http://{host}/oauth")});
        let (fake, bucket) = signed_in(folder.path(), &person, None);
        let failure = bucket.head(&key("a")).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Corrupt, "{code}: {failure}");
        shows_nothing(&failure);
        assert_eq!(fake.seen().len(), 0, "nothing is sent without a token");
    }
}

#[tokio::test]
async fn an_emulator_is_shown_no_token_unless_told_so() {
    let fake = Fake::start().unwrap();
    fake.bucket(NAME, false);
    let settings = StoreSettings { endpoint: Some(fake.endpoint.clone()), ..StoreSettings::default() };
    let bucket = GcsBucket::connect(NAME, &settings);
    assert_eq!(bucket.head(&key("a")).await.unwrap(), None);
    assert!(fake.seen().iter().all(|one| !one.headers.contains_key("authorization")));
    let unset = StoreSettings { credentials: Some("$PROMOTE_TEST_NO_SUCH_VARIABLE".into()), ..settings };
    let failure = GcsBucket::connect(NAME, &unset).head(&key("a")).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Denied, "{failure}");
    assert!(failure.message.contains("PROMOTE_TEST_NO_SUCH_VARIABLE"), "{failure}");
    // Google itself is never asked without anybody signed in.
    let nobody = GcsBucket::sign_in(
        NAME,
        &StoreSettings { endpoint: Some("https://127.0.0.1:9".into()), ..StoreSettings::default() },
        SignIn::Anonymous,
    );
    let failure = nobody.head(&key("a")).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Denied, "{failure}");
}
