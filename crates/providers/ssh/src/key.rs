//! Public keys of SSH: reading one from its bytes or from a line of text, and its fingerprint. Whether it signed
//! something is told in `verify`, whose it is by the list.

use crate::wire::{Malformed, Reader};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use promote_port::names::escape;
use std::fmt;

/// The kinds of keys that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Ed25519,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    Rsa,
    SkEd25519,
    SkEcdsaP256,
}

use Algorithm::{EcdsaP256, EcdsaP384, EcdsaP521, Ed25519, Rsa, SkEcdsaP256, SkEd25519};

impl Algorithm {
    pub(crate) const ALL: [Self; 7] = [Ed25519, EcdsaP256, EcdsaP384, EcdsaP521, Rsa, SkEd25519, SkEcdsaP256];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Ed25519 => "ssh-ed25519",
            EcdsaP256 => "ecdsa-sha2-nistp256",
            EcdsaP384 => "ecdsa-sha2-nistp384",
            EcdsaP521 => "ecdsa-sha2-nistp521",
            Rsa => "ssh-rsa",
            SkEd25519 => "sk-ssh-ed25519@openssh.com",
            SkEcdsaP256 => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The name of its curve in a key, and how long a coordinate is.
    pub(crate) fn curve(self) -> Option<(&'static str, usize)> {
        match self {
            EcdsaP256 | SkEcdsaP256 => Some(("nistp256", 32)),
            EcdsaP384 => Some(("nistp384", 48)),
            EcdsaP521 => Some(("nistp521", 66)),
            Ed25519 | Rsa | SkEd25519 => None,
        }
    }

    /// Whether its private half lies in a security key.
    pub(crate) fn is_security_key(self) -> bool {
        matches!(self, SkEd25519 | SkEcdsaP256)
    }

    /// How a signature of it is verified; `None` for RSA, where the signature says.
    pub(crate) fn verification(self) -> Option<&'static dyn VerificationAlgorithm> {
        match self {
            Ed25519 | SkEd25519 => Some(&signature::ED25519),
            EcdsaP256 | SkEcdsaP256 => Some(&signature::ECDSA_P256_SHA256_FIXED),
            EcdsaP384 => Some(&signature::ECDSA_P384_SHA384_FIXED),
            EcdsaP521 => Some(&signature::ECDSA_P521_SHA512_FIXED),
            Rsa => None,
        }
    }
}

/// Why bytes or a text are not a key that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// A key of a kind that does not count, named for people.
    Unsupported(String),
    /// No key at all.
    Broken(Malformed),
}

impl From<Malformed> for Unfit {
    fn from(why: Malformed) -> Self {
        Self::Broken(why)
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(what) => f.write_str(what),
            Self::Broken(why) => write!(f, "the key can't be read: {why}"),
        }
    }
}

/// A key that can verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    pub(crate) algorithm: Algorithm,
    /// Its one form in bytes: equal keys have equal bytes.
    pub(crate) blob: Vec<u8>,
    pub(crate) material: Material,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Material {
    /// A point of a curve, and for a security key what it was made for.
    Point { point: Vec<u8>, application: Option<Vec<u8>> },
    /// The parts of an RSA key.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
}

const SMALLEST_RSA: usize = 2048;
const LARGEST_RSA: usize = 8192;

impl PublicKey {
    pub(crate) fn from_blob(blob: &[u8]) -> Result<Self, Unfit> {
        let mut reader = Reader::new(blob);
        let name = reader.text()?;
        let algorithm = Algorithm::named(name).ok_or_else(|| Unfit::Unsupported(unsupported(name)))?;
        let material = match algorithm {
            Rsa => {
                let (exponent, modulus) = (reader.positive()?.to_vec(), reader.positive()?.to_vec());
                let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
                let bits = modulus.len() * 8 - leading;
                if !(SMALLEST_RSA..=LARGEST_RSA).contains(&bits) {
                    let limits = format!("{SMALLEST_RSA} to {LARGEST_RSA}");
                    return Err(Unfit::Unsupported(format!(
                        "an RSA key has {limits} bits, and this one {bits}"
                    )));
                }
                Material::Rsa { modulus, exponent }
            }
            _ => {
                if let Some((curve, _)) = algorithm.curve()
                    && reader.string()? != curve.as_bytes()
                {
                    return Err(Unfit::Broken("it names another curve than its kind"));
                }
                let point = reader.string()?.to_vec();
                let is_security_key = matches!(algorithm, SkEd25519 | SkEcdsaP256);
                let application = if is_security_key { Some(reader.string()?.to_vec()) } else { None };
                Material::Point { point, application }
            }
        };
        reader.end()?;
        let key = Self { algorithm, blob: blob.to_vec(), material };
        if key.is_on_its_curve() { Ok(key) } else { Err(Unfit::Broken("its point is not on its curve")) }
    }

    fn is_on_its_curve(&self) -> bool {
        let (Material::Point { point, .. }, Some(how)) = (&self.material, self.algorithm.verification())
        else {
            return true;
        };
        let shape = match self.algorithm.curve() {
            // The one form that SSH writes: four, and both coordinates.
            Some((_, length)) => point.len() == 1 + 2 * length && point.first() == Some(&4),
            None => point.len() == 32,
        };
        // Which of the points of Ed25519 are good is said by whoever verifies: every 32 bytes are a key to OpenSSH.
        shape && (self.algorithm.curve().is_none() || ParsedPublicKey::new(how, point).is_ok())
    }

    /// Reads `ssh-ed25519 AAAA… comment`.
    pub(crate) fn from_text(text: &str) -> Result<Self, Unfit> {
        let name = text.split([' ', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
        if Algorithm::named(name).is_none() {
            return Err(Unfit::Unsupported(unsupported(name)));
        }
        let (_, blob) = blob_of(text)?;
        Self::from_blob(&blob)
    }

    /// As `ssh-keygen -l` shows it.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.blob)
    }

    /// As a file of a public key has it, without a comment.
    pub(crate) fn line(&self) -> String {
        format!("{} {}\n", self.algorithm.name(), STANDARD.encode(&self.blob))
    }
}

pub(crate) fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(digest(&SHA256, blob)))
}

/// The kind and the bytes of a key in a line of text, whatever kind it is of.
pub(crate) fn blob_of(text: &str) -> Result<(&str, Vec<u8>), Malformed> {
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    let (Some(name), Some(encoded)) = (words.next(), words.next()) else {
        return Err("a kind such as `ssh-ed25519` and the key in base64 must follow each other");
    };
    let blob = STANDARD.decode(encoded).map_err(|_| "it is not whole base64")?;
    if Reader::new(&blob).text()? == name {
        Ok((name, blob))
    } else {
        Err("it is of another kind than it says")
    }
}

/// Why a kind of key does not count.
fn unsupported(name: &str) -> String {
    let shown = escape(name);
    if name.contains("-cert-v0") {
        format!("certificates are not supported (`{shown}`): list the key itself")
    } else {
        let known: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
        format!("keys of the kind `{shown}` are not supported; these are: {}", known.join(", "))
    }
}
