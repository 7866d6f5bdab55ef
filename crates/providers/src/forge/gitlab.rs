//! Deployments of GitLab. <https://docs.gitlab.com/api/deployments/>
//!
//! A deployment holds no text of ours, so the one that is gone on with is found by environment and commit: one that a
//! job made is never taken, and one that succeeded is over.

use super::repository::ForgeRepository;
use super::session::{ForgeRequest, Session};
use super::token::Token;
use async_trait::async_trait;
use promote_core::port::{Deployment, DeploymentState, Deployments, ErrorKind, Made, News, ProviderError};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many deployments of one environment are looked through, newest first.
const LOOKED: &str = "50";

/// A project on GitLab.
#[derive(Debug)]
pub(super) struct Gitlab {
    session: Session,
}

impl Gitlab {
    pub(super) fn new(place: ForgeRepository, token: Token) -> Result<Self, ProviderError> {
        Ok(Self { session: Session::new(place, &token)? })
    }

    /// A path below the project's own. Its slashes are not the path's: each part is encoded as one.
    fn path<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&["projects", self.session.place.repository.as_str()], more].concat()
    }

    async fn get(&self, more: &[&str], query: &[(&str, &str)]) -> Result<Value, ProviderError> {
        let path = self.path(more);
        self.session.again(|| async { self.session.ask(&ForgeRequest::get(&path, query)).await }).await
    }

    /// A branch or tag that holds the commit, and whether it is a tag: it must be said, and is only shown.
    async fn reference(&self, wanted: &Deployment) -> Result<(String, bool), ProviderError> {
        let commit = wanted.commit.as_str();
        let found = self.get(&["repository", "commits", commit, "refs"], &[("per_page", "100")]).await;
        let found = match found {
            Ok(found) => found,
            // A job's token may not look at commits: then the file's word is taken, or the commit itself.
            Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::NotFound) => Value::Null,
            Err(error) => return Err(error),
        };
        let named = |one: &Value| {
            let name = one.get("name")?.as_str()?.to_owned();
            Some((name, one.get("type")?.as_str()? == "tag"))
        };
        let all: Vec<(String, bool)> = found.as_array().into_iter().flatten().filter_map(named).collect();
        let branch = wanted.branch.as_deref();
        let of_file = all.iter().find(|(name, tag)| !tag && Some(name.as_str()) == branch);
        let chosen = of_file.or_else(|| all.iter().find(|(_, tag)| !tag)).or(all.first()).cloned();
        Ok(chosen.unwrap_or_else(|| (branch.unwrap_or(commit).to_owned(), false)))
    }

    fn made(&self, answer: &Value) -> Option<Made> {
        let id = answer.get("id")?.as_u64()?.to_string();
        let mut url = self.session.place.api.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(self.path(&["deployments", &id]));
        let environment = answer.pointer("/environment/id").and_then(Value::as_u64).map(|id| id.to_string());
        let page = environment.and_then(|id| self.session.place.page(&["-", "environments", &id]));
        Some(Made { id, url: url.to_string(), page })
    }

    async fn create(&self, wanted: &Deployment) -> Result<Made, ProviderError> {
        let (reference, tag) = self.reference(wanted).await?;
        let body = json!({
            "environment": wanted.environment.as_str(),
            "sha": wanted.commit.as_str(),
            "ref": reference,
            "tag": tag,
            "status": "running",
        });
        let path = self.path(&["deployments"]);
        let answer = self.session.ask(&ForgeRequest::send(Method::POST, &path, body)).await?;
        self.made(&answer).ok_or_else(|| self.session.odd())
    }

    /// How a deployment stands now.
    async fn status(&self, made: &Made) -> Result<Option<String>, ProviderError> {
        let answer = self.get(&["deployments", &made.id], &[]).await?;
        Ok(answer.get("status").and_then(Value::as_str).map(str::to_owned))
    }
}

impl fmt::Display for Gitlab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitLab ({})", self.session.place.repository)
    }
}

#[async_trait]
impl Deployments for Gitlab {
    fn kind(&self) -> &'static str {
        "gitlab"
    }

    async fn begin(&self, wanted: &Deployment) -> Result<Made, ProviderError> {
        let tried = AtomicBool::new(wanted.again);
        self.session
            .again(|| async {
                // After any doubt it may be there already.
                if tried.swap(true, Ordering::Relaxed)
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
            ("order_by", "id"),
            ("sort", "desc"),
            ("per_page", LOOKED),
        ];
        let answer = self.get(&["deployments"], &query).await?;
        let all = answer.as_array().ok_or_else(|| self.session.odd())?;
        let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
        let ours = |one: &&Value| {
            text(one, "sha").as_deref() == Some(wanted.commit.as_str())
                && one.get("deployable").is_none_or(Value::is_null)
        };
        let Some(newest) = all.iter().find(ours) else { return Ok(None) };
        let status = text(newest, "status").unwrap_or_default();
        let open = matches!(status.as_str(), "created" | "running" | "blocked");
        // One that failed or was given up is gone on with only by whoever goes on with its promotion.
        let taken = open || (wanted.again && status != "success");
        Ok(self.made(newest).filter(|_| taken))
    }

    async fn tell(&self, made: &Made, news: &News) -> Result<(), ProviderError> {
        let status = match news.state {
            // It began as running, and nothing leads back there.
            DeploymentState::Running => return Ok(()),
            DeploymentState::Succeeded => "success",
            DeploymentState::Failed | DeploymentState::Errored => "failed",
            DeploymentState::Canceled => "canceled",
        };
        let path = self.path(&["deployments", &made.id]);
        let asked = ForgeRequest::send(Method::PUT, &path, json!({ "status": status }));
        match self.session.again(|| async { self.session.ask(&asked).await }).await {
            // To be told what it knows already is refused: an answer of before may have been lost.
            Err(error) if error.kind == ErrorKind::Invalid => match self.status(made).await? {
                Some(now) if now == status => Ok(()),
                _ => Err(error),
            },
            end => end.map(|_| ()),
        }
    }
}
