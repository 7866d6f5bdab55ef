//! Signatures of people: making one with a key that somebody holds, and telling whose one is. What is signed, and for
//! what a signature counts, is decided in the core; where keys lie and how they sign is the provider's.

use crate::names::escape;
use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt::{self, Debug, Display};

/// Signs with one key. `Display` names the key as its holder knows it: a file, or the agent's comment.
#[async_trait]
pub trait Signer: Debug + Display + Send + Sync {
    /// The fingerprint of the key: `SHA256:` and 43 letters. `None` where only the program that signs can read it.
    fn fingerprint(&self) -> Option<&str>;

    /// Signs `message` for one purpose. Somebody may be asked for a passphrase or a touch meanwhile. The answer is the
    /// armored text of one signature, with its last newline.
    async fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SigningError>;
}

/// Why there is no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotSigned {
    /// No key was found that may sign.
    NoKey,
    /// The key is known, and it can't be read or isn't one.
    Unusable,
    /// The agent that is to hold the key does not answer, or does not hold it.
    Agent,
    /// Whoever was asked for a passphrase or a touch refused, or gave a wrong one.
    Cancelled,
    /// Nobody answered in time.
    TimedOut,
    /// The program that signs is missing, or failed for another reason.
    Program,
}

/// A signature that could not be made. Nothing was changed by the attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningError {
    /// Which kind of failure it is.
    pub why: NotSigned,
    /// A lower-case fragment without a full stop that names the key and says what happened.
    pub message: String,
    /// What a person can do, one sentence or command each.
    pub hints: Vec<String>,
}

impl SigningError {
    /// An error without hints.
    pub fn new(why: NotSigned, message: impl Into<String>) -> Self {
        Self { why, message: message.into(), hints: Vec::new() }
    }

    /// The same error with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SigningError {}

/// Bytes with what is said to be a signature over them.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'s> {
    /// The purpose for which the signature must have been made.
    pub namespace: &'s str,
    /// What must have been signed.
    pub message: &'s [u8],
    /// The armored text. Only the first signature in it is looked at.
    pub signature: &'s str,
    /// When it was made, by a clock that the signer does not set.
    pub at: DateTime<Utc>,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// The person, by which they are counted: the same whichever of their keys and names was used. The first of their names.
    pub person: String,
    /// All names that the list has of the person, in its order: nobody is two people by having two names.
    pub names: Vec<String>,
    /// The name that stands beside this key, with which `ssh-keygen -Y verify -I` accepts the signature.
    pub principal: String,
    /// The fingerprint of the key: `SHA256:` and 43 letters.
    pub fingerprint: String,
    /// What a security key says of its holder; `None` for a key that is no security key.
    pub presence: Option<Presence>,
}

/// What a security key says of whoever held it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Somebody touched it.
    Touched,
    /// It recognized its holder, by a PIN or a finger.
    Verified,
}

