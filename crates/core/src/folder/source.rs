//! Whether a release's own folder still holds what was published. What the store says, and the tokens that were noted
//! when the bytes were known, tell it of most files; only of the others the bytes are read. Who asks for that, and
//! where it is remembered, is decided elsewhere.

use super::content::content;
use super::inside;
use super::listing::{PAGE, list, within};
use super::manifest::{FolderFile, FolderManifest};
use super::others::others;
use super::{IN_FLIGHT, NOTED};
use crate::digest::Digest;
use crate::location::{Key, Location};
use crate::port::{
    BucketReader, Checksums, ErrorKind, Headers, Metadata, Object, ProviderError, Token, VersionId,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What a copy of a file is pinned to: the very object that was found to be the published one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Its token.
    pub token: Token,
    /// Its version, where the store keeps versions and was asked for this one object.
    pub version: Option<VersionId>,
}

impl Pin {
    fn of(object: &Object) -> Self {
        Self { token: object.token.clone(), version: object.version.clone() }
    }
}

/// A file that holds something else than was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The file as it was published.
    pub file: FolderFile,
    /// The length, in bytes, of what lies there.
    pub size: u64,
    /// Its digest, where that is known: what has another length is not read.
    pub sha256: Option<Digest>,
    /// What it is, where it is no file.
    pub odd: Option<&'static str>,
}

/// What is wrong with a release's own folder. Nothing, when it is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Files that are not there.
    pub missing: Vec<Key>,
    /// Files that hold something else.
    pub changed: Vec<Changed>,
    /// What lies there and was not published, as far as whoever reads the folder would take it for a part of it.
    pub strays: Vec<Key>,
}

/// Which files of a release's folder matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All, since whoever reads the folder gets whatever is in it.
    Whole,
    /// Those that are about to be copied from it.
    Files(Vec<Key>),
}

/// What was found of the files of a release's own folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceFindings {
    /// What copies are pinned to, of those files that are to be copied and were found right.
    pub pins: BTreeMap<Key, Pin>,
    /// Files of which only their bytes can tell.
    pub unread: Vec<FolderFile>,
    /// What is wrong.
    pub faults: Faults,
}

/// What was read of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRead {
    /// The token that it had.
    pub token: Token,
    /// Its digest.
    pub sha256: Digest,
}

/// What was read of the files of a folder, by path.
pub type Reads = HashMap<Key, FileRead>;

/// The manifest of a release's own folder with the tokens at which its files are known to be the published ones: those
/// that it notes itself, believed where `trusted` says so, and `later` ones.
pub fn known(stored: &FolderManifest, trusted: bool, later: &BTreeMap<Key, Token>) -> FolderManifest {
    let noted = if trusted && stored.schema == NOTED { stored.by_path() } else { HashMap::new() };
    stored.noting(|path| {
        let later = later.get(path).cloned();
        later.or_else(|| noted.get(path.as_str()).and_then(|file| file.token.clone()))
    })
}

/// What the store says of a part of the folder at `location`, with paths inside the folder as keys: one listing, or one
/// request for each of few files.
///
/// # Errors
/// What the store answers.
pub async fn objects(
    bucket: &dyn BucketReader,
    location: &Location,
    manifest: &FolderManifest,
    part: &Part,
) -> Result<Vec<Object>, ProviderError> {
    let prefix = prefix(bucket, location)?;
    let folders = bucket.capabilities().folders;
    let found = match part {
        Part::Files(paths) if is_few(manifest, paths) => heads(bucket, prefix, paths).await,
        _ => list(bucket, prefix, Some(manifest)).await,
    };
    let mut all = match found {
        // What is no object is told by a listing.
        Err(error) if folders && error.is_finding() => list(bucket, prefix, Some(manifest)).await?,
        found => found?,
    };
    if !folders {
        return Ok(all);
    }
    // A folder is told by none.
    let there: HashSet<&str> = all.iter().map(|object| object.key.as_str()).collect();
    let wanted: Vec<&Key> = match part {
        Part::Whole => manifest.files.iter().map(|file| &file.path).collect(),
        Part::Files(paths) => paths.iter().collect(),
    };
    let mut instead = Vec::new();
    for path in wanted.into_iter().filter(|path| !there.contains(path.as_str())) {
        instead.extend(folder(bucket, prefix, path).await?);
    }
    all.extend(instead);
    Ok(all)
}

