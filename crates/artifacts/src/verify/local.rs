//! A member's own header in front of its data, and the descriptor behind it: readers of a stream know nothing else, so
//! both say what the directory says.

use super::VerifyError;
use super::directory::Record;
use super::extra::{self, Sizes};
use super::fields::{self, DESCRIPTOR, Fields, NEWEST_VERSION};
use std::fs::File;

const HEADER: u32 = 0x0403_4b50;
const HEADER_LENGTH: usize = 30;
const SIGNATURE: u32 = 0x0807_4b50;

/// Where the member's data begins, after its header was found to say what the directory says, and what follows the
/// data was found to end at `next`.
pub(super) fn check(file: &File, record: &Record, next: u64) -> Result<u64, VerifyError> {
    let cut_off = || VerifyError::Truncated { name: Some(record.raw.clone()) };
    let differ = |what| VerifyError::Mismatch { name: record.raw.clone(), what };
    let overlap = || VerifyError::Overlap { name: record.raw.clone() };
    if next.saturating_sub(record.offset) < HEADER_LENGTH as u64 {
        return Err(overlap());
    }
    let head = fields::read(file, record.offset, HEADER_LENGTH)?.ok_or_else(cut_off)?;
    let said = read(&mut Fields(&head)).ok_or_else(cut_off)?;
    if said.signature != HEADER {
        let reason = "there is no header where the directory says".to_owned();
        return Err(VerifyError::Damaged { name: Some(record.raw.clone()), reason });
    }
    let after = record.offset + HEADER_LENGTH as u64;
    let rest = fields::read(file, after, said.name + said.extra)?.ok_or_else(cut_off)?;
    let (name, extra) = rest.split_at_checked(said.name).ok_or_else(cut_off)?;
    let data = after + rest.len() as u64;
    let end = data.checked_add(record.packed).filter(|end| *end <= next).ok_or_else(overlap)?;
    if name != record.raw.as_bytes() {
        return Err(differ("the name"));
    }
    let mut sizes = said.sizes;
    extra::check(Fields(extra), name, &mut sizes)?;
    let streamed = record.flags & DESCRIPTOR != 0;
    // Some packers know the one or the other beforehand.
    let same = |said: u64, is: u64| said == is || (streamed && said == 0);
    if said.needed > NEWEST_VERSION {
        return Err(differ("the version that a reader needs"));
    } else if (said.method == 8) != record.deflated || !matches!(said.method, 0 | 8) {
        return Err(differ("the method"));
    } else if said.flags != record.flags {
        return Err(differ("the flags"));
    } else if said.time != record.time {
        return Err(differ("the time"));
    } else if !same(said.crc.into(), record.crc.into()) {
        return Err(differ("the checksum"));
    } else if !same(sizes.packed, record.packed) {
        return Err(differ("the packed size"));
    } else if !same(sizes.size, record.size) {
        return Err(differ("the size"));
    }
    let behind = next - end;
    let stray = VerifyError::StrayBytes { place: "between members" };
    if !streamed {
        return if behind == 0 { Ok(data) } else { Err(stray) };
    }
    let wide = sizes.wide || record.packed.max(record.size) >= u32::MAX.into();
    let short = usize::try_from(behind).ok().filter(|length| *length <= 24).ok_or(stray)?;
    let found = fields::read(file, end, short)?.ok_or_else(cut_off)?;
    match descriptor(Fields(&found), wide) {
        None => Err(VerifyError::StrayBytes { place: "between members" }),
        Some(numbers) if numbers == (record.crc, record.packed, record.size) => Ok(data),
        Some(_) => Err(differ("the data descriptor")),
    }
}

struct LocalHeader {
    signature: u32,
    needed: u16,
    flags: u16,
    method: u16,
    time: u32,
    crc: u32,
    sizes: Sizes,
    name: usize,
    extra: usize,
}

fn read(fields: &mut Fields<'_>) -> Option<LocalHeader> {
    let (signature, needed, flags, method) = (fields.u32()?, fields.u16()?, fields.u16()?, fields.u16()?);
    let (time, crc, packed, size) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
    let sizes = Sizes { size: size.into(), packed: packed.into(), offset: None, wide: false };
    let (name, extra) = (fields.u16()?.into(), fields.u16()?.into());
    Some(LocalHeader { signature, needed, flags, method, time, crc, sizes, name, extra })
}

/// Checksum, packed and unpacked length, when nothing else is there. The signature before them may be missing, unless
/// the checksum could be taken for it.
fn descriptor(mut fields: Fields<'_>, wide: bool) -> Option<(u32, u64, u64)> {
    let numbers = if wide { 20 } else { 12 };
    let signed = fields.0.len() == numbers + 4;
    if signed && fields.u32()? != SIGNATURE {
        return None;
    }
    if fields.0.len() != numbers {
        return None;
    }
    let crc = fields.u32().filter(|crc| signed || *crc != SIGNATURE)?;
    let mut size = || if wide { fields.u64() } else { fields.u32().map(u64::from) };
    Some((crc, size()?, size()?))
}
