//! The second reader: the package `zip`, which was written by others and reads the same file anew. An archive is
//! accepted when both see the same members in the same places; their bytes were read and checked by the first.

use super::VerifyError;
use super::directory::Record;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Seek};
use zip::ZipArchive;
use zip::result::ZipError;

/// Enough for most local headers, since each is looked for at a place of its own.
const BUFFER: usize = 512;

/// Compares what the second reader sees with `records`.
pub(super) fn agrees(file: &File, records: &[Record]) -> Result<(), VerifyError> {
    let differ =
        |name: Option<&str>, what: String| VerifyError::Readers { name: name.map(str::to_owned), what };
    let unread =
        |name: Option<&str>, what: String| VerifyError::Unread { name: name.map(str::to_owned), what };
    let met = |name: Option<&str>, error: ZipError| match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => VerifyError::Read(error),
        ZipError::Io(_) => unread(name, "its data ends early".to_owned()),
        error => unread(name, promote_core::names::escape(&error.to_string())),
    };
    let mut again = file.try_clone().map_err(VerifyError::Read)?;
    again.rewind().map_err(VerifyError::Read)?;
    let mut archive =
        ZipArchive::new(BufReader::with_capacity(BUFFER, again)).map_err(|error| met(None, error))?;
    // A folder that comes twice is one entry there, the last.
    let ours: HashMap<&str, &Record> = records.iter().map(|record| (record.raw.as_str(), record)).collect();
    if archive.len() != ours.len() {
        return Err(differ(None, format!("{} members, and {}", ours.len(), archive.len())));
    }
    for index in 0..archive.len() {
        let theirs = archive.by_index_raw(index).map_err(|error| met(None, error))?;
        let name = String::from_utf8_lossy(theirs.name_raw()).into_owned();
        let Some(record) = ours.get(name.as_str()) else {
            return Err(differ(Some(&name), "only one sees it".to_owned()));
        };
        let same = theirs.crc32() == record.crc
            && theirs.size() == record.size
            && theirs.compressed_size() == record.packed
            && theirs.is_dir() == record.kind.is_none();
        if !same {
            return Err(differ(Some(&name), "the length, the checksum or the kind".to_owned()));
        }
        if record.kind.is_some() && theirs.header_start() != record.offset {
            return Err(differ(Some(&name), "the place".to_owned()));
        }
    }
    Ok(())
}
