//! An image from one repository to another: blobs first, then manifests from the leaves up, then what is attached to
//! them. The tag is moved last, by others.

use crate::api::{self, Kept};
use crate::blobs::Way;
use crate::failure::{Operation, Side};
use crate::manifest::{Manifest, digest_of, written};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use promote_port::digest::Digest;
use promote_port::port::{ErrorKind, ProviderError};
use std::collections::BTreeSet;

/// How many blobs travel side by side.
const ABREAST: usize = 16;
/// How deep an index may be nested.
const DEEPEST: usize = 4;
/// How many manifests one image may have, and how many may be attached to it.
pub(crate) const MOST: usize = 1000;
/// How many blobs one image may have.
const BLOBS: usize = 10_000;

/// The manifest of a digest, from memory or by one request; it must be there.
pub(crate) async fn manifest(way: &Way<'_>, kept: &Kept, digest: &Digest) -> Result<Manifest, ProviderError> {
    if let Some(found) = kept.get(digest) {
        return Ok(found);
    }
    let name = written(digest);
    let operation = Operation::reading(way.from, &name).at(Side::Source);
    api::get(way.session, kept, operation.clone(), &name).await?.ok_or_else(|| {
        operation.error(ErrorKind::NotFound, format!("there is no such image in the source `{}`", way.from))
    })
}

/// Refuses an image that is made of more than anybody's is: it would keep us, and the registry, busy for hours.
pub(crate) fn few(
    operation: &Operation<'_>,
    what: &str,
    many: usize,
    most: usize,
) -> Result<(), ProviderError> {
    if many <= most {
        return Ok(());
    }
    let message = format!("the image has {many} {what}, and at most {most} are promoted");
    Err(operation
        .error(ErrorKind::Unsupported, message)
        .hint("nothing was written under the tag; push an image of fewer parts"))
}

/// Does all of it, some at a time. The first failure ends it.
pub(crate) async fn abreast(
    errands: Vec<BoxFuture<'_, Result<(), ProviderError>>>,
) -> Result<(), ProviderError> {
    let mut under_way = stream::iter(errands).buffer_unordered(ABREAST);
    while let Some(end) = under_way.next().await {
        end?;
    }
    Ok(())
}

/// What an image is made of, and what of it the target lacks.
pub(crate) struct Survey {
    /// Every manifest of it, the root first.
    pub(crate) all: Vec<Digest>,
    /// Those that the target lacks, leaves first.
    missing: Vec<Manifest>,
}

/// Finds out what an image is made of. Changes nothing.
pub(crate) async fn survey(way: &Way<'_>, kept: &Kept, root: &Manifest) -> Result<Survey, ProviderError> {
    let mut found = Survey { all: Vec::new(), missing: Vec::new() };
    let mut seen = BTreeSet::new();
    collect(way, kept, root, 0, &mut found.all, &mut found.missing, &mut seen).await?;
    Ok(found)
}

/// Brings what the target lacks, but for the root, which is put under its tag by others.
pub(crate) async fn deliver(
    way: &Way<'_>,
    kept: &Kept,
    survey: &Survey,
    root: &Digest,
) -> Result<(), ProviderError> {
    let mut named = BTreeSet::new();
    let wanted: Vec<_> = survey
        .missing
        .iter()
        .flat_map(Manifest::blobs)
        .filter(|blob| named.insert(blob.digest.clone()))
        .collect();
    few(&Operation::reading(way.from, written(root)).at(Side::Source), "blobs", wanted.len(), BLOBS)?;
    let mut errands: Vec<BoxFuture<'_, Result<(), ProviderError>>> = Vec::new();
    for blob in &wanted {
        errands.push(way.bring(blob).boxed());
    }
    abreast(errands).await?;
    // Children come before those that name them.
    for manifest in survey.missing.iter().filter(|manifest| manifest.digest != *root) {
        put_by_digest(way, kept, manifest).await?;
    }
    Ok(())
}

/// Both: for what is attached to an image, which is an image itself.
pub(crate) async fn bring(way: &Way<'_>, kept: &Kept, root: &Manifest) -> Result<(), ProviderError> {
    let found = survey(way, kept, root).await?;
    deliver(way, kept, &found, &root.digest).await
}

/// Puts a manifest under its digest.
pub(crate) async fn put_by_digest(
    way: &Way<'_>,
    kept: &Kept,
    manifest: &Manifest,
) -> Result<bool, ProviderError> {
    let name = written(&manifest.digest);
    let operation = Operation { effect: false, ..Operation::writing(way.to, &name).at(Side::Target) };
    api::put(way.session, kept, operation, &name, manifest).await
}

/// Walks an image, leaves first: all of its manifests, and those that the target lacks.
fn collect<'a>(
    way: &'a Way<'_>,
    kept: &'a Kept,
    manifest: &'a Manifest,
    depth: usize,
    found: &'a mut Vec<Digest>,
    missing: &'a mut Vec<Manifest>,
    seen: &'a mut BTreeSet<String>,
) -> BoxFuture<'a, Result<(), ProviderError>> {
    async move {
        let name = written(&manifest.digest);
        let operation = Operation::reading(way.from, &name).at(Side::Source);
        if depth > DEEPEST {
            let what = format!("the image is an index of indexes, nested more than {DEEPEST} deep");
            return Err(operation
                .error(ErrorKind::Unsupported, what)
                .hint("nothing was written; push it flat"));
        }
        if !seen.insert(name.clone()) {
            return Ok(());
        }
        found.push(manifest.digest);
        let children = manifest.children();
        // Each of them costs requests, so they are counted before the first.
        few(&operation, "manifests", found.len() + children.len(), MOST)?;
        let at_target = Operation { effect: false, ..Operation::writing(way.to, &name).at(Side::Target) };
        let there = api::look(way.session, kept, at_target, &name).await?.is_some();
        let digests = children
            .iter()
            .map(|child| {
                digest_of(&child.digest).ok_or_else(|| {
                    operation.error(ErrorKind::Unsupported, "a part is named by a digest that is not known")
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if there {
            // A registry takes no manifest whose parts it lacks; their names are wanted for what is attached to them.
            found.extend(digests);
            return Ok(());
        }
        let mut parts: Vec<Manifest> = Vec::new();
        let mut asked: Vec<BoxFuture<'_, Result<Manifest, ProviderError>>> = Vec::new();
        for digest in &digests {
            asked.push(self::manifest(way, kept, digest).boxed());
        }
        let mut asked = stream::iter(asked).buffered(ABREAST);
        while let Some(part) = asked.next().await {
            parts.push(part?);
        }
        for part in &parts {
            collect(way, kept, part, depth + 1, found, missing, seen).await?;
        }
        missing.push(manifest.clone());
        Ok(())
    }
    .boxed()
}
