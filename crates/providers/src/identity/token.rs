//! Reading a token: compared with what is expected, and reduced to its claims.

use super::claims::{Identity, KEPT};
use crate::actor::plain;
use chrono::{DateTime, Utc};
use jsonwebtoken::dangerous::insecure_decode;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Why nothing is known of a signature that nobody looked at.
const UNCHECKED: &str = "the token's signature was not checked";

/// By how many seconds clocks may differ.
const LEEWAY: i64 = 60;

/// What a token must say.
#[derive(Debug)]
pub(super) struct Expected {
    /// Who must have signed it, where that is known.
    pub(super) issuer: Option<String>,
    /// For whom.
    pub(super) audience: String,
    /// The time.
    pub(super) now: DateTime<Utc>,
}

/// Reads a token whose signature is not checked here.
///
/// # Errors
/// Why it is not to be believed, in words; no part of the token is repeated.
pub(super) fn read(token: &str, expected: &Expected) -> Result<Identity, String> {
    let said =
        insecure_decode::<Map<String, Value>>(token).map_err(|_| "what is offered is no token")?.claims;
    let text = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_owned);
    let issuer = text("iss").ok_or("the token does not say who issued it")?;
    let issuer = issuer.trim_end_matches('/').to_owned();
    if let Some(wanted) = &expected.issuer
        && *wanted != issuer
    {
        return Err(format!("the token was issued by `{}`, not by `{wanted}`", plain(&issuer)));
    }
    let audience = match said.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    if !audience.contains(&expected.audience) {
        let found = plain(&audience.join(", "));
        return Err(format!("the token is for `{found}`, not for `{}`", expected.audience));
    }
    times(&said, expected.now.timestamp())?;
    let subject = text("sub").filter(|subject| !subject.is_empty()).ok_or("the token is about nobody")?;
    shape(&subject, &said)?;
    let claims: BTreeMap<String, String> = KEPT
        .iter()
        .filter_map(|name| {
            let value = match said.get(*name)? {
                Value::String(text) => text.clone(),
                Value::Bool(flag) => flag.to_string(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            Some(((*name).to_owned(), plain(&value)))
        })
        .collect();
    let audience = audience.iter().map(|one| plain(one)).collect();
    Ok(Identity {
        issuer: plain(&issuer),
        subject: plain(&subject),
        audience,
        claims,
        signature: Err(UNCHECKED.to_owned()),
    })
}

fn times(said: &Map<String, Value>, now: i64) -> Result<(), String> {
    let time =
        |name: &str| said.get(name).and_then(|value| value.as_i64().or(value.as_f64().map(|f| f as i64)));
    let end = time("exp").ok_or("the token never expires")?;
    if now > end.saturating_add(LEEWAY) {
        return Err("the token has expired".to_owned());
    }
    let begins = [time("nbf"), time("iat")].into_iter().flatten().max();
    match begins {
        Some(begin) if begin > now.saturating_add(LEEWAY) => Err("the token is not valid yet".to_owned()),
        _ => Ok(()),
    }
}

/// Whether the subject is about the same project as the claim that names it. Since 2026 GitHub puts ids behind names:
/// `repo:OWNER@ID/NAME@ID:…`.
fn shape(subject: &str, said: &Map<String, Value>) -> Result<(), String> {
    let claim = |name: &str| said.get(name).and_then(Value::as_str);
    let (kind, wanted) = match (claim("repository"), claim("project_path")) {
        (Some(repository), _) => ("repo", repository),
        (None, Some(project)) => ("project_path", project),
        (None, None) => return Ok(()),
    };
    let Some((found, rest)) = subject.split_once(':') else { return Err(odd()) };
    // A subject that its owner made up from other claims begins differently; then there is nothing to compare.
    if found != kind {
        return Ok(());
    }
    let path = rest.split(':').next().unwrap_or_default();
    let bare: Vec<&str> = path.split('/').map(|part| part.split('@').next().unwrap_or_default()).collect();
    if bare.join("/") == wanted { Ok(()) } else { Err(odd()) }
}

fn odd() -> String {
    "the token's subject is about another project than its claims".to_owned()
}
