//! Whether the issuer's keys signed a token: its keys are found as OpenID Connect Discovery says.
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>

use super::fetch::get;
use crate::trust::trusted;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use promote_core::ledger::Proof;
use serde::Deserialize;
use serde_json::Value;

/// Signatures that only the issuer can make. Never those with a shared secret.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Why nothing is known of a signature.
#[derive(Debug)]
pub(super) enum Doubt {
    /// The keys could not be had.
    Unreached(String),
    /// The keys are there, and did not sign this.
    Forged(String),
}

/// The proof that the issuer's own keys signed the token.
pub(super) async fn vouched(token: &str, issuer: &str) -> Result<Proof, Doubt> {
    let header =
        decode_header(token).map_err(|error| Doubt::Forged(format!("the token is none: {error}")))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Doubt::Forged(format!("the token is signed by {:?}, which proves nothing", header.alg)));
    }
    let keys = keys(issuer)
        .await
        .map_err(|why| Doubt::Unreached(format!("the issuer's keys can't be had: {why}")))?;
    let mut fit = keys.keys.iter().filter(|key| {
        let named = header.kid.as_ref().is_none_or(|kid| key.common.key_id.as_ref() == Some(kid));
        named && signs(key, header.alg)
    });
    // Without a name it must be the only one.
    let key = fit.next().filter(|_| header.kid.is_some() || fit.next().is_none());
    let key = key.ok_or_else(|| Doubt::Forged("the token is signed by no key of the issuer".to_owned()))?;
    let key = DecodingKey::from_jwk(key)
        .map_err(|error| Doubt::Unreached(format!("the issuer's key can't be used: {error}")))?;
    // Only the signature is left to check: the claims were read and judged before.
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    decode::<Value>(token, &key, &validation)
        .map(|_| Proof::of_checked_signature())
        .map_err(|error| Doubt::Forged(format!("the token's signature does not hold: {error}")))
}

/// Whether the issuer says that the key is for signatures of this kind, or says nothing of that.
/// <https://www.rfc-editor.org/rfc/rfc7517#section-4.2>
fn signs(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    common.public_key_use.as_ref().is_none_or(|for_what| *for_what == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify))
        && common.key_algorithm.is_none_or(|known| known.to_string() == format!("{algorithm:?}"))
}

async fn keys(issuer: &str) -> Result<JwkSet, String> {
    #[derive(Deserialize)]
    struct Discovery {
        issuer: String,
        jwks_uri: String,
    }
    let place = format!("{issuer}/.well-known/openid-configuration");
    let url = trusted(&place).ok_or("its address is not of the kind that can be trusted")?;
    let found: Discovery =
        serde_json::from_slice(&get(url, None).await?).map_err(|_| "its description is none".to_owned())?;
    if found.issuer.trim_end_matches('/') != issuer {
        return Err("its description is another issuer's".to_owned());
    }
    let url = trusted(&found.jwks_uri).ok_or("its keys are at an address that can't be trusted")?;
    serde_json::from_slice(&get(url, None).await?).map_err(|_| "its keys can't be read".to_owned())
}
