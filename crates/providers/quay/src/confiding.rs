//! What a request signed in with goes along with its answer, so that no refusal is shown with it.

use crate::credentials::{Credentials, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use promote_port::port::Confided;
use reqwest::Response;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

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
            confided.keep(password);
        }
    }
    match credentials.map(|credentials| &credentials.secret) {
        Some(Secret::Pair { password, .. }) => confided.keep(password),
        Some(Secret::Refresh(token)) => confided.keep(token),
        None => {}
    }
    confided
}
