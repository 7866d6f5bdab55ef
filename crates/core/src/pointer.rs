//! The small object that says which folder is meant: what readers fetch first, and the only thing that moves when a
//! folder is promoted by pointer.

use crate::commit::CommitId;
use crate::digest::Digest;
use crate::location::Location;
use crate::names::ProjectName;
use serde::{Deserialize, Serialize};

/// The schema of every pointer this version writes and reads.
pub const SCHEMA: &str = "promote/pointer@1";

/// The largest pointer in bytes.
pub const LIMIT: usize = 16 * 1024;

/// Names a folder and the manifest inside it. The same release has the same bytes, whenever it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Pointer {
    /// [`SCHEMA`].
    pub schema: String,
    /// The project.
    pub project: ProjectName,
    /// The release's commit.
    pub commit: CommitId,
    /// The folder, with a slash at its end.
    pub folder: Location,
    /// The digest of the manifest in it.
    pub sha256: Digest,
}

impl Pointer {
    /// A pointer to a folder whose manifest has this digest.
    pub fn new(project: &ProjectName, commit: &CommitId, folder: &Location, sha256: Digest) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            project: project.clone(),
            commit: commit.clone(),
            folder: folder.clone(),
            sha256,
        }
    }

    /// What is stored: one line of JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Values of these types always serialise; an empty object would be refused by every reader.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads one.
    ///
    /// # Errors
    /// When the bytes are no pointer of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > LIMIT {
            return Err("it is too long for a pointer".to_owned());
        }
        let pointer: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if pointer.schema != SCHEMA || pointer.folder.folder().is_none() {
            return Err("it is not a pointer that this version can read".to_owned());
        }
        Ok(pointer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_the_same_for_the_same_release_and_reads_back() {
        let pointer = || {
            Pointer::new(
                &"dashboard".parse().unwrap(),
                &"a93be01f4c7d2e8b6a5094d3c2b1a0f9e8d7c6b5".parse().unwrap(),
                &"gs://acme-config/releases/a93be01/".parse().unwrap(),
                Digest::of(b"x"),
            )
        };
        let bytes = pointer().to_bytes();
        assert_eq!(bytes, pointer().to_bytes());
        assert_eq!(Pointer::from_bytes(&bytes).unwrap(), pointer());
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.contains("\"folder\":\"gs://acme-config/releases/a93be01/\"") && text.ends_with("}\n"),
            "{text}"
        );
        assert!(Pointer::from_bytes(text.replace("a93be01/", "a93be01").as_bytes()).is_err());
        assert!(Pointer::from_bytes(text.replace("pointer@1", "pointer@2").as_bytes()).is_err());
        assert!(Pointer::from_bytes(b"{}").is_err());
    }
}
