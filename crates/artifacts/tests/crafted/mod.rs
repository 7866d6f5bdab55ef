//! Zips made byte by byte, so that each number in them can be bent. What must come of them is said by the tests.

const UNIX: u16 = 3 << 8 | 20;

/// A member as its two headers will describe it.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) name: Vec<u8>,
    pub(crate) local_name: Option<Vec<u8>>,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) local_flags: Option<u16>,
    pub(crate) crc: u32,
    pub(crate) local_crc: Option<u32>,
    pub(crate) data: Vec<u8>,
    pub(crate) size: u32,
    pub(crate) mode: u32,
    pub(crate) made_by: u16,
    pub(crate) internal: u16,
    pub(crate) dos: u16,
    pub(crate) extra: Vec<u8>,
    pub(crate) descriptor: Vec<u8>,
    pub(crate) local_numbers: bool,
    pub(crate) offset: Option<u32>,
}

pub(crate) fn made(name: impl AsRef<[u8]>, content: &[u8]) -> Made {
    Made {
        name: name.as_ref().to_vec(),
        local_name: None,
        method: 0,
        flags: 0,
        local_flags: None,
        crc: crc32fast::hash(content),
        local_crc: None,
        data: content.to_vec(),
        size: content.len() as u32,
        mode: 0o100_644,
        made_by: UNIX,
        internal: 0,
        dos: 0,
        extra: Vec::new(),
        descriptor: Vec::new(),
        local_numbers: true,
        offset: None,
    }
}

pub(crate) fn deflated(name: &str, content: &[u8]) -> Made {
    let mut stream = zlib_rs::Deflate::new(6, false, 15);
    let mut data = vec![0; content.len() + 1000];
    stream.compress(content, &mut data, zlib_rs::DeflateFlush::Finish).unwrap();
    data.truncate(stream.total_out() as usize);
    Made { method: 8, data, ..made(name, content) }
}

pub(crate) fn link(name: &str, target: &str) -> Made {
    Made { mode: 0o120_777, ..made(name, target.as_bytes()) }
}

pub(crate) fn folder(name: &str, content: &[u8]) -> Made {
    Made { mode: 0o040_755, ..made(name, content) }
}

pub(crate) fn put(out: &mut Vec<u8>, numbers: &[(u64, usize)]) {
    for (value, width) in numbers {
        out.extend_from_slice(&value.to_le_bytes()[..*width]);
    }
}

pub(crate) fn archive(members: &[Made]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for member in members {
        let offset = member.offset.unwrap_or(out.len() as u32);
        let numbers = |crc: u32, shown: bool| {
            let numbers = [(crc.into(), 4), (member.data.len() as u64, 4), (member.size.into(), 4)];
            numbers.map(|(value, width)| (if shown { value } else { 0 }, width))
        };
        let local_name = member.local_name.as_ref().unwrap_or(&member.name);
        put(&mut out, &[(0x0403_4b50, 4), (20, 2)]);
        put(&mut out, &[(member.local_flags.unwrap_or(member.flags).into(), 2), (member.method.into(), 2)]);
        put(&mut out, &[(0x0021_0000, 4)]);
        put(&mut out, &numbers(member.local_crc.unwrap_or(member.crc), member.local_numbers));
        put(&mut out, &[(local_name.len() as u64, 2), (0, 2)]);
        out.extend_from_slice(local_name);
        out.extend_from_slice(&member.data);
        out.extend_from_slice(&member.descriptor);
        put(
            &mut directory,
            &[(0x0201_4b50, 4), (member.made_by.into(), 2), (20, 2), (member.flags.into(), 2)],
        );
        put(&mut directory, &[(member.method.into(), 2), (0x0021_0000, 4)]);
        put(&mut directory, &numbers(member.crc, true));
        put(&mut directory, &[(member.name.len() as u64, 2), (member.extra.len() as u64, 2), (0, 4)]);
        put(&mut directory, &[(member.internal.into(), 2), (member.dos.into(), 2), (member.mode.into(), 2)]);
        put(&mut directory, &[(offset.into(), 4)]);
        directory.extend_from_slice(&member.name);
        directory.extend_from_slice(&member.extra);
    }
    let start = out.len() as u64;
    out.extend_from_slice(&directory);
    let count = (members.len() as u64, 2);
    put(&mut out, &[(0x0605_4b50, 4), (0, 4), count, count, (directory.len() as u64, 4), (start, 4), (0, 2)]);
    out
}
