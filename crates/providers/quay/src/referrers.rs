//! What is attached to an image: signatures, attestations, bills of materials. Either under tags made from the image's
//! digest, as cosign has it, or as manifests that name the image as their subject, found by the referrers list or by
//! its fallback tag.

use crate::api::{self, Kept};
use crate::blobs::Way;
use crate::body::whole;
use crate::call::{Call, Payload};
use crate::cross_repo_copy::{self, MOST, bring, few, put_by_digest};
use crate::failure::{Operation, Side};
use crate::manifest::{ACCEPT, LONGEST, Manifest, digest_of, written};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use promote_port::digest::Digest;
use promote_port::port::ProviderError;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The ends of cosign's tags.
const ENDS: [&str; 3] = ["sig", "att", "sbom"];

/// Takes along what is attached to any of these manifests. What the target has under the same tag stays.
pub(crate) async fn take_along(way: &Way<'_>, kept: &Kept, digests: &[Digest]) -> Result<(), ProviderError> {
    let named = AtomicUsize::new(0);
    let mut errands: Vec<BoxFuture<'_, Result<(), ProviderError>>> = Vec::new();
    for digest in digests {
        for end in ENDS {
            errands.push(tagged(way, kept, format!("sha256-{}.{end}", digest.hex())).boxed());
        }
        errands.push(referring(way, kept, digest, &named).boxed());
    }
    cross_repo_copy::abreast(errands).await
}

/// One of cosign's tags.
async fn tagged(way: &Way<'_>, kept: &Kept, tag: String) -> Result<(), ProviderError> {
    let tag = tag.as_str();
    let reading = Operation::reading(way.from, tag).at(Side::Source);
    let Some(digest) = api::look(way.session, kept, reading.clone(), tag).await? else { return Ok(()) };
    let writing = Operation { effect: false, ..Operation::writing(way.to, tag).at(Side::Target) };
    if api::look(way.session, kept, writing.clone(), tag).await?.is_some() {
        return Ok(());
    }
    let manifest = cross_repo_copy::manifest(way, kept, &digest).await?;
    bring(way, kept, &manifest).await?;
    api::put(way.session, kept, writing, tag, &manifest).await.map(|_| ())
}

/// The manifests that name this one as their subject; `named` counts those of the whole image.
async fn referring(
    way: &Way<'_>,
    kept: &Kept,
    digest: &Digest,
    named: &AtomicUsize,
) -> Result<(), ProviderError> {
    let listed = referrers(way, kept, digest).await?;
    let many = named.fetch_add(listed.len(), Ordering::Relaxed) + listed.len();
    let operation = Operation::reading(way.from, written(digest)).at(Side::Source);
    few(&operation, "manifests attached to it", many, MOST)?;
    let mut unlisted = Vec::new();
    for entry in &listed {
        let Some(of) = entry.get("digest").and_then(Value::as_str).and_then(digest_of) else { continue };
        let manifest = cross_repo_copy::manifest(way, kept, &of).await?;
        // A list that names what refers to something else is wrong, and not ours to follow.
        if manifest.subject().and_then(|subject| digest_of(&subject.digest)) != Some(*digest) {
            continue;
        }
        bring(way, kept, &manifest).await?;
        if !put_by_digest(way, kept, &manifest).await? {
            unlisted.push(entry.clone());
        }
    }
    if unlisted.is_empty() { Ok(()) } else { list_by_tag(way, kept, digest, unlisted).await }
}

/// The list of what refers to a digest: by the registry's own account, else by the fallback tag.
async fn referrers(way: &Way<'_>, kept: &Kept, digest: &Digest) -> Result<Vec<Value>, ProviderError> {
    let name = written(digest);
    let operation = Operation::reading(way.from, &name).at(Side::Source);
    let call = Call {
        operation: operation.clone(),
        method: Method::GET,
        url: way.from.url(&way.from.v2(&format!("referrers/{name}")))?,
        headers: vec![("accept", ACCEPT.to_owned())],
        body: Payload::None,
        also: None,
        within: None,
    };
    let answer = way.session.send(call).await?;
    if answer.status().is_success() {
        let bytes =
            whole(answer, LONGEST, way.session.timeout).await.map_err(|cut| operation.cut_off(cut))?;
        return Ok(entries(&bytes));
    }
    // Any refusal here means that the registry does not know such lists.
    let tag = fallback(digest);
    let found = api::get(way.session, kept, operation, &tag).await?;
    Ok(found.map(|manifest| entries(&manifest.bytes)).unwrap_or_default())
}

fn fallback(digest: &Digest) -> String {
    format!("sha256-{}", digest.hex())
}

fn entries(bytes: &[u8]) -> Vec<Value> {
    let list: Value = serde_json::from_slice(bytes).unwrap_or_default();
    list.get("manifests").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Adds to the target's fallback tag, for a registry that keeps no account by itself.
async fn list_by_tag(
    way: &Way<'_>,
    kept: &Kept,
    digest: &Digest,
    fresh: Vec<Value>,
) -> Result<(), ProviderError> {
    let tag = fallback(digest);
    let operation = Operation { effect: false, ..Operation::writing(way.to, &tag).at(Side::Target) };
    let before = api::get(way.session, kept, operation.clone(), &tag).await?;
    let mut all = before.map(|manifest| entries(&manifest.bytes)).unwrap_or_default();
    let named = |all: &[Value], entry: &Value| all.iter().any(|it| it.get("digest") == entry.get("digest"));
    let many = all.len();
    for entry in fresh {
        if !named(&all, &entry) {
            all.push(entry);
        }
    }
    if all.len() == many {
        return Ok(());
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": all });
    let manifest = Manifest::new(index.to_string().into(), Some(INDEX));
    api::put(way.session, kept, operation, &tag, &manifest).await.map(|_| ())
}
