//! The manifest of a folder: which files it holds. JSON with one file a line, so that `grep`, `diff` and `jq` are
//! enough to read it. There is one way to write a manifest, and nothing else is read: its digest names its contents.

use super::is_reserved;
use crate::digest::Digest;
use crate::location::{Key, Location};
use crate::names::escape;
use crate::port::{BucketReader, ErrorKind, Object, ProviderError, Token};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write as _;

/// The format's name, in the manifest of a target, and in that of a release's own folder without tokens.
pub const SCHEMA: &str = "promote/folder@1";

/// The format's name in the manifest of a release's own folder that notes a token for its files: who reads only the
/// other one would take its digest for the folder's, which it is not.
pub const NOTED: &str = "promote/folder@2";

/// The longest manifest that is read, in bytes.
pub const LIMIT: usize = 64 << 20;

/// The longest manifest that is published, in bytes: that of a target names tokens besides, and must still fit.
pub const PUBLISHED_LIMIT: usize = LIMIT / 2;

/// The most files in one folder.
pub const MOST_FILES: usize = 1_000_000;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FolderFile {
    /// Its path from the folder's root.
    pub path: Key,
    /// Its length in bytes.
    pub size: u64,
    /// Whether it may be run. Stores keep no such thing; whoever takes files out of one applies it.
    #[serde(default)]
    pub executable: bool,
    /// The digest of its content.
    pub sha256: Digest,
    /// The token that the file had when it was put there or found right.
    #[serde(default)]
    pub token: Option<Token>,
}

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FolderManifest {
    /// [`SCHEMA`] or [`NOTED`].
    pub schema: String,
    /// In a target: the digest of the manifest that it was brought to. A release's own folder has none.
    #[serde(default)]
    pub of: Option<Digest>,
    /// The files, ascending by the bytes of their paths.
    pub files: Vec<FolderFile>,
}

/// Why bytes are no manifest, or files no folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It has more bytes than may be.
    #[error("a manifest of {0} bytes is longer than may be")]
    Long(usize),
    /// It names more files than may be.
    #[error("a folder of {0} files holds more than {MOST_FILES}")]
    Many(usize),
    /// It is not JSON of this shape.
    #[error("it is not a folder manifest")]
    Json(#[source] serde_json::Error),
    /// It is of another format.
    #[error("its format is `{0}`, and this version reads {SCHEMA} and {NOTED}")]
    Schema(String),
    /// Two files have one path, or a path comes after a greater one.
    #[error("`{0}` is named twice, or out of order")]
    Order(String),
    /// A file has a name that `promote` keeps for itself.
    #[error("`{0}` is a name that promote keeps for itself")]
    Reserved(String),
    /// A file lies below another file.
    #[error("`{below}` is below `{file}`, which is a file")]
    Nested {
        /// The file.
        file: String,
        /// What lies below it.
        below: String,
    },
    /// The same could be written otherwise, and is.
    #[error("it is not written the way promote writes it")]
    Form,
}

/// A path in an order in which whatever lies below it comes right after it.
fn by_parts(path: &Key) -> impl Iterator<Item = u8> + '_ {
    path.as_str().bytes().map(|byte| if byte == b'/' { 0 } else { byte })
}

impl FolderManifest {
    /// The manifest of a release's own folder with these files, in whatever order.
    ///
    /// # Errors
    /// When they are no folder.
    pub fn new(mut files: Vec<FolderFile>) -> Result<Self, FolderError> {
        files.sort_unstable_by(|one, two| one.path.cmp(&two.path));
        let manifest = Self { schema: SCHEMA.to_owned(), of: None, files };
        manifest.check()?;
        Ok(manifest)
    }

    /// The bytes that are stored. The same manifest always has the same.
    pub fn to_bytes(&self) -> Vec<u8> {
        let text = |text: &str| Value::from(text).to_string();
        let mut out = format!("{{\"schema\":{}", text(&self.schema));
        // Writing to a string can't fail.
        if let Some(of) = &self.of {
            let _ = write!(out, ",\"of\":\"{of}\"");
        }
        out.push_str(",\"files\":[");
        for (index, file) in self.files.iter().enumerate() {
            let end = if index == 0 { "\n" } else { ",\n" };
            let _ = write!(out, "{end}{{\"path\":{},\"size\":{}", text(file.path.as_str()), file.size);
            if file.executable {
                out.push_str(",\"executable\":true");
            }
            let _ = write!(out, ",\"sha256\":\"{}\"", file.sha256);
            if let Some(token) = &file.token {
                let _ = write!(out, ",\"token\":{}", text(&token.0));
            }
            out.push('}');
        }
        out.push_str("\n]}\n");
        out.into_bytes()
    }

