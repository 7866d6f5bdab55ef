//! Whether the files of a release's own folder are still those that were published.

use super::check::SourceCheck;
use crate::failure::Failure;
use crate::ledger::{BuiltArtifact, SeenArtifacts};
use crate::observe::Inspection;

/// How many files that were written meanwhile are named.
const NAMED: usize = 5;

/// Looks at the files of a folder whose manifest is the published one. `read`: whoever reads the folder reads it as it
/// lies, so that what was not published counts as well.
///
/// # Errors
/// What a store answered.
pub(super) async fn check(
    inspection: Inspection<'_>,
    built: &BuiltArtifact,
    read: bool,
    check: &mut SourceCheck,
) -> Result<SeenArtifacts, Failure> {
    let (mut looked, learned) = match inspection.run().await {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(SeenArtifacts::default()),
        Err(failure) if failure.is_finding() => {
            (check.state, check.matches, check.detail) = ("other", false, Some(failure.words()));
            return Ok(SeenArtifacts::default());
        }
        Err(failure) => return Err(failure),
    };
    if !read {
        looked.faults.strays.clear();
    }
    let place = &built.location;
    let (state, inside) = if !looked.faults.is_empty() {
        let gone = looked.faults.changed.is_empty() && looked.faults.strays.is_empty();
        (if gone { "missing" } else { "other" }, looked.faults.told(place))
    } else if looked.unread.is_empty() {
        ("same", Vec::new())
    } else if built.folder.is_some_and(|folder| folder.stored.is_some()) {
        let named = looked
            .unread
            .iter()
            .take(NAMED)
            .map(|file| format!("`{place}{}` was written while it was read", file.path));
        let mut inside: Vec<String> = named.collect();
        if let Some(more @ 1..) = looked.unread.len().checked_sub(NAMED) {
            inside.push(format!("{more} more files were written meanwhile"));
        }
        ("rewritten", inside)
    } else {
        let short = check.sha.get(..7).unwrap_or(&check.sha);
        let told = format!(
            "{short} was published by a version that kept nothing to compare the files of `{place}` with: \
             `promote verify --bytes` reads them"
        );
        ("unread", vec![told])
    };
    check.state = state;
    check.matches = matches!(state, "same" | "unread");
    check.detail = (!inside.is_empty()).then(|| inside.join("; "));
    check.inside = inside;
    Ok(learned)
}