/// Whether it takes no more requests to ask for each of them than to list all.
fn is_few(manifest: &FolderManifest, paths: &[Key]) -> bool {
    paths.len() <= manifest.files.len() / PAGE + 1
}

/// The folder that is in the place of a file, told as a listing tells what is no object.
async fn folder(
    bucket: &dyn BucketReader,
    prefix: &str,
    path: &Key,
) -> Result<Option<Object>, ProviderError> {
    let below = format!("{}/", of_file(bucket, prefix, path)?);
    let listed = bucket.list(&below, None, 1).await?.objects;
    if listed.is_empty() && bucket.empty_folders(&below, 1).await?.is_empty() {
        return Ok(None);
    }
    let headers = Headers { content_type: Some("inode/directory".to_owned()), ..Headers::default() };
    Ok(Some(Object {
        key: path.clone(),
        size: 0,
        token: Token("folder".to_owned()),
        version: None,
        // That of no file.
        sha256: Some(Digest::of(b"a folder, in the place of a file")),
        stored_at: bucket.now().await?,
        headers,
        metadata: Metadata::new(),
        checksums: Checksums::new(),
    }))
}

/// All that lies below a prefix, where one page tells it; `None` for more.
///
/// # Errors
/// What the store answers.
pub async fn one_page(
    bucket: &dyn BucketReader,
    prefix: &str,
) -> Result<Option<Arc<Vec<Object>>>, ProviderError> {
    let page = bucket.list(prefix, None, PAGE).await?;
    Ok((!page.more).then(|| Arc::new(within(prefix, page.objects))))
}

/// Judges a part of a release's folder by what the store says of it. `manifest` tells the files and the tokens at which
/// they are right, `reads` what was read of some.
pub fn judge(manifest: &FolderManifest, part: &Part, objects: &[Object], reads: &Reads) -> SourceFindings {
    let mut looked = SourceFindings::default();
    let there: HashMap<&str, &Object> = objects.iter().map(|object| (object.key.as_str(), object)).collect();
    let whole = *part == Part::Whole;
    let files: Vec<&FolderFile> = match part {
        Part::Whole => manifest.files.iter().collect(),
        Part::Files(paths) => {
            let by_path = manifest.by_path();
            paths.iter().filter_map(|path| by_path.get(path.as_str()).copied()).collect()
        }
    };
    if whole {
        looked.faults.strays = others(manifest, objects).iter().map(|it| it.key.clone()).collect();
    }
    for file in files {
        let Some(object) = there.get(file.path.as_str()) else {
            looked.faults.missing.push(file.path.clone());
            continue;
        };
        match word(file, object, reads.get(&file.path)) {
            // Of a folder that is read as it lies nothing is copied.
            Word::Right if whole => {}
            Word::Right => {
                looked.pins.insert(file.path.clone(), Pin::of(object));
            }
            Word::Unknown => looked.unread.push(file.clone()),
            Word::Changed(sha256) => {
                let (file, odd) = (file.clone(), object.odd());
                looked.faults.changed.push(Changed { file, size: object.size, sha256, odd });
            }
        }
    }
    looked
}

/// What is known of one file.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    Right,
    Unknown,
    Changed(Option<Digest>),
}