    /// Reads a manifest. The bytes may come from anybody.
    ///
    /// # Errors
    /// When they are not exactly what [`Self::to_bytes`] gives for a folder.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FolderError> {
        if bytes.len() > LIMIT {
            return Err(FolderError::Long(bytes.len()));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(FolderError::Json)?;
        manifest.check()?;
        if manifest.to_bytes() != bytes {
            return Err(FolderError::Form);
        }
        Ok(manifest)
    }

    fn check(&self) -> Result<(), FolderError> {
        match self.schema.as_str() {
            SCHEMA => {}
            NOTED if self.of.is_none() && self.files.iter().any(|file| file.token.is_some()) => {}
            NOTED => return Err(FolderError::Form),
            other => return Err(FolderError::Schema(escape(other))),
        }
        if self.files.len() > MOST_FILES {
            return Err(FolderError::Many(self.files.len()));
        }
        if let Some(file) = self.files.iter().find(|file| is_reserved(file.path.as_str())) {
            return Err(FolderError::Reserved(file.path.to_string()));
        }
        for pair in self.files.windows(2) {
            if let [one, two] = pair
                && one.path >= two.path
            {
                return Err(FolderError::Order(two.path.to_string()));
            }
        }
        let mut paths: Vec<&Key> = self.files.iter().map(|file| &file.path).collect();
        paths.sort_unstable_by(|one, two| by_parts(one).cmp(by_parts(two)));
        for pair in paths.windows(2) {
            if let [file, below] = pair
                && below.as_str().strip_prefix(file.as_str()).is_some_and(|rest| rest.starts_with('/'))
            {
                return Err(FolderError::Nested { file: file.to_string(), below: below.to_string() });
            }
        }
        Ok(())
    }

    /// The digest of the stored bytes, tokens included.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }

    /// The digest that names what the folder holds, wherever it lies: that of [`Self::source`]. It is what the ledger
    /// records.
    pub fn identity(&self) -> Digest {
        self.source().digest()
    }

    /// The same manifest of a release's own folder, with the token of each file for which `token` knows one.
    #[must_use]
    pub fn noting(&self, token: impl Fn(&Key) -> Option<Token>) -> Self {
        let noted = |file: &FolderFile| FolderFile { token: token(&file.path), ..file.clone() };
        let files: Vec<FolderFile> = self.files.iter().map(noted).collect();
        let schema = if files.iter().any(|file| file.token.is_some()) { NOTED } else { SCHEMA };
        Self { schema: schema.to_owned(), of: None, files }
    }

    /// The length of all files together, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// The same files without tokens: what a target was made from, and what a release's own folder is known by. Whether
    /// it truly is that one is told by its digest.
    #[must_use]
    pub fn source(&self) -> Self {
        let bare = |file: &FolderFile| FolderFile { token: None, ..file.clone() };
        Self { schema: SCHEMA.to_owned(), of: None, files: self.files.iter().map(bare).collect() }
    }

    /// The files by path.
    pub(crate) fn by_path(&self) -> HashMap<&str, &FolderFile> {
        self.files.iter().map(|file| (file.path.as_str(), file)).collect()
    }

    /// Reads the manifest at `location`; `None` when there is none. The object's time may be cut to whole seconds.
    ///
    /// # Errors
    /// `Corrupt` when something else lies there; else what the store answers.
    pub async fn read(
        bucket: &dyn BucketReader,
        location: &Location,
    ) -> Result<Option<(Object, Self)>, ProviderError> {
        let Some((object, bytes)) = bucket.get_with_metadata(&location.key, LIMIT).await? else {
            return Ok(None);
        };
        let manifest = Self::from_bytes(&bytes).map_err(|error| {
            let message = "what is there is not the manifest of a folder";
            ProviderError::new(ErrorKind::Corrupt, bucket, location, message).caused_by(error)
        })?;
        Ok(Some((object, manifest)))
    }
}
