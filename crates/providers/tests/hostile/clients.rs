//! The clients, with little patience, and what is asked of them.

use promote_codepipeline::{CodePipelines, Settings};
use promote_core::config::{Forge, ForgeKind, Mirroring, StoreSettings};
use promote_core::location::Key;
use promote_core::port::pipeline::Taken;
use promote_core::port::{
    Body, Bucket, Condition, Headers, Metadata, Pipelines as _, ProviderError, VersionId,
};
use promote_core::trust::Allowed;
use promote_gcs::GcsBucket;
use promote_providers::{Trust, Variables, forge};
use promote_quay::{Environment, Registries};
use promote_s3::S3Bucket;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Stands in every credential.
pub(crate) const PASSWORD: &str = "canary-password";
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether a request changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Reads,
    Changes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    S3,
    Gcs,
    Registry,
    CodePipeline,
    Forge,
}

/// Another host, and whether a secret came there.
pub(crate) fn witness() -> (String, impl Fn() -> bool) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string().replace("127.0.0.1", "localhost");
    let came = Arc::<AtomicBool>::default();
    let seen = Arc::clone(&came);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            stream.set_read_timeout(Some(Duration::from_millis(200))).ok();
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).ok();
            let text = String::from_utf8_lossy(&heard).to_ascii_lowercase();
            let signed = ["canary", "authorization:", "private-token:", "x-amz-"];
            if signed.iter().any(|secret| text.contains(secret)) {
                seen.store(true, Ordering::SeqCst);
            }
            stream.write_all(b"HTTP/1.1 403 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok();
        }
    });
    (host, move || came.load(Ordering::SeqCst))
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

async fn of_bucket(bucket: &dyn Bucket, request: &str) -> Result<(), ProviderError> {
    let (tag, body) = (key("a-tag"), Body::Bytes("content".into()));
    match request {
        "head" => bucket.head(&tag).await.map(drop),
        "get" => bucket.get(&tag, 1 << 20).await.map(drop),
        "list" => bucket.list("", None, 10).await.map(drop),
        _ => bucket
            .write(&tag, body, &Headers::default(), &Metadata::new(), &Condition::absent())
            .await
            .map(drop),
    }
}

impl Client {
    /// What is asked of it.
    pub(crate) fn requests(self) -> &'static [(&'static str, Deed)] {
        match self {
            Self::S3 => &[("get", Deed::Reads), ("list", Deed::Reads), ("write", Deed::Changes)],
            Self::Gcs => &[
                ("head", Deed::Reads),
                ("get", Deed::Reads),
                ("list", Deed::Reads),
                ("write", Deed::Changes),
            ],
            Self::Registry => &[("get", Deed::Reads), ("list", Deed::Reads)],
            Self::CodePipeline => &[
                ("describe", Deed::Reads),
                ("recent", Deed::Reads),
                ("stages", Deed::Reads),
                ("start", Deed::Changes),
            ],
            Self::Forge => &[("github", Deed::Reads), ("gitlab", Deed::Reads)],
        }
    }

    /// Asks a server at this host.
    pub(crate) async fn ask(self, host: &str, request: &str) -> Result<(), ProviderError> {
        let endpoint = Some(format!("http://{host}"));
        let region = Some("us-east-1".to_owned());
        let settings =
            StoreSettings { endpoint: endpoint.clone(), region: region.clone(), ..StoreSettings::default() };
        match self {
            Self::S3 => {
                let keys = promote_s3::SignIn::Keys {
                    id: "AKIDTEST".to_owned(),
                    secret: "of-no-value".to_owned(),
                    token: Some(PASSWORD.to_owned()),
                };
                let limits = promote_s3::Limits { answer: PATIENCE, ..promote_s3::Limits::default() };
                let bucket = S3Bucket::sign_in("acme", &settings, keys).with_limits(limits);
                of_bucket(&bucket, request).await
            }
            Self::Gcs => {
                let limits = promote_gcs::Limits { answer: PATIENCE, ..promote_gcs::Limits::default() };
                let bucket = GcsBucket::sign_in("acme", &settings, promote_gcs::SignIn::Anonymous);
                of_bucket(&bucket.with_limits(limits), request).await
            }
            Self::Registry => {
                let pairs = [
                    ("PROMOTE_REGISTRY_HOST", host),
                    ("PROMOTE_REGISTRY_USERNAME", "acme"),
                    ("PROMOTE_REGISTRY_PASSWORD", PASSWORD),
                ];
                let environment: Environment = pairs.into_iter().collect();
                let registries = Registries::patient(environment, Allowed::default(), PATIENCE);
                of_bucket(&registries.repository(&format!("{host}/acme/app"), None)?, request).await
            }
            Self::CodePipeline => {
                let keys = promote_codepipeline::SignIn::Keys {
                    id: "AKIDTEST".to_owned(),
                    secret: "of-no-value".to_owned(),
                    token: Some(PASSWORD.to_owned()),
                };
                let settings = Settings { region, profile: None, endpoint };
                let pipelines = CodePipelines::with(settings, keys).patient(PATIENCE * 3);
                let taken = Taken { action: "Zip".to_owned(), version: VersionId("v".to_owned()), key: None };
                match request {
                    "describe" => pipelines.describe("p").await.map(drop),
                    "recent" => pipelines.recent("p", None).await.map(drop),
                    "stages" => pipelines.stages("p").await.map(drop),
                    _ => pipelines.start("p", &[taken], "token").await.map(drop),
                }
            }
            Self::Forge => {
                let kind = if request == "github" { ForgeKind::Github } else { ForgeKind::Gitlab };
                let variables: Variables = [(forge::TOKEN, PASSWORD)].into_iter().collect();
                let access = forge::Access {
                    forge: Forge {
                        kind,
                        repository: Some("acme/app".to_owned()),
                        api: endpoint,
                        deployments: Mirroring::Always,
                    },
                    trust: Trust::of(&variables).unwrap(),
                    variables,
                    remote: None,
                    person: false,
                };
                forge::open(&access).await?.find(&wanted()).await.map(drop)
            }
        }
    }
}

fn wanted() -> promote_core::port::Deployment {
    promote_core::port::Deployment {
        promotion: promote_core::ledger::PromotionId("01KE6P4YM0333333".to_owned()),
        earlier: Vec::new(),
        again: true,
        environment: "prod".parse().unwrap(),
        commit: "0123456789abcdef0123456789abcdef01234567".parse().unwrap(),
        tier: promote_core::config::Tier::Production,
        branch: None,
        description: "x".to_owned(),
    }
}
