//! The archive's directory: its members, checked as far as that needs none of their bytes.

use super::end::End;
use super::extra::{self, Sizes};
use super::fields::{self, DESCRIPTOR, Fields, NEWEST_VERSION, RECORD};
use super::kind::Attributes;
use super::limits::Limits;
use super::{VerifyError, kind};
use crate::member_name::{self, NameProblem};
use crate::pack::MemberKind;
use std::collections::HashMap;
use std::fs::File;

const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// Deflate's own options, the descriptor, UTF-8: what every reader reads in the same way.
const KNOWN_FLAGS: u16 = 1 << 1 | 1 << 2 | DESCRIPTOR | UTF_8;
const UTF_8: u16 = 1 << 11;
/// One record of the directory.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// As it stands there, so a folder ends with `/`.
    pub(super) raw: String,
    /// How much of `raw` is `./`, which says nothing.
    pub(super) dots: usize,
    /// Whether its mode is setuid, setgid or sticky.
    pub(super) special: bool,
    /// `None` for a folder.
    pub(super) kind: Option<MemberKind>,
    pub(super) deflated: bool,
    pub(super) flags: u16,
    pub(super) time: u32,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Where its local header begins.
    pub(super) offset: u64,
}

impl Record {
    /// What it is called, without `./` before it; a folder without `/` at its end, the topmost one is empty.
    pub(super) fn name(&self) -> &str {
        self.raw.get(self.dots..).unwrap_or_default().trim_end_matches('/')
    }
}

/// Reads the directory, in its own order.
pub(super) fn read(file: &File, end: End, limits: &Limits) -> Result<Vec<Record>, VerifyError> {
    let too_many = |what, limit| VerifyError::Limit { what, limit, name: None };
    if end.members > limits.members {
        return Err(too_many("members", limits.members));
    } else if end.length > limits.directory_bytes {
        return Err(too_many("bytes in its directory", limits.directory_bytes));
    }
    let length = usize::try_from(end.length).map_err(|_| VerifyError::Truncated { name: None })?;
    let bytes = fields::read(file, end.start, length)?.ok_or(VerifyError::Changed)?;
    let (mut fields, mut records, mut total) = (Fields(&bytes), Vec::new(), 0_u64);
    while !fields.0.is_empty() {
        let record = record(&mut fields, limits)?;
        total = total.saturating_add(record.size);
        if total > limits.unpacked {
            let (what, name) = ("unpacked bytes", Some(record.raw));
            return Err(VerifyError::Limit { what, limit: limits.unpacked, name });
        }
        records.push(record);
        if records.len() as u64 > limits.members {
            return Err(too_many("members", limits.members));
        }
    }
    let found = records.len() as u64;
    if found != end.members {
        return Err(VerifyError::Count { declared: end.members, found });
    }
    names(&records)?;
    Ok(records)
}

/// Looks at the names together: a file comes once, a folder may come again, nothing lies below a file.
fn names(records: &[Record]) -> Result<(), VerifyError> {
    let mut kinds: HashMap<&str, bool> = HashMap::new();
    for record in records {
        let is_folder = record.kind.is_none();
        if kinds.insert(record.name(), is_folder).is_some_and(|before| !(before && is_folder)) {
            return Err(VerifyError::Duplicate { name: record.raw.clone() });
        }
    }
    if let Some((first, second)) = member_name::two_spellings(records.iter().map(Record::name)) {
        return Err(VerifyError::TwoSpellings { first: first.to_owned(), second: second.to_owned() });
    }
    if kinds.values().all(|is_folder| *is_folder) {
        return Err(VerifyError::NoMembers);
    }
    for record in records {
        let mut rest = record.name();
        while let Some((parent, _)) = rest.rsplit_once('/') {
            if kinds.get(parent) == Some(&false) {
                return Err(VerifyError::BelowFile { name: record.raw.clone(), file: parent.to_owned() });
            }
            rest = parent;
        }
    }
    Ok(())
}

/// What a record has in front of its name.
struct Head {
    needed: u16,
    flags: u16,
    method: u16,
    time: u32,
    crc: u32,
    sizes: Sizes,
    name: usize,
    extra: usize,
    comment: usize,
    disk: u16,
    attributes: Attributes,
}

