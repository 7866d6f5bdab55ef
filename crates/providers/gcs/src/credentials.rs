//! Signing in: Google's own library finds and renews tokens; here is decided which credentials it is given, and that
//! no token shows in an error. Which address a token is sent to is decided in `connection`.

mod opened;

use crate::foreign::harmless;
use futures_util::FutureExt as _;
use google_cloud_auth::credentials::{
    Builder, CacheableResource, Credentials, external_account, impersonated, service_account, user_account,
};
use google_cloud_auth::errors::CredentialsError;
use http::{Extensions, HeaderMap};
use promote_port::port::{ErrorKind, ProviderError};
use serde_json::Value;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a token may take: several answers from services on the way.
const PATIENCE: Duration = Duration::from_secs(30);

/// How to sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SignIn {
    /// The application default credentials: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, gcloud's own, the
    /// machine's. Against an emulator: not at all, so that no token is shown to it.
    #[default]
    Usual,
    /// The credentials in this file, of any type that Google's tools read.
    File(PathBuf),
    /// The credentials in the file whose path this variable holds.
    Variable(String),
    /// Not at all. Refused except against an emulator.
    Anonymous,
}

impl SignIn {
    /// What `credentials` of a store says: `$NAME` of a variable that holds a path, or a path.
    pub fn configured(text: &str) -> Self {
        match text.strip_prefix('$') {
            Some(name) => Self::Variable(name.trim_matches(['{', '}']).to_owned()),
            None => Self::File(PathBuf::from(text)),
        }
    }
}

/// Why there is no token: what kind, in words, what can be done, and the cause.
#[derive(Debug)]
pub(crate) struct NoToken {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) hint: String,
    pub(crate) cause: Option<String>,
}

impl NoToken {
    /// The failure of what was asked of a bucket about `subject`.
    pub(crate) fn error(self, bucket: impl Display, subject: &str) -> ProviderError {
        let failure = ProviderError::new(self.kind, bucket, subject, self.message).hint(self.hint);
        match self.cause {
            Some(cause) => failure.caused_by(cause),
            None => failure,
        }
    }
}

const USUAL_HINT: &str =
    "sign in with `gcloud auth application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS name a file";

/// A source of tokens, or none for an emulator.
#[derive(Debug, Clone)]
pub(crate) struct Tokens(Option<Credentials>);

impl Tokens {
    /// Opens the credentials. Sends nothing.
    pub(crate) fn open(sign_in: &SignIn, emulator: bool) -> Result<Self, NoToken> {
        match sign_in {
            SignIn::Anonymous if !emulator => Err(NoToken {
                kind: ErrorKind::Denied,
                message: "nobody is signed in".to_owned(),
                hint: USUAL_HINT.to_owned(),
                cause: None,
            }),
            SignIn::Usual if !emulator => match Builder::default().build() {
                Ok(credentials) => Ok(Self(Some(credentials))),
                Err(failure) => Err(unusable("the application default credentials", &failure)),
            },
            SignIn::Usual | SignIn::Anonymous => Ok(Self(None)),
            SignIn::File(path) => from_file(path),
            // A path that is no text can't be looked into by whoever decides what may be sent.
            SignIn::Variable(name) => match std::env::var(name).ok().filter(|value| !value.is_empty()) {
                Some(path) => from_file(Path::new(&path)),
                None => Err(NoToken {
                    kind: ErrorKind::Denied,
                    message: format!(
                        "the variable `{name}`, which shall name a file of credentials, is not set"
                    ),
                    hint: "set it, or leave `credentials` out to use the application default credentials"
                        .to_owned(),
                    cause: None,
                }),
            },
        }
    }

    /// The headers that show who is asking. The library keeps a token as long as it is good.
    pub(crate) async fn headers(&self) -> Result<HeaderMap, NoToken> {
        let Some(credentials) = &self.0 else { return Ok(HeaderMap::new()) };
        // The library breaks off at an answer that is neither success nor error, such as one that leads elsewhere.
        let asked = AssertUnwindSafe(credentials.headers(Extensions::new())).catch_unwind();
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(Ok(CacheableResource::New { data, .. }))) => Ok(data),
            Ok(Ok(Ok(CacheableResource::NotModified))) => Ok(HeaderMap::new()),
            Ok(Ok(Err(failure))) => Err(refused(&failure)),
            Ok(Err(_)) => Err(NoToken {
                kind: ErrorKind::Corrupt,
                message: "the answer of what should give tokens makes no sense".to_owned(),
                hint: "nothing was sent to the store; check the addresses in the file of credentials"
                    .to_owned(),
                cause: None,
            }),
            Err(_) => Err(NoToken {
                kind: ErrorKind::Unavailable,
                message: format!("no token came within {} seconds", PATIENCE.as_secs()),
                hint: "nothing was sent to the store; check the network".to_owned(),
                cause: None,
            }),
        }
    }
}

fn unusable(what: &str, cause: &dyn std::fmt::Display) -> NoToken {
    NoToken {
        kind: ErrorKind::Denied,
        message: format!("{what} can't be used"),
        hint: USUAL_HINT.to_owned(),
        cause: Some(without_body(&cause.to_string())),
    }
}

