//! What is too much of a registry is refused before it is asked for, and slow is not the same as stopped.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't go on must fail")]

use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::{
    Body, Bucket as _, Condition, CopyGuard, ErrorKind, Headers, Metadata, Object, PinnedSource,
    Precondition, ProviderError,
};
use promote_port::trust::Allowed;
use promote_quay::{Environment, Registries};
use promote_stand_ins::stand_in::{Answer, Heard, StandIn};
use std::time::Duration;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

fn name(bytes: &[u8]) -> String {
    format!("sha256:{}", Digest::of(bytes).hex())
}

fn ok(body: &[u8], media_type: &str) -> Answer {
    (200, vec![("content-type", media_type.to_owned()), ("docker-content-digest", name(body))], body.to_vec())
}

fn missing() -> Answer {
    (404, Vec::new(), br#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#.to_vec())
}

/// So many descriptors of things that differ.
fn parts(many: usize) -> String {
    let one = |number: usize| {
        let digest = name(&number.to_be_bytes());
        format!(r#"{{"mediaType":"{IMAGE}","digest":"{digest}","size":2}}"#)
    };
    (0..many).map(one).collect::<Vec<_>>().join(",")
}

/// A registry whose image is `manifest` and that has nothing else, but for the list of what refers to it.
fn source(manifest: &str, media_type: &'static str, referrers: &str) -> StandIn {
    let (manifest, list) = (manifest.as_bytes().to_vec(), format!(r#"{{"manifests":[{referrers}]}}"#));
    StandIn::start(move |heard: &Heard| {
        if heard.path.contains("/referrers/") {
            return ok(list.as_bytes(), INDEX);
        }
        if heard.path.ends_with(&name(&manifest)) { ok(&manifest, media_type) } else { missing() }
    })
    .unwrap()
}

/// A registry that has nothing and takes everything.
fn target() -> StandIn {
    StandIn::start(|heard: &Heard| match heard.method.as_str() {
        "POST" => (202, vec![("location", "/v2/acme/b/blobs/uploads/1".to_owned())], Vec::new()),
        "PUT" => (201, vec![("docker-content-digest", name(&heard.body))], Vec::new()),
        _ => missing(),
    })
    .unwrap()
}

async fn promoted(
    source: &StandIn,
    target: &StandIn,
    manifest: &[u8],
    timeout: Duration,
) -> Result<Object, ProviderError> {
    let from = format!("{}/acme/a", source.host);
    let registries = Registries::with_timeout(Environment::default(), Allowed::default(), timeout);
    let bucket = registries.repository(&format!("{}/acme/b", target.host), None).unwrap();
    let key: Key = "prod".parse().unwrap();
    let pinned = PinnedSource {
        location: Location { store: StoreId::Image(from), key: key.clone() },
        token: promote_port::port::Token(name(manifest)),
        version: None,
        sha256: Digest::of(manifest),
        size: manifest.len() as u64,
        headers: Headers::default(),
    };
    let condition = Condition { when: Precondition::Any, way: CopyGuard::Observed, fence: None };
    bucket.copy(&pinned, &key, &Metadata::new(), &condition).await
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_image_of_too_many_parts_is_refused_before_they_are_asked_for() {
    let few = r#"{"schemaVersion":2,"layers":[]}"#.to_owned();
    let index = |many| format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, parts(many));
    let layers = format!(r#"{{"schemaVersion":2,"layers":[{}]}}"#, parts(20_000));
    for (manifest, media_type, referrers, says) in [
        (index(20_000), INDEX, String::new(), "the image has 20001 manifests, and at most 1000 are promoted"),
        (index(1000), INDEX, String::new(), "the image has 1001 manifests"),
        (layers, IMAGE, String::new(), "the image has 20000 blobs, and at most 10000 are promoted"),
        (few.clone(), IMAGE, parts(1001), "the image has 1001 manifests attached to it, and at most 1000"),
    ] {
        let (source, target) = (source(&manifest, media_type, &referrers), target());
        let error = promoted(&source, &target, manifest.as_bytes(), LONG).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains(says), "{error}");
        let requests = source.heard().len() + target.heard().len();
        assert!(requests <= 12, "{requests} requests for {says}");
        assert!(target.heard().iter().all(|heard| heard.method != "PUT"), "{:?}", target.heard());
    }
}

#[tokio::test]
async fn indexes_inside_each_other_have_a_depth() {
    let mut nested = vec![br#"{"schemaVersion":2,"layers":[]}"#.to_vec()];
    for _ in 0..6 {
        let inner = nested.last().unwrap();
        let part = format!(r#"{{"mediaType":"{INDEX}","digest":"{}","size":{}}}"#, name(inner), inner.len());
        nested.push(format!(r#"{{"schemaVersion":2,"manifests":[{part}]}}"#).into_bytes());
    }
    let (root, target) = (nested.last().unwrap().clone(), target());
    let source = StandIn::start(move |heard: &Heard| {
        let found = nested.iter().position(|manifest| heard.path.ends_with(&name(manifest)));
        found.map_or_else(missing, |at| ok(&nested[at], if at == 0 { IMAGE } else { INDEX }))
    })
    .unwrap();
    let error = promoted(&source, &target, &root, LONG).await.unwrap_err();
    assert!(error.to_string().contains("an index of indexes, nested more than 4 deep"), "{error}");
}

#[tokio::test]
async fn an_image_that_another_registry_has_already_counts_as_much() {
    let manifest = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, parts(20_000));
    let (source, given) = (source(&manifest, INDEX, ""), manifest.clone());
    let target = StandIn::start(move |_| ok(given.as_bytes(), INDEX)).unwrap();
    let error = promoted(&source, &target, manifest.as_bytes(), LONG).await.unwrap_err();
    assert!(error.to_string().contains("the image has 20001 manifests"), "{error}");
    assert!(source.heard().len() + target.heard().len() <= 12);
}

#[tokio::test]
async fn a_layer_may_take_longer_than_a_registry_may_be_silent() {
    // The registry answers an upload when it has all of it, and that may take its time.
    let layer = vec![7; 1 << 20];
    let digest = name(&layer);
    let manifest = format!(
        r#"{{"schemaVersion":2,"layers":[{{"mediaType":"x/y","digest":"{digest}","size":{}}}]}}"#,
        layer.len()
    );
    let (given, named) = (manifest.clone(), digest.clone());
    let source = StandIn::start(move |heard: &Heard| {
        if heard.path.ends_with(&named) {
            return ok(&layer, "application/octet-stream");
        }
        if heard.path.ends_with(&name(given.as_bytes())) { ok(given.as_bytes(), IMAGE) } else { missing() }
    })
    .unwrap();
    let target = StandIn::start(|heard: &Heard| match heard.method.as_str() {
        "POST" => (202, vec![("location", "/v2/acme/b/blobs/uploads/1".to_owned())], Vec::new()),
        "PUT" if heard.path.contains("/uploads/") => {
            std::thread::sleep(Duration::from_secs(4));
            (201, Vec::new(), Vec::new())
        }
        "PUT" => (201, vec![("docker-content-digest", name(&heard.body))], Vec::new()),
        _ => missing(),
    })
    .unwrap();
    promoted(&source, &target, manifest.as_bytes(), Duration::from_secs(3)).await.unwrap();
}

#[tokio::test]
async fn a_tag_that_was_taken_without_a_word_and_can_not_be_read_is_in_doubt() {
    let registry = StandIn::start(|heard: &Heard| match heard.method.as_str() {
        "PUT" => (201, Vec::new(), Vec::new()),
        _ => (503, Vec::new(), Vec::new()),
    })
    .unwrap();
    let registries = Registries::with_timeout(Environment::default(), Allowed::default(), LONG);
    let bucket = registries.repository(&format!("{}/acme/b", registry.host), None).unwrap();
    let headers = Headers { content_type: Some(IMAGE.to_owned()), ..Headers::default() };
    let (tag, body) =
        ("prod".parse::<Key>().unwrap(), Body::Bytes(br#"{"schemaVersion":2}"#.as_slice().into()));
    let any = Condition::on(Precondition::Any);
    let error = bucket.write(&tag, body, &headers, &Metadata::new(), &any).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
}