/// The list of those whose signatures count: who they are, with which keys, for what and until when.
pub trait Signers: Debug + Send + Sync {
    /// Who signed, or why the signature does not count.
    fn signed_by(&self, signed: &Signed<'_>) -> Result<SignedBy, Uncounted>;

    /// The people who could sign for a purpose at a time ([`SignedBy::person`]), in the order of the list, each once. Keys behind patterns have
    /// nobody's name.
    fn people(&self, namespace: &str, at: DateTime<Utc>) -> Vec<String>;

    /// Whose key this is that could sign for a purpose at a time, by its fingerprint: all names of the person, that by which
    /// they are counted first.
    fn holder(&self, fingerprint: &str, namespace: &str, at: DateTime<Utc>) -> Option<Vec<String>>;
}

/// Why a signature does not count. The text is a sentence without its end, about "the signature" or "the key".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncounted {
    /// The text is not a signature, or is one that is broken.
    NotASignature {
        /// What is wrong with it.
        why: String,
    },
    /// A kind of key or signature that does not count for anybody.
    Unsupported {
        /// Which, and why not.
        what: String,
    },
    /// It was made for another purpose.
    OtherNamespace {
        /// For which it was made. Foreign text.
        found: String,
        /// For which it had to be made.
        wanted: String,
    },
    /// It was made over other bytes, or it or they were changed later.
    OtherBytes,
    /// Nobody in the list has the key.
    UnknownKey {
        /// The key.
        fingerprint: String,
    },
    /// The list lets the key sign for other purposes only.
    NamespaceNotAllowed {
        /// Whose key it is.
        principal: String,
        /// For what it was used.
        namespace: String,
    },
    /// It was made before the key became valid.
    NotYetValid {
        /// Whose key it is.
        principal: String,
        /// From when on the key is valid.
        from: DateTime<Utc>,
        /// When the signature was made.
        at: DateTime<Utc>,
    },
    /// It was made after the key's time was over.
    Expired {
        /// Whose key it is.
        principal: String,
        /// Until when the key was valid.
        until: DateTime<Utc>,
        /// When the signature was made.
        at: DateTime<Utc>,
    },
    /// A security key that does not say that somebody touched it: a program may have signed without any person.
    NoPresence {
        /// Whose key it is.
        principal: String,
    },
    /// The list names a pattern in place of a person, so nobody can be counted.
    Wildcard {
        /// The pattern.
        pattern: String,
    },
}

impl Display for Uncounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        match self {
            Self::NotASignature { why } => write!(f, "this is not an SSH signature: {why}"),
            Self::Unsupported { what } => write!(f, "the signature is of a kind that does not count: {what}"),
            Self::OtherNamespace { found, wanted } => {
                write!(f, "the signature was made for `{}`, not for `{wanted}`", escape(found))
            }
            Self::OtherBytes => {
                f.write_str("the signature does not match what it is on: one of the two was changed later")
            }
            Self::UnknownKey { fingerprint } => {
                write!(f, "nobody in the list of signers has the key {fingerprint}")
            }
            Self::NamespaceNotAllowed { principal, namespace } => {
                write!(
                    f,
                    "the list of signers does not let the key of `{}` sign for `{namespace}`",
                    escape(principal)
                )
            }
            Self::NotYetValid { principal, from, at } => write!(
                f,
                "the key of `{}` is valid from {} on, and the signature is of {}",
                escape(principal),
                time(from),
                time(at)
            ),
            Self::Expired { principal, until, at } => write!(
                f,
                "the key of `{}` was valid until {}, and the signature is of {}",
                escape(principal),
                time(until),
                time(at)
            ),
            Self::NoPresence { principal } => {
                write!(f, "the security key of `{}` does not say that somebody touched it", escape(principal))
            }
            Self::Wildcard { pattern } => {
                write!(
                    f,
                    "the list of signers has the pattern `{}` for this key, which names no person",
                    escape(pattern)
                )
            }
        }
    }
}

impl std::error::Error for Uncounted {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_a_sentence_and_foreign_text_in_it_is_harmless() {
        let at = DateTime::from_timestamp(1_800_000_000, 500).unwrap();
        let evil = "a\u{1b}[31m".to_owned();
        let expired = Uncounted::Expired { principal: evil.clone(), until: at, at };
        assert_eq!(
            expired.to_string(),
            "the key of `a\\u{1b}[31m` was valid until 2027-01-15T08:00:00Z, and the signature is of 2027-01-15T08:00:00Z"
        );
        let other = Uncounted::OtherNamespace { found: evil.clone(), wanted: "file".to_owned() };
        assert_eq!(other.to_string(), "the signature was made for `a\\u{1b}[31m`, not for `file`");
        let early = Uncounted::NotYetValid { principal: evil.clone(), from: at, at };
        for refusal in [
            early,
            Uncounted::NamespaceNotAllowed { principal: evil.clone(), namespace: "file".to_owned() },
            Uncounted::NoPresence { principal: evil.clone() },
            Uncounted::Wildcard { pattern: evil },
        ] {
            assert!(refusal.to_string().contains("`a\\u{1b}[31m`"), "{refusal}");
        }
    }
}
