//! Evidence: a result that somebody saw for just these bytes, such as that of a test. Each lies in an object of its own beside
//! the release's manifest, which is created once and never changed; the newest of a name counts. Whether it opens anything is
//! for the rule `evidence` to say.

use super::append::{AppendError, Ledger};
use super::entry::{NewestEvidence, ReleaseEntry};
use super::error::LedgerError;
use super::key;
use super::reader::LedgerReader;
use super::strict::Unambiguous;
use super::terms::{Actor, LedgerId, ReleaseRef};
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::names::{EnvironmentName, EvidenceName, escape};
use crate::promotion::PromotionId;
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

/// The schema of all evidence that this version writes and reads.
pub const SCHEMA: &str = "promote/evidence@1";

/// The largest stored piece of evidence in bytes.
pub const LIMIT: usize = 32 * 1024;

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceResult {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
}

impl EvidenceResult {
    /// As the command takes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }
}

/// A result as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Evidence {
    /// [`SCHEMA`].
    pub schema: String,
    /// The ledger's id.
    pub ledger: LedgerId,
    /// 128 random bits in hexadecimal digits, which also name its object.
    pub nonce: String,
    /// Of what it is the result.
    pub name: EvidenceName,
    /// The result.
    pub result: EvidenceResult,
    /// The release, with the digest of each artifact: it counts for these bytes and no others.
    pub release: ReleaseRef,
    /// The environment in which it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// The promotion whose `verify` step it is the result of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<PromotionId>,
    /// Where it can be looked up. Foreign text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The writer's clock. Advisory: its age is told by the store's time.
    pub at: DateTime<Utc>,
    /// Who wrote it down.
    pub actor: Actor,
    /// What else is to be said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Evidence {
    /// From what is stored.
    ///
    /// # Errors
    /// Why it is none of this version, as the rest of a sentence.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > LIMIT {
            return Err(format!("it has {} bytes, more than evidence may have", bytes.len()));
        }
        let shape = |error: serde_json::Error| format!("it is no evidence of this version: {error}");
        serde_json::from_slice::<Unambiguous>(bytes).map_err(shape)?;
        let found: Self = serde_json::from_slice(bytes).map_err(shape)?;
        match found.schema == SCHEMA {
            true => Ok(found),
            false => Err(format!("its schema is `{}`, this version reads `{SCHEMA}`", escape(&found.schema))),
        }
    }

    /// Whether it was written for this place.
    pub fn is_of(&self, commit: &CommitId, name: &EvidenceName, nonce: &str) -> bool {
        self.release.commit == *commit && self.name == *name && self.nonce == nonce
    }
}

/// A result as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvidence {
    /// What names it among those of its name, for people.
    pub file: String,
    /// The store's time of it.
    pub stored_at: DateTime<Utc>,
    /// SHA-256 of what is stored.
    pub digest: Option<Digest>,
    /// What it says, or why that can't be read, as the rest of a sentence.
    pub content: Result<Evidence, String>,
}

impl LedgerReader {
    /// The newest results of a name, as a listing told of them: one, or those that the store took at the same time.
    ///
    /// # Errors
    /// When the store fails. What can't be read is told, never left out: a gate closes for it.
    pub async fn newest_evidence(
        &self,
        commit: &CommitId,
        name: &EvidenceName,
        entry: &ReleaseEntry,
    ) -> Result<Vec<StoredEvidence>, LedgerError> {
        let Some(NewestEvidence { stored_at, files }) = entry.evidence.get(name) else {
            return Ok(Vec::new());
        };
        let reads = files.iter().map(|file| async move {
            let key = key::evidence(self.root(), commit, name, file)?;
            let bytes = match self.bucket().get(&key, LIMIT).await {
                // What is no object, or too large for one of these, closes the gate, and nothing else.
                Err(error) if error.is_finding() => {
                    let content = Err(error.to_string());
                    return Ok(StoredEvidence {
                        file: escape(file),
                        stored_at: *stored_at,
                        digest: None,
                        content,
                    });
                }
                got => got?.map(|(_, bytes)| bytes),
            };
            let content = match (key::evidence_nonce(file), &bytes) {
                (None, _) => Err("no evidence has such a name".to_owned()),
                (_, None) => Err("it is gone".to_owned()),
                (Some(nonce), Some(bytes)) => match Evidence::from_bytes(bytes) {
                    Ok(found) if !found.is_of(commit, name, nonce) => {
                        Err("it was written for another place".to_owned())
                    }
                    found => found,
                },
            };
            let digest = bytes.as_deref().map(Digest::of);
            Ok::<_, LedgerError>(StoredEvidence {
                file: escape(file),
                stored_at: *stored_at,
                digest,
                content,
            })
        });
        try_join_all(reads).await
    }
}

impl Ledger {
    /// Writes a result, under its own name.
    ///
    /// # Errors
    /// When it was refused, or when it is not known whether it was written.
    pub async fn add_evidence(&self, found: &Evidence) -> Result<(), AppendError> {
        let file = format!("{}.json", found.nonce);
        let key = key::evidence(self.reader().root(), &found.release.commit, &found.name, &file)?;
        self.put_within(&key, found, LIMIT).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_evidence_is_not_read_as_such() {
        let evidence = Evidence {
            schema: SCHEMA.to_owned(),
            ledger: "0".repeat(32),
            nonce: "1".repeat(32),
            name: "load".parse().unwrap(),
            result: EvidenceResult::Passed,
            release: ReleaseRef {
                commit: "a".repeat(40).parse().unwrap(),
                version: None,
                committed_at: None,
                artifacts: [("main".to_owned(), Digest::of(b"a"))].into(),
                manifest: None,
            },
            environment: None,
            promotion: None,
            url: None,
            at: "2026-01-07T12:00:00Z".parse().unwrap(),
            actor: Actor::claimed("ann", "local-user"),
            reason: None,
        };
        let text = serde_json::to_string(&evidence).unwrap();
        assert_eq!(Evidence::from_bytes(text.as_bytes()), Ok(evidence));
        let twice = text.replacen('{', "{\"result\":\"failed\",", 1);
        let schema = text.replace("evidence@1", "evidence@2");
        for odd in ["", "{}", "nonsense", &twice, &schema, &text.replace("\"passed\"", "\"maybe\"")] {
            assert!(Evidence::from_bytes(odd.as_bytes()).is_err(), "{odd}");
        }
        assert!(Evidence::from_bytes(&vec![b' '; LIMIT + 1]).is_err());
    }
}
