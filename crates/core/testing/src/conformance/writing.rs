//! Writing an object and getting it back.

use super::reading::is_told_at_once;
use super::{Subject, Verdict, ensure};
use promote_port::digest::Digest;
use promote_port::port::{Body, Condition, Headers, Metadata, Precondition};

/// The answer of a write says what `head` says afterwards.
pub async fn written_objects_are_described(subject: &Subject) -> Verdict {
    let key = subject.key("described")?;
    let (headers, metadata) = subject.dressed();
    let body = subject.body("content");
    let size = body.len() as u64;
    let condition = Condition::on(Precondition::Any);
    let body = Body::Bytes(body);
    let answer = subject.bucket.write(&key, body, &headers, &metadata, &condition).await?;
    let found = subject.head(&key).await?;
    ensure!(answer.key == key && found.key == key, "the key is wrong");
    ensure!(answer.size == size && found.size == size, "the size is wrong");
    ensure!(answer.token == found.token, "the token is {} and then {}", answer.token, found.token);
    ensure!(
        answer.version == found.version,
        "the version is {:?} and then {:?}",
        answer.version,
        found.version
    );
    ensure!(answer.metadata == metadata, "the answer's metadata are {:?}", answer.metadata);
    ensure!(answer.headers == headers, "the answer's headers are {:?}", answer.headers);
    ensure!(found.headers == headers, "the headers are {:?}", found.headers);
    Ok(())
}

/// Create-if-absent creates once.
pub async fn create_refuses_what_exists(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.create, "create-if-absent")?;
    let key = subject.key("create")?;
    let first = subject.write(&key, "first", Precondition::Absent).await?;
    subject.conflict("a second create", subject.write(&key, "second", Precondition::Absent).await)?;
    subject.conflict("the same create", subject.write(&key, "first", Precondition::Absent).await)?;
    subject.holds(&key, "first").await?;
    ensure!(subject.head(&key).await?.token == first.token, "a refused create changed the token");
    Ok(())
}

/// Without a condition a write replaces.
pub async fn unconditional_writes_replace(subject: &Subject) -> Verdict {
    let key = subject.key("unconditional")?;
    subject.put(&key, "first").await?;
    subject.put(&key, "second, longer").await?;
    subject.holds(&key, "second, longer").await?;
    subject.put(&key, "3").await?;
    subject.holds(&key, "3").await
}

/// An object of no bytes is there.
pub async fn empty_objects_are_objects(subject: &Subject) -> Verdict {
    subject.needs(subject.takes_anything(), "object without content, only manifests")?;
    let key = subject.key("empty")?;
    subject.put(&key, "").await?;
    ensure!(subject.head(&key).await?.size == 0, "the size is wrong");
    ensure!(subject.bucket.get(&key, 0).await?.is_some(), "`get` finds nothing");
    subject.holds(&key, "").await
}

/// An object beyond one part keeps its bytes, its metadata, its headers and its conditions, and so does its copy.
pub async fn large_objects_come_back_whole(subject: &Subject) -> Verdict {
    let (key, copy) = (subject.key("large/object")?, subject.key("large/copy")?);
    // No two stretches are alike, so that swapped or repeated parts show.
    let mut content: Vec<u8> = (0u32..).flat_map(u32::to_be_bytes).take(subject.large).collect();
    if !subject.takes_anything() {
        let text: String = (0u32..).map(|n| format!("{n:08x}")).take(subject.large / 8).collect();
        content = subject.body(&text).to_vec();
    }
    let size = content.len() as u64;
    let (headers, metadata) = subject.dressed();
    let when = if subject.expected.create { Precondition::Absent } else { Precondition::Any };
    let write = |bytes: &[u8]| {
        let body = Body::Blob(Body::Bytes(bytes.to_vec().into()).blob());
        let (headers, metadata, condition) = (&headers, &metadata, Condition::on(when.clone()));
        let key = &key;
        async move { subject.bucket.write(key, body, headers, metadata, &condition).await }
    };
    write(&content).await?;
    let found = subject.head(&key).await?;
    ensure!(found.size == size, "the size is {}", found.size);
    ensure!(found.metadata == metadata, "the metadata are {:?}", found.metadata);
    ensure!(found.headers == headers, "the headers are {:?}", found.headers);
    ensure!(found.sha256.is_none_or(|digest| digest == Digest::of(&content)), "the digest is wrong");
    subject.holds_bytes(&key, &content).await?;
    if when == Precondition::Absent {
        subject.conflict("a second create of a large object", write(b"small").await)?;
        let mut other = content.clone();
        other.reverse();
        subject.conflict("a second large create", write(&other).await)?;
        subject.holds_bytes(&key, &content).await?;
    }
    let pinned = subject.pin(&found, &content);
    subject.copy(&pinned, &copy, Precondition::Any).await?;
    subject.holds_bytes(&copy, &content).await
}

/// Metadata and headers come back as they were written; a later write replaces them all.
pub async fn metadata_and_headers_come_back(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.stamps, "metadata")?;
    let key = subject.key("dressed")?;
    let (headers, metadata) = subject.dressed();
    let condition = Condition::on(Precondition::Any);
    let body = Body::Bytes("content".into());
    subject.bucket.write(&key, body, &headers, &metadata, &condition).await?;
    let found = subject.head(&key).await?;
    ensure!(found.metadata == metadata, "the metadata are {:?}", found.metadata);
    ensure!(found.headers == headers, "the headers are {:?}", found.headers);
    let got = subject.bucket.get(&key, 100).await?;
    let same = got.is_some_and(|(object, _)| object.metadata == metadata && object.headers == headers);
    ensure!(same, "`get` and `head` disagree");
    is_told_at_once(subject, &key, 100).await?;
    let few = Metadata::from([("only".to_owned(), "one".to_owned())]);
    let plain = Headers { content_type: Some("text/plain".into()), ..Headers::default() };
    subject.bucket.write(&key, Body::Bytes("content".into()), &plain, &few, &condition).await?;
    let found = subject.head(&key).await?;
    ensure!(found.metadata == few, "the metadata were not replaced: {:?}", found.metadata);
    ensure!(found.headers == plain, "the headers were not replaced: {:?}", found.headers);
    Ok(())
}
