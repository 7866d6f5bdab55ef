//! Moving a target: a copy inside the store, pinned to its source and guarded at its destination.

use super::{Subject, Verdict, ensure};
use promote_port::port::{Body, Condition, Metadata, PinnedSource, Precondition, Token};

/// A copy has the source's bytes and headers, and the metadata that it was given.
pub async fn copies_replace_metadata_and_carry_headers(subject: &Subject) -> Verdict {
    let (source, target) = (subject.key("copy/source")?, subject.key("copy/target")?);
    let (headers, metadata) = subject.dressed();
    let any = Condition::on(Precondition::Any);
    let body = subject.body("content");
    subject.bucket.write(&source, Body::Bytes(body.clone()), &headers, &metadata, &any).await?;
    subject.put(&target, "before").await?;
    let pinned = subject.pin(&subject.head(&source).await?, &body);
    let mut stamp = Metadata::from([("promote-seq".to_owned(), "7".to_owned())]);
    let condition = subject.condition(Precondition::Any);
    let answer = subject.bucket.copy(&pinned, &target, &stamp, &condition).await?;
    if !subject.expected.stamps {
        stamp.clear();
    }
    let found = subject.head(&target).await?;
    ensure!(found.metadata == stamp && answer.metadata == stamp, "the metadata are {:?}", found.metadata);
    ensure!(found.headers == headers && answer.headers == headers, "the headers are {:?}", found.headers);
    let size = body.len() as u64;
    ensure!(found.size == size && answer.size == size, "the size is {}", found.size);
    ensure!(answer.token == found.token, "the token is {} and then {}", answer.token, found.token);
    ensure!(
        answer.version == found.version,
        "the version is {:?} and then {:?}",
        answer.version,
        found.version
    );
    subject.holds(&target, "content").await?;
    let left = subject.head(&source).await?;
    ensure!(left.token == pinned.token && left.metadata == metadata, "the source was changed");
    Ok(())
}

/// A source that was replaced, removed or never was is a conflict, and nothing is written.
pub async fn copies_need_the_pinned_source(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.source_pin, "way to pin a source")?;
    let (source, target) = (subject.key("pin/source")?, subject.key("pin/target")?);
    let pinned = subject.source(&source, "checked").await?;

    let mut wrong = pinned.clone();
    wrong.token = subject.put(&subject.key("pin/other")?, "other").await?.token;
    subject.conflict("a wrong token", subject.copy(&wrong, &target, Precondition::Any).await)?;
    subject.nothing_at(&target).await?;

    let mut by_token = pinned.clone();
    by_token.version = None;
    subject.put(&source, "changed").await?;
    if !subject.takes_anything() {
        return a_pinned_digest_stays_itself(subject, &by_token).await;
    }
    subject.conflict("a changed source", subject.copy(&by_token, &target, Precondition::Any).await)?;
    subject.nothing_at(&target).await?;

    if subject.expected.versioned {
        let mut foreign = pinned.clone();
        foreign.version = subject.head(&subject.key("pin/other")?).await?.version;
        let end = subject.copy(&foreign, &target, Precondition::Any).await;
        subject.conflict("another object's version", end)?;
        subject.nothing_at(&target).await?;
    }

    subject.bucket.delete(&source, &Precondition::Any).await?;
    subject.conflict("a removed source", subject.copy(&by_token, &target, Precondition::Any).await)?;
    subject.nothing_at(&target).await
}

/// Where the token is the digest of the content, a source may have moved on: what was pinned is copied all the same,
/// or refused, and never anything else.
async fn a_pinned_digest_stays_itself(subject: &Subject, pinned: &PinnedSource) -> Verdict {
    let target = subject.key("pin/digest")?;
    match subject.copy(pinned, &target, Precondition::Any).await {
        Ok(_) => subject.holds(&target, "checked").await,
        refused => {
            subject.conflict("a changed source", refused)?;
            subject.nothing_at(&target).await
        }
    }
}

/// A pinned version is what is copied, also when it is not the newest any more; a store may refuse that, but never
/// copy anything else.
pub async fn copies_of_a_version_are_that_version(subject: &Subject) -> Verdict {
    let pinnable = subject.expected.source_pin && subject.expected.versioned;
    subject.needs(pinnable, "way to pin a version")?;
    let (source, target) = (subject.key("version/source")?, subject.key("version/target")?);
    let pinned = subject.source(&source, "checked").await?;
    subject.copy(&pinned, &target, Precondition::Any).await?;
    subject.holds(&target, "checked").await?;
    subject.put(&target, "before").await?;
    subject.put(&source, "changed").await?;
    match subject.copy(&pinned, &target, Precondition::Any).await {
        Ok(_) => subject.holds(&target, "checked").await,
        refused => {
            subject.conflict("a replaced version", refused)?;
            subject.holds(&target, "before").await
        }
    }
}

/// A copy keeps to the condition on its destination.
pub async fn copies_keep_to_their_condition(subject: &Subject) -> Verdict {
    subject.needs_guarded_copy()?;
    let target = subject.key("guard/target")?;
    let pinned = subject.source(&subject.key("guard/source")?, "new").await?;
    let other = subject.source(&subject.key("guard/other")?, "other").await?;

    let end = subject.copy(&pinned, &target, Precondition::Matches(other.token.clone())).await;
    subject.conflict("a copy over nothing that expects something", end)?;
    subject.nothing_at(&target).await?;
    let first = subject.copy(&pinned, &target, Precondition::Absent).await?.token;
    let end = subject.copy(&other, &target, Precondition::Absent).await;
    subject.conflict("a second copy that expects nothing", end)?;
    subject.holds(&target, "new").await?;
    let second = subject.copy(&other, &target, Precondition::Matches(first.clone())).await?.token;
    subject.holds(&target, "other").await?;
    let end = subject.copy(&pinned, &target, Precondition::Matches(first)).await;
    subject.conflict("a copy over something else", end)?;
    subject.holds(&target, "other").await?;
    ensure!(subject.head(&target).await?.token == second, "a refused copy changed the token");
    let end = subject.copy(&pinned, &target, Precondition::Matches(Token("nonsense".into()))).await;
    ensure!(end.is_err(), "a nonsensical token was taken");
    subject.holds(&target, "other").await
}

/// An object can be copied onto itself to change its metadata.
pub async fn copies_onto_themselves_change_metadata(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.stamps, "metadata to change")?;
    let key = subject.key("itself")?;
    let pinned = subject.source(&key, "content").await?;
    let stamp = Metadata::from([("promote-seq".to_owned(), "8".to_owned())]);
    let when = match subject.expected.copy {
        promote_port::port::CopyGuard::None => Precondition::Any,
        _ => Precondition::Matches(pinned.token.clone()),
    };
    subject.bucket.copy(&pinned, &key, &stamp, &subject.condition(when)).await?;
    ensure!(subject.head(&key).await?.metadata == stamp, "the metadata were not replaced");
    subject.holds(&key, "content").await
}
