//! The zip container around compressed members: local headers, data descriptors, the central directory, zip64. It
//! writes forwards only, so that the archive's digest can be computed on the way. What goes in is decided elsewhere.
//!
//! Every time is 1980-01-01 00:00, the system is Unix, names are UTF-8. Members whose sizes are known carry them in their
//! local header; streamed ones have a data descriptor behind them. Zip64 fields appear only where a
//! number does not fit, or for a streamed member might not fit: so bytes depend on content alone.

use std::io::{self, Write};

const UTF8: u16 = 1 << 11;
const DESCRIPTOR: u16 = 1 << 3;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const DOS_DATE: u16 = 0x0021;
const PLAIN: u16 = 20;
const ZIP64: u16 = 45;
const UNIX: u16 = 3 << 8;
const FULL32: u32 = u32::MAX;
/// A streamed member of at least this many bytes gets zip64 sizes: 64 MiB below 4 GiB, more than stored blocks add.
const STREAM_ZIP64: u64 = (4 << 30) - (64 << 20);

/// What the headers say about a member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    /// Unix mode with the file type.
    pub(crate) mode: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sizes {
    crc: u32,
    packed: u64,
    raw: u64,
}

/// A zip being written.
#[derive(Debug)]
pub(crate) struct ZipWriter<W> {
    out: W,
    at: u64,
    directory: Vec<u8>,
    count: u64,
}

/// A member whose data is being written.
#[derive(Debug)]
pub(crate) struct Streamed<'a> {
    member: Member<'a>,
    offset: u64,
    wide: bool,
    packed: u64,
}

struct Fields(Vec<u8>);

impl Fields {
    fn u16(&mut self, value: u16) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }
}

fn fits(value: u64) -> Option<u32> {
    u32::try_from(value).ok().filter(|value| *value != FULL32)
}

fn length16(length: usize) -> io::Result<u16> {
    u16::try_from(length)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a name or comment is too long"))
}

