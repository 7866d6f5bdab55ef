//! The clients, with little patience, and what is asked of them.

use crate::server::Front;
use promote_codepipeline::{CodePipelines, Settings};
use promote_core::config::{Forge, ForgeKind, Mirroring, StoreSettings};
use promote_core::location::Key;
use promote_core::port::pipeline::Taken;
use promote_core::port::{
    Body, Bucket, Condition, DeploymentState, ErrorKind, Headers, Made, Metadata, News, Pipelines as _,
    Precondition, ProviderError, VersionId,
};
use promote_core::trust::Allowed;
use promote_gcs::GcsBucket;
use promote_providers::identity::{self, Identity, IdentityToken};
use promote_providers::{Trust, Variables, forge};
use promote_quay::{Environment, Registries, RegistryBucket};
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
    /// What gives a registry's tokens, on another host than the registry.
    TokenServer,
    QuayApi,
    CodePipeline,
    Forge,
    /// The runner that gives the token for who acts, and the issuer whose keys signed it.
    Identity,
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
        _ => {
            // A registry is looked at before a write with a condition, and it is the write that is meant.
            let when = if request == "put" { Precondition::Any } else { Precondition::Absent };
            let condition = Condition::on(when);
            bucket.write(&tag, body, &Headers::default(), &Metadata::new(), &condition).await.map(drop)
        }
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
            Self::Registry => &[("get", Deed::Reads), ("list", Deed::Reads), ("put", Deed::Changes)],
            // That no token came says that nothing was changed, whatever it was for.
            Self::TokenServer => &[("get", Deed::Reads), ("put", Deed::Reads)],
            Self::QuayApi => &[("history", Deed::Reads), ("restore", Deed::Changes)],
            Self::CodePipeline => &[
                ("describe", Deed::Reads),
                ("recent", Deed::Reads),
                ("stages", Deed::Reads),
                ("start", Deed::Changes),
            ],
            Self::Forge => &[
                ("github find", Deed::Reads),
                ("gitlab find", Deed::Reads),
                ("github begin", Deed::Changes),
                // It asks for the commit's branches first, so that nothing is sent that changes anything.
                ("gitlab begin", Deed::Reads),
                ("github tell", Deed::Changes),
                ("gitlab tell", Deed::Changes),
            ],
            Self::Identity => &[("token", Deed::Reads), ("description", Deed::Reads), ("keys", Deed::Reads)],
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
            Self::Registry => of_bucket(&repository(host, &[])?, request).await,
            Self::TokenServer => {
                let front = Front::start(|_| {
                    let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"x\"");
                    format!(
                        "HTTP/1.1 401 x\r\nwww-authenticate: {challenge}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                    )
                });
                of_bucket(&repository(&front.host, &[])?, request).await
            }
            Self::QuayApi => {
                let pairs = [("PROMOTE_QUAY_HOST", host), ("PROMOTE_QUAY_TOKEN", PASSWORD)];
                let bucket = repository(host, &pairs)?;
                match request {
                    "history" => bucket.history("prod", 10).await.map(drop),
                    _ => bucket.restore("prod", &format!("sha256:{}", "0".repeat(64))).await,
                }
            }
            Self::CodePipeline => {
                let keys = promote_codepipeline::SignIn::Keys {
                    id: "AKIDTEST".to_owned(),
                    secret: "of-no-value".to_owned(),
                    token: Some(PASSWORD.to_owned()),
                };
                let settings = Settings { region, profile: None, endpoint };
                let pipelines = CodePipelines::with(settings, keys).with_timeout(PATIENCE * 3);
                let taken = Taken { action: "Zip".to_owned(), version: VersionId("v".to_owned()), key: None };
                match request {
                    "describe" => pipelines.describe("p").await.map(drop),
                    "recent" => pipelines.recent("p", None).await.map(drop),
                    "stages" => pipelines.stages("p").await.map(drop),
                    _ => pipelines.start("p", &[taken], "token").await.map(drop),
                }
            }
            Self::Forge => {
                let github = request.starts_with("github");
                let kind = if github { ForgeKind::Github } else { ForgeKind::Gitlab };
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
                let forge = forge::open(&access).await?;
                let made = Made { id: "7".to_owned(), url: "x".to_owned(), page: None };
                match request.rsplit(' ').next() {
                    Some("find") => forge.find(&wanted(true)).await.map(drop),
                    Some("begin") => forge.begin(&wanted(false)).await.map(drop),
                    _ => forge.tell(&made, &news()).await,
                }
            }
            Self::Identity => identified(host, request).await,
        }
    }
}

