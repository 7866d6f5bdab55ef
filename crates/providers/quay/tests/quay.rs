//! What Quay's own API adds: seeing who moved a tag in between, bringing back what is gone, and what expires.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail")]

mod real;

use promote_port::digest::Digest;
use promote_port::port::{Bucket as _, BucketReader as _, ErrorKind, Metadata, Precondition};
use promote_quay::{Registries, RegistryBucket};
use promote_stand_ins::quay_fake::QuayFake;
use real::{Registry, image, key, lay_out, seen, token, when};
use serde_json::json;

fn with_api(quay: &QuayFake, api: &str, path: &str) -> RegistryBucket {
    let mut pairs = Registry::of(quay).environment();
    for (name, value) in [("PROMOTE_QUAY_HOST", quay.host.as_str()), ("QUAY_API_TOKEN", api)] {
        pairs.push((name.to_owned(), value.to_owned()));
    }
    let registries = Registries::new(pairs.into_iter().collect());
    registries.repository(&format!("{}/{path}", quay.host), None).unwrap()
}

fn written(digest: Digest) -> String {
    format!("sha256:{}", digest.hex())
}

#[tokio::test]
async fn somebody_in_between_is_seen_in_the_history() {
    let quay = QuayFake::start().unwrap();
    let registry = Registry::of(&quay);
    let other = image(&registry, "acme/app:other", "other", &["amd64"]);
    image(&registry, "acme/app:one", "one", &["amd64"]);
    image(&registry, "acme/app:two", "two", &["amd64"]);
    let bucket = with_api(&quay, "api-token", "acme/app");
    let (one, two) = (seen(&bucket, "one").await, seen(&bucket, "two").await);
    let prod = key("prod");
    bucket.copy(&one, &prod, &Metadata::new(), &when(Precondition::Absent)).await.unwrap();
    let expected = when(Precondition::Matches(token(one.sha256)));
    bucket.copy(&two, &prod, &Metadata::new(), &expected).await.unwrap();

    quay.set(|habits| habits.meddler = Some(written(other)));
    // A second apart, or the rows have no order.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let expected = when(Precondition::Matches(token(two.sha256)));
    let error = bucket.copy(&one, &prod, &Metadata::new(), &expected).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    assert!(error.message.contains("somebody else moved the tag"), "{error}");
    assert!(error.message.contains(&written(other)), "{error}");
    let error =
        bucket.copy(&one, &key("new"), &Metadata::new(), &when(Precondition::Absent)).await.unwrap_err();
    assert!(error.message.contains("somebody else moved the tag"), "{error}");
}

#[tokio::test]
async fn what_was_deleted_lately_is_brought_back() {
    let quay = QuayFake::start().unwrap();
    let registry = Registry::of(&quay);
    let digest = image(&registry, "acme/app:sha", "a", &["amd64"]);
    let bucket = with_api(&quay, "api-token", "acme/app");
    bucket.delete(&key("sha"), &Precondition::Any).await.unwrap();
    assert!(bucket.head(&key("sha")).await.unwrap().is_none());
    bucket.restore("prod", &written(digest)).await.unwrap();
    assert_eq!(bucket.head(&key("prod")).await.unwrap().unwrap().sha256, Some(digest));
    let rows = bucket.history("prod", 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].manifest_digest.clone(), rows[0].reversion), (1, written(digest), true));
    quay.collect("acme/app", &written(digest));
    let error = bucket.restore("prod", &written(digest)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn a_token_that_is_none_is_told_so() {
    let quay = QuayFake::start().unwrap();
    let digest = image(&Registry::of(&quay), "acme/app:sha", "a", &["amd64"]);
    let wrong = with_api(&quay, "canary", "acme/app");
    let error = wrong.history("sha", 1).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.message.contains("does not accept the token for its API"), "{error}");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    let reader = with_api(&quay, "api-reader", "acme/app");
    assert_eq!(reader.history("sha", 1).await.unwrap().len(), 1);
    let error = reader.restore("sha", &written(digest)).await.unwrap_err();
    assert!(error.message.contains("no `repo:write`"), "{error}");
    // Without a token, or for another host than the token is for, the API is not asked at all.
    let plain = Registry::of(&quay).bucket("acme/app");
    assert_eq!(plain.history("sha", 1).await.unwrap_err().kind, ErrorKind::Unsupported);
}

#[tokio::test]
async fn what_expires_is_known_before_it_is_promoted() {
    let quay = QuayFake::start().unwrap();
    let registry = Registry::of(&quay);
    for (tag, architectures) in [("one", &["amd64"][..]), ("both", &["amd64", "arm64"])] {
        let folder = tempfile::tempdir().unwrap();
        let labels = json!({ "quay.expires-after": "2w" });
        let digest = lay_out(folder.path(), "x", tag, architectures, &labels);
        registry.push(folder.path(), "x", &format!("acme/app:{tag}"));
        let bucket = registry.bucket("acme/app");
        assert_eq!(bucket.expires_after(&digest).await.unwrap().as_deref(), Some("2w"), "{tag}");
        let said = bucket.expires(&key(tag)).await.unwrap().unwrap();
        assert!(said.starts_with("2w after"), "{said}");
    }
    let digest = image(&registry, "acme/app:stays", "stays", &["amd64", "arm64"]);
    let bucket = registry.bucket("acme/app");
    assert_eq!(bucket.expires_after(&digest).await.unwrap(), None);
    assert_eq!(bucket.expires(&key("stays")).await.unwrap(), None);
    assert_eq!(bucket.expires(&key("none")).await.unwrap(), None);
    // The API says the date.
    let said = with_api(&quay, "api-token", "acme/app").expires(&key("one")).await.unwrap().unwrap();
    assert!(said.starts_with("on ") && said.contains(" 20"), "{said}");
}