impl<W: Write> ZipWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, at: 0, directory: Vec::new(), count: 0 }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn local(
        &mut self,
        member: &Member<'_>,
        flags: u16,
        method: u16,
        sizes: &Sizes,
        wide: bool,
    ) -> io::Result<()> {
        let mut fields = Fields(Vec::with_capacity(50 + member.name.len()));
        fields.u32(0x0403_4b50).u16(if wide { ZIP64 } else { PLAIN }).u16(flags).u16(method);
        fields.u16(0).u16(DOS_DATE).u32(sizes.crc);
        let (packed, raw) = if wide { (FULL32, FULL32) } else { (low(sizes.packed), low(sizes.raw)) };
        fields.u32(packed).u32(raw).u16(length16(member.name.len())?).u16(if wide { 20 } else { 0 });
        fields.0.extend_from_slice(member.name.as_bytes());
        if wide {
            fields.u16(1).u16(16).u64(sizes.raw).u64(sizes.packed);
        }
        self.put(&fields.0)
    }

    fn central(
        &mut self,
        member: &Member<'_>,
        flags: u16,
        method: u16,
        sizes: &Sizes,
        offset: u64,
        wide: bool,
    ) -> io::Result<()> {
        let (packed, raw, place) = (fits(sizes.packed), fits(sizes.raw), fits(offset));
        let mut extra = Fields(Vec::new());
        // The order of these is fixed, and each is there only when its 32-bit field is full.
        for (narrow, value) in [(raw, sizes.raw), (packed, sizes.packed), (place, offset)] {
            if narrow.is_none() {
                extra.u64(value);
            }
        }
        let needs = if wide || !extra.0.is_empty() { ZIP64 } else { PLAIN };
        let extra_length = if extra.0.is_empty() { 0 } else { 4 + length16(extra.0.len())? };
        let mut fields = Fields(std::mem::take(&mut self.directory));
        fields.u32(0x0201_4b50).u16(UNIX | needs).u16(needs).u16(flags).u16(method);
        fields.u16(0).u16(DOS_DATE).u32(sizes.crc).u32(packed.unwrap_or(FULL32)).u32(raw.unwrap_or(FULL32));
        fields.u16(length16(member.name.len())?).u16(extra_length).u16(0).u16(0).u16(0);
        fields.u32(member.mode << 16).u32(place.unwrap_or(FULL32));
        fields.0.extend_from_slice(member.name.as_bytes());
        if !extra.0.is_empty() {
            fields.u16(1).u16(length16(extra.0.len())?);
            fields.0.extend_from_slice(&extra.0);
        }
        self.directory = fields.0;
        self.count += 1;
        Ok(())
    }

    /// A member that is in memory; `deflated` says what `data` is.
    pub(crate) fn whole(
        &mut self,
        member: Member<'_>,
        crc: u32,
        raw: u64,
        deflated: bool,
        data: &[u8],
    ) -> io::Result<()> {
        let offset = self.at;
        let sizes = Sizes { crc, packed: data.len() as u64, raw };
        let wide = fits(sizes.packed).is_none() || fits(raw).is_none();
        let method = if deflated { DEFLATED } else { STORED };
        self.local(&member, UTF8, method, &sizes, wide)?;
        self.put(data)?;
        self.central(&member, UTF8, method, &sizes, offset, wide)
    }

    /// Begins a deflated member of `raw` bytes, whose data follows in pieces.
    pub(crate) fn begin<'a>(&mut self, member: Member<'a>, raw: u64) -> io::Result<Streamed<'a>> {
        let offset = self.at;
        let wide = raw >= STREAM_ZIP64;
        self.local(&member, UTF8 | DESCRIPTOR, DEFLATED, &Sizes::default(), wide)?;
        Ok(Streamed { member, offset, wide, packed: 0 })
    }

    /// The next piece of the member's deflate stream.
    pub(crate) fn data(&mut self, streamed: &mut Streamed<'_>, bytes: &[u8]) -> io::Result<()> {
        streamed.packed += bytes.len() as u64;
        self.put(bytes)
    }

    /// Ends the member.
    pub(crate) fn end(&mut self, streamed: Streamed<'_>, crc: u32, raw: u64) -> io::Result<()> {
        let Streamed { member, offset, wide, packed } = streamed;
        let sizes = Sizes { crc, packed, raw };
        let mut fields = Fields(Vec::with_capacity(24));
        fields.u32(0x0807_4b50).u32(crc);
        if wide {
            fields.u64(packed).u64(raw);
        } else {
            fields.u32(low(packed)).u32(low(raw));
        }
        self.put(&fields.0)?;
        self.central(&member, UTF8 | DESCRIPTOR, DEFLATED, &sizes, offset, wide)
    }

    /// Writes the directory and gives back the output and the archive's length in bytes.
    pub(crate) fn finish(mut self, comment: &str) -> io::Result<(W, u64)> {
        let start = self.at;
        let directory = std::mem::take(&mut self.directory);
        self.put(&directory)?;
        let (size, end) = (directory.len() as u64, self.at);
        let count = u16::try_from(self.count).ok().filter(|count| *count != u16::MAX);
        let mut fields = Fields(Vec::new());
        if count.is_none() || fits(size).is_none() || fits(start).is_none() {
            fields.u32(0x0606_4b50).u64(44).u16(UNIX | ZIP64).u16(ZIP64).u32(0).u32(0);
            fields.u64(self.count).u64(self.count).u64(size).u64(start);
            fields.u32(0x0706_4b50).u32(0).u64(end).u32(1);
        }
        let count = count.unwrap_or(u16::MAX);
        fields.u32(0x0605_4b50).u16(0).u16(0).u16(count).u16(count);
        fields.u32(low(size)).u32(low(start)).u16(length16(comment.len())?);
        fields.0.extend_from_slice(comment.as_bytes());
        self.put(&fields.0)?;
        self.out.flush()?;
        Ok((self.out, self.at))
    }
}

fn low(value: u64) -> u32 {
    fits(value).unwrap_or(FULL32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_sizes_and_offsets_get_zip64_fields() {
        let mut zip = ZipWriter::new(Vec::new());
        let member = |name| Member { name, mode: 0o100_644 };
        let mut streamed = zip.begin(member("big"), 5 << 30).unwrap();
        // Stands for five gigabytes of data that this test does not write.
        streamed.packed = 5 << 30;
        zip.at += 5 << 30;
        zip.end(streamed, 7, 5 << 30).unwrap();
        zip.whole(member("after"), 0, 0, false, b"").unwrap();
        let (bytes, length) = zip.finish("c").unwrap();
        assert_eq!(length, (5 << 30) + bytes.len() as u64);
        let find = |signature: u32| {
            bytes.windows(4).position(|window| window == signature.to_le_bytes()).expect("signature")
        };
        let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        assert_eq!(u64_at(find(0x0807_4b50) + 8), 5 << 30);
        let central = find(0x0201_4b50);
        assert_eq!(&bytes[central + 20..central + 28], &[0xff; 8]);
        assert_eq!((u64_at(central + 46 + 3 + 4), u64_at(central + 46 + 3 + 12)), (5 << 30, 5 << 30));
        assert!(u64_at(find(0x0606_4b50) + 48) > 5 << 30);
        assert!(u64_at(find(0x0706_4b50) + 8) > 5 << 30);
    }

    #[test]
    fn small_archives_have_no_zip64_fields() {
        let mut zip = ZipWriter::new(Vec::new());
        zip.whole(Member { name: "a", mode: 0o100_644 }, 0, 0, false, b"").unwrap();
        let (bytes, length) = zip.finish("promote-pack/1").unwrap();
        assert_eq!((bytes.len() as u64, length), (31 + 47 + 22 + 14, 114));
        assert!(bytes.ends_with(b"promote-pack/1"));
    }
}
