//! Tokens for the registry's side: `/v2/auth` by name and password, or by nobody.

use super::state::{Grant, State};
use super::{Answer, Asked};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

impl State {
    /// Gives a token for what of the asked is granted.
    pub(super) fn give_token(&mut self, asked: &Asked) -> Answer {
        let mut user = None;
        if let Some(pair) = asked.authorization.as_deref().and_then(|header| header.strip_prefix("Basic ")) {
            let pair = String::from_utf8(STANDARD.decode(pair).unwrap_or_default()).unwrap_or_default();
            let (name, password) = pair.split_once(':').unwrap_or_default();
            match self.accounts.get(name) {
                Some(account) if account.expired => {
                    return Answer::error(401, "UNAUTHORIZED", "the token of this robot has expired");
                }
                Some(account) if account.password == password => user = Some(name.to_owned()),
                _ => {
                    let words = format!("Could not find robot with username: {name} and supplied password.");
                    return Answer::error(401, "UNAUTHORIZED", &words);
                }
            }
        }
        let rights =
            user.as_ref().and_then(|user| self.accounts.get(user)).map(|account| account.rights.clone());
        let mut access = std::collections::BTreeMap::new();
        for scope in
            asked.query.iter().filter(|(name, _)| name == "scope").flat_map(|(_, all)| all.split(' '))
        {
            let mut parts = scope.splitn(3, ':');
            let (Some("repository"), Some(name), Some(actions)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            let may = |action: &str| match &rights {
                None => action == "pull" && name.starts_with("public/"),
                Some(rights) => {
                    rights.iter().any(|(begin, all)| name.starts_with(begin) && all.contains(&action))
                }
            };
            let granted = actions.split(',').filter(|action| may(action)).map(str::to_owned).collect();
            access.insert(name.to_owned(), granted);
        }
        let token = format!("token-{}", self.fresh());
        self.tokens.insert(token.clone(), Grant { access });
        Answer::json(200, &json!({ "token": token, "expires_in": 3600 }))
    }

    /// Whether the request may do this, else the answer that refuses it.
    pub(super) fn admit(&self, asked: &Asked, repository: &str, action: &str) -> Result<(), Answer> {
        let challenge = |error: &str| {
            let scope = format!("repository:{repository}:pull,push");
            let (host, more) =
                (&self.host, if error.is_empty() { String::new() } else { format!(",error=\"{error}\"") });
            let value =
                format!("Bearer realm=\"http://{host}/v2/auth\",service=\"{host}\",scope=\"{scope}\"{more}");
            Err(Answer::error(401, "UNAUTHORIZED", "access to the requested resource is not authorized")
                .with("WWW-Authenticate", value))
        };
        let Some(token) = asked.bearer() else { return challenge("") };
        match self.tokens.get(token) {
            None => challenge("invalid_token"),
            Some(grant) => {
                let granted =
                    grant.access.get(repository).is_some_and(|all| all.iter().any(|it| it == action));
                if granted { Ok(()) } else { challenge("insufficient_scope") }
            }
        }
    }
}
