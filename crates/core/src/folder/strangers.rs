//! What lies in a target beside its release's files, where all else is to be removed: told by the plan. Which of it goes is
//! [`super::removable`]'s to say.

use super::listing::list;
use super::manifest::FolderManifest;
use super::others::others;
use crate::digest::{Digest, Hasher};
use crate::location::Location;
use crate::names::escape;
use crate::port::{BucketReader, ErrorKind, Object, ProviderError};
use serde::{Deserialize, Serialize};

/// How many are named.
pub const MOST_NAMED: usize = 20;

/// Files of a target that neither the release nor the one before has, and that are to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Strangers {
    /// How many there are.
    pub count: usize,
    /// The first of them by name, at most [`MOST_NAMED`]. Foreign text.
    pub named: Vec<String>,
    /// A digest of all of them, each as it lies there: others, or another one in the place of one, have another.
    pub sha256: Digest,
}

impl Strangers {
    /// Those among the files of a target, in the order of their names; `None` when there are none.
    pub fn among(
        source: &FolderManifest,
        before: Option<&FolderManifest>,
        listed: &[Object],
    ) -> Option<Self> {
        let known = before.map(FolderManifest::by_path).unwrap_or_default();
        let all: Vec<&Object> = others(source, listed)
            .into_iter()
            .filter(|object| !known.contains_key(object.key.as_str()))
            .collect();
        let mut hasher = Hasher::new();
        for object in &all {
            // No name and no token has a zero byte in it.
            hasher.update(format!("{}\0{}\0", object.key, object.token).as_bytes());
        }
        let named = all.iter().take(MOST_NAMED).map(|object| object.key.to_string()).collect();
        (!all.is_empty()).then(|| Self { count: all.len(), named, sha256: hasher.finish() })
    }

    /// The first `most` of them by name, and how many more there are: a part of a sentence, safe to show.
    pub fn told(&self, most: usize) -> String {
        let names: Vec<String> =
            self.named.iter().take(most).map(|name| format!("`{}`", escape(name))).collect();
        match self.count.saturating_sub(names.len()) {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }
}

/// All that lies in the folder at `location`, with paths inside the folder as keys. `guide`: what will probably be there.
///
/// # Errors
/// What the store answers.
pub async fn listed(
    bucket: &dyn BucketReader,
    location: &Location,
    guide: Option<&FolderManifest>,
) -> Result<Vec<Object>, ProviderError> {
    let Some(prefix) = location.folder() else {
        return Err(ProviderError::new(ErrorKind::Invalid, bucket, location, "it is not a folder"));
    };
    list(bucket, prefix, guide).await
}
