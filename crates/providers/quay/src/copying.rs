//! Moving a tag: the exact bytes of a manifest under another name. In the same repository nothing else travels.

use crate::RegistryBucket;
use crate::api;
use crate::blobs::Way;
use crate::cross_repo_copy;
use crate::failure::{Operation, Side};
use crate::manifest::{Manifest, digest_of, written};
use crate::quay::Quay;
use crate::referrers;
use crate::repository::Repository;
use promote_port::digest::Digest;
use promote_port::location::{Key, StoreId};
use promote_port::port::{Condition, ErrorKind, Object, PinnedSource, Precondition, ProviderError};

/// What the target holds just before it is written.
enum Before {
    /// Nobody looked.
    Unknown,
    /// Nothing.
    Nothing,
    /// This.
    Held(Digest),
}

/// The tag that keeps what a moving tag pointed to before, so that no registry throws it away: `keep-TAG-` and the first
/// 12 digits of its digest. A tag that is too long for that is cut.
pub fn keep_tag(tag: &str, digest: &Digest) -> String {
    let hex = digest.hex();
    let tag: String = tag.chars().take(110).collect();
    format!("keep-{tag}-{}", hex.get(..12).unwrap_or(&hex))
}

impl RegistryBucket {
    /// See [`promote_port::port::Bucket::copy`].
    pub(crate) async fn promote(
        &self,
        from: &PinnedSource,
        to: &Key,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let tag = self.tag(to)?;
        let digest = self.pinned(from)?;
        let source = self.source(from)?;
        let near = source == self.repository;
        let side = if near { Side::Only } else { Side::Target };
        let writing = Operation::writing(&self.repository, tag).at(side);
        let way = Way { session: &self.shared.session, from: &source, to: &self.repository };
        // Both are looked at, at once; neither changes anything.
        let (manifest, before) = tokio::join!(
            cross_repo_copy::manifest(&way, &self.shared.kept, &digest),
            self.before(&writing, tag, &condition.when),
        );
        let before = before?;
        self.check(&writing, &before, &condition.when)?;
        let manifest = match manifest {
            Err(error) if near && error.kind == ErrorKind::NotFound => {
                return self.bring_back(tag, &digest, from.size, error).await;
            }
            end => end?,
        };
        let keeping = async {
            match (&condition.when, &before) {
                (Precondition::Matches(_), Before::Held(old)) if *old != digest => self.keep(tag, old).await,
                _ => Ok(()),
            }
        };
        let travelling = async {
            if near {
                return Ok(());
            }
            let kept = &self.shared.kept;
            let found = cross_repo_copy::survey(&way, kept, &manifest).await?;
            // What is attached may come before what it is attached to.
            tokio::try_join!(
                cross_repo_copy::deliver(&way, kept, &found, &digest),
                referrers::take_along(&way, kept, &found.all),
            )
            .map(|_| ())
        };
        tokio::try_join!(keeping, travelling)?;
        api::put(&self.shared.session, &self.shared.kept, writing, tag, &manifest).await?;
        self.forget_tags();
        let old = match before {
            Before::Unknown => return self.object(to, &manifest),
            Before::Nothing => None,
            Before::Held(old) => Some(old),
        };
        if let Some(quay) = Quay::of(&self.shared.session, &self.repository) {
            quay.check_move(tag, &digest, old.as_ref()).await?;
        }
        self.object(to, &manifest)
    }

    /// The digest that is to be moved. Token and digest of a pinned image are the same thing.
    fn pinned(&self, from: &PinnedSource) -> Result<Digest, ProviderError> {
        if from.token.0 == written(&from.sha256) {
            return Ok(from.sha256);
        }
        let what = format!("the source `{}` is not the one that was checked", from.location);
        Err(ProviderError::new(ErrorKind::Conflict, self, &from.location.key, what))
    }

    fn source(&self, from: &PinnedSource) -> Result<Repository, ProviderError> {
        match &from.location.store {
            StoreId::Image(name) => Repository::parse(name),
            store => {
                let what = format!("an image can't be made of what is in `{store}`");
                Err(ProviderError::new(ErrorKind::Unsupported, self, &from.location.key, what))
            }
        }
    }

