//! Promotion from one repository to another: mounted in one registry, streamed between two, with what is attached.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail")]

mod real;

use promote_port::digest::Digest;
use promote_port::port::{Body, Bucket as _, BucketReader as _, Headers, Metadata, Precondition};
use promote_quay::{Registries, RegistryBucket};
use promote_stand_ins::quay_fake::QuayFake;
use real::{Registry, fresh, image, key, seen, skopeo, when};
use serde_json::json;

const BOTH: [&str; 2] = ["amd64", "arm64"];

/// Both repositories in one process, as a promotion has them.
async fn both(
    from: &Registry,
    to: &Registry,
    source: &str,
    target: &str,
) -> (RegistryBucket, RegistryBucket) {
    let folder = tempfile::tempdir().unwrap();
    let entry = |it: &Registry| json!({ "username": it.user, "password": it.password });
    let auths = json!({ "auths": { from.host.as_str(): entry(from), to.host.as_str(): entry(to) } });
    std::fs::write(folder.path().join("config.json"), auths.to_string()).unwrap();
    let registries =
        Registries::new(real::environment(&[("DOCKER_CONFIG", folder.path().to_str().unwrap())]));
    let open = |host: &str, path: &str| registries.repository(&format!("{host}/{path}"), None).unwrap();
    let (from, to) = (open(&from.host, source), open(&to.host, target));
    // Each is signed in to once, while the file is there.
    let none = key("no-such-tag");
    tokio::join!(async { from.head(&none).await.ok() }, async { to.head(&none).await.ok() });
    (from, to)
}

async fn promoted(from: &RegistryBucket, to: &RegistryBucket, tag: &str) -> Digest {
    let source = seen(from, tag).await;
    let answer = to.copy(&source, &key("prod"), &Metadata::new(), &when(Precondition::Absent)).await.unwrap();
    assert_eq!(answer.sha256, Some(source.sha256));
    source.sha256
}

/// Every byte of an image, by pulling all of it with another program.
fn pulls_whole(registry: &Registry, reference: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) =
        (format!("docker://{}/{reference}", registry.host), format!("oci:{}:x", folder.path().display()));
    skopeo(&[
        "copy",
        "--all",
        "--quiet",
        "--src-tls-verify=false",
        "--src-creds",
        &registry.creds(),
        &from,
        &to,
    ]);
}

#[tokio::test]
async fn blobs_are_mounted_in_one_registry() {
    for name in ["docker-registry", "docker-registry-token"] {
        let registry = Registry::alone(name);
        let (source, target) = (format!("{}/app", fresh()), format!("{}/app", fresh()));
        let digest = image(&registry, &format!("{source}:sha"), "a", &BOTH);
        let (from, to) = both(&registry, &registry, &source, &target).await;
        assert_eq!(promoted(&from, &to, "sha").await, digest);
        assert_eq!(registry.raw(&format!("{source}:sha")), registry.raw(&format!("{target}:prod")));
        let log = registry.log(&target);
        let mounts = log.iter().filter(|line| line.contains("?mount=")).count();
        // Three layers and the settings, for each of two architectures.
        assert_eq!(mounts, 8, "{name}: {log:#?}");
        assert!(
            !log.iter().any(|line| line.contains("/blobs/uploads/") && line.starts_with("PUT")),
            "{log:#?}"
        );
        pulls_whole(&registry, &format!("{target}:prod"));
    }
}

#[tokio::test]
async fn what_is_there_is_not_sent_again() {
    let quay = QuayFake::start().unwrap();
    let registry = Registry::of(&quay);
    image(&registry, "a/app:sha", "a", &BOTH);
    let (from, to) = both(&registry, &registry, "a/app", "b/app").await;
    promoted(&from, &to, "sha").await;
    quay.take_log();
    let source = seen(&from, "sha").await;
    to.copy(&source, &key("prod-2"), &Metadata::new(), &when(Precondition::Absent)).await.unwrap();
    let log = quay.take_log();
    assert!(!log.iter().any(|line| line.contains("/blobs/")), "{log:#?}");
}

#[tokio::test]
async fn blobs_are_streamed_between_two_registries() {
    let (near, far) = (Registry::start("docker-registry-token"), Registry::start("docker-registry"));
    let (source, target) = (format!("{}/app", fresh()), format!("{}/app", fresh()));
    let digest = image(&near, &format!("{source}:sha"), "a", &BOTH);
    let (from, to) = both(&near, &far, &source, &target).await;
    assert_eq!(promoted(&from, &to, "sha").await, digest);
    assert_eq!(near.raw(&format!("{source}:sha")), far.raw(&format!("{target}:prod")));
    pulls_whole(&far, &format!("{target}:prod"));
}

#[tokio::test]
async fn a_registry_that_mounts_nothing_gets_the_bytes() {
    let quay = QuayFake::start().unwrap();
    quay.set(|habits| habits.no_mounts = true);
    let registry = Registry::of(&quay);
    image(&registry, "a/app:sha", "a", &["amd64"]);
    let (from, to) = both(&registry, &registry, "a/app", "b/app").await;
    promoted(&from, &to, "sha").await;
    pulls_whole(&registry, "b/app:prod");
}

