//! What was replaced or deleted, where the store keeps versions.

use super::{Subject, Verdict, ensure};
use promote_port::port::{ErrorKind, Object, Precondition};

/// Where versions are kept, each stays readable under its name after it was replaced.
pub async fn old_versions_stay_readable(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.versioned, "versions")?;
    let key = subject.key("versions")?;
    let mut versions = Vec::new();
    for content in ["one", "two", "three"] {
        subject.put(&key, content).await?;
        let version = subject.head(&key).await?.version;
        ensure!(version.is_some(), "`head` names no version");
        versions.push((content, version));
    }
    for (content, version) in &versions {
        let found = subject.bytes(&key, version.as_ref()).await?;
        ensure!(found == subject.body(content), "version {version:?} is not `{content}`");
    }
    subject.holds(&key, "three").await?;
    let elsewhere = subject.key("versions-elsewhere")?;
    subject.put(&elsewhere, "x").await?;
    let foreign = subject.head(&elsewhere).await?.version;
    let end = subject.bucket.read(&key, foreign.as_ref()).await;
    subject.refused("another object's version", ErrorKind::NotFound, end)
}

/// Where versions are kept, those of one object are told: newest first, the present one included, as many as asked for, and
/// each as `head` described it.
pub async fn versions_are_told(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.versioned, "versions")?;
    let (key, longer) = (subject.key("told/object")?, subject.key("told/object-of-another-name")?);
    let mut expected: Vec<Object> = Vec::new();
    for content in ["1", "twelve", "three"] {
        subject.put(&key, content).await?;
        subject.put(&longer, content).await?;
        expected.insert(0, subject.head(&key).await?);
    }
    for limit in [3, 10, 2, 1] {
        let found = subject.bucket.versions(&key, limit).await?;
        let told: Vec<_> = found.iter().map(|object| &object.version).collect();
        let right: Vec<_> = expected.iter().take(limit).map(|object| &object.version).collect();
        ensure!(told == right, "{limit} versions at most are {told:?}, not {right:?}");
        for (object, other) in found.iter().zip(&expected) {
            let same = object.key == key && object.token == other.token && object.size == other.size;
            ensure!(same, "a version is described as {object:?}, `head` said {other:?}");
        }
    }
    let none = subject.bucket.versions(&subject.key("told/nothing")?, 10).await?;
    ensure!(none.is_empty(), "what never was has the versions {none:?}");
    Ok(())
}

/// Where versions are kept, a deletion leaves the old ones: they are told, and readable under their names.
pub async fn old_versions_outlive_a_deletion(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.versioned && subject.deletes, "versions")?;
    let key = subject.key("outlived")?;
    let mut versions = Vec::new();
    for content in ["one", "two"] {
        subject.put(&key, content).await?;
        versions.push((content, subject.head(&key).await?.version));
    }
    subject.bucket.delete(&key, &Precondition::Any).await?;
    subject.nothing_at(&key).await?;
    for (content, version) in &versions {
        let found = subject.bytes(&key, version.as_ref()).await?;
        ensure!(found == subject.body(content), "version {version:?} is not `{content}` any more");
    }
    let told = subject.bucket.versions(&key, 10).await?;
    let told: Vec<_> = told.into_iter().map(|object| object.version).collect();
    let expected: Vec<_> = versions.into_iter().rev().map(|(_, version)| version).collect();
    ensure!(told == expected, "after a deletion the versions are {told:?}, not {expected:?}");
    Ok(())
}