/// A repository at this host, with a password for it and what else is known.
fn repository(host: &str, more: &[(&str, &str)]) -> Result<RegistryBucket, ProviderError> {
    let pairs = [
        ("PROMOTE_REGISTRY_HOST", host),
        ("PROMOTE_REGISTRY_USERNAME", "acme"),
        ("PROMOTE_REGISTRY_PASSWORD", PASSWORD),
    ];
    let environment: Environment = pairs.iter().chain(more).copied().collect();
    let registries = Registries::with_timeout(environment, Allowed::default(), PATIENCE);
    registries.repository(&format!("{host}/acme/app"), None)
}

/// Who acts, where the server gives the token, describes the issuer, or has its keys.
async fn identified(host: &str, request: &str) -> Result<(), ProviderError> {
    let front = Front::start(|own| {
        let body = format!("{{\"issuer\":\"http://{own}\",\"jwks_uri\":\"http://{host}/keys\"}}");
        let head = format!("connection: close\r\ncontent-length: {}", body.len());
        format!("HTTP/1.1 200 x\r\n{head}\r\n\r\n{body}")
    });
    let issuer = format!("http://{}", if request == "keys" { &front.host } else { host });
    let (place, token) = (format!("http://{host}/token?of=job"), token(&issuer));
    let variables: Variables = match request {
        "token" => vec![
            ("ACTIONS_ID_TOKEN_REQUEST_URL", place.as_str()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", PASSWORD),
        ],
        _ => vec![("PROMOTE_ID_TOKEN", token.as_str()), ("PROMOTE_ID_ISSUER", issuer.as_str())],
    }
    .into_iter()
    .collect();
    let doubt = match identity::look(&variables, chrono::Utc::now()).await {
        IdentityToken::Some(Identity { signature: Ok(_), .. }) => return Ok(()),
        IdentityToken::Some(Identity { signature: Err(why), .. }) | IdentityToken::Bad(why) => why,
        IdentityToken::None => "no token was looked for".to_owned(),
    };
    Err(ProviderError::new(ErrorKind::Unavailable, "identity", request, doubt))
}

/// A token of this issuer, whose signature would have to be checked.
fn token(issuer: &str) -> String {
    let now = chrono::Utc::now().timestamp();
    let claims = serde_json::json!({
        "iss": issuer, "aud": "promote", "sub": "me", "iat": now, "exp": now + 600, "jti": PASSWORD,
    });
    let key = jsonwebtoken::EncodingKey::from_secret(b"of-no-value");
    let own = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
    let (_, rest) = own.split_once('.').unwrap();
    // `{"alg":"RS256","kid":"k","typ":"JWT"}`
    format!("eyJhbGciOiJSUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJKV1QifQ.{rest}")
}

fn news() -> News {
    News { state: DeploymentState::Succeeded, description: "x".to_owned(), log: None, url: None }
}

fn wanted(again: bool) -> promote_core::port::Deployment {
    promote_core::port::Deployment {
        promotion: promote_core::ledger::PromotionId("01KE6P4YM0333333".to_owned()),
        earlier: Vec::new(),
        again,
        environment: "prod".parse().unwrap(),
        commit: "0123456789abcdef0123456789abcdef01234567".parse().unwrap(),
        tier: promote_core::config::Tier::Production,
        branch: None,
        description: "x".to_owned(),
    }
}
