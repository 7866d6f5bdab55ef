//! Registries of container images as stores of the core, by the protocol that all of them speak: a repository is a
//! store, a tag is a key, a manifest is an object. What only quay.io can do (history, expiry, bringing back) is used
//! where a token for its API is at hand. Rules and plans are the core's.

mod api;
mod blobs;
mod body;
mod bucket;
mod call;
mod challenge;
mod confiding;
mod copying;
mod credentials;
mod cross_repo_copy;
mod elsewhere;
mod environment;
mod failure;
mod foreign;
mod host;
mod known;
mod manifest;
mod quay;
mod realm;
mod referrers;
mod repository;
mod session;
mod sign_in;
mod token;

pub use copying::keep_tag;
pub use environment::Environment;
pub use quay::TagRow;

use call::{Call, Payload};
use failure::Operation;
use promote_port::port::{ErrorKind, ProviderError};
use promote_port::trust::Allowed;
use quay::Quay;
use repository::Repository;
use session::{SILENCE, Session};
use sign_in::Scheme;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What all repositories of a process share: connections, tokens, and manifests that were read.
#[derive(Debug, Clone)]
pub struct Registries(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    session: Session,
    kept: api::Kept,
}

/// One repository of images.
#[derive(Debug)]
pub struct RegistryBucket {
    shared: Arc<Shared>,
    repository: Repository,
    /// The tags in order, while they are gone through page by page.
    tags: Mutex<Option<Arc<Vec<String>>>>,
}

impl Registries {
    /// Registries that are signed in to by what the environment says. Nothing is read or sent yet.
    pub fn new(environment: Environment) -> Self {
        Self::trusting(environment, Allowed::default())
    }

    /// The same; passwords may be shown to these hosts beside the registry's own and its vendor's.
    pub fn trusting(environment: Environment, allowed: Allowed) -> Self {
        Self::with_timeout(environment, allowed, SILENCE)
    }

    /// The same; a registry may be silent for so long, before an answer and in the middle of one.
    pub fn with_timeout(environment: Environment, allowed: Allowed, timeout: Duration) -> Self {
        let session = Session::new(environment, allowed, timeout);
        Self(Arc::new(Shared { session, kept: api::Kept::default() }))
    }

    /// The repository `HOST/PATH`. With `credentials`, a file such as Docker's or Podman's, nobody else is signed in.
    ///
    /// # Errors
    /// `Invalid` when it is not the name of a repository.
    pub fn repository(
        &self,
        name: &str,
        credentials: Option<PathBuf>,
    ) -> Result<RegistryBucket, ProviderError> {
        let repository = Repository::parse(name)?;
        if let Some(path) = credentials {
            self.0.session.name_file(&repository, path);
        }
        Ok(RegistryBucket { shared: Arc::clone(&self.0), repository, tags: Mutex::default() })
    }

    /// Says how the host of the repository `HOST/PATH` is signed in to, so that its first answer need not be waited
    /// for: `none`, `password`, or the address of its token server, `https://HOST/PATH?service=NAME`. Holds for all
    /// repositories of the host. What the host says itself has the last word.
    ///
    /// # Errors
    /// `Invalid` when it is not the name of a repository, `sign_in` is none of these, or another repository of the
    /// host was said to be signed in to otherwise.
    pub fn sign_in(&self, name: &str, sign_in: &str) -> Result<(), ProviderError> {
        let repository = Repository::parse(name)?;
        let scheme = Scheme::parse(&repository, sign_in)?;
        self.0.session.tell(&repository, scheme)
    }
}

impl Shared {
    /// Asks whether there is a registry, and hears its time.
    async fn ping(&self, repository: &Repository) -> Result<(), ProviderError> {
        let operation = Operation::reading(repository, "/v2/");
        let url = repository.url("/v2/")?;
        let (headers, within) = (Vec::new(), Some(Duration::from_secs(20)));
        let call = Call {
            operation,
            method: reqwest::Method::GET,
            url,
            headers,
            body: Payload::None,
            also: None,
            within,
        };
        self.session.send(call).await.map(|_| ())
    }
}

impl RegistryBucket {
    /// The newest rows of a tag's history by quay.io's API, newest first, at most 100.
    ///
    /// # Errors
    /// `Unsupported` without a token for the API, `Denied` when it is not taken.
    pub async fn history(&self, tag: &str, limit: usize) -> Result<Vec<TagRow>, ProviderError> {
        self.quay(tag)?.history(tag, false, limit).await
    }

    /// Points a tag at a digest (`sha256:…`) that quay.io still holds, also when no tag holds it any more.
    ///
    /// # Errors
    /// `NotFound` when it is gone for good; else as [`RegistryBucket::history`].
    pub async fn restore(&self, tag: &str, digest: &str) -> Result<(), ProviderError> {
        self.quay(tag)?.restore(tag, digest).await
    }

    fn quay(&self, tag: &str) -> Result<Quay<'_>, ProviderError> {
        Quay::of(&self.shared.session, &self.repository).ok_or_else(|| {
            ProviderError::new(ErrorKind::Unsupported, self, tag, "there is no token for Quay's API")
                .hint("set `QUAY_API_TOKEN`; for a Quay of your own, its host in `PROMOTE_QUAY_HOST` as well")
        })
    }
}

impl fmt::Display for RegistryBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.repository.fmt(f)
    }
}
