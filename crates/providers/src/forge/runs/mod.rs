//! Runs on a forge: a workflow of GitHub, a pipeline of GitLab. What starts one, and how it stands. How often is looked, and
//! for how long, is the step's.

mod github;
mod gitlab;
mod run;

pub(crate) use run::{RunState, StartedRun, WantedRun};

use super::session::Session;
use super::{Access, open};
use promote_core::config::{Forge, ForgeKind, Mirroring};
use promote_core::port::ProviderError;

/// The way to the runs of one repository.
#[derive(Debug)]
pub(crate) struct ForgeRuns {
    session: Session,
}

impl ForgeRuns {
    /// Finds the repository and the token. Sends nothing to the forge. `repository`: of another project than the file's.
    ///
    /// # Errors
    /// As those who reach the forge for other purposes.
    pub(crate) async fn open(
        access: &Access,
        kind: ForgeKind,
        repository: Option<&str>,
    ) -> Result<Self, ProviderError> {
        let known = Some(&access.forge).filter(|forge| forge.kind == kind);
        let forge = Forge {
            kind,
            repository: repository.map(str::to_owned).or_else(|| known?.repository.clone()),
            api: known.and_then(|forge| forge.api.clone()),
            deployments: Mirroring::Never,
        };
        let (place, token) = open::way(&Access { forge, ..access.clone() }).await?;
        Ok(Self { session: Session::new(place, &token)? })
    }

    /// Starts a run, once.
    ///
    /// # Errors
    /// `Unknown` when nobody knows whether it was started.
    pub(crate) async fn start(&self, wanted: &WantedRun<'_>) -> Result<StartedRun, ProviderError> {
        match self.session.place.kind {
            ForgeKind::Github => github::start(&self.session, wanted).await,
            ForgeKind::Gitlab => gitlab::start(&self.session, wanted).await,
        }
    }

    /// Looks at a run.
    ///
    /// # Errors
    /// When the forge does not say.
    pub(crate) async fn look(&self, run: &StartedRun) -> Result<RunState, ProviderError> {
        match self.session.place.kind {
            ForgeKind::Github => github::look(&self.session, run).await,
            ForgeKind::Gitlab => gitlab::look(&self.session, run).await,
        }
    }
}
