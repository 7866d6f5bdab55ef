//! The registry's side: manifests and lists of tags.

use super::state::{State, digest};
use super::{Answer, Asked};
use serde_json::{Value, json};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// How long a page of tags is unless asked, and at most.
const PAGE: (usize, usize) = (50, 100);

impl State {
    pub(super) fn registry(&mut self, asked: &Asked) -> Answer {
        let rest = asked.path.strip_prefix("/v2/").unwrap_or_default();
        if rest.is_empty() {
            let host = &self.host;
            let value = format!("Bearer realm=\"http://{host}/v2/auth\",service=\"{host}\"");
            return Answer::error(401, "UNAUTHORIZED", "sign in").with("WWW-Authenticate", value);
        }
        for (middle, serve) in [
            ("/manifests/", Self::manifests as fn(&mut Self, &Asked, &str, &str) -> Answer),
            ("/blobs/", Self::blobs),
            ("/tags/", Self::tags),
            ("/referrers/", Self::referrers),
        ] {
            if let Some((repository, last)) = rest.split_once(middle) {
                let action = match asked.method.as_str() {
                    "GET" | "HEAD" => "pull",
                    "DELETE" if middle == "/manifests/" => "delete",
                    _ => "push",
                };
                // Whoever may push may delete tags, too.
                let admitted = self.admit(asked, repository, action).or_else(|no| match action {
                    "delete" => self.admit(asked, repository, "push"),
                    _ => Err(no),
                });
                let (repository, last) = (repository.to_owned(), last.to_owned());
                return match admitted {
                    Ok(()) => serve(self, asked, &repository, &last),
                    Err(refused) => refused,
                };
            }
        }
        Answer::error(404, "NOT_FOUND", "no such thing")
    }

    fn manifests(&mut self, asked: &Asked, repository: &str, reference: &str) -> Answer {
        match asked.method.as_str() {
            "PUT" => self.put_manifest(asked, repository, reference),
            "DELETE" => self.delete_tag(repository, reference),
            _ => self.get_manifest(asked, repository, reference),
        }
    }

