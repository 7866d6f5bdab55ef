//! Commits: what a release is named by. Only hexadecimal object names count; a moving name such as `latest` or a
//! branch is never one. Resolving a prefix against the published releases is the ledger's work.

use crate::names::escape;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// A full commit: 40 lower-case hexadecimal digits (git's SHA-1 object name).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CommitId(String);

/// The beginning of a commit: 4 to 40 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommitPrefix(String);

/// Why a text is not a commit, or not the beginning of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is not {wanted}")]
pub struct CommitError {
    shown: String,
    wanted: &'static str,
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

impl CommitId {
    /// All 40 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first `digits` digits, for people and for `{sha:N}`.
    pub fn short(&self, digits: usize) -> &str {
        self.0.get(..digits.min(40)).unwrap_or(&self.0)
    }
}

impl FromStr for CommitId {
    type Err = CommitError;

    fn from_str(text: &str) -> Result<Self, CommitError> {
        if text.len() == 40 && is_hex(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CommitError {
                shown: escape(text),
                wanted: "a full commit: 40 lower-case hexadecimal digits",
            })
        }
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CommitId {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

impl CommitPrefix {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The full commit, when all 40 digits are there.
    pub fn full(&self) -> Option<CommitId> {
        self.0.parse().ok()
    }

    /// Whether `commit` begins with these digits.
    pub fn fits(&self, commit: &CommitId) -> bool {
        commit.0.starts_with(&self.0)
    }
}

impl FromStr for CommitPrefix {
    type Err = CommitError;

    fn from_str(text: &str) -> Result<Self, CommitError> {
        if (4..=40).contains(&text.len()) && is_hex(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CommitError {
                shown: escape(text),
                wanted: "a commit: 4 to 40 lower-case hexadecimal digits",
            })
        }
    }
}

impl fmt::Display for CommitPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hexadecimal_names_are_commits() {
        let full = "0123456789abcdef0123456789abcdef01234567";
        let commit: CommitId = full.parse().unwrap();
        assert_eq!(commit.short(8), "01234567");
        assert!("0123".parse::<CommitPrefix>().unwrap().fits(&commit));
        assert_eq!(full.parse::<CommitPrefix>().unwrap().full(), Some(commit));
        for bad in
            ["latest", "", "012", "0123456G", "$(id)", "../../etc", "ABCDEF12", "main", &format!("{full}0")]
        {
            assert!(bad.parse::<CommitPrefix>().is_err(), "{bad}");
            assert!(bad.parse::<CommitId>().is_err(), "{bad}");
        }
    }
}
