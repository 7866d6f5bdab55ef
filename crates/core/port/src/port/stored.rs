//! What a store said of an object at the moment when its bytes were known: told again, it is the same object, and its
//! bytes need not be read. Whether that is enough is for the ledger to say.

use super::{Object, Token, VersionId};
use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name under which a SHA-256 that the store vouches for is kept among the checksums.
const VOUCHED: &str = "sha256";

/// What a store said of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stored {
    /// Its token.
    pub token: Token,
    /// Its version, where the store keeps versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// The store's own time of it, where it was looked at: the answer to a write does not always tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_at: Option<DateTime<Utc>>,
    /// The store's own checksums by name, as it writes them; `sha256` is the one that it vouches for, in hexadecimal
    /// digits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checksums: BTreeMap<String, String>,
}

impl Stored {
    /// From the answer to the write that put it there.
    pub fn written(object: &Object) -> Self {
        let mut checksums = object.checksums.clone();
        checksums.extend(object.sha256.map(|digest| (VOUCHED.to_owned(), digest.hex())));
        Self { token: object.token.clone(), version: object.version.clone(), stored_at: None, checksums }
    }

    /// From a look at it.
    pub fn looked_at(object: &Object) -> Self {
        Self { stored_at: Some(object.stored_at), ..Self::written(object) }
    }

    /// Whether an object that is described like this now is the same one. A version names one write for ever. A token
    /// may be made of the content by a weak hash, as S3's is by MD5: so whatever else the store said then, it must say
    /// again, the time of the write included. `tells`: whether the store's tokens tell other bytes at all.
    pub fn is_still(&self, object: &Object, tells: bool) -> bool {
        if let Some(version) = &self.version {
            return object.version.as_ref() == Some(version) && object.token == self.token;
        }
        let now = Self::looked_at(object);
        let second = |time: DateTime<Utc>| time.trunc_subsecs(0);
        tells
            && now.token == self.token
            && self.stored_at.is_none_or(|at| Some(second(at)) == now.stored_at.map(second))
            && self.checksums.iter().all(|(name, sum)| now.checksums.get(name) == Some(sum))
    }
}
