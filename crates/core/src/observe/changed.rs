//! A release's manifest is written once. One that is another than the records name can't be trusted, and is not moved.

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::manifest::FILE;
use crate::ledger::{Head, ReleaseRef};
use crate::snapshot::Candidate;

/// Holds the manifest that was read against what these lanes' newest records name: of what is there, was there, and is
/// open. Records of older versions name none there; `promote verify --ledger` compares all that any record names.
///
/// # Errors
/// When it is another one.
pub(super) fn check<'h>(
    candidate: &Candidate,
    heads: impl IntoIterator<Item = &'h Head>,
) -> Result<(), Failure> {
    let (commit, found) = (&candidate.manifest.commit, candidate.read.get(FILE));
    for head in heads {
        let state = head.state();
        let open = state.open.iter().map(|open| &open.release);
        let past = state.trail.iter().map(|past| &past.release);
        let named = |one: &&ReleaseRef| one.commit == *commit && one.manifest.is_some();
        let Some(known) = state.release().into_iter().chain(open).chain(past).find(named) else { continue };
        if known.manifest.as_ref() == found {
            continue;
        }
        let words =
            |digest: Option<&crate::digest::Digest>| digest.map_or("none".to_owned(), ToString::to_string);
        return Err(Failure::new(
            ExitStatus::Failed,
            format!("the manifest of release {} was changed in the ledger", commit.short(7)),
        )
        .state(format!(
            "It is {} now; the records of {} name {}.",
            words(found),
            head.record.lane,
            words(known.manifest.as_ref())
        ))
        .state("Nothing was changed by this command.")
        .hint("`promote verify --ledger` shows what else was changed; a version that the store kept can be put back"));
    }
    Ok(())
}
