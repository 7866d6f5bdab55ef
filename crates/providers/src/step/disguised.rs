//! The forms in which programs say a secret without meaning to: in base64, within an address, in JSON and in HTML. What a
//! secret is, and what stands for it, is decided elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Each form of the secret that is not the secret itself.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let mut all: Vec<String> = (0..3).flat_map(|before| in_base64(secret, before)).collect();
    all.extend([true, false].into_iter().flat_map(|upper| in_address(secret, upper)));
    all.extend([in_json(secret, false), in_json(secret, true)]);
    all.extend(["&#39;", "&#x27;", "&apos;"].into_iter().map(|quote| in_html(secret, quote)));
    all.retain(|form| form != secret);
    all.sort_unstable();
    all.dedup();
    all
}

/// What stands for the secret in the base64 of a text that has `before` bytes before it, and three for each more: `user:` and
/// a password, for one. The characters at its ends tell of other bytes as well, so they are left out.
fn in_base64(secret: &str, before: usize) -> [String; 2] {
    let bytes = [vec![0; before].as_slice(), secret.as_bytes()].concat();
    let inner = |text: String| {
        let from = (before * 8).div_ceil(6);
        let to = bytes.len() * 8 / 6;
        text.get(from..to).unwrap_or_default().to_owned()
    };
    [inner(STANDARD_NO_PAD.encode(&bytes)), inner(URL_SAFE_NO_PAD.encode(&bytes))]
}

/// Percent-encoded; of blanks in both ways.
fn in_address(secret: &str, upper: bool) -> [String; 2] {
    let mut out = String::with_capacity(secret.len() * 3);
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else if upper {
            out.push_str(&format!("%{byte:02X}"));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    let plus = out.replace("%20", "+");
    [out, plus]
}

/// As a string of JSON; some writers escape what means something in HTML, too.
fn in_json(secret: &str, html: bool) -> String {
    let quoted = serde_json::Value::from(secret).to_string();
    let text = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    match html {
        true => text.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e"),
        false => text.to_owned(),
    }
}

fn in_html(secret: &str, quote: &str) -> String {
    let text = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', quote)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    #[test]
    fn a_secret_is_found_at_every_place_of_what_is_encoded() {
        for secret in ["geheim-1", "geheim-12", "geheim-123", "s3cr3t??>>~~ü", "correct horse battery"] {
            for before in ["", "u", "ab", "abc", "user:", "user-1:", "a longer text before: "] {
                for after in ["", "\n", "@", "@h", "@ho", " and more"] {
                    let text = format!("{before}{secret}{after}");
                    for said in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                        let form = forms(secret).into_iter().find(|form| said.contains(form.as_str()));
                        let form = form.unwrap_or_else(|| panic!("{text}: {said}"));
                        // What is left of it are at most two characters at either end, of which none is a whole byte's.
                        assert!(form.len() >= secret.len() * 8 / 6 - 2, "{text}: {form}");
                    }
                }
            }
        }
    }

    #[test]
    fn forms_of_addresses_json_and_html() {
        let all = forms(r#"a b&c"d<e'f/ü"#);
        for wanted in [
            "a%20b%26c%22d%3Ce%27f%2F%C3%BC",
            "a%20b%26c%22d%3ce%27f%2f%c3%bc",
            "a+b%26c%22d%3Ce%27f%2F%C3%BC",
            r#"a b&c\"d<e'f/ü"#,
            r#"a b\u0026c\"d\u003ce'f/ü"#,
            "a b&amp;c&quot;d&lt;e&#39;f/ü",
            "a b&amp;c&quot;d&lt;e&#x27;f/ü",
        ] {
            assert!(all.iter().any(|form| form == wanted), "{wanted}: {all:#?}");
        }
        assert!(!forms("plain-word").contains(&"plain-word".to_owned()));
    }
}
