//! Which call a request is, what it may, and what it does.

use super::answer::Answer;
use super::fault::{Fault, What};
use super::object::kept;
use super::request::Asked;
use super::store::{Conditions, New, Store};
use super::uploads::{self, Around};
use super::{Settings, State, held};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A call under way.
struct Call<'a> {
    asked: &'a Asked,
    endpoint: &'a str,
    settings: Settings,
    what: Option<&'a What>,
}

/// Answers a request. `what` is a fault that the call plays out by itself.
pub(super) fn answer(state: &State, endpoint: &str, asked: &Asked, what: Option<&What>) -> Answer {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    if let ["_fake", rest @ ..] = path.as_slice() {
        return orders(state, asked, rest);
    }
    let settings = held(&state.settings).clone();
    if let Some(token) = &settings.token
        && asked.header("authorization") != Some(&format!("Bearer {token}"))
        // The place of an upload is a secret of its own.
        && !asked.query.contains_key("upload_id")
    {
        return Answer::error(401, "authError", "Invalid Credentials");
    }
    let call = Call { asked, endpoint, settings, what };
    let mut store = held(&state.store);
    let done = match path.as_slice() {
        ["upload", "storage", "v1", "b", bucket, "o"] | ["upload", "b", bucket, "o"] => {
            call.upload(&mut store, bucket)
        }
        ["download", "storage", "v1", "b", bucket, "o", name] => {
            return call.read(&store, bucket, name, true).unwrap_or_else(|refused| refused.in_text());
        }
        ["storage", "v1", "b", rest @ ..] | ["b", rest @ ..] => call.below_buckets(&mut store, rest),
        // The XML API.
        [bucket, name @ ..] if asked.method == "GET" && !name.is_empty() && !call.settings.json_only => {
            return call.download(&store, bucket, &name.join("/")).unwrap_or_else(Answer::in_xml);
        }
        _ => Err(Answer::error(404, "notFound", "Not Found")),
    };
    done.unwrap_or_else(|refused| match asked.parameter("alt") {
        Some("media") => refused.in_text(),
        _ => refused,
    })
}

/// What is asked of the fake itself.
fn orders(state: &State, asked: &Asked, path: &[&str]) -> Answer {
    match (asked.method.as_str(), path) {
        ("POST", ["fault"]) => match serde_json::from_slice::<Fault>(&asked.body) {
            Ok(fault) => {
                held(&state.faults).push(fault);
                Answer::empty(204)
            }
            Err(odd) => Answer::invalid(&odd.to_string()),
        },
        ("GET", ["requests"]) => {
            let seen = held(&state.seen);
            let all: Vec<Value> = seen
                .iter()
                .map(|one| json!({"method": one.method, "address": one.address, "length": one.length}))
                .collect();
            Answer::json(&json!(all))
        }
        ("DELETE", ["requests"]) => {
            held(&state.seen).clear();
            Answer::empty(204)
        }
        _ => Answer::error(404, "notFound", "Not Found"),
    }
}

