//! Registries that send their clients to another host. What signs a request in stays with the registry.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail")]

use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::{
    Bucket as _, BucketReader as _, Condition, CopyGuard, ErrorKind, Metadata, PinnedSource, Precondition,
};
use promote_port::trust::Allowed;
use promote_quay::{Environment, Registries, RegistryBucket};
use promote_stand_ins::stand_in::{Answer, Heard, StandIn};
use std::sync::{Arc, Mutex};

const PASSWORD: &str = "canary-password";
/// `acme:canary-password`.
const PAIR: &str = "YWNtZTpjYW5hcnktcGFzc3dvcmQ=";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn ok(body: impl Into<Vec<u8>>, media_type: &str) -> Answer {
    let body = body.into();
    let digest = format!("sha256:{}", Digest::of(&body).hex());
    (200, vec![("content-type", media_type.to_owned()), ("docker-content-digest", digest)], body)
}

fn status(status: u16) -> Answer {
    (status, Vec::new(), Vec::new())
}

fn to(status: u16, place: &str) -> Answer {
    (status, vec![("location", place.to_owned())], Vec::new())
}

fn bucket(host: &str, more: &[(&str, &str)], allowed: &str) -> RegistryBucket {
    let pairs = [
        ("PROMOTE_REGISTRY_HOST", host),
        ("PROMOTE_REGISTRY_USERNAME", "acme"),
        ("PROMOTE_REGISTRY_PASSWORD", PASSWORD),
    ];
    let environment: Environment = pairs.iter().chain(more).copied().collect();
    let registries = Registries::trusting(environment, Allowed::listed(allowed).unwrap());
    registries.repository(&format!("{host}/acme/app"), None).unwrap()
}

fn when(when: Precondition) -> Condition {
    Condition { when, way: CopyGuard::Observed, fence: None }
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// Nothing that signs in arrived there, in no form.
fn untold(other: &StandIn) {
    for heard in other.heard() {
        for secret in [PASSWORD, PAIR, "canary-token", "Basic ", "Bearer "] {
            assert!(!heard.holds(secret), "{secret} in {heard:?}");
        }
        for header in ["authorization", "cookie", "proxy-authorization"] {
            assert_eq!(heard.header(header), None, "{heard:?}");
        }
    }
}

fn said(error: &promote_port::port::ProviderError) -> String {
    let causes = promote_port::causes::causes(error).map(ToString::to_string);
    std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": ")
}

#[tokio::test]
async fn what_is_read_elsewhere_is_read_as_nobody() {
    let config = b"{}".to_vec();
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"x/y","digest":"sha256:{}","size":2}},"layers":[]}}"#,
        Digest::of(&config).hex()
    );
    let given = manifest.clone();
    let other = StandIn::start(move |_| ok(given.clone(), MANIFEST)).unwrap();
    let place = format!("http://{}/elsewhere", other.elsewhere());
    for code in [301, 302, 303, 307, 308] {
        let place = place.clone();
        let registry = StandIn::start(move |_| to(code, &place)).unwrap();
        let read = bucket(&registry.host, &[], "").get(&key("prod"), 1 << 20).await.unwrap().unwrap();
        assert_eq!(read.1.as_ref(), manifest.as_bytes(), "{code}");
        assert!(registry.heard().iter().all(|heard| heard.holds(PAIR)), "{code}");
    }
    assert_eq!(other.heard().len(), 5);
    untold(&other);
}

#[tokio::test]
async fn another_servers_refusal_is_not_the_registrys_word() {
    let other =
        StandIn::start(|_| (401, vec![("www-authenticate", "Basic realm=\"x\"".to_owned())], Vec::new()))
            .unwrap();
    let place = format!("http://{}/elsewhere", other.elsewhere());
    let registry = StandIn::start(move |_| to(307, &place)).unwrap();
    let error = bucket(&registry.host, &[], "").get(&key("prod"), 1 << 20).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert_eq!(other.heard().len(), 1);
    untold(&other);
}

