//! The lines that make a cloud trust this job and no other, from what the job's token says.

use promote_providers::identity::{Identity, IdentityToken};
use serde::Serialize;
use serde_json::json;

/// What is known of the job's token, and what to paste where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TokenHealth {
    /// Who signed it.
    pub(crate) issuer: Option<String>,
    /// Whom it is about.
    pub(crate) subject: Option<String>,
    /// Whether the issuer's keys vouch for it.
    pub(crate) verified: bool,
    /// Why not.
    pub(crate) problem: Option<String>,
    /// The condition of a trust policy of AWS IAM; `null` where the keys do not vouch for the token: nobody should trust what
    /// such a one says.
    pub(crate) aws: Option<String>,
    /// The attribute condition of a provider of Google Cloud's workload identity federation; `null` as well.
    pub(crate) google: Option<String>,
}

/// From what was found; `None` where no token is offered.
pub(crate) fn health(found: &IdentityToken) -> Option<TokenHealth> {
    match found {
        IdentityToken::None => None,
        IdentityToken::Bad(why) => Some(TokenHealth {
            issuer: None,
            subject: None,
            verified: false,
            problem: Some(why.clone()),
            aws: None,
            google: None,
        }),
        IdentityToken::Some(identity) => Some(TokenHealth {
            issuer: Some(identity.issuer.clone()),
            subject: Some(identity.subject.clone()),
            verified: identity.signature.is_ok(),
            problem: identity.signature.as_ref().err().cloned(),
            aws: identity.signature.is_ok().then(|| aws(identity)),
            google: identity.signature.is_ok().then(|| google(identity)),
        }),
    }
}

/// Both conditions stand under `StringEquals`: a key that is missing then fails. `ForAllValues:` would let it pass.
fn aws(identity: &Identity) -> String {
    let provider = identity.issuer.trim_start_matches("https://").trim_start_matches("http://");
    // A star or a question mark would be taken as itself under `StringEquals`, so the subject needs no care.
    let audience = format!("{provider}:aud");
    let subject = format!("{provider}:sub");
    json!({ "StringEquals": { audience: "sts.amazonaws.com", subject: identity.subject } }).to_string()
}

fn google(identity: &Identity) -> String {
    format!("assertion.sub == '{}'", identity.subject.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_stays_inside_its_quotes() {
        let found = IdentityToken::Some(Identity {
            issuer: "https://token.actions.githubusercontent.com".to_owned(),
            subject: "repo:acme/shop:ref:refs/heads/it's\"so\\".to_owned(),
            audience: vec!["promote".to_owned()],
            claims: std::collections::BTreeMap::new(),
            signature: Ok(promote_core::ledger::Proof::of_checked_signature()),
        });
        let health = health(&found).unwrap();
        assert_eq!(
            health.aws.as_deref(),
            Some(
                r#"{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":"repo:acme/shop:ref:refs/heads/it's\"so\\"}}"#
            )
        );
        assert_eq!(
            health.google.as_deref(),
            Some(r#"assertion.sub == 'repo:acme/shop:ref:refs/heads/it\'s"so\\'"#)
        );
    }

    #[test]
    fn what_a_token_says_that_nobody_vouches_for_is_nothing_to_trust() {
        let found = IdentityToken::Some(Identity {
            issuer: "https://token.actions.githubusercontent.com".to_owned(),
            subject: "repo:evil/shop:ref:refs/heads/main".to_owned(),
            audience: vec!["promote".to_owned()],
            claims: std::collections::BTreeMap::new(),
            signature: Err("the issuer's keys could not be fetched".to_owned()),
        });
        let health = health(&found).unwrap();
        assert_eq!((health.verified, health.aws, health.google), (false, None, None));
        assert!(health.problem.is_some() && health.subject.is_some());
    }
}
