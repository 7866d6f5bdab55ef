//! A copy of a ledger in a folder, as any tool that copies objects to files makes it: read as a store is read, so that
//! it is checked by the same code.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::LedgerReader;
use promote_core::location::Key;
use promote_core::names::escape;
use promote_core::port::order::by_parts;
use promote_core::port::{
    BucketReader, ByteStream, Capabilities, CopyGuard, ErrorKind, FenceClass, Headers, Metadata, Object,
    Page, ProviderError, Token, VersionId,
};
use promote_core::report::{VerifyReport, check_ledger};
use promote_providers::opened;
use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the copy is called as a ledger's root.
const ROOT: &str = "copy";

/// Checks everything in a copied ledger.
pub(crate) async fn check(folder: &Path) -> Result<VerifyReport, Failure> {
    let genesis = folder.join("ledger.json");
    opened::regular(&genesis).map_err(|error| unread(&genesis, error))?;
    let root: Key = ROOT.parse().map_err(|error| {
        let error: promote_core::location::LocationError = error;
        Failure::new(ExitStatus::Failed, "a copy has no place").caused_by(error)
    })?;
    let reader = LedgerReader::new(Arc::new(Copy { folder: folder.to_owned() }), root);
    let mut report = VerifyReport::of_ledger(check_ledger(&reader, &[]).await?);
    // What lies in a copy is named as its reader finds it.
    let faults = report.ledger.iter_mut().flat_map(|ledger| &mut ledger.faults);
    for fault in faults.chain(report.chains.iter_mut().flatten().flat_map(|chain| &mut chain.faults)) {
        *fault = found(fault, folder);
    }
    Ok(report)
}

/// A finding in which files are named by their place in the folder that was given.
fn found(fault: &str, folder: &Path) -> String {
    fault.replace(&format!("`{ROOT}/"), &format!("`{}/", escape(&folder.to_string_lossy())))
}

fn unread(path: &Path, error: io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::NotFound => {
            return Failure::new(ExitStatus::Missing, format!("there is no file `{}`", path.display()))
                .hint("name the folder that holds `ledger.json` and `lanes`");
        }
        io::ErrorKind::PermissionDenied => ExitStatus::Denied,
        _ => ExitStatus::Failed,
    };
    Failure::new(exit, format!("`{}` can't be read", path.display()))
        .hint("name the folder that holds `ledger.json` and `lanes`")
        .caused_by(error)
}

/// The folder. Keys are the paths in it, below [`ROOT`].
#[derive(Debug)]
struct Copy {
    folder: PathBuf,
}

impl fmt::Display for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "copy in {}", self.folder.display())
    }
}

/// What a walk through the folder looks for.
struct Walk<'a> {
    after: Option<&'a str>,
    /// One more than asked for, to see whether more follows.
    enough: usize,
    found: Vec<Object>,
}

impl Copy {
    fn error(&self, subject: impl fmt::Display, error: io::Error) -> ProviderError {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Unavailable,
        };
        ProviderError::new(kind, self, subject, "it can't be read").caused_by(error)
    }

    fn path(&self, key: &Key) -> PathBuf {
        let rest = key.as_str().strip_prefix(ROOT).unwrap_or_default();
        self.folder.join(rest.trim_start_matches('/'))
    }

    /// The file at a key, and what is known of it.
    fn open(&self, key: &Key) -> Result<Option<(std::fs::File, Object)>, ProviderError> {
        let failed = |error| self.error(key, error);
        let path = self.path(key);
        if std::fs::symlink_metadata(&path).is_ok_and(|known| known.is_symlink()) {
            let message = "it is a symbolic link, which could lead anywhere";
            return Err(ProviderError::new(ErrorKind::Corrupt, self, key, message));
        }
        let file = match opened::regular(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound || path.is_dir() => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                return Err(ProviderError::new(ErrorKind::Corrupt, self, key, error.to_string()));
            }
            Err(error) => return Err(failed(error)),
        };
        let known = file.metadata().map_err(failed)?;
        Ok(Some((file, object(key.clone(), &known))))
    }

    /// Takes what lies below `path`, whose key is `key`, part by part.
    fn walk(&self, path: &Path, key: &str, walk: &mut Walk<'_>) -> io::Result<()> {
        let mut names = Names { path, key, last: None, over: false };
        while let Some(batch) = names.next(walk)? {
            for name in batch {
                if walk.found.len() >= walk.enough {
                    return Ok(());
                }
                self.enter(path, key, &name, walk)?;
            }
        }
        Ok(())
    }

    fn enter(&self, path: &Path, key: &str, name: &str, walk: &mut Walk<'_>) -> io::Result<()> {
        let (inner, below) = (path.join(name), format!("{key}/{name}"));
        // A link is told as what it is, and never followed.
        let known = match std::fs::symlink_metadata(&inner) {
            Ok(known) => known,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if known.is_dir() {
            self.walk(&inner, &below, walk)?;
        } else if walk.after.is_none_or(|after| by_parts(&below, after).is_gt())
            && let Ok(key) = below.parse()
        {
            walk.found.push(object(key, &known));
        }
        Ok(())
    }
}

