//! A security key in software: it signs what a real one signs, and sets the flags that it is told.

use super::NAMESPACE;
use aws_lc_rs::digest::{SHA256, SHA512, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const APPLICATION: &[u8] = b"ssh:";

pub enum SecurityKey {
    Ed25519(Box<Ed25519KeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
}

fn put(out: &mut Vec<u8>, field: &[u8]) {
    out.extend_from_slice(&u32::try_from(field.len()).unwrap().to_be_bytes());
    out.extend_from_slice(field);
}

fn fields(all: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    all.iter().for_each(|field| put(&mut out, field));
    out
}

/// A number of SSH: without leading zeros, and with one where it would be negative.
fn number(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let short = &bytes[start..];
    if short.first().is_some_and(|byte| byte & 0x80 != 0) { [&[0], short].concat() } else { short.to_vec() }
}

impl SecurityKey {
    pub fn ed25519() -> Self {
        Self::Ed25519(Box::new(Ed25519KeyPair::generate().unwrap()))
    }

    pub fn ecdsa() -> Self {
        Self::Ecdsa(Box::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()))
    }

    fn kind(&self) -> &'static [u8] {
        match self {
            Self::Ed25519(_) => b"sk-ssh-ed25519@openssh.com",
            Self::Ecdsa(_) => b"sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    fn blob(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(pair) => fields(&[self.kind(), pair.public_key().as_ref(), APPLICATION]),
            Self::Ecdsa(pair) => fields(&[self.kind(), b"nistp256", pair.public_key().as_ref(), APPLICATION]),
        }
    }

    pub fn public(&self) -> String {
        format!("{} {}", std::str::from_utf8(self.kind()).unwrap(), STANDARD.encode(self.blob()))
    }

    /// A signature with these flags, armored. `signs` are the flags that are signed.
    pub fn sign(&self, message: &[u8], flags: u8, signs: u8) -> String {
        let hash = digest(&SHA512, message);
        let over =
            [b"SSHSIG", fields(&[NAMESPACE.as_bytes(), b"", b"sha512", hash.as_ref()]).as_slice()].concat();
        let (application, over) = (digest(&SHA256, APPLICATION), digest(&SHA256, &over));
        let counter = [0, 0, 1, 7];
        let bytes = [application.as_ref(), &[signs], &counter, over.as_ref()].concat();
        let made = match self {
            Self::Ed25519(pair) => pair.sign(&bytes).as_ref().to_vec(),
            Self::Ecdsa(pair) => {
                let made = pair.sign(&SystemRandom::new(), &bytes).unwrap();
                let (r, s) = made.as_ref().split_at(32);
                fields(&[&number(r), &number(s)])
            }
        };
        let signature = [fields(&[self.kind(), &made]).as_slice(), &[flags], &counter].concat();
        let rest = fields(&[&self.blob(), NAMESPACE.as_bytes(), b"", b"sha512", &signature]);
        armored(&[b"SSHSIG\0\0\0\x01", rest.as_slice()].concat())
    }
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