/// Judges one file by what the store says of it, the token that was noted, and what was read.
fn word(file: &FolderFile, object: &Object, read: Option<&FileRead>) -> Word {
    let told = object.sha256.or_else(|| {
        let read = read.filter(|read| read.token == object.token)?;
        Some(read.sha256)
    });
    match told {
        Some(found) if found == file.sha256 => Word::Right,
        Some(found) => Word::Changed(Some(found)),
        None if object.size != file.size => Word::Changed(None),
        None if file.token.as_ref() == Some(&object.token) => Word::Right,
        None => Word::Unknown,
    }
}

/// Reads files to their ends, side by side; `heard` is told the length of each, in bytes. One that is gone is left out:
/// the next look tells that.
///
/// # Errors
/// What the store answers.
pub async fn read(
    bucket: &dyn BucketReader,
    location: &Location,
    files: Vec<FolderFile>,
    heard: &(dyn Fn(u64) + Sync),
) -> Result<Reads, ProviderError> {
    let prefix = prefix(bucket, location)?;
    let reads = stream::iter(files).map(|file| async move {
        let found = content(bucket, &of_file(bucket, prefix, &file.path)?, file.size).await?;
        heard(file.size);
        let read = found.map(|(object, sha256)| FileRead { token: object.token, sha256 });
        Ok::<_, ProviderError>(read.map(|read| (file.path, read)))
    });
    reads.buffer_unordered(IN_FLIGHT).try_filter_map(|one| async move { Ok(one) }).try_collect().await
}

/// Asks for files one by one, and tells them as a listing would.
async fn heads(bucket: &dyn BucketReader, prefix: &str, paths: &[Key]) -> Result<Vec<Object>, ProviderError> {
    let looks = stream::iter(paths.to_vec()).map(|path| async move {
        let found = bucket.head(&of_file(bucket, prefix, &path)?).await?;
        Ok::<_, ProviderError>(found.map(|object| Object { key: path, ..object }))
    });
    let found: Vec<Option<Object>> = looks.buffer_unordered(IN_FLIGHT).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

fn of_file(bucket: &dyn BucketReader, prefix: &str, path: &Key) -> Result<Key, ProviderError> {
    inside(prefix, path).map_err(|error| {
        ProviderError::new(ErrorKind::Invalid, bucket, path, "it has no key").caused_by(error)
    })
}

fn prefix<'l>(bucket: &dyn BucketReader, location: &'l Location) -> Result<&'l str, ProviderError> {
    location
        .folder()
        .ok_or_else(|| ProviderError::new(ErrorKind::Invalid, bucket, location, "it is not a folder"))
}

/// How many files of a kind are named.
const NAMED: usize = 5;

impl Faults {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.changed.is_empty() && self.strays.is_empty()
    }

    /// What is wrong with the folder at `location`, one sentence each; the first files of a kind by name.
    pub fn told(&self, location: &Location) -> Vec<String> {
        let changed = self.changed.iter().map(|one| {
            let Changed { file, size, sha256, odd } = one;
            if let Some(odd) = odd {
                return format!("`{location}{}` is {odd}, and was published as {}", file.path, file.sha256);
            }
            match sha256 {
                Some(found) => {
                    format!(
                        "`{location}{}` contains {found}, and was published as {}",
                        file.path, file.sha256
                    )
                }
                None => format!(
                    "`{location}{}` has {size} bytes, and was published with {}",
                    file.path, file.size
                ),
            }
        });
        let missing = self.missing.iter().map(|path| format!("`{location}{path}` is missing"));
        let strays = self.strays.iter().map(|path| {
            format!("`{location}{path}` was not published, and whoever reads the folder would take it for a part of it")
        });
        let mut told = Vec::new();
        few(&mut told, missing, self.missing.len(), "are missing");
        few(&mut told, changed, self.changed.len(), "are not what was published");
        few(&mut told, strays, self.strays.len(), "were not published");
        told
    }
}

fn few(told: &mut Vec<String>, all: impl Iterator<Item = String>, count: usize, what: &str) {
    told.extend(all.take(NAMED));
    if let Some(more @ 1..) = count.checked_sub(NAMED) {
        told.push(format!("{more} more files {what}"));
    }
}
