//! Tokens that a registry's token server gives for a while: asked for with name and password, with a kept identity
//! token, or by nobody.

use crate::body::whole;
use crate::confiding;
use crate::credentials::{Credentials, Secret};
use crate::elsewhere;
use crate::failure::Operation;
use crate::realm::Realm;
use promote_port::port::{ErrorKind, ProviderError};
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;
use std::time::{Duration, Instant};

/// How long a token lives when its server does not say: the specification's least.
const LEAST: u64 = 60;
/// A token is not used in its last seconds, so that none expires on its way.
const MARGIN: Duration = Duration::from_secs(5);
/// The longest answer of a token server that is read.
const LONGEST: usize = 1 << 20;

/// A token and how long it holds.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    until: Instant,
}

impl Token {
    pub(crate) fn holds(&self) -> bool {
        Instant::now() + MARGIN < self.until
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

/// Asks for a token for these scopes.
pub(crate) async fn fetch(
    (client, timeout): (&Client, Duration),
    realm: &Realm,
    scopes: &[String],
    credentials: Option<&Credentials>,
    operation: &Operation<'_>,
) -> Result<Token, ProviderError> {
    let mut parameters: Vec<(&str, &str)> = Vec::new();
    if let Some(service) = &realm.service {
        parameters.push(("service", service));
    }
    let all = scopes.join(" ");
    let secret = credentials.map(|credentials| &credentials.secret);
    let request = match secret {
        Some(Secret::Refresh(token)) => {
            parameters.extend([
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("client_id", "promote"),
                ("scope", &all),
            ]);
            let mut form = Url::parse("form:x").map_err(|_| operation.wrong("no form can be made"))?;
            form.query_pairs_mut().extend_pairs(parameters);
            client
                .post(realm.url.clone())
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.query().unwrap_or_default().to_owned())
        }
        other => {
            parameters.extend(scopes.iter().map(|scope| ("scope", scope.as_str())));
            let mut url = realm.url.clone();
            if let Some(Secret::Pair { user, .. }) = other {
                // Some servers count by account.
                parameters.push(("account", user));
            }
            url.query_pairs_mut().extend_pairs(parameters);
            match other {
                Some(Secret::Pair { user, password }) => client.get(url).basic_auth(user, Some(password)),
                _ => client.get(url),
            }
        }
    };
    let asked = Instant::now();
    let confided = confiding::of(None, credentials);
    let unsent = |error| operation.of_reading().unsent(error);
    let within = async |request: RequestBuilder| match tokio::time::timeout(
        timeout,
        crate::call::sent(request, &confided),
    )
    .await
    {
        Ok(end) => end.map_err(unsent),
        Err(_) => Err(operation.of_reading().late("the token server did not answer in time")),
    };
    let mut answer = within(request).await?;
    // What stands in a form, or in a header, is for this server alone.
    let next = elsewhere::next(&answer, true).filter(|next| elsewhere::is_same(next, &realm.url));
    if let (Some(next), false) = (next, matches!(secret, Some(Secret::Refresh(_)))) {
        let request = client.get(next);
        let request = match secret {
            Some(Secret::Pair { user, password }) => request.basic_auth(user, Some(password)),
            _ => request,
        };
        answer = within(request).await?;
    }
    let status = answer.status().as_u16();
    let headers = answer.headers().clone();
    let body = whole(answer, LONGEST, timeout).await.map_err(|cut| operation.of_reading().cut_off(cut))?;
    if !(200..300).contains(&status) {
        return Err(operation.no_token(status, &headers, &body, credentials));
    }
    let senseless = || operation.error(ErrorKind::Corrupt, "the token server's answer makes no sense");
    let said: TokenAnswer = serde_json::from_slice(&body).map_err(|_| senseless())?;
    let text = said.token.or(said.access_token).filter(|token| !token.is_empty()).ok_or_else(senseless)?;
    if text.bytes().any(|b| !b.is_ascii_graphic()) {
        return Err(senseless());
    }
    let seconds = said.expires_in.unwrap_or(LEAST).clamp(1, 86_400);
    Ok(Token { text, until: asked + Duration::from_secs(seconds) })
}
