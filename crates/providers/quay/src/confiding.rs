//! What a request signed in with goes along with its answer, so that no refusal is shown with it.

use crate::credentials::{Credentials, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use promote_port::port::Confided;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Response, Url};

/// Puts the header that the request was signed with among those of the answer, in place of what the server may have put
/// there.
pub(crate) fn along(answer: &mut Response, signed: Option<HeaderValue>) {
    answer.headers_mut().remove(AUTHORIZATION);
    if let Some(signed) = signed {
        answer.headers_mut().insert(AUTHORIZATION, signed);
    }
}

/// What came along with an answer, and what the request may have carried elsewhere.
pub(crate) fn confided(headers: &HeaderMap, credentials: Option<&Credentials>) -> Confided {
    of(headers.get(AUTHORIZATION), credentials)
}

/// What a request carries that is signed with this header, and made with these credentials.
pub(crate) fn of(signed: Option<&HeaderValue>, credentials: Option<&Credentials>) -> Confided {
    let confided = Confided::default();
    if let Some((scheme, value)) = signed.and_then(|header| header.to_str().ok()?.split_once(' ')) {
        // What fills it up is written in another way within an address.
        confided.keep(value.trim_end_matches('='));
        let pair = STANDARD.decode(value).ok().and_then(|pair| String::from_utf8(pair).ok());
        let pair = pair.as_deref().filter(|_| scheme == "Basic").and_then(|pair| pair.split_once(':'));
        if let Some((_, password)) = pair {
            keep(&confided, password);
        }
    }
    match credentials.map(|credentials| &credentials.secret) {
        Some(Secret::Pair { user, password }) => {
            // As files of credentials have it, and as it is sent.
            keep(&confided, &format!("{user}:{password}"));
            keep(&confided, password);
        }
        Some(Secret::Refresh(token)) => keep(&confided, token),
        None => {}
    }
    confided
}

/// Keeps a secret in each of the forms in which a server may repeat it: as it is, within an address, and in base64 of both
/// alphabets.
fn keep(confided: &Confided, secret: &str) {
    confided.keep(secret);
    if let Ok(mut form) = Url::parse("form:x") {
        form.query_pairs_mut().append_key_only(secret);
        confided.keep(form.query().unwrap_or_default());
    }
    for encoded in [STANDARD_NO_PAD.encode(secret), URL_SAFE_NO_PAD.encode(secret)] {
        confided.keep(&encoded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_repeats_a_password_in_whatever_form_and_none_is_shown() {
        let encode = |text: &str| STANDARD.encode(text);
        for password in ["canary of acme/?+1", "c4n4ry!"] {
            let secret = Secret::Pair { user: "acme+ci".to_owned(), password: password.to_owned() };
            let credentials = Credentials { secret, origin: "a file".to_owned() };
            let confided = confided(&HeaderMap::new(), Some(&credentials));
            let pair = format!("acme+ci:{password}");
            let mut form = Url::parse("https://next.example/").unwrap();
            form.query_pairs_mut().append_pair("auth", &pair);
            for said in [pair.clone(), encode(&pair), form.to_string(), format!("bad login {pair} here")] {
                let shown = confided.without(&said);
                assert!(
                    shown.contains("***") && !shown.contains("c4n4ry") && !shown.contains("canary"),
                    "{shown}"
                );
            }
        }
        let secret = Secret::Refresh("canary/token of acme".to_owned());
        let credentials = Credentials { secret, origin: "a file".to_owned() };
        let confided = confided(&HeaderMap::new(), Some(&credentials));
        for said in ["canary/token of acme", "t=canary%2Ftoken+of+acme", &encode("canary/token of acme")] {
            let shown = confided.without(said);
            assert!(shown.contains("***") && !shown.contains("canary"), "{shown}");
        }
    }
}
