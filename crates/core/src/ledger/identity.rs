//! Whether what lies at a source is what was published there, by what the store says of it now and said before. Reading
//! the bytes is left to `observe`.

use super::manifest::BuiltArtifact;
use crate::digest::Digest;
use crate::port::Object;
use crate::port::Stored;

/// Whether what lies at a source is what was published there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// It is.
    Same,
    /// It has other bytes: of this digest, where one is known.
    Other(Option<Digest>),
    /// Only its bytes can tell.
    Unknown,
}

/// Judges an object by what the store says of it. `known`: what was said of it when its bytes were known to be the
/// published ones, of which any may be told again. `tells`: whether the store's tokens tell other bytes at all.
pub fn judge<'s>(
    built: &'s BuiltArtifact,
    known: impl IntoIterator<Item = &'s Stored>,
    object: &Object,
    tells: bool,
) -> Identity {
    match object.sha256 {
        _ if object.size != built.size => return Identity::Other(object.sha256),
        Some(digest) if digest == built.sha256 => return Identity::Same,
        Some(digest) => return Identity::Other(Some(digest)),
        None => {}
    }
    let mut known = built.seen.iter().chain(known);
    if known.any(|stored| stored.is_still(object, tells)) { Identity::Same } else { Identity::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::{Headers, Token, VersionId};
    use chrono::DateTime;
    use std::collections::BTreeMap;

    fn object(token: &str, version: Option<&str>, second: i64) -> Object {
        Object {
            key: "a.zip".parse().unwrap(),
            size: 3,
            token: Token(token.to_owned()),
            version: version.map(|id| VersionId(id.to_owned())),
            sha256: None,
            stored_at: DateTime::from_timestamp(second, 0).unwrap(),
            headers: Headers::default(),
            metadata: BTreeMap::new(),
            checksums: BTreeMap::new(),
        }
    }

    fn built(seen: Option<Stored>) -> BuiltArtifact {
        BuiltArtifact {
            location: "memory://m/a.zip".parse().unwrap(),
            sha256: Digest::of(b"one"),
            size: 3,
            content: None,
            folder: None,
            expires: None,
            seen,
        }
    }

    #[test]
    fn a_version_or_a_token_that_is_told_again_is_the_same_object() {
        let written = built(Some(Stored::written(&object("t", None, 1))));
        assert_eq!(judge(&written, [], &object("t", None, 9), true), Identity::Same);
        assert_eq!(judge(&written, [], &object("t", None, 9), false), Identity::Unknown);
        assert_eq!(judge(&written, [], &object("u", None, 1), true), Identity::Unknown);
        // Versions were switched on later.
        assert_eq!(judge(&written, [], &object("t", Some("v"), 1), true), Identity::Same);
        let kept = built(Some(Stored::written(&object("t", Some("v"), 1))));
        assert_eq!(judge(&kept, [], &object("t", Some("v"), 9), false), Identity::Same);
        // The same token under another version was written again.
        assert_eq!(judge(&kept, [], &object("t", Some("w"), 1), true), Identity::Unknown);
        assert_eq!(judge(&kept, [], &object("t", None, 1), true), Identity::Unknown);
        let again = Stored::looked_at(&object("t", Some("w"), 1));
        assert_eq!(judge(&kept, [&again], &object("t", Some("w"), 1), true), Identity::Same);
    }

    #[test]
    fn what_was_said_beside_a_token_must_be_said_again() {
        let looked = built(Some(Stored::looked_at(&object("t", None, 1))));
        assert_eq!(judge(&looked, [], &object("t", None, 1), true), Identity::Same);
        assert_eq!(judge(&looked, [], &object("t", None, 2), true), Identity::Unknown);
        let mut summed = object("t", None, 1);
        summed.checksums.insert("crc64nvme".to_owned(), "AA==".to_owned());
        let sums = built(Some(Stored::written(&summed)));
        assert_eq!(judge(&sums, [], &summed, true), Identity::Same);
        assert_eq!(judge(&sums, [], &object("t", None, 1), true), Identity::Unknown);
        // A SHA-256 that the store vouched for and no longer tells: somebody wrote without one.
        let vouched = Object { sha256: Some(Digest::of(b"one")), ..object("t", None, 1) };
        let sums = built(Some(Stored::written(&vouched)));
        assert_eq!(judge(&sums, [], &object("t", None, 1), true), Identity::Unknown);
    }

    #[test]
    fn the_stores_own_digest_and_the_length_need_no_token() {
        let bare = built(None);
        let vouched = |bytes: &[u8]| Object { sha256: Some(Digest::of(bytes)), ..object("t", None, 1) };
        assert_eq!(judge(&bare, [], &vouched(b"one"), false), Identity::Same);
        assert_eq!(judge(&bare, [], &vouched(b"two"), true), Identity::Other(Some(Digest::of(b"two"))));
        assert_eq!(judge(&bare, [], &object("t", None, 1), true), Identity::Unknown);
        assert_eq!(
            judge(&bare, [], &Object { size: 4, ..object("t", None, 1) }, true),
            Identity::Other(None)
        );
    }
}