/// The names in a folder that may lead to what is looked for, in order and a few at a time: a folder of very many is
/// read again, and never held as a whole.
struct Names<'a> {
    path: &'a Path,
    key: &'a str,
    last: Option<String>,
    over: bool,
}

impl Names<'_> {
    fn next(&mut self, walk: &Walk<'_>) -> io::Result<Option<Vec<String>>> {
        if self.over {
            return Ok(None);
        }
        let most = walk.enough.saturating_sub(walk.found.len()).max(1) + 1;
        let mut names: Vec<String> = Vec::new();
        self.over = true;
        for entry in std::fs::read_dir(self.path)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let begin = format!("{}/{name}", self.key);
            let inside = |after: &str| after.strip_prefix(&begin).is_some_and(|rest| rest.starts_with('/'));
            let before = walk.after.is_some_and(|after| by_parts(&begin, after).is_lt() && !inside(after));
            if before || self.last.as_ref().is_some_and(|last| name <= *last) {
                continue;
            }
            names.push(name);
            if names.len() >= 2 * most {
                names.sort_unstable();
                names.truncate(most);
                self.over = false;
            }
        }
        names.sort_unstable();
        if !self.over {
            names.truncate(most);
        }
        self.last = names.last().cloned();
        Ok(Some(names).filter(|names| !names.is_empty()))
    }
}

/// Folders in which nothing lies, below `path`, whose key is `key`.
fn empty(path: &Path, key: &str, most: usize, found: &mut Vec<Key>) -> io::Result<()> {
    let (mut inner, mut any) = (Vec::new(), false);
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        any = true;
        if entry.file_type()?.is_dir() {
            inner.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    if !any {
        found.extend(key.parse::<Key>());
    }
    inner.sort_unstable();
    for name in inner {
        if found.len() >= most {
            break;
        }
        match empty(&path.join(&name), &format!("{key}/{name}"), most, found) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            end => end?,
        }
    }
    Ok(())
}

fn object(key: Key, known: &std::fs::Metadata) -> Object {
    let changed = known.modified().map_or(DateTime::<Utc>::UNIX_EPOCH, DateTime::from);
    Object {
        key,
        size: known.len(),
        token: Token(format!("{}-{}", changed.timestamp_micros(), known.len())),
        version: None,
        sha256: None,
        checksums: Default::default(),
        stored_at: changed,
        headers: Headers::default(),
        metadata: Metadata::new(),
    }
}

#[async_trait]
impl BucketReader for Copy {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            create: false,
            replace: false,
            copy: CopyGuard::None,
            source_pin: false,
            versioned: false,
            stamps: false,
            trusted_answers: false,
            tokens_tell: false,
            folders: false,
            fence: FenceClass::Advisory,
            expiry_s: 0,
            allowance_s: 0,
            put_limit: 0,
            write_limit: None,
            notes: Vec::new(),
        }
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        Err(ProviderError::new(ErrorKind::Unsupported, self, "", "a copy has no clock"))
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        Ok(self.open(key)?.map(|(_, object)| object))
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        let Some((file, object)) = self.open(key)? else { return Ok(None) };
        // One byte more than the limit, so that a file that is too long is refused and not cut.
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).map_err(|error| self.error(key, error))?;
        if bytes.len() > limit {
            let message = format!("it has more than {limit} bytes");
            return Err(ProviderError::new(ErrorKind::Corrupt, self, key, message));
        }
        Ok(Some((object, bytes.into())))
    }

    async fn read(&self, key: &Key, _version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        let limit = promote_core::ledger::manifest::LIMIT;
        match self.get(key, limit).await? {
            Some((_, bytes)) => Ok(stream::once(async move { Ok(bytes) }).boxed()),
            None => Err(ProviderError::new(ErrorKind::NotFound, self, key, "there is no such file")),
        }
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        let mut walk = Walk { after: after.map(Key::as_str), enough: limit + 1, found: Vec::new() };
        self.walk(&self.folder, ROOT, &mut walk).map_err(|error| self.error(prefix, error))?;
        let mut objects = walk.found;
        objects.retain(|object| object.key.as_str().starts_with(prefix));
        let more = objects.len() > limit;
        objects.truncate(limit);
        Ok(Page { objects, more, ..Page::default() })
    }

    async fn empty_folders(&self, _prefix: &str, most: usize) -> Result<Vec<Key>, ProviderError> {
        let mut found = Vec::new();
        empty(&self.folder, ROOT, most, &mut found).map_err(|error| self.error("", error))?;
        Ok(found)
    }
}