fn from_file(path: &Path) -> Result<Tokens, NoToken> {
    let named = format!("the credentials in `{}`", path.display());
    let text = opened::content(path).map_err(|failure| unusable(&named, &failure))?;
    // The text of a parser's error may hold part of the file, so only that there is one is said.
    let json: Value = serde_json::from_slice(&text).map_err(|_| unusable(&named, &"it is not JSON"))?;
    let kind = json.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let built = match kind.as_str() {
        "service_account" => service_account::Builder::new(json).build(),
        "authorized_user" => user_account::Builder::new(json).build(),
        "external_account" => external_account::Builder::new(json).build(),
        "impersonated_service_account" => impersonated::Builder::new(json).build(),
        _ => {
            let known =
                "known are service_account, authorized_user, external_account, impersonated_service_account";
            return Err(unusable(&named, &format!("its `type` is `{}`; {known}", harmless(&kind))));
        }
    };
    built.map(|credentials| Tokens(Some(credentials))).map_err(|failure| unusable(&named, &failure))
}

/// What the library says about a token that it did not get.
fn refused(failure: &CredentialsError) -> NoToken {
    let mut parts = vec![without_body(&failure.to_string())];
    let mut cause = std::error::Error::source(failure);
    while let Some(inner) = cause {
        let text = without_body(&inner.to_string());
        if parts.iter().all(|part| !part.contains(&text)) {
            parts.push(text);
        }
        cause = inner.source();
    }
    let said = parts.join(": ");
    if let Some(hint) = clock_is_off(&said) {
        return NoToken {
            kind: ErrorKind::Denied,
            message: "the credentials were not taken: this machine's clock is off".to_owned(),
            hint,
            cause: Some(harmless(&said)),
        };
    }
    let (kind, message) = if failure.is_transient() {
        (ErrorKind::Unavailable, "no token could be got just now")
    } else {
        (ErrorKind::Denied, "the credentials were not taken")
    };
    NoToken { kind, message: message.to_owned(), hint: USUAL_HINT.to_owned(), cause: Some(harmless(&said)) }
}

/// What to do when Google, or a service that it trusts, finds the times in a token wrong that was made just now.
fn clock_is_off(said: &str) -> Option<String> {
    let said = said.to_lowercase();
    let signs = [
        "reasonable timeframe",
        "check your iat",
        "not yet valid",
        "issued in the future",
        "is stale to sign-in",
    ];
    let found = signs.iter().any(|sign| said.contains(sign));
    found.then(|| "set the clock of this machine right; nothing was sent to the store".to_owned())
}

/// The text without the body of an answer that it quotes, which may hold a token; of that body only OAuth's own
/// words for what went wrong.
fn without_body(text: &str) -> String {
    let Some((before, body)) = text.split_once("body=<") else { return harmless(text) };
    let body = body.rsplit_once('>').map_or(body, |(body, _)| body);
    let json: Option<Value> = serde_json::from_str(body).ok();
    let word = |name: &str| json.as_ref().and_then(|json| json.get(name)).and_then(Value::as_str);
    let said: Vec<&str> = ["error", "error_description"].into_iter().filter_map(word).collect();
    harmless(&format!("{}: {}", before.trim_end_matches([',', ' ']), said.join(", ")))
        .trim_end_matches([':', ' '])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_of_credentials_is_neither_waited_for_nor_read_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [pipe.as_path(), Path::new("/dev/zero"), folder.path()] {
            let Err(failure) = from_file(path) else { panic!("{}", path.display()) };
            let cause = failure.cause.unwrap();
            assert!(cause.contains("it is no regular file"), "{}: {cause}", path.display());
        }
    }

    #[test]
    fn a_quoted_answer_is_left_out_but_for_oauths_own_words() {
        let stale =
            r#"failed, body=<{"error":"invalid_grant","error_description":"stale","id_token":"geheim"}>"#;
        assert_eq!(without_body(stale), "failed: invalid_grant, stale");
        let leak = r#"failed to read field `x` as string, body=<{"value":"geheim"}>"#;
        assert_eq!(without_body(leak), "failed to read field `x` as string");
        assert_eq!(without_body("failed, body=<geheim"), "failed");
        assert_eq!(without_body("plain\nwords"), "plain words");
    }

    #[test]
    fn a_token_whose_times_are_found_wrong_means_that_the_clock_is_off() {
        for said in [
            "invalid_grant, Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
             Check your iat and exp values in the JWT claim.",
            "invalid_grant, ID Token issued at 1900000000 is stale to sign-in.",
        ] {
            assert!(clock_is_off(said).is_some(), "{said}");
        }
        assert_eq!(clock_is_off("invalid_grant, account not found"), None);
    }

    #[test]
    fn files_that_are_no_credentials_are_refused_without_showing_them() {
        let folder = tempfile::tempdir().unwrap();
        for (text, word) in [
            ("geheim{", "not JSON"),
            (r#"{"type":"magic","token":"geheim"}"#, "`magic`"),
            ("{}", "known are"),
        ] {
            let path = folder.path().join("credentials.json");
            std::fs::write(&path, text).unwrap();
            let refused = Tokens::open(&SignIn::File(path), true).unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Denied);
            let said = format!("{refused:?}");
            assert!(said.contains(word) && !said.contains("geheim"), "{said}");
        }
        let missing = Tokens::open(&SignIn::File(folder.path().join("none")), true).unwrap_err();
        assert!(missing.message.contains("none"), "{missing:?}");
        assert!(Tokens::open(&SignIn::Anonymous, false).is_err());
        assert!(Tokens::open(&SignIn::Anonymous, true).is_ok());
    }

    #[test]
    fn variables_and_paths_are_told_apart() {
        assert_eq!(SignIn::configured("$CREDS"), SignIn::Variable("CREDS".into()));
        assert_eq!(SignIn::configured("${CREDS}"), SignIn::Variable("CREDS".into()));
        assert_eq!(SignIn::configured("keys/ci.json"), SignIn::File("keys/ci.json".into()));
    }
}
