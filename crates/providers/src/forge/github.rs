//! Deployments of GitHub. <https://docs.github.com/rest/deployments/deployments>
//!
//! What is left out there means the opposite of what is wanted here: the default branch would be merged into the commit,
//! and all its checks asked for, so both are always said.

use super::repository::ForgeRepository;
use super::session::{ForgeRequest, Session};
use super::token::Token;
use async_trait::async_trait;
use promote_core::config::Tier;
use promote_core::port::{Deployment, DeploymentState, Deployments, ErrorKind, Made, News, ProviderError};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt;

/// How many deployments of one commit in one environment are looked through, newest first.
const LOOKED: &str = "50";
/// The longest description that is taken, in characters.
const WORDS: usize = 140;

/// A repository on GitHub.
#[derive(Debug)]
pub(super) struct Github {
    session: Session,
    owner: String,
    name: String,
}

impl Github {
    pub(super) fn new(place: ForgeRepository, token: Token) -> Result<Self, ProviderError> {
        let (owner, name) = place.repository.split_once('/').unwrap_or((&place.repository, ""));
        let (owner, name) = (owner.to_owned(), name.to_owned());
        Ok(Self { session: Session::new(place, &token)?, owner, name })
    }

    /// A path below the repository's deployments.
    fn path<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&["repos", &self.owner, &self.name, "deployments"], more].concat()
    }

    async fn get(&self, more: &[&str], query: &[(&str, &str)]) -> Result<Value, ProviderError> {
        let path = self.path(more);
        self.session.again(|| async { self.session.ask(&ForgeRequest::get(&path, query)).await }).await
    }

    async fn create(&self, wanted: &Deployment) -> Result<Made, ProviderError> {
        let body = json!({
            "ref": wanted.commit.as_str(),
            "task": "deploy",
            "auto_merge": false,
            "required_contexts": [],
            "environment": wanted.environment.as_str(),
            "description": short(&wanted.description),
            "transient_environment": false,
            "production_environment": wanted.tier == Tier::Production,
            "payload": { "promotion": wanted.promotion.0, "tool": "promote" },
        });
        let path = self.path(&[]);
        let answer = self.session.ask(&ForgeRequest::send(Method::POST, &path, body)).await;
        let answer = answer.map_err(|error| {
            let unknown = error.kind == ErrorKind::Invalid && error.message.contains("ref");
            if unknown { error.hint("push the commit, so that the forge knows it") } else { error }
        })?;
        self.made(&answer, wanted).ok_or_else(|| self.session.odd())
    }

    fn made(&self, answer: &Value, wanted: &Deployment) -> Option<Made> {
        Some(Made {
            id: answer.get("id")?.as_u64()?.to_string(),
            url: answer.get("url")?.as_str()?.chars().filter(|c| c.is_ascii_graphic()).take(500).collect(),
            page: self.session.place.page(&["deployments", wanted.environment.as_str()]),
        })
    }
}

fn short(text: &str) -> String {
    text.chars().take(WORDS).collect()
}

/// The promotion that a deployment of ours stands for. What was sent as an object may come back as text.
fn promotion(deployment: &Value) -> Option<String> {
    let payload = match deployment.get("payload")? {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    (payload.get("tool")?.as_str()? == "promote")
        .then(|| payload.get("promotion")?.as_str().map(str::to_owned))?
}

impl fmt::Display for Github {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitHub ({}/{})", self.owner, self.name)
    }
}

#[async_trait]
impl Deployments for Github {
    fn kind(&self) -> &'static str {
        "github"
    }

    async fn begin(&self, wanted: &Deployment) -> Result<Made, ProviderError> {
        let tried = std::sync::atomic::AtomicBool::new(wanted.again);
        self.session
            .again(|| async {
                // After any doubt it may be there already.
                if tried.swap(true, std::sync::atomic::Ordering::Relaxed)
                    && let Some(made) = self.find(wanted).await?
                {
                    return Ok(made);
                }
                self.create(wanted).await
            })
            .await
    }

    async fn find(&self, wanted: &Deployment) -> Result<Option<Made>, ProviderError> {
        let query = [
            ("environment", wanted.environment.as_str()),
            ("sha", wanted.commit.as_str()),
            ("per_page", LOOKED),
        ];
        let answer = self.get(&[], &query).await?;
        let all = answer.as_array().ok_or_else(|| self.session.odd())?;
        let ours = |id: &String| *id == wanted.promotion.0 || wanted.earlier.iter().any(|one| one.0 == *id);
        if let Some(found) = all.iter().find(|one| promotion(one).is_some_and(|id| ours(&id))) {
            return Ok(self.made(found, wanted));
        }
        let Some(newest) = all.iter().find(|one| promotion(one).is_some()).filter(|_| wanted.again) else {
            return Ok(None);
        };
        let Some(made) = self.made(newest, wanted) else { return Ok(None) };
        let statuses = self.get(&[&made.id, "statuses"], &[("per_page", "1")]).await?;
        let state = statuses.pointer("/0/state").and_then(Value::as_str).unwrap_or("pending");
        Ok(Some(made).filter(|_| !matches!(state, "success" | "inactive")))
    }

    async fn tell(&self, made: &Made, news: &News) -> Result<(), ProviderError> {
        let mut body = json!({
            "state": match news.state {
                DeploymentState::Running => "in_progress",
                DeploymentState::Succeeded => "success",
                DeploymentState::Failed => "failure",
                // It knows no deployment that was given up; `inactive` would say that it once ran.
                DeploymentState::Errored | DeploymentState::Canceled => "error",
            },
            "description": short(&news.description),
            "auto_inactive": true,
        });
        for (name, value) in [("log_url", &news.log), ("environment_url", &news.url)] {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        let path = self.path(&[&made.id, "statuses"]);
        let asked = ForgeRequest::send(Method::POST, &path, body);
        self.session.again(|| async { self.session.ask(&asked).await }).await.map(|_| ())
    }
}
