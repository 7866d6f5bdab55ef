//! A repository at a real registry, and images of two architectures that skopeo pushes and reads back, so that our own
//! code never vouches for itself.

use crate::server::{Server, tool};
use base64::Engine as _;
use promote_port::digest::Digest;
use serde_json::{Value, json};
use std::io::{Error, Result};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A gzip of nothing: a layer that every reader takes.
const LAYER: [u8; 20] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A repository of its own on a registry.
#[derive(Debug)]
pub struct Images {
    /// The repository, such as `127.0.0.1:5000/acme/app-12-0`.
    pub repository: String,
    /// Who may do everything there.
    pub user: String,
    /// The password of that account.
    pub password: String,
    /// The server, where it is one of `tests/servers`.
    _registry: Option<Server>,
}

impl Images {
    /// A repository that nobody else has, on the registry `docker-registry`.
    ///
    /// # Errors
    /// When there is no registry.
    pub fn fresh() -> Result<Self> {
        let registry = Server::start("docker-registry").map_err(Error::other)?;
        let host = registry.endpoint.trim_start_matches("http://");
        let (user, password) = (&registry.access_key, &registry.secret_key);
        let images = Self::at(host, user, password);
        Ok(Self { _registry: Some(registry), ..images })
    }

    /// A repository that nobody else has, on a registry that runs already.
    pub fn at(host: &str, user: &str, password: &str) -> Self {
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let repository = format!("{host}/acme/app-{}-{number}", std::process::id());
        Self { repository, user: user.to_owned(), password: password.to_owned(), _registry: None }
    }

    /// The registry's host and port.
    pub fn host(&self) -> &str {
        self.repository.split('/').next().unwrap_or_default()
    }

    /// What `docker login` with this password leaves behind.
    pub fn credentials(&self, password: &str) -> Value {
        let pair = format!("{}:{password}", self.user);
        let auth = base64::engine::general_purpose::STANDARD.encode(pair);
        json!({ "auths": { self.host(): { "auth": auth } } })
    }

    /// The exact bytes that a reference such as `HOST/PATH:TAG` names.
    ///
    /// # Errors
    /// When it names nothing.
    pub fn raw(&self, reference: &str) -> Result<Vec<u8>> {
        let reference = format!("docker://{reference}");
        skopeo(&["inspect", "--raw", "--tls-verify=false", "--creds", &self.pair(), &reference])
    }

    /// Every tag of the repository.
    ///
    /// # Errors
    /// When the registry does not list them.
    pub fn tags(&self) -> Result<Vec<String>> {
        let repository = format!("docker://{}", self.repository);
        let said = skopeo(&["list-tags", "--tls-verify=false", "--creds", &self.pair(), &repository])?;
        let said: Value = serde_json::from_slice(&said)?;
        let tags = said.get("Tags").and_then(Value::as_array).into_iter().flatten();
        Ok(tags.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Pushes an image of two architectures that is labelled with `label`; gives the bytes of its index.
    ///
    /// # Errors
    /// When it can't be pushed.
    pub fn push(&self, label: &str, tag: &str) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir()?;
        let index = layout(folder.path(), label)?;
        let from = format!("oci:{}:app", folder.path().display());
        self.copy(&from, tag, &[])?;
        Ok(index)
    }

    /// Tags by hand what another tag names, as scripts do with `skopeo copy`.
    ///
    /// # Errors
    /// When there is no such tag.
    pub fn retag(&self, from: &str, to: &str) -> Result<()> {
        let from = format!("docker://{}:{from}", self.repository);
        self.copy(&from, to, &["--src-tls-verify=false", "--src-creds", &self.pair()])
    }

    fn copy(&self, from: &str, tag: &str, more: &[&str]) -> Result<()> {
        let (to, pair) = (format!("docker://{}:{tag}", self.repository), self.pair());
        let always =
            ["copy", "-q", "--all", "--preserve-digests", "--dest-tls-verify=false", "--dest-creds", &pair];
        skopeo(&[&always[..], more, &[from, &to]].concat()).map(drop)
    }

    fn pair(&self) -> String {
        format!("{}:{}", self.user, self.password)
    }
}

fn skopeo(arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(tool("skopeo").map_err(Error::other)?).args(arguments).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Error::other(format!("skopeo {arguments:?}: {said}")));
    }
    Ok(output.stdout)
}

/// Writes an image layout with one index of two architectures; gives the index's bytes.
///
/// # Errors
/// When a file can't be written.
pub fn layout(folder: &Path, label: &str) -> Result<Vec<u8>> {
    let blobs = folder.join("blobs/sha256");
    std::fs::create_dir_all(&blobs)?;
    let put = |bytes: &[u8], kind: &str| -> Result<Value> {
        let digest = Digest::of(bytes);
        std::fs::write(blobs.join(digest.hex()), bytes)?;
        Ok(json!({ "digest": digest.to_string(), "size": bytes.len(), "mediaType": kind }))
    };
    let layer = put(&LAYER, "application/vnd.oci.image.layer.v1.tar+gzip")?;
    let mut platforms = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let config = json!({
            "architecture": architecture, "os": "linux", "config": { "Labels": { "commit": label } },
            "rootfs": { "type": "layers", "diff_ids": [Digest::of(b"").to_string()] },
        });
        let config = put(config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json")?;
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] });
        let mut manifest = put(manifest.to_string().as_bytes(), MANIFEST)?;
        manifest["platform"] = json!({ "architecture": architecture, "os": "linux" });
        platforms.push(manifest);
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": platforms }).to_string();
    let mut inner = put(index.as_bytes(), INDEX)?;
    inner["annotations"] = json!({ "org.opencontainers.image.ref.name": "app" });
    let outer = json!({ "schemaVersion": 2, "manifests": [inner] });
    std::fs::write(folder.join("index.json"), outer.to_string())?;
    std::fs::write(folder.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}")?;
    Ok(index.into_bytes())
}