/// Attaches to `digest`: a signature as cosign tags it, and an attestation that names it as its subject. Returns the
/// second one's digest.
async fn attach(bucket: &RegistryBucket, digest: Digest, size: u64) -> Digest {
    let kind = |kind: &str| Headers { content_type: Some(kind.to_owned()), ..Headers::default() };
    let index = "application/vnd.oci.image.index.v1+json";
    let empty = json!({ "schemaVersion": 2, "mediaType": index, "manifests": [], "annotations": { "sig": digest.hex() } });
    let any = when(Precondition::Any);
    let signature = Body::Bytes(empty.to_string().into());
    let tag = key(&format!("sha256-{}.sig", digest.hex()));
    bucket.write(&tag, signature, &kind(index), &Metadata::new(), &any).await.unwrap();
    let attestation = json!({
        "schemaVersion": 2, "mediaType": index, "manifests": [],
        "subject": { "mediaType": index, "digest": format!("sha256:{}", digest.hex()), "size": size },
    })
    .to_string();
    let attached = Digest::of(attestation.as_bytes());
    bucket
        .write(&key("attestation"), Body::Bytes(attestation.into()), &kind(index), &Metadata::new(), &any)
        .await
        .unwrap();
    attached
}

#[tokio::test]
async fn signatures_and_attestations_go_along() {
    // The list of referrers is there or not, on either side.
    for (at_source, at_target) in [(true, true), (true, false), (false, true), (false, false)] {
        let (one, two) = (QuayFake::start().unwrap(), QuayFake::start().unwrap());
        let (near, far) = (Registry::of(&one), Registry::of(&two));
        let digest = image(&near, "a/app:sha", "a", &BOTH);
        let (from, to) = both(&near, &far, "a/app", "b/app").await;
        let size = from.head(&key("sha")).await.unwrap().unwrap().size;
        let attached = attach(&from, digest, size).await;
        if !at_source {
            // Without the list, who attaches keeps it under a tag.
            let index = "application/vnd.oci.image.index.v1+json";
            let entry =
                json!({ "mediaType": index, "digest": format!("sha256:{}", attached.hex()), "size": 1 });
            let list = json!({ "schemaVersion": 2, "mediaType": index, "manifests": [entry] }).to_string();
            let headers = Headers { content_type: Some(index.to_owned()), ..Headers::default() };
            let tag = key(&format!("sha256-{}", digest.hex()));
            from.write(&tag, Body::Bytes(list.into()), &headers, &Metadata::new(), &when(Precondition::Any))
                .await
                .unwrap();
            one.set(|habits| habits.no_referrers = true);
        }
        two.set(|habits| habits.no_referrers = !at_target);
        promoted(&from, &to, "sha").await;
        let signature = format!("sha256-{}.sig", digest.hex());
        assert_eq!(near.raw(&format!("a/app:{signature}")), far.raw(&format!("b/app:{signature}")));
        let there = to.head(&key(&format!("sha256:{}", attached.hex()))).await.unwrap();
        assert!(there.is_some(), "the attestation: list at source {at_source}, at target {at_target}");
        let list = to.get(&key(&format!("sha256-{}", digest.hex())), 1 << 20).await.unwrap();
        assert_eq!(list.is_some(), !at_target, "the fallback tag at the target");
        assert!(list.is_none_or(|(_, bytes)| String::from_utf8_lossy(&bytes).contains(&attached.hex())));
    }
}

#[tokio::test]
async fn layers_that_may_lie_elsewhere_go_along_where_they_are_there() {
    let (one, two) = (QuayFake::start().unwrap(), QuayFake::start().unwrap());
    let (near, far) = (Registry::of(&one), Registry::of(&two));
    image(&near, "a/app:base", "a", &["amd64"]);
    let mut manifest: serde_json::Value = serde_json::from_slice(&near.raw("a/app:base")).unwrap();
    let kind = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    manifest["layers"][1]["mediaType"] = kind.into();
    let elsewhere = format!("sha256:{}", Digest::of(b"at the vendor").hex());
    manifest["layers"][2] = json!({
        "mediaType": kind, "digest": elsewhere, "size": 13, "urls": ["https://vendor.example/layer"],
    });
    let (from, to) = both(&near, &far, "a/app", "b/app").await;
    let headers = Headers {
        content_type: Some("application/vnd.oci.image.manifest.v1+json".to_owned()),
        ..Headers::default()
    };
    let body = Body::Bytes(manifest.to_string().into());
    from.write(&key("sha"), body, &headers, &Metadata::new(), &when(Precondition::Any)).await.unwrap();
    promoted(&from, &to, "sha").await;
    let log = two.take_log();
    let put = |digest: &str| {
        log.iter().any(|line| line.starts_with("PUT") && line.contains(digest.trim_start_matches("sha256:")))
    };
    let there = manifest["layers"][1]["digest"].as_str().unwrap();
    assert!(put(there), "{log:#?}");
    assert!(!put(&elsewhere), "{log:#?}");
}
