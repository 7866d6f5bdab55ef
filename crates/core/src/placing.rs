//! One object of a release is put in place, create-only, and what became of that is settled: what lies there already is
//! right when it has the same bytes, by the store's word where it gives one, else by reading it.

use crate::commit::CommitId;
use crate::content;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::identity::judge;
use crate::ledger::{BuiltArtifact, Identity, Stored};
use crate::port::{Body, Bucket, Condition, ErrorKind, Headers, Metadata, Object};
use crate::ports::Ports;
use crate::retry::Attempts;
use crate::watched::watched;
use std::fmt::Display;

/// One object of a release that is being published.
pub(crate) struct Placing<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) commit: &'a CommitId,
    /// As it is to be; `seen` is what was said of it when it was published before.
    pub(crate) built: &'a BuiltArtifact,
}

impl Placing<'_> {
    /// Puts it there, and tells what the store says of it now.
    ///
    /// # Errors
    /// `Conflict` when other bytes lie there, or what the store answered.
    pub(crate) async fn put(&self, body: &Body) -> Result<Stored, Failure> {
        let built = self.built;
        let body = &watched(body.clone(), &built.location);
        let bucket = &**self.ports.store(&built.location.store)?;
        let key = &built.location.key;
        let zip = key.as_str().ends_with(".zip");
        let kind = if zip { "application/zip" } else { "application/octet-stream" };
        let headers = Headers { content_type: Some(kind.to_owned()), ..Headers::default() };
        let metadata: Metadata =
            [("promote-commit", self.commit.to_string()), ("promote-sha256", built.sha256.hex())]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
        let doing = format!("writing `{}`", built.location);
        let looking = |error| Failure::of_place(&format!("looking at `{}`", built.location), error);
        let mut last = None;
        let mut attempts = Attempts::new(&*self.ports.clock, body.blob().size());
        while attempts.another() {
            if let Some(object) = bucket.head(key).await.map_err(looking)? {
                return self.compare(bucket, object).await;
            }
            match bucket.write(key, body.clone(), &headers, &metadata, &Condition::absent()).await {
                Ok(object) => return Ok(Stored::written(&object)),
                Err(error)
                    if matches!(
                        error.kind,
                        ErrorKind::Conflict | ErrorKind::Unknown | ErrorKind::Unavailable
                    ) =>
                {
                    if error.kind == ErrorKind::Unavailable {
                        attempts.pause(&error).await;
                    }
                    last = Some(error);
                }
                Err(error) => return Err(Failure::of_place(&doing, error)),
            }
        }
        if let Ok(Some(object)) = bucket.head(key).await {
            return self.compare(bucket, object).await;
        }
        let failure = Failure::new(ExitStatus::Failed, format!("{doing} failed"))
            .hint("run the same command again: it goes on where it stopped");
        Err(match last {
            Some(error) => failure.caused_by(error),
            None => failure,
        })
    }

    /// Whether what lies there is what is published.
    async fn compare(&self, bucket: &dyn Bucket, object: Object) -> Result<Stored, Failure> {
        let built = self.built;
        // Whether the store's tokens tell other bytes was not asked: only a version does for sure.
        let found = match judge(built, [], &object, false) {
            Identity::Same => return Ok(Stored::looked_at(&object)),
            Identity::Other(Some(digest)) => digest,
            Identity::Other(None) | Identity::Unknown => {
                let read = content::digest(bucket, &built.location, object, &*self.ports.events).await?;
                match read {
                    Some((object, digest)) if digest == built.sha256 => {
                        return Ok(Stored::looked_at(&object));
                    }
                    Some((_, digest)) => digest,
                    None => {
                        let message = format!("`{}` comes and goes", built.location);
                        return Err(Failure::new(ExitStatus::Failed, message));
                    }
                }
            }
        };
        let failure = differs(self.commit, &built.location, &found, &built.sha256);
        Err(failure.state("Nothing was changed."))
    }
}

/// That a commit was published with other bytes: what lies there, and what was to be published.
pub(crate) fn differs(commit: &CommitId, what: &dyn Display, was: &dyn Display, is: &Digest) -> Failure {
    Failure::new(ExitStatus::Conflict, format!("release {} was published with other bytes", commit.short(12)))
        .state(format!("`{what}` contains {was}; this build is {is}."))
        .hint("a release never changes: make a new commit, or use the build that was published")
}
