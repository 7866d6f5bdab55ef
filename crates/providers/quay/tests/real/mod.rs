//! Images on registries, put there and looked at by skopeo, so that our own code never vouches for itself.

#![allow(dead_code, reason = "each test binary needs a part of it")]

pub(crate) mod door;

use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::{
    BucketReader as _, Condition, CopyGuard, Headers, PinnedSource, Precondition, Token,
};
use promote_quay::{Environment, Registries, RegistryBucket};
use promote_stand_ins::quay_fake::QuayFake;
use promote_stand_ins::server::{Server, tool};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A registry to test with: its host, and who signs in.
pub(crate) struct Registry {
    pub(crate) host: String,
    pub(crate) user: String,
    pub(crate) password: String,
    server: Option<Server>,
}

/// A name that nobody else uses.
pub(crate) fn fresh() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("t{now:x}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Registry {
    pub(crate) fn start(name: &str) -> Self {
        Self::on(Server::start(name).unwrap())
    }

    pub(crate) fn alone(name: &str) -> Self {
        Self::on(Server::start_alone(name).unwrap())
    }

    fn on(server: Server) -> Self {
        Self {
            host: server.endpoint.strip_prefix("http://").unwrap().to_owned(),
            user: server.access_key.clone(),
            password: server.secret_key.clone(),
            server: Some(server),
        }
    }

    pub(crate) fn of(quay: &QuayFake) -> Self {
        let (user, password) = ("acme+robot".to_owned(), "robot-secret".to_owned());
        Self { host: quay.host.clone(), user, password, server: None }
    }

    /// The same, signed in to by somebody else.
    pub(crate) fn by(&self, user: &str, password: &str) -> Self {
        let (user, password) = (user.to_owned(), password.to_owned());
        Self { host: self.host.clone(), user, password, server: None }
    }

    /// The same by another address.
    pub(crate) fn behind(&self, host: &str) -> Self {
        Self { host: host.to_owned(), ..self.by(&self.user, &self.password) }
    }

    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        [
            ("PROMOTE_REGISTRY_HOST", self.host.clone()),
            ("PROMOTE_REGISTRY_USERNAME", self.user.clone()),
            ("PROMOTE_REGISTRY_PASSWORD", self.password.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    pub(crate) fn registries(&self) -> Registries {
        Registries::new(self.environment().into_iter().collect())
    }

    pub(crate) fn bucket(&self, path: &str) -> RegistryBucket {
        self.registries().repository(&format!("{}/{path}", self.host), None).unwrap()
    }

    pub(crate) fn creds(&self) -> String {
        format!("{}:{}", self.user, self.password)
    }

    /// What a tag holds, byte for byte, as skopeo reads it.
    pub(crate) fn raw(&self, reference: &str) -> Vec<u8> {
        let image = format!("docker://{}/{reference}", self.host);
        skopeo(&["inspect", "--raw", "--tls-verify=false", "--creds", &self.creds(), &image])
    }

    /// Pushes what lies in a folder under `name`, whole indexes whole.
    pub(crate) fn push(&self, folder: &Path, name: &str, reference: &str) {
        let (from, to) =
            (format!("oci:{}:{name}", folder.display()), format!("docker://{}/{reference}", self.host));
        skopeo(&[
            "copy",
            "--all",
            "--preserve-digests",
            "--quiet",
            "--dest-tls-verify=false",
            "--dest-creds",
            &self.creds(),
            &from,
            &to,
        ]);
    }

    /// The registry's requests about a repository so far: `METHOD path`.
    pub(crate) fn log(&self, repository: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.server.as_ref().unwrap().data.join("log")).unwrap();
        let begin = format!(" /v2/{repository}/");
        let requests =
            text.lines().filter_map(|line| line.split('"').nth(1)).filter(|line| line.contains(&begin));
        requests.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
    }
}

/// Runs skopeo, which must succeed.
pub(crate) fn skopeo(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(tool("skopeo").unwrap())
        .arg("--insecure-policy")
        .args(arguments)
        .env_remove("REGISTRY_AUTH_FILE")
        .output()
        .unwrap();
    assert!(output.status.success(), "skopeo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn blob(folder: &Path, bytes: &[u8], media_type: &str) -> Value {
    let digest = Digest::of(bytes);
    let blobs = folder.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    std::fs::write(blobs.join(digest.hex()), bytes).unwrap();
    json!({ "mediaType": media_type, "digest": format!("sha256:{}", digest.hex()), "size": bytes.len() })
}

/// Lays out an image of one or more architectures in a folder, under `name`. Layers are of `salt`, so that other salts
/// are other images. Returns the digest.
pub(crate) fn lay_out(
    folder: &Path,
    name: &str,
    salt: &str,
    architectures: &[&str],
    labels: &Value,
) -> Digest {
    let mut manifests = Vec::new();
    for architecture in architectures {
        let layers: Vec<Value> = (0..3)
            .map(|n| {
                let bytes = format!("{salt} {architecture} layer {n} ").repeat(200);
                blob(folder, bytes.as_bytes(), "application/vnd.oci.image.layer.v1.tar")
            })
            .collect();
        let diffs: Vec<_> = layers.iter().map(|layer| layer["digest"].clone()).collect();
        let settings = json!({
            "architecture": architecture, "os": "linux", "config": { "Labels": labels },
            "rootfs": { "type": "layers", "diff_ids": diffs },
        });
        let settings =
            blob(folder, settings.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json");
        // Two blanks, so that whoever writes the manifest anew is found out.
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": settings, "layers": layers,
        });
        let text = manifest.to_string().replacen(':', ":  ", 1);
        let mut entry = blob(folder, text.as_bytes(), "application/vnd.oci.image.manifest.v1+json");
        entry["platform"] = json!({ "architecture": architecture, "os": "linux" });
        manifests.push(entry);
    }
    let mut top = if let [only] = manifests.as_slice() {
        only.clone()
    } else {
        let index = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests,
        });
        let text = index.to_string().replacen(':', ":  ", 1);
        blob(folder, text.as_bytes(), "application/vnd.oci.image.index.v1+json")
    };
    let digest = top["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned();
    top["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
    let listing = json!({ "schemaVersion": 2, "manifests": [top] });
    std::fs::write(folder.join("index.json"), listing.to_string()).unwrap();
    std::fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    Digest::from_hex(&digest).unwrap()
}

/// Pushes a fresh image and returns its digest.
pub(crate) fn image(registry: &Registry, reference: &str, salt: &str, architectures: &[&str]) -> Digest {
    let folder = tempfile::tempdir().unwrap();
    let digest = lay_out(folder.path(), "x", salt, architectures, &json!({}));
    registry.push(folder.path(), "x", reference);
    digest
}

pub(crate) fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// What is pinned when everything is known from the release's manifest.
pub(crate) fn pinned(bucket: &RegistryBucket, tag: &str, digest: Digest, size: u64) -> PinnedSource {
    PinnedSource {
        location: Location { store: StoreId::Image(bucket.to_string()), key: key(tag) },
        token: token(digest),
        version: None,
        sha256: digest,
        size,
        headers: Headers::default(),
    }
}

pub(crate) fn token(digest: Digest) -> Token {
    Token(format!("sha256:{}", digest.hex()))
}

/// Looks at a tag and pins it, as observing does.
pub(crate) async fn seen(bucket: &RegistryBucket, tag: &str) -> PinnedSource {
    let object = bucket.head(&key(tag)).await.unwrap().unwrap();
    PinnedSource { headers: object.headers, ..pinned(bucket, tag, object.sha256.unwrap(), object.size) }
}

pub(crate) fn when(when: Precondition) -> Condition {
    Condition { when, way: CopyGuard::Observed, fence: None }
}

pub(crate) fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().copied().collect()
}
