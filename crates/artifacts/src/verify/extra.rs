//! The extra fields of a header. Only those are let through that no reader acts on, or all in the same way: others can
//! carry a second name, length, mode or link target.

use super::VerifyError;
use super::fields::Fields;

const ZIP_64: u16 = 0x0001;
const UNICODE_PATH: u16 = 0x7075;
/// Times, owners, a comment, padding, the mark of Java's archives: APPNOTE 4.5.2 and Info-ZIP's `extrafld.txt`; 0xd935 is
/// Android's padding.
const HARMLESS: [u16; 9] = [0x000a, 0x5455, 0x5855, 0x6375, 0x7855, 0x7875, 0xa220, 0xcafe, 0xd935];

/// Sizes and place as a header gives them, before the 64-bit field is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Length of the unpacked data.
    pub(super) size: u64,
    /// Length of the packed data.
    pub(super) packed: u64,
    /// Where the local header begins; none in the local header itself.
    pub(super) offset: Option<u64>,
    /// Whether there is a 64-bit field.
    pub(super) wide: bool,
}

/// Looks at all extra fields of `name` and fills in the sizes that they hold.
///
/// # Errors
/// For fields that are cut off, come twice, name the member anew, or mean something to some readers alone.
pub(super) fn check(mut fields: Fields<'_>, name: &[u8], sizes: &mut Sizes) -> Result<(), VerifyError> {
    let shown = || Some(String::from_utf8_lossy(name).into_owned());
    let damaged = |reason: &str| VerifyError::Damaged { name: shown(), reason: reason.to_owned() };
    let mut seen: Vec<u16> = Vec::new();
    while !fields.0.is_empty() {
        let id = fields.u16();
        let content = fields.u16().and_then(|length| fields.bytes(length.into()));
        let (Some(id), Some(content)) = (id, content) else {
            return Err(damaged("its extra fields are cut off"));
        };
        if seen.contains(&id) {
            return Err(damaged("it has an extra field twice, and readers take the one or the other"));
        }
        seen.push(id);
        match id {
            ZIP_64 => fill(Fields(content), sizes)
                .ok_or_else(|| damaged("its 64-bit sizes are not those that its header leaves out"))?,
            // Behind a version byte and a checksum, this field holds the name that some readers use instead.
            UNICODE_PATH if content.get(5..) != Some(name) => {
                return Err(VerifyError::SecondName { name: shown().unwrap_or_default() });
            }
            UNICODE_PATH => {}
            id if HARMLESS.contains(&id) => {}
            id => return Err(VerifyError::ExtraField { name: shown().unwrap_or_default(), id }),
        }
    }
    let asks = |number: u64| number == u64::from(u32::MAX);
    let left_out = asks(sizes.size) || asks(sizes.packed) || sizes.offset.is_some_and(asks);
    if left_out && !sizes.wide {
        return Err(damaged("its sizes are left out, and no extra field gives them"));
    }
    Ok(())
}

/// The numbers that the header left out, in their order, and nothing else.
fn fill(mut fields: Fields<'_>, sizes: &mut Sizes) -> Option<()> {
    let asks = |number: u64| number == u64::from(u32::MAX);
    if fields.0.is_empty() {
        return None;
    }
    if asks(sizes.size) {
        sizes.size = fields.u64()?;
    }
    if asks(sizes.packed) {
        sizes.packed = fields.u64()?;
    }
    if sizes.offset.is_some_and(asks) {
        sizes.offset = Some(fields.u64()?);
    }
    sizes.wide = true;
    fields.0.is_empty().then_some(())
}
