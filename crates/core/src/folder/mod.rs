//! Folders as artifacts. A release's folder lies in a prefix of its own and never changes; a manifest inside it says
//! what it holds and is written last, so a folder that has one is whole. An environment's folder is brought up to date
//! in place: new and changed files, then deletions, then the manifest. Which release goes where is decided elsewhere;
//! a target that only names a folder (a pointer) is an object like any other.

mod bare_folder;
mod content;
mod copier;
mod difference;
mod erase;
mod ledgers;
mod listing;
mod manifest;
mod obstructed;
mod others;
mod pins;
mod publish;
mod removable;
pub mod source;
mod standing;
mod strangers;
mod sync;
mod verify;

pub(crate) use bare_folder::held;
pub(crate) use content::read_digest;
pub use difference::{Change, Difference, Write, change, difference};
pub(crate) use erase::{Erased, Removed, erase, remove};
pub use manifest::{
    FolderError, FolderFile, FolderManifest, LIMIT, MOST_FILES, NOTED, PUBLISHED_LIMIT, SCHEMA,
};
pub(crate) use obstructed::obstructed;
pub(crate) use others::others;
pub use publish::manifest_of;
pub use publish::{Entry, Publishing, Put};
pub use source::{Pin, SourceFindings};
pub use standing::{NewestIntent, PAUSE_S, Standing};
pub use strangers::{MOST_NAMED, Strangers, listed};
pub use sync::{FolderSync, ReadBefore};
pub use verify::{Checked, check};

use crate::location::{FOLDER, Key, LocationError};
use crate::port::Headers;

/// How many files are under way at once. The stores' own limit may allow fewer.
const IN_FLIGHT: usize = 16;

/// Names that belong to `promote` itself: as a part of a path they are neither published nor ever removed.
const OWN: [&str; 2] = [".promote", ".promote-store"];

/// Whether a part of a path is one of the names that `promote` keeps for itself; in any spelling, since not every file system
/// tells capitals apart.
pub fn is_own(part: &str) -> bool {
    OWN.iter().any(|own| part.eq_ignore_ascii_case(own))
}

/// Whether a path inside a folder is none of the folder's own business: a manifest, or what `promote` keeps.
fn is_reserved(path: &str) -> bool {
    path.split('/').any(is_own) || path.rsplit('/').next() == Some(FOLDER)
}

/// The key of a file in the folder whose prefix this is.
fn inside(prefix: &str, path: &Key) -> Result<Key, LocationError> {
    format!("{prefix}{path}").parse()
}

/// The content headers of a file, by its name alone: so they need not be asked for when it is copied.
fn headers(path: &Key) -> Headers {
    let content_type = mime_guess::from_path(path.as_str()).first_or_octet_stream();
    Headers { content_type: Some(content_type.essence_str().to_owned()), ..Headers::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_promote_keeps_for_itself_is_known_in_any_spelling() {
        for path in [".promote/x", "a/.PROMOTE/x", ".Promote-Store", "a/.promote-folder.json"] {
            assert!(is_reserved(path), "{path}");
        }
        for path in ["promote/x", ".promoted/x", ".promote.txt"] {
            assert!(!is_reserved(path), "{path}");
        }
    }
}
