//! Reading OpenSSH's signatures (`PROTOCOL.sshsig`): the armored text, its fields, and what was signed. Strict where
//! OpenSSH is lenient: one form for each signature. Whose the key is, and whether that counts, is the list's.

use crate::key::{PublicKey, Unfit};
use crate::verify::{Flags, Unverified};
use crate::wire::{Reader, put};
use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use promote_port::names::escape;
use promote_port::port::Uncounted;

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "-----END SSH SIGNATURE-----";
const MAGIC: &[u8] = b"SSHSIG";

/// More than the largest key needs.
const LARGEST: usize = 16 * 1024;

#[derive(Debug, Clone, Copy)]
enum Hash {
    Sha256,
    Sha512,
}

/// The first signature of a text.
#[derive(Debug, Clone)]
pub(crate) struct SshSignature {
    pub(crate) key: PublicKey,
    namespace: String,
    hash: Hash,
    signature: Vec<u8>,
}

impl SshSignature {
    pub(crate) fn read(text: &str) -> Result<Self, Uncounted> {
        let blob = armored(text)?;
        let mut reader = Reader::new(&blob);
        if reader.bytes(MAGIC.len()).map_err(not)? != MAGIC {
            return Err(not("it does not begin with `SSHSIG`"));
        }
        let version = reader.number().map_err(not)?;
        if version != 1 {
            return Err(Uncounted::Unsupported { what: format!("version {version} of SSH signatures") });
        }
        let key = PublicKey::from_blob(reader.string().map_err(not)?).map_err(|unfit| match unfit {
            Unfit::Unsupported(what) => Uncounted::Unsupported { what },
            Unfit::Broken(_) => not(unfit.to_string()),
        })?;
        let namespace = reader.text().map_err(not)?.to_owned();
        if namespace.is_empty() {
            return Err(not("it names no purpose"));
        }
        if !reader.string().map_err(not)?.is_empty() {
            return Err(not("its reserved field is not empty"));
        }
        let hash = match reader.text().map_err(not)? {
            "sha256" => Hash::Sha256,
            "sha512" => Hash::Sha512,
            other => return Err(Uncounted::Unsupported { what: format!("the hash `{}`", escape(other)) }),
        };
        let signature = reader.string().map_err(not)?.to_vec();
        reader.end().map_err(not)?;
        Ok(Self { key, namespace, hash, signature })
    }

    /// Whether it is one over `message` for this purpose; the flags of a security key.
    pub(crate) fn verify(&self, namespace: &str, message: &[u8]) -> Result<Option<Flags>, Uncounted> {
        if self.namespace != namespace {
            let (found, wanted) = (self.namespace.clone(), namespace.to_owned());
            return Err(Uncounted::OtherNamespace { found, wanted });
        }
        let (name, hash) = match self.hash {
            Hash::Sha256 => ("sha256", digest(&SHA256, message)),
            Hash::Sha512 => ("sha512", digest(&SHA512, message)),
        };
        let mut signed = MAGIC.to_vec();
        for field in [namespace.as_bytes(), b"", name.as_bytes(), hash.as_ref()] {
            put(&mut signed, field);
        }
        self.key.verify(&self.signature, &signed).map_err(|unverified| match unverified {
            Unverified::Unsupported(what) => Uncounted::Unsupported { what },
            Unverified::Broken(why) => not(format!("the signature in it can't be read: {why}")),
            Unverified::Mismatch => Uncounted::OtherBytes,
        })
    }
}

/// The bytes between the first two marks. What follows them is not looked at, as OpenSSH does it.
fn armored(text: &str) -> Result<Vec<u8>, Uncounted> {
    let body = text
        .strip_prefix(BEGIN)
        .ok_or_else(|| not(format!("its first line is not `{}`", BEGIN.trim_end())))?;
    let (body, after) = body.split_once(END).ok_or_else(|| not(format!("it has no line `{END}`")))?;
    if !(body.ends_with('\n') && (after.is_empty() || after.starts_with('\n'))) {
        return Err(not(format!("it has no line `{END}`")));
    }
    if body.len() > LARGEST {
        return Err(not("it is longer than any signature"));
    }
    let encoded: String = body.split_terminator('\n').collect();
    if body.starts_with('\n') || body.contains("\n\n") {
        return Err(not("it has an empty line"));
    }
    STANDARD.decode(encoded).map_err(|_| not("it is not whole base64"))
}

fn not(why: impl Into<String>) -> Uncounted {
    Uncounted::NotASignature { why: why.into() }
}
