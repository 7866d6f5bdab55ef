//! A release's manifest: written once when it is published, never changed. It is what makes a commit a release.

use super::allowed::Allowed;
use super::terms::{Actor, ReleaseRef, entry_name};
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::location::Location;
use crate::names::EnvironmentName;
use crate::port::Stored;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema of every manifest this version writes and reads.
pub const SCHEMA: &str = "promote/manifest@1";

/// Its key below `releases/COMMIT/`.
pub const FILE: &str = "manifest.json";

/// The largest manifest in bytes.
pub const LIMIT: usize = 256 * 1024;

/// One artifact as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BuiltArtifact {
    /// Where it lies.
    pub location: Location,
    /// Its digest.
    pub sha256: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// The digest over its entries' paths, modes and contents, for archives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// For folders, of which the location, digest and length are their manifest's: what they hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<FolderSize>,
    /// After what time its tag expires wherever it is put, as the image's own label says: `4w`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// What the store said of it when its bytes were known to be these; of a folder, of its manifest. `None` in releases
    /// of older versions, whose bytes are read at their first use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Stored>,
}

/// What a folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FolderSize {
    /// How many files.
    pub files: u64,
    /// Their length in bytes, all together.
    pub bytes: u64,
    /// The digest of the folder's manifest as it was stored, tokens included, where whoever published it knew that they
    /// are those of the published files. The tokens of another manifest are not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<Digest>,
}

/// A published release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// The commit.
    pub commit: CommitId,
    /// First line of the commit's message. Foreign text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it was committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_at: Option<DateTime<Utc>>,
    /// Its semver number, from a tag on the commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The branches that held it when it was published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<String>,
    /// The artifacts, by name; the only one is called `main`. One that is another for each environment has an entry
    /// for each, `NAME@ENVIRONMENT`.
    pub artifacts: BTreeMap<String, BuiltArtifact>,
    /// How it was made: `promote-pack/1`, or `given` for a finished file.
    pub built: String,
    /// What was let through when it was published.
    #[serde(default, skip_serializing_if = "Allowed::is_empty")]
    pub allowed: Allowed,
    /// When it was published, by the publisher's clock.
    pub at: DateTime<Utc>,
    /// Who published it.
    pub actor: Actor,
}

impl Manifest {
    /// An artifact as an environment takes it, with the name of its entry.
    pub fn artifact(&self, name: &str, environment: &EnvironmentName) -> Option<(String, &BuiltArtifact)> {
        let own = entry_name(name, environment);
        match self.artifacts.get(&own) {
            Some(built) => Some((own, built)),
            None => self.artifacts.get(name).map(|built| (name.to_owned(), built)),
        }
    }

    /// How records name it.
    pub fn reference(&self) -> ReleaseRef {
        ReleaseRef {
            commit: self.commit.clone(),
            version: self.version.clone(),
            committed_at: self.committed_at,
            artifacts: self.artifacts.iter().map(|(name, built)| (name.clone(), built.sha256)).collect(),
            manifest: None,
        }
    }
}
