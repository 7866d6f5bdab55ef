//! Reading what is there and what is not.

use super::{Stop, Subject, Verdict, ensure};
use chrono::TimeDelta;
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::{ErrorKind, Headers, PinnedSource, Precondition, Token};

/// A missing object is `None` to `head` and `get`, and `NotFound` to `read`.
pub async fn missing_objects_are_none(subject: &Subject) -> Verdict {
    let key = subject.key("missing/object")?;
    ensure!(subject.bucket.head(&key).await?.is_none(), "`head` found something");
    ensure!(subject.bucket.get(&key, 100).await?.is_none(), "`get` found something");
    ensure!(
        subject.bucket.get_with_metadata(&key, 100).await?.is_none(),
        "`get_with_metadata` found something"
    );
    subject.refused("`read`", ErrorKind::NotFound, subject.bucket.read(&key, None).await)
}

/// `get` returns up to `limit` bytes and refuses more.
pub async fn get_keeps_to_its_limit(subject: &Subject) -> Verdict {
    let key = subject.key("get-limit")?;
    subject.put(&key, "0123456789").await?;
    let (body, size) = (subject.body("0123456789"), subject.body("0123456789").len());
    let found = subject.bucket.get(&key, size).await?;
    ensure!(found.as_ref().is_some_and(|(_, bytes)| *bytes == body), "`get` returned {found:?}");
    ensure!(found.is_some_and(|(object, _)| object.size == size as u64), "the size is wrong");
    is_told_at_once(subject, &key, size).await?;
    subject.refused("a longer object", ErrorKind::Corrupt, subject.bucket.get(&key, size - 1).await)?;
    subject.refused(
        "a longer object",
        ErrorKind::Corrupt,
        subject.bucket.get_with_metadata(&key, size - 1).await,
    )
}

/// Any part of the pinned object can be read, and none of another one in its place.
pub async fn parts_are_those_of_the_pinned_object(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.write_limit.is_some(), "parts of an object")?;
    let key = subject.key("parts")?;
    let pinned = subject.source(&key, "0123456789").await?;
    for (offset, length, part) in [(0, 10, "0123456789"), (0, 3, "012"), (4, 5, "45678"), (9, 1, "9")] {
        let found = subject.bucket.read_range(&pinned, offset, length).await?;
        ensure!(found == part, "{length} bytes from {offset} are {found:?}");
    }
    if subject.expected.tokens_tell {
        let never = PinnedSource { token: Token("1".to_owned()), version: None, ..pinned.clone() };
        let end = subject.bucket.read_range(&never, 0, 3).await;
        subject.refused("a part of what was never there", ErrorKind::Conflict, end)?;
    }
    subject.put(&key, "abcdefghij").await?;
    match subject.bucket.read_range(&pinned, 0, 3).await {
        Ok(part) => ensure!(subject.expected.versioned && part == "012", "{part:?} is of another object"),
        end => subject.refused("a part of what was replaced", ErrorKind::Conflict, end)?,
    }
    Ok(())
}

/// `get_with_metadata` tells what `get` tells, but for fractions of a second and perhaps the content headers and the
/// store's own checksums.
pub(super) async fn is_told_at_once(subject: &Subject, key: &Key, limit: usize) -> Verdict {
    let (usual, at_once) =
        (subject.bucket.get(key, limit).await?, subject.bucket.get_with_metadata(key, limit).await?);
    let (Some((object, bytes)), Some((mut other, same))) = (usual, at_once) else {
        return Err(Stop::Failed(format!("`{key}` is not there")));
    };
    let apart = object.stored_at - other.stored_at;
    ensure!(apart.abs() < TimeDelta::seconds(1), "`get_with_metadata` is {apart} off");
    other.stored_at = object.stored_at;
    if other.headers == Headers::default() {
        other.headers = object.headers.clone();
    }
    if other.checksums.is_empty() {
        other.checksums = object.checksums.clone();
    }
    ensure!(other == object && same == bytes, "`get_with_metadata` says {other:?}, `get` {object:?}");
    Ok(())
}

/// `now` and `stored_at` are of one clock: a write lies between two looks at it, up to whole seconds.
pub async fn times_are_the_stores_own(subject: &Subject) -> Verdict {
    let key = subject.key("times")?;
    let before = subject.bucket.now().await?;
    subject.put(&key, "x").await?;
    let stored = subject.head(&key).await?.stored_at;
    let after = subject.bucket.now().await?;
    let slack = TimeDelta::seconds(2);
    ensure!(after >= before - slack, "`now` went from {before} back to {after}");
    let fits = stored >= before - slack && stored <= after + slack;
    ensure!(fits, "stored at {stored}, which is not between {before} and {after}");
    let listed = subject.bucket.list(key.as_str(), None, 1).await?;
    let listed = listed.objects.first().map(|object| object.stored_at);
    let near = listed.is_some_and(|listed| (listed - stored).abs() < TimeDelta::seconds(1));
    ensure!(near, "the list says {listed:?}, `head` says {stored}");
    Ok(())
}

/// Where the store says a digest, it is that of the content, after a write, a replacement and a copy.
pub async fn digests_are_those_of_the_content(subject: &Subject) -> Verdict {
    let key = subject.key("digest/source")?;
    let mut said = 0;
    for content in ["", "one", "two"] {
        subject.write(&key, content, Precondition::Any).await?;
        if let Some(digest) = subject.head(&key).await?.sha256 {
            ensure!(
                digest == Digest::of(&subject.body(content)),
                "the digest of `{content}` is said to be {digest}"
            );
            said += 1;
        }
    }
    let (pinned, copy) = (subject.source(&key, "three").await?, subject.key("digest/copy")?);
    subject.copy(&pinned, &copy, Precondition::Any).await?;
    if let Some(digest) = subject.head(&copy).await?.sha256 {
        ensure!(
            digest == Digest::of(&subject.body("three")),
            "the digest of the copy is said to be {digest}"
        );
        said += 1;
    }
    subject.needs(said > 0, "digest to say")
}
