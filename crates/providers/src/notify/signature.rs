//! How a webhook tells that a message is ours: HMAC-SHA256 over the time of sending, a dot and the body, by a secret that
//! both know. The time is in it so that what was overheard can't be sent again later.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};

/// The value of `Promote-Signature`.
pub(super) fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let key = Key::new(HMAC_SHA256, secret.as_bytes());
    let signed = sign(&key, &[timestamp.as_bytes(), b".", body].concat());
    let hex: String = signed.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `printf '%s' '1767603840.{"a":1}' | openssl dgst -sha256 -hmac geheim` says.
    #[test]
    fn a_signature_is_what_other_programs_make_of_the_same() {
        let made = signature("geheim", "1767603840", b"{\"a\":1}");
        assert_eq!(made, "sha256=e32edd6e799fe9c09f6d5528f2cac7f1ac027a29aa97915594cfc2e6a80dac0c");
        assert_ne!(made, signature("geheim", "1767603841", b"{\"a\":1}"));
    }
}
