//! Where something lies: a store and a key in it. An image is a tag in a repository, a folder is named by the manifest
//! inside it, so that all three are one kind of thing to the protocol. Turning a store into something that answers is
//! the work of `promote-providers`; filling placeholders is [`crate::template`]'s.

mod scheme;

pub use scheme::is_other;
pub use scheme::is_scheme;

use crate::names::escape;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The key of an object inside its store: 1 to 1024 bytes of UTF-8, parts separated by single slashes, no part
/// `.` or `..`, no control character, no backslash. So a key is safe as a path below a folder, too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Key(String);

/// The name, inside a folder, of the object that says what the folder holds. It is written last, so a folder that has
/// one is whole; and it is what a location that ends with a slash stands for.
pub const FOLDER: &str = ".promote-folder.json";

/// The store that a location names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreId {
    /// The folder that holds `promote.toml`; keys are paths below it.
    Local,
    /// A bucket of S3 or of a compatible store.
    S3(String),
    /// A bucket of Google Cloud Storage.
    Gcs(String),
    /// A repository of container images, `HOST/REPOSITORY`; keys are its tags.
    Image(String),
    /// A branch of the git repository; keys are paths in its tree. For ledgers only.
    Git(String),
    /// A store in memory, for tests.
    Memory(String),
    /// A store that a program brings along for a scheme of its own: see [`is_scheme`].
    Other {
        /// What stands before `://`.
        scheme: String,
        /// What stands behind it, up to the first slash.
        name: String,
    },
}

/// A store and a key in it: `s3://acme-releases/billing-api/prod.zip`, `quay.io/acme/app:prod`, or a plain path in the
/// local folder. With a slash at its end it is a folder: its key is that of the folder's manifest, [`FOLDER`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The store.
    pub store: StoreId,
    /// The key in it.
    pub key: Key,
}

/// Why a text is not a key or a location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is not a {what}: {why}")]
pub struct LocationError {
    what: &'static str,
    shown: String,
    why: &'static str,
}

impl LocationError {
    /// The rule that the text breaks.
    pub fn why(&self) -> &'static str {
        self.why
    }
}

impl Key {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This key, a slash, and `rest`.
    ///
    /// # Errors
    /// When the result is not a key.
    pub fn join(&self, rest: &str) -> Result<Self, LocationError> {
        format!("{}/{rest}", self.0).parse()
    }
}

impl FromStr for Key {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        let bad = |why| LocationError { what: "key", shown: escape(text), why };
        if text.is_empty() || text.len() > 1024 {
            return Err(bad("it must have 1 to 1024 bytes"));
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return Err(bad("control characters and backslashes are not allowed"));
        }
        if text.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
            return Err(bad("empty parts, `.` and `..` are not allowed"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local folder"),
            Self::S3(bucket) => write!(f, "s3://{bucket}"),
            Self::Gcs(bucket) => write!(f, "gs://{bucket}"),
            Self::Image(repository) => f.write_str(repository),
            Self::Git(branch) => write!(f, "git:{branch}"),
            Self::Memory(name) => write!(f, "memory://{name}"),
            Self::Other { scheme, name } => write!(f, "{scheme}://{name}"),
        }
    }
}

impl Serialize for StoreId {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Local => out.serialize_str("local"),
            Self::Image(repository) => out.collect_str(&format_args!("oci://{repository}")),
            other => out.collect_str(other),
        }
    }
}

impl<'de> Deserialize<'de> for StoreId {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        if text == "local" {
            return Ok(Self::Local);
        }
        if let Some(branch) = text.strip_prefix("git:") {
            return Ok(Self::Git(branch.to_owned()));
        }
        match text.split_once("://") {
            Some(("oci", name)) => Ok(Self::Image(name.to_owned())),
            Some(("s3", name)) => Ok(Self::S3(name.to_owned())),
            Some(("gs", name)) => Ok(Self::Gcs(name.to_owned())),
            Some(("memory", name)) => Ok(Self::Memory(name.to_owned())),
            Some((scheme, name)) if is_scheme(scheme) && is_other(name) => {
                Ok(Self::Other { scheme: scheme.to_owned(), name: name.to_owned() })
            }
            _ => Err(serde::de::Error::custom(format!("`{}` names no store", escape(&text)))),
        }
    }
}

/// Whether `name` can be a bucket's name: 3 to 63 of lower-case letters, digits, dots, hyphens and (for Google)
/// underscores, as <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html> says.
pub fn is_bucket(name: &str) -> bool {
    let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b);
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (3..=222).contains(&name.len())
        && name.bytes().all(ok)
        && edge(name.as_bytes().first())
        && edge(name.as_bytes().last())
        && !name.contains("..")
}

/// Whether `name` can be a repository of images: a host as images' names have it, and a path of lower-case parts.
pub fn is_repository(name: &str) -> bool {
    let Some((host, path)) = name.split_once('/') else { return false };
    is_host(host)
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
        && is_image_path(path)
}

/// Whether `path` can be what follows the host in a repository's name.
pub fn is_image_path(path: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    let part = |part: &str| part.bytes().all(letter) && part.starts_with(|c: char| c.is_ascii_alphanumeric());
    path.split('/').all(part)
}

/// Whether a text before the first slash has the shape of a registry's host, and not of a folder.
fn is_host(text: &str) -> bool {
    text.contains('.') && !text.starts_with('.') || text.contains(':') || text == "localhost"
}