    fn get_manifest(&self, asked: &Asked, repository: &str, reference: &str) -> Answer {
        let Some(found) = self.repositories.get(repository) else {
            return Answer::error(404, "NAME_UNKNOWN", "repository name not known to registry");
        };
        let name = if reference.starts_with("sha256:") {
            reference.to_owned()
        } else {
            match self.live(repository, reference) {
                Some(row) => row.digest.clone(),
                None if found.rows.iter().any(|row| row.name == reference) => {
                    let words = format!(
                        "Tag {reference} was deleted or has expired. To pull, revive via time machine"
                    );
                    return Answer::error(404, "TAG_EXPIRED", &words);
                }
                None => return Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            }
        };
        let Some((kind, bytes)) = found.manifests.get(&name) else {
            return Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        let (mut kind, mut bytes, mut name) = (kind.clone(), bytes.clone(), name);
        if self.habits.converts {
            bytes.push(b'\n');
            name = digest(&bytes);
        }
        if self.habits.first_kind || self.habits.first_kind_tags.iter().any(|tag| tag == reference) {
            kind = "application/vnd.docker.distribution.manifest.v1+prettyjws".to_owned();
        }
        let answer = Answer::new(200).with("Content-Type", kind).of(bytes);
        match asked.method == "HEAD" && self.habits.silent_heads {
            true => answer,
            false => answer.with("Docker-Content-Digest", name),
        }
    }

    fn put_manifest(&mut self, asked: &Asked, repository: &str, reference: &str) -> Answer {
        if self.habits.immutable.iter().any(|tag| tag == reference) {
            return Answer::error(409, "TAG_IMMUTABLE", &format!("Tag {reference} is immutable"));
        }
        let Ok(value) = serde_json::from_slice::<Value>(&asked.body) else {
            return Answer::error(400, "MANIFEST_INVALID", "manifest invalid");
        };
        let mut bytes = asked.body.clone();
        if self.habits.converts_on_put {
            bytes.push(b'\n');
        }
        let name = digest(&bytes);
        let found = self.repositories.entry(repository.to_owned()).or_default();
        let named = |key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let digests = |all: Vec<Value>| -> Vec<String> {
            all.iter().filter_map(|it| it.get("digest")?.as_str().map(str::to_owned)).collect()
        };
        let mut blobs = named("layers");
        // A layer that names where else it lies need not be here.
        blobs.retain(|layer| layer.get("urls").is_none());
        blobs.extend(value.get("config").cloned());
        if digests(blobs).iter().any(|blob| !found.blobs.contains_key(blob)) {
            return Answer::error(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
        }
        if digests(named("manifests")).iter().any(|part| !found.manifests.contains_key(part)) {
            // A list of referrers under its fallback tag is no image, and lists what is there.
            return Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
        }
        found.manifests.insert(name.clone(), (asked.content_type.clone(), bytes));
        if !reference.starts_with("sha256:") {
            if let Some(other) = self.habits.meddler.clone() {
                self.point(repository, reference, &other, false);
            }
            self.point(repository, reference, &name, false);
        }
        if self.habits.lose_answers > 0 {
            self.habits.lose_answers -= 1;
            return Answer::error(500, "UNKNOWN", "the answer is lost");
        }
        let answer = Answer::new(201).with("Docker-Content-Digest", name);
        match value.pointer("/subject/digest").and_then(Value::as_str) {
            Some(subject) if !self.habits.no_referrers => answer.with("OCI-Subject", subject),
            _ => answer,
        }
    }

    fn delete_tag(&mut self, repository: &str, tag: &str) -> Answer {
        let live = self.live(repository, tag).is_some();
        let Some(found) = self.repositories.get_mut(repository).filter(|_| live) else {
            return Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        for row in found.rows.iter_mut().rev().filter(|row| row.name == tag).take(1) {
            row.end = Some(super::state::now());
        }
        Answer::new(202)
    }

    fn tags(&mut self, asked: &Asked, repository: &str, _: &str) -> Answer {
        let Some(found) = self.repositories.get(repository) else {
            return Answer::error(404, "NAME_UNKNOWN", "repository name not known to registry");
        };
        let mut names: Vec<_> = found.rows.iter().map(|row| row.name.clone()).collect();
        names.sort();
        names.dedup();
        names.retain(|name| self.live(repository, name).is_some());
        let limit = asked.first("n").and_then(|n| n.parse().ok()).unwrap_or(PAGE.0).clamp(1, PAGE.1);
        let last = asked.first("last").unwrap_or_default();
        let mut rest = names.into_iter().filter(|name| name.as_str() > last);
        let page: Vec<_> = rest.by_ref().take(limit).collect();
        let more = rest.next().is_some();
        let answer = Answer::json(200, &json!({ "name": repository, "tags": page }));
        match page.last().filter(|_| more) {
            Some(last) => answer
                .with("Link", format!("</v2/{repository}/tags/list?n={limit}&last={last}>; rel=\"next\"")),
            None => answer,
        }
    }

    fn referrers(&mut self, _: &Asked, repository: &str, subject: &str) -> Answer {
        if self.habits.no_referrers {
            return Answer::error(404, "NOT_FOUND", "no such thing");
        }
        let none = Default::default();
        let manifests = self.repositories.get(repository).map_or(&none, |found| &found.manifests);
        let refers = |(name, (kind, bytes)): (&String, &(String, Vec<u8>))| {
            let value: Value = serde_json::from_slice(bytes).ok()?;
            let fits = value.pointer("/subject/digest")?.as_str()? == subject;
            fits.then(|| json!({ "mediaType": kind, "digest": name, "size": bytes.len() }))
        };
        let list: Vec<_> = manifests.iter().filter_map(refers).collect();
        let body = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": list });
        Answer::new(200).with("Content-Type", INDEX).of(body.to_string())
    }
}
