//! Verifying a zip before it is published: every member is read, nothing is unpacked, and whatever some unpacker
//! might take for something else is refused: every field that a common reader goes by is compared, no byte is left
//! unaccounted for, and a second reader must see the same members. Archives of other packers are welcome as long as
//! they are plain.

mod directory;
mod end;
mod error;
mod extra;
mod fields;
mod kind;
mod limits;
mod local;
mod member;
mod second;

pub use error::VerifyError;
pub use limits::Limits;

use crate::blob::{FileBlob, digest_of, open_file};
use crate::member_name;
use crate::pack::{ContentHasher, MemberKind, Warning, case_warnings};
use crate::tally::Tally;
use directory::Record;
use member::{Content, MemberReader};
use promote_core::digest::Digest;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A verified archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// SHA-256 of the file: the identity of the artifact.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of what is in it: equal for two archives with the same files, however they were packed.
    pub content: Digest,
    /// Files and links in it; folders are not counted.
    pub members: u64,
    /// Their length together, unpacked, in bytes.
    pub unpacked: u64,
    /// What is allowed and yet worth telling.
    pub warnings: Vec<Warning>,
}

/// Reads the whole archive and refuses whatever is not plain.
///
/// # Errors
/// The first reason to refuse the archive, in the order in which its members lie in the file.
pub fn verify(path: &Path, limits: &Limits) -> Result<Verified, VerifyError> {
    verify_to_blob(path, limits, &Tally::default()).map(|(verified, _)| verified)
}

/// The same, and gives the very file that was verified, open for reading: what was verified is what is published. What is
/// read is counted.
///
/// # Errors
/// As [`verify`].
pub fn verify_to_blob(
    path: &Path,
    limits: &Limits,
    tally: &Tally,
) -> Result<(Verified, FileBlob), VerifyError> {
    let (file, identity) = open_file(path).map_err(VerifyError::Read)?;
    if identity.size == 0 {
        return Err(VerifyError::ZeroBytes);
    }
    // Once for the digest, once for its members.
    tally.expect(identity.size, 2);
    let file = Arc::new(file);
    let (digest, checked) = thread::scope(|scope| {
        let digest = scope.spawn(|| digest_of(&file, &identity, tally));
        let checked = check(&file, identity.size, limits, tally);
        (digest.join(), checked)
    });
    // A file that was written meanwhile explains whatever else was found.
    if !identity.holds(&file).map_err(VerifyError::Read)? {
        return Err(VerifyError::Changed);
    }
    let (content, members, unpacked, warnings) = checked?;
    let digest = digest.map_err(|_| VerifyError::Changed)?.map_err(VerifyError::Read)?;
    let verified = Verified { digest, size: identity.size, content, members, unpacked, warnings };
    Ok((verified, FileBlob::of_parts(file, identity, digest)))
}

type Checked = (Digest, u64, u64, Vec<Warning>);

fn check(file: &File, size: u64, limits: &Limits, tally: &Tally) -> Result<Checked, VerifyError> {
    let end = end::find(file, size)?;
    let mut records = directory::read(file, end, limits)?;
    records.sort_by_key(|record| record.offset);
    if records.first().is_some_and(|record| record.offset != 0) {
        return Err(VerifyError::StrayBytes { place: "before its first member" });
    }
    let contents = read_all(file, &records, end.start, limits, tally)?;
    second::agrees(file, &records)?;
    let mut members: Vec<(&str, MemberKind, &Content)> = Vec::new();
    let mut links = HashMap::new();
    for (record, content) in records.iter().zip(&contents) {
        if let Some(kind) = record.kind {
            members.push((record.name(), kind, content));
        }
        if let Some(target) = &content.target {
            links.insert(record.name(), target.as_str());
        }
    }
    for (name, target) in &links {
        if !member_name::stays_inside(name, &links) {
            return Err(VerifyError::Link { name: (*name).to_owned(), target: (*target).to_owned() });
        }
    }
    members.sort_by_key(|(name, ..)| *name);
    let mut hasher = ContentHasher::default();
    for (name, kind, content) in &members {
        hasher.member(*kind, &content.digest, name);
    }
    let mut warnings = case_warnings(members.iter().map(|(name, ..)| *name));
    warnings.extend(unusual(&records));
    let unpacked = records.iter().map(|record| record.size).sum();
    Ok((hasher.finish(), members.len() as u64, unpacked, warnings))
}

/// What is read in one way alone, but not as it stands there.
fn unusual(records: &[Record]) -> Vec<Warning> {
    let mut dotted = records.iter().filter(|record| record.dots > 0);
    let relative =
        dotted.next().map(|first| Warning::Relative { name: first.raw.clone(), more: dotted.count() as u64 });
    let (mut seen, mut again) = (HashSet::new(), Vec::new());
    for record in records.iter().filter(|record| record.kind.is_none()) {
        if !seen.insert(record.name()) {
            again.push(record.raw.clone());
        }
    }
    let more = again.len().saturating_sub(1) as u64;
    let twice = again.into_iter().next().map(|name| Warning::FolderTwice { name, more });
    let mut special = records.iter().filter(|record| record.special);
    let special = special
        .next()
        .map(|first| Warning::SpecialFolder { name: first.raw.clone(), more: special.count() as u64 });
    relative.into_iter().chain(twice).chain(special).collect()
}

/// Reads all members with several threads. Of several errors, the one that lies first in the file counts.
fn read_all(
    file: &File,
    records: &[Record],
    directory: u64,
    limits: &Limits,
    tally: &Tally,
) -> Result<Vec<Content>, VerifyError> {
    let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get).min(16);
    let threads = limits.threads.map_or_else(cores, NonZeroUsize::get).min(records.len());
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(records.len()));
    let work = || {
        let mut reader = MemberReader::new(tally);
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(record) = records.get(index) else { return };
            let end = records.get(index + 1).map_or(directory, |following| following.offset);
            let result = reader.check(file, record, end);
            let failed = result.is_err();
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
            if failed {
                // The members before this one are already being read by others.
                next.store(records.len(), Ordering::Relaxed);
                return;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
