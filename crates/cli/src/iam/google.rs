//! Custom roles of Google Cloud and their bindings, with conditions on the names of objects.
//! <https://cloud.google.com/iam/docs/conditions-resource-attributes>

use super::{Objects, Rights};
use promote_core::location::StoreId;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Roles and bindings, or `None` when nothing of this lies there.
pub(crate) fn policy(rights: &Rights) -> Option<Value> {
    let mut roles: BTreeMap<&str, &[&str]> = BTreeMap::new();
    let mut bindings = Vec::new();
    let mut bind =
        |role: &'static str, permissions: &'static [&'static str], objects: Vec<&Objects>, whole: bool| {
            let mut by_bucket: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for one in objects {
                if let StoreId::Gcs(bucket) = &one.bucket {
                    let keys = by_bucket.entry(bucket).or_default();
                    if !keys.contains(&one.key.as_str()) {
                        keys.push(&one.key);
                    }
                }
            }
            for (bucket, keys) in by_bucket {
                roles.insert(role, permissions);
                let condition = (!whole).then(|| {
                    let parts: Vec<String> = keys.iter().map(|key| expression(bucket, key)).collect();
                    json!({ "title": format!("{role} of {bucket}"), "expression": parts.join(" || ") })
                });
                bindings.push(
                    json!({ "bucket": format!("gs://{bucket}"), "role": role, "condition": condition }),
                );
            }
        };
    // A listing is judged by the bucket's name, so that it can't be narrowed down to a prefix.
    bind(
        "promoteList",
        &["storage.buckets.get", "storage.objects.list"],
        rights.reads.iter().collect(),
        true,
    );
    bind("promoteRead", &["storage.objects.get"], rights.reads.iter().collect(), false);
    let (replaced, created): (Vec<&Objects>, Vec<&Objects>) =
        rights.writes.iter().partition(|one| one.replaced);
    bind("promoteCreate", &["storage.objects.create"], created, false);
    // Writing over an object asks for the right to delete it as well.
    let replaced = replaced.into_iter().chain(&rights.deletes).collect();
    bind("promoteReplace", &["storage.objects.create", "storage.objects.delete"], replaced, false);
    for one in &rights.repositories {
        let Some((host, path)) = one.name.split_once('/') else { continue };
        let Some(location) = host.strip_suffix("-docker.pkg.dev") else { continue };
        let mut parts = path.splitn(3, '/');
        let (Some(project), Some(repository)) = (parts.next(), parts.next()) else { continue };
        let name = format!("projects/{project}/locations/{location}/repositories/{repository}");
        let role =
            if one.written { "roles/artifactregistry.writer" } else { "roles/artifactregistry.reader" };
        bindings.push(json!({ "repository": name, "role": role, "condition": null }));
    }
    if bindings.is_empty() {
        return None;
    }
    let roles: Vec<Value> = roles
        .into_iter()
        .map(|(role, permissions)| json!({ "role": role, "includedPermissions": permissions }))
        .collect();
    Some(json!({ "roles": roles, "bindings": bindings }))
}

/// A key as a condition. What is not known before is narrowed down to what begins and ends the same.
fn expression(bucket: &str, key: &str) -> String {
    let root = format!("projects/_/buckets/{bucket}/objects/");
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    match key.find(['?', '*']) {
        None => format!("resource.name == '{}'", quoted(&format!("{root}{key}"))),
        Some(first) => {
            let begin = quoted(&format!("{root}{}", key.get(..first).unwrap_or_default()));
            let end = key.rsplit(['?', '*']).next().unwrap_or_default();
            match end {
                "" => format!("resource.name.startsWith('{begin}')"),
                end => format!(
                    "(resource.name.startsWith('{begin}') && resource.name.endsWith('{}'))",
                    quoted(end)
                ),
            }
        }
    }
}
