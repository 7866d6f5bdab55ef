//! Where the archive ends and where its directory lies. Readers find the end by searching backwards, trust its counts,
//! sizes and offsets in different orders, and some take the 64-bit records where others don't look; so each number
//! must be the one that the file itself shows. Sources: PKWARE's APPNOTE 6.3.10, 4.3.14 to 4.3.16, and the readers
//! that the differential test runs.

use super::VerifyError;
use super::fields::{self, Fields, NEWEST_VERSION, RECORD};
use std::fs::File;

const END: &[u8] = b"PK\x05\x06";
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
const END_LENGTH: usize = 22;
const END_64_LENGTH: usize = 56;
const LOCATOR_LENGTH: usize = 20;
/// libarchive looks for the end in the last 16 KiB alone; real comments are a commit or a sentence.
const LONGEST_COMMENT: usize = 4096;

/// Where the directory lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// How many records the directory is said to have.
    pub(super) members: u64,
    /// Where the directory begins.
    pub(super) start: u64,
    /// Its length in bytes; what ends the archive follows at once.
    pub(super) length: u64,
}

/// What an end record of either width says.
#[derive(Debug, Clone, Copy)]
struct EndRecord {
    disks: [u64; 2],
    members: [u64; 2],
    length: u64,
    start: u64,
}

/// Finds the end of an archive of `size` bytes.
///
/// # Errors
/// When there is none, when there are two to choose from, or when its numbers are not those of the file.
pub(super) fn find(file: &File, size: u64) -> Result<End, VerifyError> {
    let longest = END_LENGTH + usize::from(u16::MAX) + LOCATOR_LENGTH + END_64_LENGTH;
    let length = usize::try_from(size).unwrap_or(usize::MAX).min(longest);
    let begin = size - length as u64;
    let tail = fields::read(file, begin, length)?.ok_or(VerifyError::Changed)?;
    // The last one is found first by every reader.
    let at = tail.windows(END.len()).rposition(|window| window == END).ok_or(VerifyError::NotZip)?;
    let cut_off = || VerifyError::Truncated { name: None };
    let mut fields = Fields(tail.get(at + END.len()..).unwrap_or_default());
    let said = short(&mut fields).ok_or_else(cut_off)?;
    let comment = usize::from(fields.u16().ok_or_else(cut_off)?);
    if fields.0.len() < comment {
        return Err(cut_off());
    } else if fields.0.len() > comment {
        let zeros = fields.0[comment..].iter().all(|byte| *byte == 0);
        return Err(if zeros {
            VerifyError::Padded
        } else {
            VerifyError::StrayBytes { place: "behind its end" }
        });
    } else if comment > LONGEST_COMMENT {
        return Err(damaged(
            "its comment is longer than 4096 bytes, behind which not every reader finds the end",
        ));
    }
    let before = tail.get(..at).unwrap_or_default();
    let end = begin + at as u64;
    let locator = before.len().checked_sub(LOCATOR_LENGTH).and_then(|from| before.get(from..));
    match locator.filter(|bytes| Fields(bytes).u32() == Some(LOCATOR_64)) {
        None => directory(file, said, end),
        Some(locator) => {
            let end = end - LOCATOR_LENGTH as u64;
            let before = before.get(..before.len() - LOCATOR_LENGTH).unwrap_or_default();
            let (wide, end) = wide(before, locator, end).ok_or_else(|| {
                damaged("the 64-bit records of its end contradict each other or their place")
            })?;
            agree(said, wide)?;
            directory(file, wide, end)
        }
    }
}

fn damaged(reason: &str) -> VerifyError {
    VerifyError::Damaged { name: None, reason: reason.to_owned() }
}

fn short(fields: &mut Fields<'_>) -> Option<EndRecord> {
    Some(EndRecord {
        disks: [fields.u16()?.into(), fields.u16()?.into()],
        members: [fields.u16()?.into(), fields.u16()?.into()],
        length: fields.u32()?.into(),
        start: fields.u32()?.into(),
    })
}

/// The 64-bit end record, which must lie right before its locator, and where it begins.
fn wide(before: &[u8], locator: &[u8], end: u64) -> Option<(EndRecord, u64)> {
    let begin = end.checked_sub(END_64_LENGTH as u64)?;
    let mut fields = Fields(locator.get(4..)?);
    let (disk, place, disks) = (fields.u32()?, fields.u64()?, fields.u32()?);
    let mut fields = Fields(before.get(before.len().checked_sub(END_64_LENGTH)?..)?);
    let (signature, rest) = (fields.u32()?, fields.u64()?);
    let (_made_by, needed) = (fields.u16()?, fields.u16()?);
    let said = EndRecord {
        disks: [fields.u32()?.into(), fields.u32()?.into()],
        members: [fields.u64()?, fields.u64()?],
        length: fields.u64()?,
        start: fields.u64()?,
    };
    let sound = disk == 0
        && disks <= 1
        && place == begin
        && signature == END_64
        && rest == END_64_LENGTH as u64 - 12
        && needed <= NEWEST_VERSION;
    sound.then_some((said, begin))
}

/// Where both records are there, the short one says the same, or that the wide one is to be asked.
fn agree(short: EndRecord, wide: EndRecord) -> Result<(), VerifyError> {
    let same = |short: u64, wide: u64, ask: u64| short == wide || short == ask;
    let (ask_16, ask_32) = (u64::from(u16::MAX), u64::from(u32::MAX));
    let all = short.disks.iter().zip(wide.disks).all(|(short, wide)| same(*short, wide, ask_16))
        && short.members.iter().zip(wide.members).all(|(short, wide)| same(*short, wide, ask_16))
        && same(short.length, wide.length, ask_32)
        && same(short.start, wide.start, ask_32);
    if all { Ok(()) } else { Err(damaged("its two end records contradict each other")) }
}

/// The directory that `said` names, which must end where the end begins.
fn directory(file: &File, said: EndRecord, end: u64) -> Result<End, VerifyError> {
    if said.disks != [0, 0] {
        return Err(damaged("it is one part of an archive that is split into several"));
    }
    let [members, all] = said.members;
    if members != all {
        return Err(VerifyError::Count { declared: all, found: members });
    }
    let differ = |what, declared, found| VerifyError::Directory { what, declared, found };
    if said.start > end {
        return Err(VerifyError::Truncated { name: None });
    }
    let length = end - said.start;
    if said.length < length {
        let shifted = fields::read(file, end - said.length, 4)?;
        if said.length > 0 && shifted.and_then(|bytes| Fields(&bytes).u32()) == Some(RECORD) {
            return Err(VerifyError::StrayBytes { place: "before its first member" });
        }
    }
    if said.length != length {
        return Err(differ("length", said.length, length));
    }
    Ok(End { members, start: said.start, length })
}
