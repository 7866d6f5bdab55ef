//! The bytes of an object, hashed as they arrive: those of the very object that was described, or none. What they
//! should be is left to whoever asks.

use crate::digest::{Digest, Hasher};
use crate::event::{Event, Events};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::location::Location;
use crate::port::{BucketReader, ErrorKind, Object, ProviderError};
use futures_util::StreamExt as _;

/// How often an object is read that changes meanwhile.
const TRIES: u32 = 3;

/// After how many bytes it is told how far the reading has come.
const STEP: u64 = 16 << 20;

/// Reads what lies at `location`, where `object` was seen. Answers what it is the digest of, which is what lay there
/// from the first byte to the last; `None` when nothing is there any more.
///
/// # Errors
/// `Conflict` when it changes again and again while it is read, or what the store answered.
pub async fn digest(
    store: &dyn BucketReader,
    location: &Location,
    mut object: Object,
    events: &dyn Events,
) -> Result<Option<(Object, Digest)>, Failure> {
    let failed = |error| Failure::of_place(&format!("reading `{location}`"), error);
    for _ in 0..TRIES {
        let found = match hash(store, location, &object, events).await {
            // A version can't change.
            Ok(digest) if object.version.is_some() => return Ok(Some((object, digest))),
            Ok(digest) => Some(digest),
            Err(error) if error.kind == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let Some(now) = store.head(&location.key).await.map_err(failed)? else { return Ok(None) };
        match found {
            Some(digest) if same(&object, &now) => return Ok(Some((now, digest))),
            _ => object = now,
        }
    }
    Err(Failure::new(ExitStatus::Conflict, format!("`{location}` changes while it is read"))
        .hint("find out who writes there, then run the same command again"))
}

/// Whether nobody wrote between two looks, as far as looks can tell.
fn same(one: &Object, two: &Object) -> bool {
    (&one.token, &one.version, one.size) == (&two.token, &two.version, two.size)
        && one.stored_at.timestamp() == two.stored_at.timestamp()
}

async fn hash(
    store: &dyn BucketReader,
    location: &Location,
    object: &Object,
    events: &dyn Events,
) -> Result<Digest, ProviderError> {
    let tell = |done| events.hear(&Event::Reading { source: location.clone(), done, size: object.size });
    let mut hasher = Hasher::new();
    let (mut done, mut told) = (0, 0);
    tell(done);
    let mut stream = store.read(&location.key, object.version.as_ref()).await?;
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        hasher.update(&piece);
        done += piece.len() as u64;
        if done - told >= STEP {
            tell(done);
            told = done;
        }
    }
    if done != told {
        tell(done);
    }
    Ok(hasher.finish())
}
