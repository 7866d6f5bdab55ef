//! Changing and deleting only what was seen before, and what tokens are worth.

use super::{Subject, Verdict, ensure};
use promote_port::port::Stored;
use promote_port::port::{
    Body, Condition, CopyGuard, ErrorKind, Fence, FenceClass, Headers, Metadata, Object, Precondition, Token,
};

/// Replace-if-matches replaces with the right token only.
pub async fn replace_needs_the_token(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.replace, "replace-if-matches")?;
    let key = subject.key("replace")?;
    let old = subject.put(&key, "one").await?.token;
    let new = subject.write(&key, "two", Precondition::Matches(old.clone())).await?.token;
    let stale = subject.write(&key, "three", Precondition::Matches(old)).await;
    subject.conflict("a replacement with an old token", stale)?;
    let created = subject.write(&key, "four", Precondition::Absent).await;
    subject.conflict("a create over it", created)?;
    subject.holds(&key, "two").await?;
    ensure!(subject.head(&key).await?.token == new, "a refused replacement changed the token");
    subject.write(&key, "five", Precondition::Matches(new)).await?;
    subject.holds(&key, "five").await
}

/// Replacing what is not there, or not there any more, is a conflict and creates nothing.
pub async fn replace_of_nothing_conflicts(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.replace, "replace-if-matches")?;
    let (other, never, gone) = (subject.key("present")?, subject.key("never")?, subject.key("gone")?);
    let token = subject.put(&other, "x").await?.token;
    let end = subject.write(&never, "y", Precondition::Matches(token)).await;
    subject.conflict("replacing what never was", end)?;
    subject.nothing_at(&never).await?;
    let token = subject.put(&gone, "x").await?.token;
    subject.bucket.delete(&gone, &Precondition::Any).await?;
    let end = subject.write(&gone, "y", Precondition::Matches(token)).await;
    subject.conflict("replacing what is gone", end)?;
    subject.nothing_at(&gone).await
}

/// Other content has another token, on every store.
pub async fn tokens_tell_contents_apart(subject: &Subject) -> Verdict {
    let key = subject.key("tokens/content")?;
    let one = subject.put(&key, "one").await?.token;
    let two = subject.put(&key, "two").await?.token;
    ensure!(one != two, "both contents have the token {one}");
    Ok(())
}

/// A token, or a version, that is told again is that of the same bytes, whoever wrote in between and by whatever way,
/// A → B → A included; and what the answer to a write says, a look says again, so that bytes that were written need not
/// be read. A store that can't tell says so in its capabilities: there, bytes are read.
pub async fn a_token_never_survives_a_change_of_bytes(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.tokens_tell, "token that tells other bytes")?;
    let key = subject.key("tokens/bytes")?;
    let mut told: Vec<(Object, &str)> = Vec::new();
    for content in ["AAAA", "BBBB", "AAAA", "CCCC"] {
        told.push((subject.put(&key, content).await?, content));
        let (headers, metadata) = subject.dressed();
        let body = Body::Bytes(subject.body(content));
        let any = Condition::on(Precondition::Any);
        let again = subject.bucket.write(&key, body, &headers, &metadata, &any).await?;
        told.push((again, content));
        look_again(subject, &mut told).await?;
    }
    if subject.expected.copy > CopyGuard::None {
        for (name, content) in [("tokens/b", "BBBB"), ("tokens/a", "AAAA")] {
            let pinned = subject.source(&subject.key(name)?, content).await?;
            let there = subject.head(&key).await?.token;
            told.push((subject.copy(&pinned, &key, Precondition::Matches(there)).await?, content));
            look_again(subject, &mut told).await?;
        }
    }
    for (index, (one, content)) in told.iter().enumerate() {
        for (two, other) in told.iter().skip(index + 1).filter(|(_, other)| other != content) {
            ensure!(one.token != two.token, "`{content}` and `{other}` have the token {}", one.token);
            let same = one.version.is_some() && one.version == two.version;
            ensure!(!same, "`{content}` and `{other}` have the version {:?}", one.version);
        }
    }
    Ok(())
}

/// Looks at what was written last, which must be told as the answer to the write told it.
async fn look_again(subject: &Subject, told: &mut Vec<(Object, &str)>) -> Verdict {
    let Some((written, content)) = told.last() else { return Ok(()) };
    let found = subject.head(&written.key).await?;
    let stored = Stored::written(written);
    ensure!(stored.is_still(&found, true), "written as {stored:?}, found {found:?}");
    told.push((found, content));
    Ok(())
}