/// A registry in which `sha` is an image that `target` lacks, and which takes uploads at `uploads`.
fn registry(uploads: impl Fn() -> String + Send + Sync + 'static) -> StandIn {
    let config = b"{}".to_vec();
    let layer = b"layer".to_vec();
    let (a, b) = (Digest::of(&config).hex(), Digest::of(&layer).hex());
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"x/y","digest":"sha256:{a}","size":2}},"layers":[{{"mediaType":"x/z","digest":"sha256:{b}","size":5}}]}}"#
    );
    let put = Mutex::new(None::<Vec<u8>>);
    StandIn::start(move |heard: &Heard| {
        let path = heard.path.split('?').next().unwrap_or_default();
        match (heard.method.as_str(), path) {
            ("PUT", "/v2/acme/target/manifests/prod") => {
                *put.lock().unwrap() = Some(heard.body.clone());
                (201, ok(heard.body.clone(), MANIFEST).1, Vec::new())
            }
            (_, "/v2/acme/target/manifests/prod") => match &*put.lock().unwrap() {
                Some(bytes) => ok(bytes.clone(), MANIFEST),
                None => status(404),
            },
            ("POST", "/v2/acme/target/blobs/uploads/") => to(202, &uploads()),
            (_, path) if path.starts_with("/v2/acme/target/") => status(404),
            // Nothing is attached to it.
            (_, path) if path.contains("/manifests/sha256-") || path.contains("/referrers/") => status(404),
            (_, path) if path.ends_with(&a) => ok(config.clone(), "x/y"),
            (_, path) if path.ends_with(&b) => ok(layer.clone(), "x/z"),
            ("GET" | "HEAD", _) => ok(manifest.clone(), MANIFEST),
            _ => status(405),
        }
    })
    .unwrap()
}

async fn copied(host: &str) -> Result<(), promote_port::port::ProviderError> {
    let pairs = [
        ("PROMOTE_REGISTRY_HOST", host),
        ("PROMOTE_REGISTRY_USERNAME", "acme"),
        ("PROMOTE_REGISTRY_PASSWORD", PASSWORD),
    ];
    let registries = Registries::new(pairs.into_iter().collect());
    let from = registries.repository(&format!("{host}/acme/app"), None).unwrap();
    let target = registries.repository(&format!("{host}/acme/target"), None).unwrap();
    let seen = from.head(&key("sha")).await.unwrap().unwrap();
    let source = PinnedSource {
        location: Location { store: StoreId::Image(format!("{host}/acme/app")), key: key("sha") },
        token: seen.token.clone(),
        version: None,
        size: seen.size,
        sha256: seen.sha256.unwrap(),
        headers: seen.headers.clone(),
    };
    target.copy(&source, &key("prod"), &Metadata::new(), &when(Precondition::Absent)).await.map(drop)
}

#[tokio::test]
async fn an_upload_that_goes_on_elsewhere_goes_on_as_nobody() {
    let other = Arc::new(StandIn::start(|_| status(201)).unwrap());
    let place = format!("http://{}/upload?x=1", other.elsewhere());
    let registry = registry(move || place.clone());
    copied(&registry.host).await.unwrap();
    let heard = other.heard();
    assert!(heard.iter().any(|heard| heard.method == "PUT" && heard.body == b"layer"), "{heard:?}");
    untold(&other);
}

#[tokio::test]
async fn nothing_is_written_by_way_of_another_server() {
    let other = StandIn::quiet().unwrap();
    let place = format!("http://{}/elsewhere", other.elsewhere());
    let registry = StandIn::start(move |heard: &Heard| match heard.method.as_str() {
        "DELETE" => to(307, &place),
        _ => ok("{}", MANIFEST),
    })
    .unwrap();
    let bucket = bucket(&registry.host, &[], "");
    let token = bucket.head(&key("prod")).await.unwrap().unwrap().token;
    let error = bucket.delete(&key("prod"), &Precondition::Matches(token)).await.unwrap_err();
    assert!(said(&error).contains("sends us on to `localhost`"), "{}", said(&error));
    assert_eq!(other.heard().len(), 0);
}