/// The repository and the tag of an image's name, when a text has the shape of one: `HOST/REPOSITORY:TAG`, the host
/// with a dot, a port, or `localhost`. Whether the two are well-formed is not looked at.
pub fn image_parts(text: &str) -> Option<(&str, &str)> {
    let (host, rest) = text.split_once('/')?;
    let last = rest.rsplit('/').next().unwrap_or_default();
    if !is_host(host) || rest.is_empty() || !last.contains([':', '@']) {
        return None;
    }
    text.rsplit_once([':', '@'])
}

impl Location {
    /// The prefix of what lies in a folder, with its slash (empty for a whole bucket); `None` when this is no folder.
    pub fn folder(&self) -> Option<&str> {
        self.key.as_str().strip_suffix(FOLDER).filter(|prefix| prefix.is_empty() || prefix.ends_with('/'))
    }

    /// Whether it is a tag in a repository of images.
    pub fn is_image(&self) -> bool {
        matches!(self.store, StoreId::Image(_))
    }
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        let bad = |why| LocationError { what: "location", shown: escape(text), why };
        // A slash at the end stands for the manifest inside.
        let inside = |key: &str| match key.strip_suffix('/') {
            Some("") => FOLDER.parse(),
            Some(folder) => format!("{folder}/{FOLDER}").parse(),
            None => key.parse(),
        };
        let Some((scheme, rest)) = text.split_once("://") else {
            if let Some((repository, tag)) = image_parts(text) {
                return Ok(Self { store: StoreId::Image(repository.to_owned()), key: tag.parse()? });
            }
            if text == "/" {
                return Err(bad("the whole folder of the project can't be one"));
            }
            return Ok(Self { store: StoreId::Local, key: inside(text)? });
        };
        let (bucket, key) =
            rest.split_once('/').ok_or_else(|| bad("a bucket, a slash and a key are needed"))?;
        let store = match scheme {
            "s3" if is_bucket(bucket) => StoreId::S3(bucket.to_owned()),
            "gs" if is_bucket(bucket) => StoreId::Gcs(bucket.to_owned()),
            "memory" => StoreId::Memory(bucket.to_owned()),
            "s3" | "gs" => return Err(bad("the bucket's name is not one")),
            scheme if is_scheme(scheme) && is_other(bucket) => {
                StoreId::Other { scheme: scheme.to_owned(), name: bucket.to_owned() }
            }
            scheme if is_scheme(scheme) => return Err(bad("the store's name is not one")),
            _ => return Err(bad("known are s3://, gs://, images and plain paths")),
        };
        let key = if key.is_empty() && !matches!(store, StoreId::Memory(_)) { "/" } else { key };
        Ok(Self { store, key: inside(key)? })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.folder().unwrap_or(self.key.as_str());
        match &self.store {
            StoreId::Local => f.pad(key),
            StoreId::Image(repository) => write!(f, "{repository}:{key}"),
            store => write!(f, "{store}/{key}"),
        }
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_round_trip() {
        for text in [
            "s3://acme-releases/billing-api/prod.zip",
            "gs://acme-config/a",
            "gs://acme-config/a/",
            "gs://acme-config/",
            "deploy/prod.zip",
            "deploy/prod/",
            "quay.io/acme/app:prod-33242e93-16-04-2021.1618577888",
            "localhost:5000/app:1",
            "releases.d/x",
            "acme://vault/billing-api/prod.zip",
            "acme://vault/folder/",
        ] {
            assert_eq!(text.parse::<Location>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_folder_is_named_by_its_manifest_and_an_image_by_its_tag() {
        let folder: Location = "gs://acme-config/a/".parse().unwrap();
        assert_eq!(folder.key.as_str(), "a/.promote-folder.json");
        assert_eq!(folder.folder(), Some("a/"));
        let whole: Location = "gs://acme-config/".parse().unwrap();
        assert_eq!(whole.folder(), Some(""));
        let near: Location = "s3://acme/x.promote-folder.json".parse().unwrap();
        assert_eq!(near.folder(), None);
        let image: Location = "quay.io/acme/app:prod".parse().unwrap();
        assert_eq!(image.store, StoreId::Image("quay.io/acme/app".to_owned()));
        assert_eq!((image.key.as_str(), image.is_image()), ("prod", true));
        for store in [
            StoreId::Image("quay.io/acme/app".to_owned()),
            StoreId::Git("promote-ledger".to_owned()),
            StoreId::Other { scheme: "acme".to_owned(), name: "vault".to_owned() },
        ] {
            let json = serde_json::to_string(&store).unwrap();
            assert_eq!(serde_json::from_str::<StoreId>(&json).unwrap(), store, "{json}");
        }
    }

    #[test]
    fn repositories_have_a_host_and_a_path() {
        for good in
            ["quay.io/acme/app", "localhost/app", "127.0.0.1:5000/a", "[::1]:5000/a/b_c", "docker.io/x"]
        {
            assert!(is_repository(good), "{good}");
        }
        for bad in [
            "acme",
            "acme/app",
            "quay.io",
            "quay.io/",
            "quay.io/A",
            "quay.io/a//b",
            "quay.io/../b",
            "u@q.io/a",
        ] {
            assert!(!is_repository(bad), "{bad}");
        }
    }

    #[test]
    fn paths_that_leave_the_store_are_refused() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "/",
            "a//",
            "s3://b",
            "s3:///k",
            "s3://ac me/k",
            "ftp://host/k",
            "https://host/k",
            "Acme://vault/k",
            "acme://va..ult/k",
            "acme:///k",
            "acme://vault",
            "a\\b",
            "a\nb",
            "s3://acme/../k",
            "./a",
        ] {
            assert!(bad.parse::<Location>().is_err(), "{bad}");
        }
    }
}