fn head(fields: &mut Fields<'_>) -> Option<Head> {
    let (made_by, needed, flags, method) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    let (time, crc, packed, size) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
    let (name, extra, comment) = (fields.u16()?.into(), fields.u16()?.into(), fields.u16()?.into());
    let (disk, internal, external, offset) = (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
    let sizes = Sizes { size: size.into(), packed: packed.into(), offset: Some(offset.into()), wide: false };
    let attributes = Attributes { made_by, internal, external };
    Some(Head { needed, flags, method, time, crc, sizes, name, extra, comment, disk, attributes })
}

fn record(fields: &mut Fields<'_>, limits: &Limits) -> Result<Record, VerifyError> {
    let cut_off = || VerifyError::Truncated { name: None };
    if fields.u32().ok_or_else(cut_off)? != RECORD {
        return Err(VerifyError::Damaged { name: None, reason: "its directory is not one".to_owned() });
    }
    let mut head = head(fields).ok_or_else(cut_off)?;
    let bytes = fields.bytes(head.name).ok_or_else(cut_off)?;
    let extra = fields.bytes(head.extra).ok_or_else(cut_off)?;
    fields.bytes(head.comment).ok_or_else(cut_off)?;
    let (raw, dots) = name(bytes, head.flags, limits)?;
    let damaged = |reason: &str| VerifyError::Damaged { name: Some(raw.clone()), reason: reason.to_owned() };
    extra::check(Fields(extra), bytes, &mut head.sizes)?;
    if head.flags & ENCRYPTED != 0 {
        return Err(VerifyError::Encrypted { name: raw });
    } else if head.flags & !KNOWN_FLAGS != 0 {
        return Err(damaged("it has flags that readers take in different ways"));
    } else if !matches!(head.method, 0 | 8) {
        // Before the version: a method that is not taken is why a newer one is asked for.
        return Err(VerifyError::Method { name: raw, method: head.method });
    } else if head.needed > NEWEST_VERSION {
        return Err(damaged("it asks for a newer reader than 4.5, which some are not"));
    } else if head.disk != 0 {
        return Err(damaged("it is said to be in another part of a split archive"));
    }
    let Sizes { size, packed, offset, .. } = head.sizes;
    let deflated = match head.method {
        0 if packed != size => return Err(VerifyError::Size { name: raw, declared: size }),
        // Only deflate tells where its data ends: a reader of a stream would look for the descriptor in the data.
        0 if head.flags & DESCRIPTOR != 0 && size > 0 => return Err(VerifyError::Streamed { name: raw }),
        0 => false,
        _ => true,
    };
    if !raw.is_ascii() && kind::is_of_dos(head.attributes.made_by) {
        return Err(VerifyError::Name { name: raw, problem: NameProblem::OfDos });
    }
    let is_folder = raw.ends_with('/');
    if let Some(what) = head.attributes.disputed(is_folder) {
        return Err(VerifyError::Attributes { name: raw, what });
    }
    let kind =
        kind::of(head.attributes, is_folder).ok_or_else(|| VerifyError::Special { name: raw.clone() })?;
    if kind.is_none() && size > 0 {
        return Err(damaged("a folder has content"));
    } else if size > limits.member_bytes {
        let (what, name) = ("bytes in one member", Some(raw));
        return Err(VerifyError::Limit { what, limit: limits.member_bytes, name });
    } else if size > limits.ratio_above && size / limits.ratio.max(1) > packed {
        return Err(VerifyError::Bomb { name: raw, limit: limits.ratio });
    }
    let (flags, time, crc, offset) = (head.flags, head.time, head.crc, offset.unwrap_or_default());
    let special = head.attributes.is_special();
    Ok(Record { raw, dots, special, kind, deflated, flags, time, crc, packed, size, offset })
}

/// The name, and how many bytes of `./` come before it.
fn name(bytes: &[u8], flags: u16, limits: &Limits) -> Result<(String, usize), VerifyError> {
    let lossy = || String::from_utf8_lossy(bytes).into_owned();
    let refused = |problem| VerifyError::Name { name: lossy(), problem };
    if !bytes.is_ascii() && flags & UTF_8 == 0 {
        return Err(refused(NameProblem::Unmarked));
    }
    let raw = std::str::from_utf8(bytes).map_err(|_| refused(NameProblem::NotUtf8))?;
    let mut rest = raw;
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter;
    }
    let dots = raw.len() - rest.len();
    if !(rest.is_empty() && dots > 0) {
        let checked = if rest.len() > 1 { rest.strip_suffix('/').unwrap_or(rest) } else { rest };
        member_name::check(checked, limits.name_bytes).map_err(refused)?;
    }
    Ok((raw.to_owned(), dots))
}