/// Where the fence is the token, it never comes back: not with the same content, and not after a deletion.
pub async fn tokens_never_come_back(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.fence >= FenceClass::Exact, "fence made of tokens")?;
    let key = subject.key("tokens/unique")?;
    let mut tokens: Vec<Token> = Vec::new();
    for content in ["A", "B", "A", "A"] {
        tokens.push(subject.put(&key, content).await?.token);
    }
    subject.bucket.delete(&key, &Precondition::Any).await?;
    tokens.push(subject.write(&key, "A", Precondition::Absent).await?.token);
    let pinned = subject.source(&subject.key("tokens/source")?, "A").await?;
    for _ in 0..2 {
        tokens.push(subject.copy(&pinned, &key, Precondition::Any).await?.token);
    }
    let all = tokens.len();
    tokens.sort();
    tokens.dedup();
    ensure!(tokens.len() == all, "a token came back among {tokens:?}");
    Ok(())
}

/// An atomic store refuses every effect once the next slot of the ledger is filled, and none before.
pub async fn the_fence_is_checked_with_the_write(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.fence == FenceClass::Atomic, "fence that is checked with the write")?;
    let (slot, key) = (subject.key("fence/slot")?, subject.key("fence/target")?);
    let pinned = subject.source(&subject.key("fence/source")?, "new").await?;
    let write = async |when: Precondition| {
        let mut condition = subject.condition(when);
        condition.fence = Some(Fence { slot: slot.clone() });
        let body = Body::Bytes(subject.body("new"));
        subject.bucket.write(&key, body, &Headers::default(), &Metadata::new(), &condition).await
    };
    let copy = async |when: Precondition| {
        let mut condition = subject.condition(when);
        condition.fence = Some(Fence { slot: slot.clone() });
        subject.bucket.copy(&pinned, &key, &Metadata::new(), &condition).await
    };
    write(Precondition::Absent).await?;
    let token = subject.head(&key).await?.token;
    copy(Precondition::Matches(token)).await?;
    let old = subject.write(&key, "old", Precondition::Any).await?.token;
    subject.write(&slot, "record", Precondition::Absent).await?;
    subject.conflict("a write past the fence", write(Precondition::Matches(old.clone())).await)?;
    subject.conflict("a write without condition past the fence", write(Precondition::Any).await)?;
    subject.conflict("a copy past the fence", copy(Precondition::Matches(old)).await)?;
    subject.holds(&key, "old").await
}

/// Deleting keeps to its condition, and deleting nothing without a condition is fine.
pub async fn delete_needs_the_token(subject: &Subject) -> Verdict {
    subject.needs(subject.deletes, "way to delete one object")?;
    let key = subject.key("delete")?;
    subject.bucket.delete(&key, &Precondition::Any).await?;
    let old = subject.put(&key, "one").await?.token;
    let new = subject.put(&key, "two").await?.token;
    match subject.bucket.delete(&key, &Precondition::Matches(old)).await {
        // The port has no flag for it, so a store that can't must say so by itself.
        Err(error) if error.kind == ErrorKind::Unsupported => {}
        end => {
            subject.conflict("a deletion with an old token", end)?;
            subject.holds(&key, "two").await?;
            subject.bucket.delete(&key, &Precondition::Matches(new.clone())).await?;
            subject.nothing_at(&key).await?;
            let end = subject.bucket.delete(&key, &Precondition::Matches(new)).await;
            subject.conflict("deleting what is gone", end)?;
            subject.put(&key, "three").await?;
        }
    }
    subject.bucket.delete(&key, &Precondition::Any).await?;
    subject.nothing_at(&key).await?;
    let listed = subject.bucket.list(key.as_str(), None, 10).await?;
    ensure!(listed.objects.is_empty(), "a deleted object is listed");
    Ok(())
}

/// A probe finds what the subject expects, does not contradict what the store claims, and leaves nothing behind.
pub async fn probing_finds_what_is_claimed(subject: &Subject) -> Verdict {
    let scratch = subject.key("scratch")?;
    let found = subject.bucket.probe(&scratch).await?;
    let claimed = subject.bucket.capabilities();
    let expected = &subject.expected;
    let facts = |it: &promote_port::port::Capabilities| {
        (it.create, it.replace, it.copy, it.source_pin, it.versioned, it.fence, it.expiry_s, it.allowance_s)
    };
    ensure!(facts(&found) == facts(expected), "found {found:?}, expected {expected:?}");
    let overdone = (claimed.create && !found.create)
        || (claimed.replace && !found.replace)
        || (claimed.source_pin && !found.source_pin)
        || claimed.copy.max(CopyGuard::None) > found.copy
        || claimed.fence > found.fence;
    ensure!(!overdone, "claimed {claimed:?}, found {found:?}");
    let left = subject.bucket.list(scratch.as_str(), None, 10).await?;
    ensure!(left.objects.is_empty(), "the probe left {:?}", left.objects);
    Ok(())
}