impl Call<'_> {
    fn may(&self, right: &str, bucket: &str, name: &str) -> Result<(), Answer> {
        let place = format!("{bucket}/{name}");
        let missing =
            |(denied, below): &(String, String)| denied == right && place.starts_with(below.as_str());
        if self.settings.denied.iter().any(missing) { Err(Answer::denied(right)) } else { Ok(()) }
    }

    /// Whoever replaces an object deletes one, too.
    fn may_write(&self, store: &Store, bucket: &str, name: &str) -> Result<(), Answer> {
        self.may("storage.objects.create", bucket, name)?;
        match store.live(bucket, name) {
            Some(_) => self.may("storage.objects.delete", bucket, name),
            None => Ok(()),
        }
    }

    fn upload(&self, store: &mut Store, bucket: &str) -> Result<Answer, Answer> {
        let around =
            Around { endpoint: self.endpoint, slow: self.settings.one_write_a_second, what: self.what };
        match self.asked.method.as_str() {
            "POST" => {
                let name = self.asked.parameter("name").unwrap_or_default();
                self.may_write(store, bucket, name)?;
                uploads::post(store, self.asked, bucket, &around)
            }
            "PUT" => uploads::put(store, self.asked, &around),
            "DELETE" => Ok(uploads::delete(store, self.asked)),
            _ => Err(Answer::error(405, "methodNotAllowed", "Method Not Allowed")),
        }
    }

    fn below_buckets(&self, store: &mut Store, path: &[&str]) -> Result<Answer, Answer> {
        let method = self.asked.method.as_str();
        match (method, path) {
            ("GET", []) => {
                let all: Vec<Value> =
                    store.buckets.keys().map(|name| described_bucket(store, name)).collect();
                Ok(Answer::json(&json!({"kind": "storage#buckets", "items": all})))
            }
            ("POST", []) => {
                let given = self.asked.json();
                let name =
                    given.get("name").and_then(Value::as_str).ok_or_else(|| Answer::invalid("Required"))?;
                let versioned =
                    given.pointer("/versioning/enabled").and_then(Value::as_bool).unwrap_or(false);
                if store.buckets.contains_key(name) {
                    return Err(Answer::error(409, "conflict", "You already own this bucket."));
                }
                store.make_bucket(name, versioned);
                Ok(Answer::json(&described_bucket(store, name)))
            }
            ("GET", [bucket]) => {
                self.may("storage.buckets.get", bucket, "")?;
                if !store.buckets.contains_key(*bucket) {
                    return Err(Answer::no_bucket());
                }
                Ok(Answer::json(&described_bucket(store, bucket)))
            }
            ("GET", [bucket, "storageLayout"]) if store.buckets.contains_key(*bucket) => {
                Ok(Answer::json(&json!({"kind": "storage#storageLayout", "bucket": bucket, "location": "EU",
                    "locationType": "multi-region", "hierarchicalNamespace": {"enabled": false}})))
            }
            ("GET", [bucket, "o"]) => self.list(store, bucket),
            ("GET", [bucket, "o", name]) => {
                self.read(store, bucket, name, self.asked.parameter("alt") == Some("media"))
            }
            ("DELETE", [bucket, "o", name]) => {
                self.may("storage.objects.delete", bucket, name)?;
                let conditions = Conditions::of(self.asked, false)?;
                store.delete(bucket, name, self.asked.number("generation"), conditions)?;
                Ok(Answer::empty(204))
            }
            ("PATCH" | "PUT", [bucket, "o", name]) => {
                self.may("storage.objects.update", bucket, name)?;
                let stored =
                    store.patch(bucket, name, &self.asked.json(), Conditions::of(self.asked, false)?)?;
                Ok(Answer::json(&stored.resource(self.endpoint, bucket, name)))
            }
            ("POST", [from, "o", source, way @ ("rewriteTo" | "copyTo"), "b", to, "o", target]) => {
                self.copy(store, (from, source), (to, target), *way == "rewriteTo")
            }
            _ => Err(Answer::error(404, "notFound", "Not Found")),
        }
    }

    fn read(&self, store: &Store, bucket: &str, name: &str, media: bool) -> Result<Answer, Answer> {
        self.may("storage.objects.get", bucket, name)?;
        let object = store.find(bucket, name, self.asked.number("generation"))?;
        if !Conditions::of(self.asked, false)?.hold(Some(object)) {
            return Err(Answer::condition());
        }
        if !media {
            return Ok(Answer::json(&object.resource(self.endpoint, bucket, name)));
        }
        let sums = format!(
            "crc32c={},md5={}",
            super::object::crc32c(&object.content),
            super::object::md5(&object.content)
        );
        let mut answer = Answer { status: 200, headers: Vec::new(), body: object.content.clone() }
            .with("x-goog-generation", object.generation.to_string())
            .with("x-goog-metageneration", object.metageneration.to_string())
            .with("x-goog-hash", sums)
            .with("x-goog-stored-content-length", object.content.len().to_string())
            .with("etag", object.etag());
        for (field, header) in [
            ("contentType", "content-type"),
            ("cacheControl", "cache-control"),
            ("contentDisposition", "content-disposition"),
            ("contentEncoding", "content-encoding"),
            ("contentLanguage", "content-language"),
        ] {
            if let Some(value) = object.field(field) {
                answer = answer.with(header, value);
            }
        }
        // `bytes=4-8`, as far as there are so many.
        if let Some(range) = self.asked.header("range").and_then(|text| text.strip_prefix("bytes=")) {
            let parsed = range
                .split_once('-')
                .and_then(|(first, last)| Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?)));
            let (first, last) = parsed.ok_or_else(|| Answer::invalid("the range makes no sense"))?;
            let whole = object.content.len();
            if first >= whole || last < first {
                return Err(Answer::error(
                    416,
                    "requestedRangeNotSatisfiable",
                    "The range is beyond the end.",
                ));
            }
            let end = last.saturating_add(1).min(whole);
            answer.status = 206;
            answer.body = object.content.slice(first..end);
            answer = answer.with("content-range", format!("bytes {first}-{}/{whole}", end - 1));
        }
        Ok(answer)
    }

    /// Content, with all that is told of it in header fields.
    fn download(&self, store: &Store, bucket: &str, name: &str) -> Result<Answer, Answer> {
        let mut answer = self.read(store, bucket, name, true)?;
        let object = store.find(bucket, name, self.asked.number("generation"))?;
        let when = object.created.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        answer = answer.with("last-modified", when).with("x-goog-storage-class", "STANDARD");
        if object.field("cacheControl").is_none() {
            answer = answer.with("cache-control", "private, max-age=0");
        }
        let own = object.described.get("metadata").and_then(Value::as_object);
        for (name, value) in own.into_iter().flatten() {
            answer = answer
                .with(format!("x-goog-meta-{}", name.to_lowercase()), value.as_str().unwrap_or_default());
        }
        Ok(answer)
    }

    /// The names after each other; those that share a part up to `delimiter` once. `pageToken` is the last name told,
    /// among generations with its number.
    fn list(&self, store: &Store, bucket: &str) -> Result<Answer, Answer> {
        self.may("storage.objects.list", bucket, "")?;
        let parameter = |name| self.asked.parameter(name).unwrap_or_default();
        let limit = self.asked.number("maxResults").unwrap_or(1000).clamp(1, 1000);
        let limit = usize::try_from(limit).unwrap_or(1000);
        let (prefix, end, delimiter) = (parameter("prefix"), parameter("endOffset"), parameter("delimiter"));
        let versions = parameter("versions") == "true";
        let (token, number) = match parameter("pageToken").rsplit_once('#') {
            Some((name, number)) if versions => (name, number.parse().unwrap_or(u64::MAX)),
            _ => (parameter("pageToken"), u64::MAX),
        };
        let from = parameter("startOffset").max(token);
        let (mut items, mut folders) = (Vec::new(), BTreeSet::new());
        let (mut last, mut more) = (String::new(), false);
        for (name, object) in store.range(bucket, prefix, from, versions)? {
            // The token is a name, or a folder of which nothing is to come again.
            let told = !delimiter.is_empty() && token.ends_with(delimiter) && name.starts_with(token);
            let passed = (name.as_str(), object.generation) <= (token, number);
            if !token.is_empty() && (passed || told) {
                continue;
            }
            if !end.is_empty() && name.as_str() >= end {
                break;
            }
            let folder = match delimiter {
                "" => None,
                mark => name
                    .get(prefix.len()..)
                    .and_then(|rest| rest.find(mark))
                    .and_then(|at| name.get(..prefix.len() + at + mark.len())),
            };
            if folder.is_some_and(|folder| folders.contains(folder)) {
                continue;
            }
            if items.len() + folders.len() == limit {
                more = true;
                break;
            }
            match folder {
                Some(folder) => {
                    last = folder.to_owned();
                    folders.insert(folder.to_owned());
                }
                None => {
                    last = if versions { format!("{name}#{}", object.generation) } else { name.clone() };
                    items.push(object.resource(self.endpoint, bucket, name));
                }
            }
        }
        if let Some(wanted) = wanted_of(parameter("fields")) {
            for fields in items.iter_mut().filter_map(serde_json::Value::as_object_mut) {
                fields.retain(|name, _| wanted.contains(&name.as_str()));
            }
        }
        let mut page = json!({"kind": "storage#objects"});
        if !items.is_empty() {
            page["items"] = json!(items);
        }
        if !folders.is_empty() {
            page["prefixes"] = json!(folders);
        }
        if more {
            page["nextPageToken"] = json!(last);
        }
        Ok(Answer::json(&page))
    }

    fn copy(
        &self,
        store: &mut Store,
        from: (&str, &str),
        to: (&str, &str),
        rewrite: bool,
    ) -> Result<Answer, Answer> {
        self.may("storage.objects.get", from.0, from.1)?;
        self.may_write(store, to.0, to.1)?;
        let source = store.find(from.0, from.1, self.asked.number("sourceGeneration"))?.clone();
        if !Conditions::of(self.asked, true)?.hold(Some(&source)) {
            return Err(Answer::condition());
        }
        let conditions = Conditions::of(self.asked, false)?;
        let size = source.content.len() as u64;
        // The token tells how far it is, and of what.
        let far = match self.asked.parameter("rewriteToken") {
            None => 0,
            Some(token) => token
                .strip_prefix(&format!("{}-", source.generation))
                .and_then(|far| far.parse().ok())
                .ok_or_else(|| Answer::invalid("Invalid rewrite token"))?,
        };
        let far = self.settings.rewrite_step.map_or(size, |step| size.min(step.saturating_add(far)));
        if rewrite && far < size {
            // Google checks the condition at each call.
            if !conditions.hold(store.live(to.0, to.1)) {
                return Err(Answer::condition());
            }
            let token = format!("{}-{far}", source.generation);
            return Ok(Answer::json(&json!({"kind": "storage#rewriteResponse", "done": false,
                "totalBytesRewritten": far.to_string(), "objectSize": size.to_string(), "rewriteToken": token})));
        }
        // A description replaces the source's, all of it; without one the source's stays.
        let given = self.asked.json();
        let own = given.as_object().is_some_and(|given| !given.is_empty());
        let described = if own { kept(&given) } else { source.described.clone() };
        let (bucket, name) = (to.0.to_owned(), to.1.to_owned());
        let new = New { bucket, name, described, content: source.content, conditions };
        let stored = store.insert(new, &Value::Null, self.settings.one_write_a_second)?;
        let resource = stored.resource(self.endpoint, to.0, to.1);
        if !rewrite {
            return Ok(Answer::json(&resource));
        }
        Ok(Answer::json(&json!({"kind": "storage#rewriteResponse", "done": true, "resource": resource,
            "totalBytesRewritten": size.to_string(), "objectSize": size.to_string()})))
    }
}

fn described_bucket(store: &Store, name: &str) -> Value {
    let versioned = store.buckets.get(name).is_some_and(|bucket| bucket.versioned);
    json!({"kind": "storage#bucket", "id": name, "name": name, "location": "EU", "locationType": "multi-region",
        "storageClass": "STANDARD", "metageneration": "1", "projectNumber": "1", "etag": "CAE=",
        "timeCreated": "2026-01-05T09:00:00.000Z", "updated": "2026-01-05T09:00:00.000Z",
        "versioning": {"enabled": versioned}, "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": true}}})
}

/// The fields of items that a listing is to tell, of `items(a,b),nextPageToken`.
fn wanted_of(fields: &str) -> Option<Vec<&str>> {
    Some(fields.split_once("items(")?.1.split_once(')')?.0.split(',').collect())
}
