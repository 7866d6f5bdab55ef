//! Finds out what a store of S3's kind checks: the conditions of puts, copies and uploads in parts, whether a copy can be
//! pinned to its source, and requests that have expired. How conditions are tried is the port's; the verdict is kept by the
//! caller.

mod attempt;

use crate::S3Bucket;
use attempt::{Asked, How};
use futures_util::future::try_join;
use promote_port::location::Key;
use promote_port::port::{Capabilities, CopyGuard, ErrorKind, FenceClass, ProviderError};
use promote_port::probe::{AttemptEnd, Conditions, conditions};
use std::time::Duration;

/// See `Bucket::probe`.
pub(crate) async fn find_out(bucket: &S3Bucket, scratch: &Key) -> Result<Capabilities, ProviderError> {
    let mut found = bucket.nothing_known();
    if let Some(why) = bucket.unfit() {
        found.notes.push(why.to_owned());
        return Ok(found);
    }
    // First the time: what is asked before that is known may be refused for its signature.
    let now = bucket.server_time().await?;
    match bucket.ask_for_bucket().await {
        Err(failure) if failure.kind != ErrorKind::Denied => return Err(failure),
        _ => {}
    }
    let asked = Asked::new(bucket, scratch.clone(), now.timestamp_millis());
    let judged = judge(&asked, &mut found).await;
    if !asked.clean_up().await {
        found.notes.push(format!("what the probe wrote below `{scratch}` could not all be deleted"));
    }
    judged.map(|()| found)
}

async fn judge(asked: &Asked<'_>, found: &mut Capabilities) -> Result<(), ProviderError> {
    found.tokens_tell = asked.prepare().await?;
    if !found.tokens_tell {
        let note = "other bytes can have the same ETag, so bytes are read wherever the store tells no digest";
        found.notes.push(note.to_owned());
    }
    let (put, (copy, complete)) = try_join(
        conditions(asked, How::Put),
        try_join(conditions(asked, How::Copy), conditions(asked, How::Complete)),
    )
    .await?;
    found.create = put.both();
    found.replace = put.matches;
    note(found, "a put", put, "it can hold no ledger");
    found.copy = if copy.both() {
        if !complete.both() {
            // The largest copy that one request makes, in the unit that the vendor gives it in.
            let size = asked.bucket.limits.copy >> 30;
            found
                .notes
                .push(format!("objects over {size} GiB: this store has no conditional write for them"));
        }
        CopyGuard::ConditionalCopy
    } else {
        note(found, "a copy", copy, "targets are moved in another way");
        if complete.both() {
            CopyGuard::ConditionalComplete
        } else {
            note(found, "completing an upload in parts", complete, "targets are moved in another way");
            if put.both() { CopyGuard::ConditionalPut } else { CopyGuard::None }
        }
    };
    found.write_limit = Some(if complete.both() { asked.bucket.largest_upload() } else { found.put_limit });
    // Where that may not be asked, a write's answer tells.
    found.versioned = asked.bucket.keeps_versions().await?.unwrap_or_else(|| asked.scratch.saw_versions());
    found.source_pin = match found.copy {
        // The put that follows is of bytes whose digest was checked.
        CopyGuard::ConditionalPut => true,
        CopyGuard::ConditionalComplete => pinned(asked, How::Complete, found.versioned).await?,
        _ => pinned(asked, How::Copy, found.versioned).await?,
    };
    if !found.source_pin {
        found.notes.push("a copy can't be pinned to the source that was checked".to_owned());
    }
    if expires(asked).await? {
        found.fence = FenceClass::Expiring;
    } else {
        found
            .notes
            .push("the store takes requests that have expired, so late ones are not fenced off".to_owned());
    }
    found.trusted_answers = asked.scratch.agreed();
    if !found.trusted_answers {
        found.notes.push("the store's answers did not agree with what it then held".to_owned());
    }
    Ok(())
}

fn note(found: &mut Capabilities, what: &str, held: Conditions, so: &str) {
    let (absent, matches) = ("`If-None-Match`", "`If-Match`");
    if let Some(why) = held.broken(&format!("{absent} and {matches}"), absent, matches) {
        found.notes.push(format!("{what} {why} here: {so}"));
    }
}

/// Whether a copy of another object than the pinned one is refused, or the pinned version is the one that is taken.
async fn pinned(asked: &Asked<'_>, how: How, versioned: bool) -> Result<bool, ProviderError> {
    let key = asked.scratch.key(how, "pin")?;
    let wrong = matches!(asked.attempt_wrong_source(how, &key).await?, AttemptEnd::Refused);
    if !versioned {
        return Ok(wrong);
    }
    let version = asked.old_version_is_copied(how, &asked.scratch.key(how, "version")?).await?;
    Ok(wrong || version)
}

/// Whether requests are refused that were signed longer ago than they live.
async fn expires(asked: &Asked<'_>) -> Result<bool, ProviderError> {
    let age = asked.bucket.lifetime() + Duration::from_secs(10);
    for how in [How::Put, How::Copy] {
        let key = asked.scratch.key(how, "late")?;
        let landed = matches!(asked.attempt_late(how, &key, age).await?, AttemptEnd::Done(_));
        if landed || asked.bucket.describe(&key).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}
