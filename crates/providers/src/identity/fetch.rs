//! Getting the token: from a variable, or from GitHub's runner.
//! <https://docs.github.com/actions/reference/security/oidc>

use super::names::{AUDIENCE, BEARER, TOKEN, URL};
use crate::Variables;
use crate::https;
use crate::trust::trusted;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// How long each answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// The largest answer in bytes.
pub(super) const LARGEST: usize = 256 * 1024;
/// Who signs on github.com.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Where a token comes from, and who must have signed it.
pub(super) struct Source {
    from: From,
    /// Who must have signed it, where that is known.
    pub(super) issuer: Option<String>,
}

enum From {
    Variable(String),
    Runner { url: String, bearer: String, audience: String },
}

impl Source {
    /// What the surroundings offer.
    pub(super) fn of(variables: &Variables) -> Option<Self> {
        let own = |name: &str| variables.get(name).map(|url| url.trim_end_matches('/').to_owned());
        let issuer = if variables.is_on("GITHUB_ACTIONS") {
            Some(match own("GITHUB_SERVER_URL") {
                None => GITHUB.to_owned(),
                Some(server) if server == "https://github.com" => GITHUB.to_owned(),
                Some(server) => format!("{server}/_services/token"),
            })
        } else if variables.is_on("GITLAB_CI") {
            own("CI_SERVER_URL")
        } else {
            own("PROMOTE_ID_ISSUER")
        };
        if let Some(token) = variables.get(TOKEN) {
            return Some(Self { from: From::Variable(token.to_owned()), issuer });
        }
        let url = variables.get(URL)?.to_owned();
        let bearer = variables.get(BEARER)?.to_owned();
        let audience = variables.get("PROMOTE_ID_AUDIENCE").unwrap_or(AUDIENCE).to_owned();
        Some(Self { from: From::Runner { url, bearer, audience }, issuer })
    }

    /// The token. Why there is none is told without any part of it.
    pub(super) async fn token(&self) -> Result<String, String> {
        let (url, bearer, audience) = match &self.from {
            From::Variable(token) => return Ok(token.trim().to_owned()),
            From::Runner { url, bearer, audience } => (url, bearer, audience),
        };
        let mut url = trusted(url).ok_or("the address of the runner's token service is none")?;
        url.query_pairs_mut().append_pair("audience", audience);
        let body = get(url, Some(bearer)).await.map_err(|why| format!("the runner gave no token: {why}"))?;
        #[derive(Deserialize)]
        struct RunnerToken {
            value: String,
        }
        let answer: Result<RunnerToken, _> = serde_json::from_slice(&body);
        answer.map(|answer| answer.value).map_err(|_| "the runner's answer has no token".to_owned())
    }
}

/// What an address answers.
pub(super) async fn get(url: Url, bearer: Option<&str>) -> Result<Vec<u8>, String> {
    let mut request =
        https::client(&url, ANSWER, HeaderMap::new())?.get(url).header("accept", "application/json");
    if let Some(bearer) = bearer {
        request = request.bearer_auth(bearer);
    }
    let response = https::sent(request).await.map_err(https::words)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(format!("it answered {}", response.status().as_u16()));
    }
    https::body(response, LARGEST).await
}
