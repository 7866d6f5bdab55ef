//! Names that are a release's own: where a target is called after the release or the moment, what lies there under that
//! name is not written over with other bytes. Whoever reads such a name counts on that.

use crate::config::Artifact;
use crate::digest::Digest;
use crate::ledger::{Shape, TargetMove};
use crate::port::Object;

/// Why a target can't be written: its name was used for other bytes before. An object of which nobody says what it is
/// is the rule `drift`'s to judge.
pub(super) fn taken(artifact: &Artifact, target: &TargetMove, there: &Object) -> Option<String> {
    let named = artifact.target.as_ref()?;
    let own = named.uses_version() || named.uses_sha() || named.uses_timestamp();
    if !own || target.is_held_by(there) {
        return None;
    }
    let marked = there.metadata.get("promote-sha256").and_then(|hex| Digest::from_hex(hex).ok());
    let (size, sha256) = match &target.shape {
        Shape::Unmoved => return None,
        Shape::Whole => (Some(target.source.size), there.sha256.or(marked)),
        Shape::Pointer { size, .. } => (Some(*size), there.sha256.or(marked)),
        Shape::Folder { .. } => (None, marked),
    };
    let longer = size.is_some_and(|size| size != there.size);
    if sha256.is_none() && !longer {
        return None;
    }
    let holds = sha256.map_or_else(|| format!("{} bytes", there.size), |digest| digest.to_string());
    Some(format!(
        "the name `{}` was used for other bytes before: it holds {holds}, and this release is {}",
        target.target, target.source.sha256
    ))
}
