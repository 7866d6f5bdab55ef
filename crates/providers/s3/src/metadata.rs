//! What is written beside an object, on the wire. Of user metadata header values are plain ASCII, so any other text
//! travels as an encoded word (RFC 2047), the form in which S3 itself gives such values back. What the values mean is
//! left to the callers.

use aws_sdk_s3::config::http::HttpRequest;
use aws_smithy_types::base64;
use promote_port::port::Metadata;
use std::collections::HashMap;

const OPEN: &str = "=?UTF-8?B?";
const CLOSE: &str = "?=";

/// A value as it is sent.
fn sent(value: &str) -> String {
    let plain = value.bytes().all(|b| matches!(b, b' '..=b'~')) && value.trim() == value;
    if plain && !value.starts_with("=?") {
        return value.to_owned();
    }
    format!("{OPEN}{}{CLOSE}", base64::encode(value))
}

/// A value as it was meant. What can't be decoded stays as it came.
fn received(value: &str) -> String {
    let decoded = || {
        let word = value.strip_suffix(CLOSE)?.strip_prefix("=?")?;
        let (charset, rest) = word.split_once('?')?;
        let (encoding, text) = rest.split_once('?')?;
        if !charset.eq_ignore_ascii_case("utf-8") {
            return None;
        }
        let bytes = match encoding {
            "B" | "b" => base64::decode(text).ok()?,
            "Q" | "q" => unquoted(text)?,
            _ => return None,
        };
        String::from_utf8(bytes).ok()
    };
    decoded().unwrap_or_else(|| value.to_owned())
}

fn unquoted(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'_' => b' ',
            b'=' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    Some(out)
}

/// Metadata for a request.
pub(crate) fn to_wire(metadata: &Metadata) -> Option<HashMap<String, String>> {
    Some(metadata.iter().map(|(name, value)| (name.clone(), sent(value))).collect())
}

/// Metadata of an answer.
pub(crate) fn from_wire(metadata: Option<&HashMap<String, String>>) -> Metadata {
    metadata.into_iter().flatten().map(|(name, value)| (name.to_lowercase(), received(value))).collect()
}

/// Puts `Expires` into a request as it was read: the SDK sends dates alone, and S3 keeps any text.
pub(crate) fn expiring(expires: Option<String>) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
    move |request| {
        if let Some(expires) = &expires {
            // It came in a header, so that it fits into one.
            drop(request.headers_mut().try_insert("expires", expires.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_survives_the_wire() {
        for text in
            ["", "ce96f07 to prod by alice", "Jörg", " padded ", "two\nlines", "=?UTF-8?B?eA==?=", "=?"]
        {
            let wire = sent(text);
            assert!(wire.bytes().all(|b| (b' '..=b'~').contains(&b)), "{wire}");
            assert_eq!(received(&wire), text);
        }
        assert_eq!(sent("alice"), "alice");
    }

    #[test]
    fn what_s3_encodes_is_decoded_and_the_rest_is_kept() {
        assert_eq!(received("=?UTF-8?Q?J=C3=B6rg_M?="), "Jörg M");
        for odd in ["=?UTF-8?Q?=C3?=", "=?UTF-8?Q?=Z?=", "=?latin?B?eA==?=", "=?UTF-8?X?a?=", "=??="] {
            assert_eq!(received(odd), odd);
        }
    }
}
