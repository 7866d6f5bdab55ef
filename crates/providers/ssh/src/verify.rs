//! Whether a key made a signature over bytes: one way for each kind of key, none for weak ones. Where the bytes come
//! from is `sshsig`'s.

use crate::key::{Algorithm, Material, PublicKey};
use crate::wire::{Malformed, Reader};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, RsaParameters, UnparsedPublicKey,
};
use promote_port::names::escape;

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unverified {
    /// It is made in a way that does not count, named for people.
    Unsupported(String),
    /// It is no signature at all.
    Broken(Malformed),
    /// It is one over other bytes, or by another key.
    Mismatch,
}

impl From<Malformed> for Unverified {
    fn from(why: Malformed) -> Self {
        Self::Broken(why)
    }
}

/// What a security key signs beside the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    /// Somebody touched it.
    pub(crate) fn touched(self) -> bool {
        self.0 & 0x01 != 0
    }

    /// It recognized its holder.
    pub(crate) fn verified(self) -> bool {
        self.0 & 0x04 != 0
    }
}

impl PublicKey {
    /// Whether this key signed `message`; the flags of a security key.
    pub(crate) fn verify(&self, signature: &[u8], message: &[u8]) -> Result<Option<Flags>, Unverified> {
        let mut reader = Reader::new(signature);
        let kind = reader.text()?;
        match &self.material {
            Material::Rsa { modulus, exponent } => {
                let how = rsa(kind)?;
                let given = reader.string()?;
                reader.end()?;
                let missing = modulus.len().checked_sub(given.len()).ok_or("it is longer than its key")?;
                // Some agents leave out leading zeros, and OpenSSH puts them back.
                let full = [&vec![0; missing], given].concat();
                PublicKeyComponents { n: modulus, e: exponent }
                    .verify(how, message, &full)
                    .map(|()| None)
                    .map_err(|_| Unverified::Mismatch)
            }
            Material::Point { point, application } => {
                if kind != self.algorithm.name() {
                    let (kind, name) = (escape(kind), self.algorithm.name());
                    return Err(Unverified::Unsupported(format!("`{kind}` by a key of the kind `{name}`")));
                }
                let given = self.algorithm.fixed(reader.string()?)?;
                let (flags, signed) = match application {
                    None => (None, message.to_vec()),
                    Some(application) => {
                        let (flags, counter) = (reader.byte()?, reader.bytes(4)?);
                        let (hash, application) = (digest(&SHA256, message), digest(&SHA256, application));
                        let signed = [application.as_ref(), &[flags], counter, hash.as_ref()].concat();
                        (Some(Flags(flags)), signed)
                    }
                };
                reader.end()?;
                let how = self.algorithm.verification().ok_or(Unverified::Mismatch)?;
                UnparsedPublicKey::new(how, point)
                    .verify(&signed, &given)
                    .map(|()| flags)
                    .map_err(|_| Unverified::Mismatch)
            }
        }
    }
}

impl Algorithm {
    /// A signature in its form of one length: both numbers of ECDSA, filled up with zeros.
    fn fixed(self, given: &[u8]) -> Result<Vec<u8>, Malformed> {
        let Some((_, length)) = self.curve() else { return Ok(given.to_vec()) };
        let mut reader = Reader::new(given);
        let mut out = Vec::with_capacity(2 * length);
        for _ in 0..2 {
            let number = reader.positive()?;
            let missing = length.checked_sub(number.len()).ok_or("a number in it is too large")?;
            out.extend(std::iter::repeat_n(0, missing));
            out.extend_from_slice(number);
        }
        reader.end()?;
        Ok(out)
    }
}

fn rsa(kind: &str) -> Result<&'static RsaParameters, Unverified> {
    match kind {
        "rsa-sha2-256" => Ok(&RSA_PKCS1_2048_8192_SHA256),
        "rsa-sha2-512" => Ok(&RSA_PKCS1_2048_8192_SHA512),
        "ssh-rsa" => Err(Unverified::Unsupported("`ssh-rsa` uses SHA-1, which can be forged".to_owned())),
        other => Err(Unverified::Unsupported(format!("`{}` by an RSA key", escape(other)))),
    }
}
