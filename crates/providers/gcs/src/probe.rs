//! Finds out what a store of Google's kind checks: the conditions of uploads, uploads in pieces, copies and deletions, whether
//! a copy can be pinned to its source, and whether generations ever come back. How conditions are tried is the port's; the
//! verdict is kept by the caller.

mod attempt;

use crate::GcsBucket;
use crate::bucket::nothing_known;
use attempt::{Asked, How};
use promote_port::location::Key;
use promote_port::port::{Capabilities, CopyGuard, ErrorKind, FenceClass, ProviderError};
use promote_port::probe::{AttemptEnd, Attempts as _, Conditions, conditions};

/// See `Bucket::probe`.
pub(crate) async fn find_out(bucket: &GcsBucket, scratch: &Key) -> Result<Capabilities, ProviderError> {
    let mut found = nothing_known();
    match bucket.ask_for_bucket().await {
        Err(failure) if failure.kind != ErrorKind::Denied => return Err(failure),
        _ => {}
    }
    let now = bucket.server_time().await?;
    let asked = Asked::new(bucket, scratch.clone(), now.timestamp_millis());
    let judged = judge(&asked, &mut found).await;
    if !asked.clean_up().await {
        found.notes.push(format!("what the probe wrote below `{scratch}` could not all be deleted"));
    }
    judged.map(|()| found)
}

async fn judge(asked: &Asked<'_>, found: &mut Capabilities) -> Result<(), ProviderError> {
    asked.prepare().await?;
    let whole = conditions(asked, How::Whole).await?;
    let pieces = conditions(asked, How::Pieces).await?;
    // A record goes in one request, an artifact in pieces: a ledger beside unguarded artifacts is worth nothing.
    found.create = whole.both() && pieces.both();
    found.replace = whole.matches && pieces.matches;
    note(found, "an upload", whole);
    note(found, "an upload in pieces", pieces);
    let copy = conditions(asked, How::Copy).await?;
    note(found, "a copy (`rewrite`)", copy);
    if copy.both() {
        found.copy = CopyGuard::ConditionalCopy;
    }
    let kept = asked.old_version_is_copied().await?;
    found.versioned = asked.old_version_is_read().await?;
    let wrong = asked.scratch.key(How::Copy, "pin")?;
    let refused = matches!(asked.attempt_wrong_source(&wrong).await?, AttemptEnd::Refused);
    if refused {
        asked.settled(&wrong, None).await?;
    }
    found.source_pin = refused && (kept || !found.versioned);
    if !found.source_pin {
        found.notes.push("a copy can't be pinned to the source that was checked".to_owned());
    }
    if !asked.deletion_keeps_to_its_condition().await? {
        found.notes.push("a deletion ignores `ifGenerationMatch`".to_owned());
    }
    if asked.generations_never_return().await? {
        if found.create && found.replace && copy.both() {
            found.fence = FenceClass::Exact;
        }
    } else {
        found.tokens_tell = false;
        found.notes.push("generations come back, so stale requests are not rejected".to_owned());
    }
    found.trusted_answers = asked.scratch.agreed();
    if !found.trusted_answers {
        found.notes.push("the store's answers did not agree with what it then held".to_owned());
    }
    Ok(())
}

fn note(found: &mut Capabilities, what: &str, held: Conditions) {
    let any = "`ifGenerationMatch`";
    if let Some(why) = held.broken(any, "`ifGenerationMatch=0`", "`ifGenerationMatch` with a generation") {
        found.notes.push(format!("{what} {why}"));
    }
}
