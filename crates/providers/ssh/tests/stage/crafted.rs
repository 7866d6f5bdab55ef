//! Signatures put together by hand: their fields, their text, and what is signed.

use super::NAMESPACE;
use aws_lc_rs::digest::{SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub fn fields(all: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in all {
        out.extend_from_slice(&u32::try_from(field.len()).unwrap().to_be_bytes());
        out.extend_from_slice(field);
    }
    out
}

/// The fields of bytes that are nothing but fields.
pub fn split(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    while let Some((length, rest)) = bytes.split_at_checked(4) {
        let length = u32::from_be_bytes(length.try_into().unwrap());
        let (field, rest) = rest.split_at(usize::try_from(length).unwrap());
        out.push(field.to_vec());
        bytes = rest;
    }
    out
}

/// A number of SSH: without leading zeros, and with one where it would be negative.
pub fn number(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let short = &bytes[start..];
    if short.first().is_some_and(|byte| byte & 0x80 != 0) { [&[0], short].concat() } else { short.to_vec() }
}

/// What a key signs for a message.
pub fn over(message: &[u8]) -> Vec<u8> {
    let hash = digest(&SHA512, message);
    [b"SSHSIG", fields(&[NAMESPACE.as_bytes(), b"", b"sha512", hash.as_ref()]).as_slice()].concat()
}

/// The text of a signature that a key made over [`over`].
pub fn wrapped(key: &[u8], signature: &[u8]) -> String {
    let rest = fields(&[key, NAMESPACE.as_bytes(), b"", b"sha512", signature]);
    armored(&[MAGIC, rest.as_slice()].concat())
}

const MAGIC: &[u8] = b"SSHSIG\0\0\0\x01";

/// The key, and the signature in it, of the text of a signature.
pub fn unwrapped(text: &str) -> (Vec<u8>, Vec<u8>) {
    let fields = split(&bytes(text)[MAGIC.len()..]);
    (fields[0].clone(), fields[4].clone())
}

pub fn armored(blob: &[u8]) -> String {
    let encoded = STANDARD.encode(blob);
    let lines: Vec<_> =
        encoded.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
}

/// The bytes of an armored signature.
pub fn bytes(signature: &str) -> Vec<u8> {
    let lines: String = signature.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(lines).unwrap()
}
