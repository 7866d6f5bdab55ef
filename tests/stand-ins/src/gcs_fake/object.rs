//! One generation of an object, and its description in Google's JSON.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use md5::Digest as _;
use serde_json::{Map, Value, json};

/// The fields of a description that a request may set.
pub(super) const FIELDS: [&str; 8] = [
    "contentType",
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "metadata",
    "customTime",
    "storageClass",
];

/// One generation of an object.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its number.
    pub generation: u64,
    /// How often its description was set.
    pub metageneration: u64,
    /// Its content.
    pub content: Bytes,
    /// What the writer said of it, in Google's names: `contentType`, `metadata` and the like.
    pub described: Map<String, Value>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Whether it is the newest and was not deleted.
    pub live: bool,
}

/// CRC32C as Google writes it.
pub(super) fn crc32c(content: &[u8]) -> String {
    BASE64_STANDARD.encode(crc_fast::crc32_iscsi(content).to_be_bytes())
}

/// MD5 as Google writes it.
pub(super) fn md5(content: &[u8]) -> String {
    BASE64_STANDARD.encode(md5::Md5::digest(content))
}

/// The part of a request's description that is kept.
pub(super) fn kept(given: &Value) -> Map<String, Value> {
    let given = given.as_object();
    let fields = FIELDS.iter().filter_map(|field| {
        let value = given?.get(*field)?;
        (!value.is_null()).then(|| ((*field).to_owned(), value.clone()))
    });
    fields.collect()
}

impl Stored {
    /// The entity tag.
    pub(super) fn etag(&self) -> String {
        BASE64_STANDARD.encode(format!("{}.{}", self.generation, self.metageneration))
    }

    /// A field of the description that is text.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.described.get(name).and_then(Value::as_str)
    }

    /// The object in Google's JSON.
    pub(super) fn resource(&self, endpoint: &str, bucket: &str, name: &str) -> Value {
        let when = self.created.to_rfc3339_opts(SecondsFormat::Millis, true);
        let generation = self.generation.to_string();
        let path =
            percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string();
        let mut all = json!({
            "kind": "storage#object",
            "id": format!("{bucket}/{name}/{generation}"),
            "selfLink": format!("{endpoint}/storage/v1/b/{bucket}/o/{path}"),
            "mediaLink": format!("{endpoint}/download/storage/v1/b/{bucket}/o/{path}?generation={generation}&alt=media"),
            "name": name,
            "bucket": bucket,
            "generation": generation,
            "metageneration": self.metageneration.to_string(),
            "storageClass": "STANDARD",
            "size": self.content.len().to_string(),
            "md5Hash": md5(&self.content),
            "crc32c": crc32c(&self.content),
            "etag": self.etag(),
            "timeCreated": when,
            "updated": when,
            "timeStorageClassUpdated": when,
        });
        if let Some(all) = all.as_object_mut() {
            all.extend(self.described.clone());
            if all.get("metadata").and_then(Value::as_object).is_some_and(Map::is_empty) {
                all.remove("metadata");
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_that_google_tells() {
        assert_eq!(crc32c(b"123456789"), "4waSgw==");
        assert_eq!(md5(b""), "1B2M2Y8AsgTpgAmY7PhCfg==");
    }
}
