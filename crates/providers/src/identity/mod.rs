//! Who the pipeline's server says is acting: a token that it signs for this job, fetched, checked, and reduced to the
//! claims that are worth keeping. The token itself goes nowhere.
//!
//! A token that can't be had or does not hold up makes nobody stronger, and by itself stops nothing: the reason goes into
//! the record. `PROMOTE_REQUIRE_OIDC` turns that into a refusal.

mod claims;
#[cfg(feature = "identity")]
mod fetch;
#[cfg(feature = "identity")]
mod keys;
mod names;
#[cfg(feature = "identity")]
mod token;

use crate::Variables;
use chrono::{DateTime, Utc};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::{Actor, Strength};

pub use claims::{Identity, KEPT};
pub use names::{AUDIENCE, TOKEN};
#[cfg(not(feature = "identity"))]
use names::{BEARER, URL};

/// What became of asking for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityToken {
    /// The surroundings offer none.
    None,
    /// One was offered and is not to be believed, for this reason.
    Bad(String),
    /// One that says this.
    Some(Identity),
}

/// Asks for a token and checks it. Sends at most three requests, and none where no token is offered.
pub async fn look(variables: &Variables, now: DateTime<Utc>) -> IdentityToken {
    look_hiding(variables, now, &|_| {}).await
}

/// The same; `hide` is given the token as soon as it is there, before anything is done with it, for whoever must see to
/// it that it is never shown.
#[cfg(feature = "identity")]
pub async fn look_hiding(
    variables: &Variables,
    now: DateTime<Utc>,
    hide: &(dyn Fn(&str) + Sync),
) -> IdentityToken {
    let Some(source) = fetch::Source::of(variables) else { return IdentityToken::None };
    let token = match source.token().await {
        Ok(token) => token,
        Err(why) => return IdentityToken::Bad(why),
    };
    hide(&token);
    let known = source.issuer.is_some();
    let expected = token::Expected {
        issuer: source.issuer,
        audience: variables.get("PROMOTE_ID_AUDIENCE").unwrap_or(AUDIENCE).to_owned(),
        now,
    };
    match token::read(&token, &expected) {
        Err(why) => IdentityToken::Bad(why),
        Ok(mut identity) if !known => {
            identity.signature =
                Err("nobody says who must have signed the token: `PROMOTE_ID_ISSUER`".to_owned());
            IdentityToken::Some(identity)
        }
        Ok(mut identity) => match keys::vouched(&token, &identity.issuer).await {
            Ok(proof) => {
                identity.signature = Ok(proof);
                IdentityToken::Some(identity)
            }
            Err(keys::Doubt::Unreached(why)) => {
                identity.signature = Err(why);
                IdentityToken::Some(identity)
            }
            Err(keys::Doubt::Forged(why)) => IdentityToken::Bad(why),
        },
    }
}

/// The same; `hide` is given the token as soon as it is there, before anything is done with it, for whoever must see to
/// it that it is never shown.
#[cfg(not(feature = "identity"))]
pub async fn look_hiding(
    variables: &Variables,
    _now: DateTime<Utc>,
    _hide: &(dyn Fn(&str) + Sync),
) -> IdentityToken {
    let has = |name: &str| variables.get(name).is_some();
    match has(TOKEN) || has(URL) && has(BEARER) {
        true => {
            IdentityToken::Bad("this build can't check a token: its feature `identity` is off".to_owned())
        }
        false => IdentityToken::None,
    }
}

/// The actor with what the token proves: verified where the signature holds, else as it was, with the reason.
pub fn evidence(mut actor: Actor, found: &IdentityToken) -> Actor {
    let identity = match found {
        IdentityToken::None => return actor,
        IdentityToken::Bad(why) => {
            actor.details.insert("oidc".to_owned(), crate::actor::plain(why));
            return actor;
        }
        IdentityToken::Some(identity) => identity,
    };
    actor.details.insert("oidc-issuer".to_owned(), identity.issuer.clone());
    actor.details.insert("oidc-subject".to_owned(), identity.subject.clone());
    for (name, value) in &identity.claims {
        actor.details.insert(format!("oidc-{name}"), value.clone());
    }
    match &identity.signature {
        Err(why) => {
            actor.details.insert("oidc".to_owned(), crate::actor::plain(why));
        }
        Ok(proof) => {
            actor.strength = Strength::verified(proof);
            let name = identity.name();
            if name != actor.name {
                let claimed = std::mem::replace(&mut actor.name, name.to_owned());
                actor.details.insert("claimed".to_owned(), claimed);
            }
        }
    }
    actor
}

/// Refuses an actor that nothing vouches for, where `PROMOTE_REQUIRE_OIDC` asks for that.
///
/// # Errors
/// `Denied`, with the reason.
pub fn required(variables: &Variables, actor: &Actor) -> Result<(), Failure> {
    if !variables.is_on("PROMOTE_REQUIRE_OIDC") || actor.strength.is_proven() {
        return Ok(());
    }
    let why = actor.details.get("oidc").cloned().unwrap_or_else(|| "no token is offered here".to_owned());
    Err(Failure::new(ExitStatus::Denied, "who acts here is not proven, and `PROMOTE_REQUIRE_OIDC` asks for that")
        .state(format!("{why}."))
        .hint("on GitHub the job needs `permissions: id-token: write`; on GitLab `id_tokens: PROMOTE_ID_TOKEN: aud: promote`"))
}

#[cfg(test)]
#[cfg(feature = "identity")]
mod tests;