#[tokio::test]
async fn the_next_page_of_a_list_is_asked_for_at_the_same_host() {
    let other = StandIn::quiet().unwrap();
    let link = format!("<http://{}/v2/acme/app/tags/list?last=a>; rel=\"next\"", other.elsewhere());
    let registry =
        StandIn::start(move |_| (200, vec![("link", link.clone())], br#"{"tags":["a"]}"#.to_vec())).unwrap();
    let names = bucket(&registry.host, &[], "").names("", 10).await.unwrap();
    assert_eq!(names.keys.len(), 1);
    assert_eq!(other.heard().len(), 0);
}

/// A registry that sends whoever asks to this place for a token.
fn asking(realm: String) -> StandIn {
    let challenge = format!("Bearer realm=\"{realm}\",service=\"x\"");
    StandIn::start(move |heard: &Heard| match heard.header("authorization") {
        Some("Bearer canary-token") => ok("{}", MANIFEST),
        _ => (401, vec![("www-authenticate", challenge.clone())], Vec::new()),
    })
    .unwrap()
}

#[tokio::test]
async fn a_password_is_shown_to_no_token_server_of_somebody_elses() {
    for realm in [
        "https://tokens.evil.example/auth",
        "https://auth.docker.io/token",
        "https://127.0.0.1.evil.example/auth",
    ] {
        let registry = asking(realm.to_owned());
        let error = bucket(&registry.host, &[], "other.example").head(&key("prod")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{realm}");
        let host = realm.split('/').nth(2).unwrap();
        let hint = format!("`export PROMOTE_TRUST_HOSTS='{host}'` allows it");
        assert!(error.hints.iter().any(|text| text.contains(&hint)), "{:?}", error.hints);
        assert!(said(&error).contains(host), "{}", said(&error));
    }
    // Allowed, it is asked; nobody is there.
    let registry = asking("https://tokens.invalid/auth".to_owned());
    let error = bucket(&registry.host, &[], "tokens.invalid").head(&key("prod")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{}", said(&error));
}

#[tokio::test]
async fn a_token_server_hands_nothing_on() {
    let other = StandIn::start(|_| ok(r#"{"token":"canary-token"}"#, "application/json")).unwrap();
    for code in [302, 307, 308] {
        let place = format!("http://{}/elsewhere", other.elsewhere());
        let tokens = StandIn::start(move |_| to(code, &place)).unwrap();
        let registry = asking(format!("http://{}/auth", tokens.host));
        let error = bucket(&registry.host, &[], "").head(&key("prod")).await.unwrap_err();
        assert!(tokens.heard().iter().all(|heard| heard.holds(PAIR)), "{}", said(&error));
    }
    assert_eq!(other.heard().len(), 0);
    // On the same server it is followed.
    let tokens = StandIn::start(|heard: &Heard| match heard.path.split('?').next() {
        Some("/auth/") => ok(r#"{"token":"canary-token"}"#, "application/json"),
        _ => to(301, "/auth/"),
    })
    .unwrap();
    let registry = asking(format!("http://{}/auth", tokens.host));
    bucket(&registry.host, &[], "").head(&key("prod")).await.unwrap();
}

#[tokio::test]
async fn quays_api_is_asked_at_its_own_host_only() {
    let other = StandIn::quiet().unwrap();
    let place = format!("http://{}/elsewhere", other.elsewhere());
    let quay = StandIn::start(move |_| to(307, &place)).unwrap();
    let more = [("PROMOTE_QUAY_HOST", quay.host.as_str()), ("QUAY_API_TOKEN", "canary-token")];
    assert!(bucket(&quay.host, &more, "").history("prod", 1).await.is_err());
    assert!(quay.heard().iter().any(|heard| heard.header("authorization") == Some("Bearer canary-token")));
    assert_eq!(other.heard().len(), 0);
}
