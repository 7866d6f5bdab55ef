//! The forge as one that is asked about people and commits. It is reached when it is first asked; what keeps it from being
//! reached is the answer then.

mod fields;
mod github;
mod gitlab;
mod graphql;
mod kept;

use super::Access;
use super::open;
use super::session::Session;
use async_trait::async_trait;
use kept::Kept;
use promote_core::commit::CommitId;
use promote_core::config::ForgeKind;
use promote_core::port::{Account, ChangeRequest, Check, ErrorKind, Forge, ProviderError, WrittenCommit};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The forge of a project, or of the job that this is. Sends nothing by itself.
pub fn reader(access: Access) -> Option<Arc<dyn Forge>> {
    reader_fresh_for(access, kept::FRESH)
}

/// The same whose answers are taken for the present ones for so long; after it, the forge is asked whether they still are.
pub fn reader_fresh_for(access: Access, fresh: Duration) -> Option<Arc<dyn Forge>> {
    Some(Arc::new(ForgeReader { access, fresh, reached: OnceCell::new() }))
}

/// A forge that is reached when it is asked.
#[derive(Debug)]
struct ForgeReader {
    access: Access,
    fresh: Duration,
    reached: OnceCell<Kept>,
}

impl ForgeReader {
    async fn kept(&self) -> Result<&Kept, ProviderError> {
        self.reached
            .get_or_try_init(|| async {
                let (place, token) = open::way(&self.access).await?;
                Ok(Kept::new(Session::new(place, &token)?, self.fresh))
            })
            .await
    }

    /// The run that asks, where it is one of the forge's own.
    fn run(&self) -> Vec<&str> {
        let names: &[&str] = match self.access.forge.kind {
            ForgeKind::Github => &["GITHUB_RUN_ID"],
            ForgeKind::Gitlab => &["CI_PIPELINE_ID", "CI_JOB_ID"],
        };
        names.iter().map(|name| self.access.variables.get(name).unwrap_or_default()).collect()
    }
}

impl fmt::Display for ForgeReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.access.forge.kind.name())
    }
}

#[async_trait]
impl Forge for ForgeReader {
    fn realm(&self) -> &'static str {
        match self.access.forge.kind {
            ForgeKind::Github => "github",
            ForgeKind::Gitlab => "gitlab",
        }
    }

    async fn reviews(&self, commit: &CommitId) -> Result<Vec<ChangeRequest>, ProviderError> {
        let kept = self.kept().await?;
        match self.access.forge.kind {
            ForgeKind::Github => graphql::reviews(kept, commit).await,
            ForgeKind::Gitlab => gitlab::reviews(kept, commit).await,
        }
    }

    async fn members(&self, team: &str) -> Result<Vec<Account>, ProviderError> {
        let kept = self.kept().await?;
        let name = team.strip_prefix('@').unwrap_or(team);
        if self.access.forge.kind == ForgeKind::Gitlab {
            return gitlab::members(kept, name).await;
        }
        let Some((organisation, team)) = name.split_once('/').filter(|(_, team)| !team.contains('/')) else {
            let what = format!("`@{name}` names no team");
            return Err(kept
                .session
                .error(ErrorKind::Invalid, what)
                .hint("write it as `@ORGANISATION/TEAM`"));
        };
        github::members(kept, organisation, team).await
    }

    async fn checks(&self, commit: &CommitId, origins: bool) -> Result<Vec<Check>, ProviderError> {
        let kept = self.kept().await?;
        match self.access.forge.kind {
            ForgeKind::Github => github::checks(kept, commit, origins, self.run().first().copied()).await,
            ForgeKind::Gitlab => gitlab::checks(kept, commit, &self.run()).await,
        }
    }

    async fn authors(
        &self,
        from: Option<&CommitId>,
        to: &CommitId,
    ) -> Result<Vec<WrittenCommit>, ProviderError> {
        match self.access.forge.kind {
            ForgeKind::Github => github::authors(self.kept().await?, from, to).await,
            // It knows authors by their addresses alone, as the repository does.
            ForgeKind::Gitlab => Ok(Vec::new()),
        }
    }
}
