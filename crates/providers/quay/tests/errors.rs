//! What is said when a registry refuses, fails or lies.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail")]

mod real;

use promote_port::port::{Bucket as _, BucketReader as _, ErrorKind, Metadata, Precondition, ProviderError};
use promote_quay::{Registries, RegistryBucket};
use promote_stand_ins::quay_fake::{Account, QuayFake};
use real::{Registry, image, key, pinned, seen, token, when};
use std::error::Error as _;
use std::time::Duration;

/// Everything that is shown of an error.
fn shown(error: &ProviderError) -> String {
    let mut text = format!("{error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    format!("{text} [{}]", error.hints.join("; "))
}

fn says(error: &ProviderError, kind: ErrorKind, words: &[&str]) {
    let text = shown(error);
    assert_eq!(error.kind, kind, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is missing: {text}");
    }
    assert!(!text.contains("robot-secret") && !text.contains("canary"), "{text}");
}

fn account(password: &str, rights: &[(&str, &[&'static str])]) -> Account {
    let rights = rights.iter().map(|(begin, all)| ((*begin).to_owned(), all.to_vec())).collect();
    Account { password: password.to_owned(), rights, expired: false }
}

/// Two repositories, an image in the first one, and somebody who may do this much.
fn quay(rights: &[(&str, &[&'static str])]) -> (QuayFake, Registry) {
    let quay = QuayFake::start().unwrap();
    let all = Registry::of(&quay);
    image(&all, "src/app:sha", "a", &["amd64"]);
    image(&all, "dst/app:old", "old", &["amd64"]);
    quay.account("acme+ci", account("canary", rights));
    let registry = all.by("acme+ci", "canary");
    (quay, registry)
}

async fn copied(registry: &Registry, source: &str, target: &str) -> ProviderError {
    let all = registry.by("acme+robot", "robot-secret");
    let from = seen(&all.bucket(source), "sha").await;
    let bucket = registry.bucket(target);
    bucket.copy(&from, &key("prod"), &Metadata::new(), &when(Precondition::Absent)).await.unwrap_err()
}

#[tokio::test]
async fn a_wrong_password_is_told_with_its_owner_and_its_place() {
    let (quay, registry) = quay(&[]);
    for bucket in [registry.by("acme+ci", "canary-wrong"), registry.by("nobody", "canary")] {
        let error = bucket.bucket("src/app").head(&key("sha")).await.unwrap_err();
        let words = ["does not accept the password of", bucket.user.as_str(), "PROMOTE_REGISTRY_USERNAME"];
        says(&error, ErrorKind::Denied, &words);
    }
    let mut expired = account("canary", &[]);
    expired.expired = true;
    quay.account("acme+ci", expired);
    let error = registry.bucket("src/app").head(&key("sha")).await.unwrap_err();
    says(&error, ErrorKind::Denied, &["the password of `acme+ci` has expired"]);
    let server = Registry::start("docker-registry");
    let real = server.by("tester", "canary");
    let error = real.bucket("a/app").head(&key("x")).await.unwrap_err();
    says(&error, ErrorKind::Denied, &["does not accept the password of `tester`"]);
    let server = Registry::start("docker-registry-token");
    let real = server.by("tester", "canary");
    let error = real.bucket("a/app").head(&key("x")).await.unwrap_err();
    says(&error, ErrorKind::Denied, &["does not accept the password of `tester`"]);
}

#[tokio::test]
async fn nobody_is_told_to_sign_in() {
    let (quay, _) = quay(&[]);
    let nobody = Registries::new(real::environment(&[]));
    for host in [
        quay.host.clone(),
        Registry::start("docker-registry").host,
        Registry::start("docker-registry-token").host,
    ] {
        let bucket = nobody.repository(&format!("{host}/src/app"), None).unwrap();
        let error = bucket.head(&key("sha")).await.unwrap_err();
        says(&error, ErrorKind::Denied, &["nobody is signed in", "docker login"]);
    }
}

#[tokio::test]
async fn a_missing_right_is_named_with_its_side() {
    let (_quay, registry) = quay(&[("src/", &["pull"])]);
    let error = copied(&registry, "src/app", "dst/app").await;
    says(&error, ErrorKind::Denied, &["`acme+ci` may not", "the target", "dst/app"]);
    let (_quay, registry) = self::quay(&[("dst/", &["pull", "push"])]);
    let error = copied(&registry, "src/app", "dst/app").await;
    says(&error, ErrorKind::Denied, &["`acme+ci` may not pull from the source", "src/app"]);
    // Reading alone is enough to look, and not to move.
    let (_quay, registry) = self::quay(&[("src/", &["pull"])]);
    let bucket = registry.bucket("src/app");
    let from = seen(&bucket, "sha").await;
    let error =
        bucket.copy(&from, &key("prod"), &Metadata::new(), &when(Precondition::Absent)).await.unwrap_err();
    says(&error, ErrorKind::Denied, &["`acme+ci` may not push to", "src/app"]);

    let real = Registry::start("docker-registry-token");
    let path = real::fresh();
    image(&real, &format!("{path}/app:sha"), "a", &["amd64"]);
    let from = seen(&real.bucket(&format!("{path}/app")), "sha").await;
    let bucket = real.by("target-only", "secret").bucket(&format!("target/{path}"));
    let error =
        bucket.copy(&from, &key("prod"), &Metadata::new(), &when(Precondition::Absent)).await.unwrap_err();
    says(&error, ErrorKind::Denied, &["`target-only` may not pull from the source"]);
}

#[tokio::test]
async fn a_token_that_expires_meanwhile_is_fetched_anew() {
    let (quay, _) = quay(&[]);
    let bucket = Registry::of(&quay).bucket("src/app");
    let from = seen(&bucket, "sha").await;
    quay.expire_tokens();
    bucket.copy(&from, &key("prod"), &Metadata::new(), &when(Precondition::Absent)).await.unwrap();
}

#[tokio::test]
async fn limits_are_heard() {
    let (quay, _) = quay(&[]);
    let bucket = Registry::of(&quay).bucket("src/app");
    seen(&bucket, "sha").await;
    quay.set(|habits| habits.throttle = 1);
    let error = bucket.head(&key("sha")).await.unwrap_err();
    says(&error, ErrorKind::Unavailable, &["too many requests at once: the registry asks to wait for 7s"]);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn registries_that_convert_are_found_out() {
    type Change = fn(&mut promote_stand_ins::quay_fake::Habits);
    let cases: [(Change, ErrorKind, &str); 3] = [
        (|habits| habits.converts = true, ErrorKind::Corrupt, "other bytes than"),
        (|habits| habits.converts_on_put = true, ErrorKind::Corrupt, "stored something else"),
        (|habits| habits.first_kind = true, ErrorKind::Unsupported, "Docker's first kind"),
    ];
    for (change, kind, words) in cases {
        let (quay, _) = quay(&[]);
        let registry = Registry::of(&quay);
        let from = seen(&registry.bucket("src/app"), "sha").await;
        quay.set(change);
        // A process of its own, with nothing in memory.
        let bucket = registry.bucket("src/app");
        let error = bucket
            .copy(&from, &key("prod"), &Metadata::new(), &when(Precondition::Absent))
            .await
            .unwrap_err();
        says(&error, kind, &[words, "src/app"]);
    }
}

#[tokio::test]
async fn a_registry_that_does_not_say_the_digest_is_read() {
    let (quay, _) = quay(&[]);
    let registry = Registry::of(&quay);
    let bucket = registry.bucket("src/app");
    let from = seen(&bucket, "sha").await;
    quay.set(|habits| habits.silent_heads = true);
    let end = bucket.copy(&from, &key("sha"), &Metadata::new(), &when(Precondition::Absent)).await;
    assert_eq!(end.unwrap_err().kind, ErrorKind::Conflict);
    let held = when(Precondition::Matches(token(from.sha256)));
    bucket.copy(&from, &key("sha"), &Metadata::new(), &held).await.unwrap();
}

#[tokio::test]
async fn lost_answers_immutable_tags_and_unknown_names_have_their_words() {
    let (quay, _) = quay(&[]);
    let registry = Registry::of(&quay);
    let bucket: RegistryBucket = registry.bucket("src/app");
    let from = seen(&bucket, "sha").await;
    let absent = when(Precondition::Absent);
    quay.set(|habits| habits.lose_answers = 1);
    let error = bucket.copy(&from, &key("prod"), &Metadata::new(), &absent).await.unwrap_err();
    says(&error, ErrorKind::Unknown, &["perhaps after it had done it"]);
    assert_eq!(bucket.head(&key("prod")).await.unwrap().unwrap().sha256, Some(from.sha256));

    quay.set(|habits| habits.immutable = vec!["fixed".to_owned()]);
    let error = bucket.copy(&from, &key("fixed"), &Metadata::new(), &absent).await.unwrap_err();
    says(&error, ErrorKind::Denied, &["immutable"]);

    let error = registry.bucket("no/such").head(&key("x")).await.unwrap_err();
    says(&error, ErrorKind::NotFound, &["there is no repository", "no/such"]);

    bucket.delete(&key("prod"), &Precondition::Any).await.unwrap();
    assert!(bucket.head(&key("prod")).await.unwrap().is_none());
    let Err(error) = bucket.read(&key("prod"), None).await else { panic!("it was read") };
    says(&error, ErrorKind::NotFound, &["deleted or has expired"]);

    let gone = pinned(&bucket, "sha", promote_port::digest::Digest::of(b"never"), 5);
    let error = bucket.copy(&gone, &key("prod"), &Metadata::new(), &absent).await.unwrap_err();
    says(&error, ErrorKind::Conflict, &["QUAY_API_TOKEN"]);
}

#[tokio::test]
async fn what_can_not_be_reached_took_no_effect() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let registries = Registries::new(real::environment(&[]));
    let bucket = registries.repository(&format!("127.0.0.1:{port}/a/app"), None).unwrap();
    let error = bucket.head(&key("x")).await.unwrap_err();
    says(&error, ErrorKind::Unavailable, &["can't be reached"]);
    let source = pinned(&bucket, "x", promote_port::digest::Digest::of(b"x"), 1);
    let error =
        bucket.copy(&source, &key("y"), &Metadata::new(), &when(Precondition::Any)).await.unwrap_err();
    says(&error, ErrorKind::Unavailable, &["can't be reached"]);
}
