//! The archive's directory: its members, checked as far as that needs none of their bytes.

use super::{Limits, VerifyError};
use crate::member_name::{self, NameProblem};
use crate::pack::MemberKind;
use promote_core::names::shown;
use rawzip::extra_fields::ExtraFieldId;
use rawzip::{
    CompressionMethod, CreatorSystem, ErrorKind, FileReader, ZipArchive, ZipArchiveEntryWayfinder,
    ZipFileHeaderRecord,
};
use std::collections::HashSet;

/// Holds the longest possible record.
const BUFFER: usize = 256 << 10;
const UNICODE_PATH: u16 = 0x7075;

/// One record of the directory.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// As it stands there, so a folder ends with `/`.
    pub(super) name: String,
    /// `None` for a folder.
    pub(super) kind: Option<MemberKind>,
    pub(super) deflated: bool,
    pub(super) flags: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
    pub(super) found: ZipArchiveEntryWayfinder,
}

/// The error for what the reader met.
pub(super) fn reader_error(error: rawzip::Error, name: Option<&str>) -> VerifyError {
    let name = name.map(str::to_owned);
    match error.into_kind() {
        ErrorKind::MissingEndOfCentralDirectory => VerifyError::NotZip,
        ErrorKind::Eof => VerifyError::Truncated { name },
        ErrorKind::IO(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            VerifyError::Truncated { name }
        }
        ErrorKind::IO(error) => VerifyError::Read(error),
        kind => VerifyError::Damaged { name, reason: shown(&rawzip::Error::from(kind).to_string()) },
    }
}

/// Reads the directory.
pub(super) fn read(archive: &ZipArchive<FileReader>, limits: &Limits) -> Result<Vec<Record>, VerifyError> {
    let declared = archive.entries_hint();
    let too_many = || VerifyError::Limit { what: "members", limit: limits.members, name: None };
    if declared > limits.members {
        return Err(too_many());
    }
    let mut buffer = vec![0; BUFFER];
    let mut entries = archive.entries(&mut buffer);
    let (mut records, mut seen, mut total) = (Vec::new(), HashSet::new(), 0_u64);
    while let Some(entry) = entries.next_entry().map_err(|error| reader_error(error, None))? {
        let record = record(&entry, limits)?;
        if !seen.insert(record.name.trim_end_matches('/').to_owned()) {
            return Err(VerifyError::Duplicate { name: record.name });
        }
        total = total.saturating_add(record.size);
        if total > limits.unpacked {
            return Err(VerifyError::Limit {
                what: "unpacked bytes",
                limit: limits.unpacked,
                name: Some(record.name),
            });
        }
        records.push(record);
        if records.len() as u64 > limits.members {
            return Err(too_many());
        }
    }
    let found = records.len() as u64;
    if found != declared {
        return Err(VerifyError::Count { declared, found });
    }
    let files = || records.iter().filter(|record| record.kind.is_some()).map(|record| record.name.as_str());
    if files().next().is_none() {
        return Err(VerifyError::NoMembers);
    }
    // Folders are looked at too: one must not lie below a file either.
    let names: HashSet<&str> = files().collect();
    for record in &records {
        let mut rest = record.name.trim_end_matches('/');
        while let Some((parent, _)) = rest.rsplit_once('/') {
            if names.contains(parent) {
                return Err(VerifyError::BelowFile { name: record.name.clone(), file: parent.to_owned() });
            }
            rest = parent;
        }
    }
    Ok(records)
}

fn record(entry: &ZipFileHeaderRecord<'_>, limits: &Limits) -> Result<Record, VerifyError> {
    let raw = entry.file_path();
    let bytes = raw.as_bytes();
    let lossy = || String::from_utf8_lossy(bytes).into_owned();
    let refused = |problem| VerifyError::Name { name: lossy(), problem };
    let name = std::str::from_utf8(bytes).map_err(|_| refused(NameProblem::NotUtf8))?.to_owned();
    let is_folder = name.ends_with('/') && name.len() > 1;
    let checked = if is_folder { name.strip_suffix('/').unwrap_or(&name) } else { &name };
    member_name::check(checked, limits.name_bytes).map_err(refused)?;
    for (id, field) in entry.extra_fields() {
        // Behind a version byte and a checksum, this field holds the name that some unpackers use instead.
        if id == ExtraFieldId::new(UNICODE_PATH) && field.get(5..) != Some(bytes) {
            return Err(VerifyError::SecondName { name });
        }
    }
    let flags = entry.flags();
    if flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked() {
        return Err(VerifyError::Encrypted { name });
    }
    let (packed, size) = (entry.compressed_size_hint(), entry.uncompressed_size_hint());
    let deflated = match entry.compression_method() {
        CompressionMethod::STORE if packed != size => return Err(VerifyError::Size { name, declared: size }),
        CompressionMethod::STORE => false,
        CompressionMethod::DEFLATE => true,
        other => return Err(VerifyError::Method { name, method: other.as_u16() }),
    };
    let kind = kind(entry, is_folder).map_err(|()| VerifyError::Special { name: name.clone() })?;
    if kind.is_none() && size > 0 {
        return Err(VerifyError::Damaged { name: Some(name), reason: "a folder has content".into() });
    }
    if size > limits.member_bytes {
        let what = "bytes in one member";
        return Err(VerifyError::Limit { what, limit: limits.member_bytes, name: Some(name) });
    }
    if size > limits.ratio_above && size / limits.ratio.max(1) > packed {
        return Err(VerifyError::Bomb { name, limit: limits.ratio });
    }
    let (crc, offset, found) = (entry.crc32(), entry.local_header_offset(), entry.wayfinder());
    Ok(Record { name, kind, deflated, flags: flags.bits(), crc, packed, size, offset, found })
}

/// What the member is; `Ok(None)` is a folder.
fn kind(entry: &ZipFileHeaderRecord<'_>, is_folder: bool) -> Result<Option<MemberKind>, ()> {
    let system = entry.version_made_by().creator_system();
    let unix = system == CreatorSystem::UNIX || system == CreatorSystem::MACOS;
    let mode = if unix { entry.external_attributes() >> 16 } else { 0 };
    match (mode & 0o170_000, is_folder) {
        (0 | 0o040_000, true) => Ok(None),
        (0 | 0o100_000, false) if mode & 0o100 != 0 => Ok(Some(MemberKind::Executable)),
        (0 | 0o100_000, false) => Ok(Some(MemberKind::File)),
        (0o120_000, false) => Ok(Some(MemberKind::Link)),
        _ => Err(()),
    }
}
