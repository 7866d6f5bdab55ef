//! The page of a forge that shows what runs where: a deployment is made there when a promotion begins, and told how it
//! ends. The ledger stays what counts; nothing is ever decided by what a forge shows.

use super::ProviderError;
use crate::commit::CommitId;
use crate::names::EnvironmentName;
use crate::promotion::PromotionId;
use crate::tier::Tier;
use async_trait::async_trait;
use serde::Serialize;
use std::fmt::{Debug, Display};

/// A deployment to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The promotion that it stands for.
    pub promotion: PromotionId,
    /// Promotions that this one goes on with: the deployment of one of them is taken, where there is one.
    pub earlier: Vec<PromotionId>,
    /// Whether something is gone on with at all: then the newest deployment of this commit that has not succeeded is
    /// taken, where none is found by its promotion.
    pub again: bool,
    /// The environment.
    pub environment: EnvironmentName,
    /// What moves there.
    pub commit: CommitId,
    /// How dangerous the environment is to change.
    pub tier: Tier,
    /// The branch that the environment takes commits from, where the file says.
    pub branch: Option<String>,
    /// One line for people, in our own words.
    pub description: String,
}

/// A deployment that the forge shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    /// The forge's own number of it.
    pub id: String,
    /// Its address in the forge's API.
    pub url: String,
    /// The page of its environment, for people.
    pub page: Option<String>,
}

/// How a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentState {
    /// It is under way.
    Running,
    /// It ended well.
    Succeeded,
    /// It failed.
    Failed,
    /// How it ended is not known.
    Errored,
    /// It was stopped, withdrawn, or something else came instead.
    Canceled,
}

/// What a deployment is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// How it stands.
    pub state: DeploymentState,
    /// One line for people, in our own words.
    pub description: String,
    /// Where the run that does it can be looked at.
    pub log: Option<String>,
    /// The environment's address.
    pub url: Option<String>,
}

/// A forge that shows deployments. `Display` names it and the repository.
#[async_trait]
pub trait Deployments: Debug + Display + Send + Sync {
    /// The forge in one word: `github`, `gitlab`.
    fn kind(&self) -> &'static str;

    /// Makes a deployment that is under way, or takes the one that stands for the same promotion already.
    async fn begin(&self, wanted: &Deployment) -> Result<Made, ProviderError>;

    /// The deployment that stands for this promotion or an earlier one, when there is one.
    async fn find(&self, wanted: &Deployment) -> Result<Option<Made>, ProviderError>;

    /// Tells a deployment how it stands. May be repeated.
    async fn tell(&self, made: &Made, news: &News) -> Result<(), ProviderError>;
}