    /// What is under the tag now, where the condition asks for it.
    async fn before(
        &self,
        operation: &Operation<'_>,
        tag: &str,
        when: &Precondition,
    ) -> Result<Before, ProviderError> {
        if *when == Precondition::Any {
            return Ok(Before::Unknown);
        }
        let operation = Operation { right: "pull", ..operation.of_reading() };
        let found = api::look(&self.shared.session, &self.shared.kept, operation, tag).await?;
        Ok(found.map_or(Before::Nothing, Before::Held))
    }

    fn check(
        &self,
        operation: &Operation<'_>,
        before: &Before,
        when: &Precondition,
    ) -> Result<(), ProviderError> {
        let conflict = |what: String| Err(operation.error(ErrorKind::Conflict, what));
        match (when, before) {
            (Precondition::Absent, Before::Held(found)) => {
                conflict(format!("the tag exists already: it is `{}`", written(found)))
            }
            (Precondition::Matches(_), Before::Nothing) => conflict("the tag is gone".to_owned()),
            (Precondition::Matches(token), Before::Held(found)) if digest_of(&token.0) != Some(*found) => {
                conflict(format!("somebody moved the tag: it is `{}`", written(found)))
            }
            _ => Ok(()),
        }
    }

    /// Looks and checks, for a write or a deletion.
    pub(crate) async fn admit(
        &self,
        operation: &Operation<'_>,
        tag: &str,
        when: &Precondition,
    ) -> Result<(), ProviderError> {
        let before = self.before(operation, tag, when).await?;
        self.check(operation, &before, when)
    }

    /// Gives what a moving tag points to a tag of its own.
    async fn keep(&self, tag: &str, old: &Digest) -> Result<(), ProviderError> {
        let name = keep_tag(tag, old);
        let (session, kept) = (&self.shared.session, &self.shared.kept);
        let operation = Operation { effect: false, ..Operation::writing(&self.repository, &name) };
        let way = Way { session, from: &self.repository, to: &self.repository };
        let (there, manifest) = tokio::try_join!(
            api::look(session, kept, operation.clone(), &name),
            cross_repo_copy::manifest(&way, kept, old),
        )?;
        match there {
            Some(found) if found == *old => Ok(()),
            Some(found) => Err(operation.wrong(format!(
                "this tag would keep what `{tag}` points to now, but it is something else: `{}`",
                written(&found)
            ))),
            None => api::put(session, kept, operation, &name, &manifest).await.map(|_| ()),
        }
    }

    /// The digest is no longer there under any tag: Quay can bring it back for some time.
    async fn bring_back(
        &self,
        tag: &str,
        digest: &Digest,
        size: u64,
        gone: ProviderError,
    ) -> Result<Object, ProviderError> {
        let Some(quay) = Quay::of(&self.shared.session, &self.repository) else {
            // What was pinned is not there any more: somebody else changed the source.
            let mut gone = gone;
            gone.kind = ErrorKind::Conflict;
            return Err(gone.hint("on quay.io, a token for its API (`QUAY_API_TOKEN`) lets promote bring back what was deleted lately"));
        };
        quay.restore(tag, &written(digest)).await?;
        self.forget_tags();
        let operation = Operation::writing(&self.repository, tag);
        let found = api::get(&self.shared.session, &self.shared.kept, operation.of_reading(), tag).await?;
        match found {
            Some(manifest) if manifest.digest == *digest && manifest.bytes.len() as u64 == size => {
                self.object(&tag.parse().map_err(|_| operation.wrong("it is not a tag"))?, &manifest)
            }
            _ => Err(operation.error(
                ErrorKind::Unknown,
                "Quay says that the tag was restored, and it holds something else",
            )),
        }
    }

    /// The object that a manifest under a tag is.
    pub(crate) fn object(&self, key: &Key, manifest: &Manifest) -> Result<Object, ProviderError> {
        Ok(self.described(key, manifest))
    }
}
