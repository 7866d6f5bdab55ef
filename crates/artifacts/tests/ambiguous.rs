//! Archives that one reader takes for something else than another does: each is refused, and what only looks odd is
//! taken and told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with `verifying.rs`, which needs more of it")]
mod crafted;

use crafted::{Made, archive, deflated, folder, link, made, put};
use promote_artifacts::verify::{Limits, Verified, VerifyError, verify};

fn verified(bytes: &[u8]) -> Result<Verified, VerifyError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    verify(file.path(), &Limits::default())
}

/// Asserts that these bytes are refused in this way.
macro_rules! refused {
    ($bytes:expr, $pattern:pat $(if $guard:expr)?) => {{
        let error = verified(&$bytes).unwrap_err();
        assert!(matches!(&error, $pattern $(if $guard)?), "{error:?}");
    }};
}

fn ending(bytes: &[u8]) -> usize {
    bytes.len() - 22
}

/// The archive with another number in its end record, `at` bytes behind the beginning of that.
fn with_end(mut bytes: Vec<u8>, at: usize, value: u32, width: usize) -> Vec<u8> {
    let place = ending(&bytes) + at;
    bytes[place..place + width].copy_from_slice(&value.to_le_bytes()[..width]);
    bytes
}

/// A field of the directory's first record, `at` bytes behind its beginning.
fn with_record(mut bytes: Vec<u8>, at: usize, value: u16) -> Vec<u8> {
    let record = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[record + at..record + at + 2].copy_from_slice(&value.to_le_bytes());
    bytes
}

#[test]
fn an_end_that_gives_the_directory_another_size_is_refused() {
    // Python goes back from the end by this size, Info-ZIP goes by the offset: they found other members here.
    let hidden = archive(&[made("../evil.txt", b"evil"), made("good.txt", b"good")]);
    let honest = archive(&[made("good.txt", b"good"), made("b", b"")]);
    let size = u32::from_le_bytes(honest[ending(&honest) + 12..][..4].try_into().unwrap());
    for other in [0, size - 1, size + 1, size - 46, 2 * size] {
        refused!(with_end(honest.clone(), 12, other, 4), VerifyError::Directory { declared, .. } if *declared == u64::from(other));
    }
    let directory = hidden.len() as u32;
    let both = [hidden, honest].concat();
    refused!(both, VerifyError::StrayBytes { .. });
    refused!(
        with_end(both.clone(), 16, directory, 4),
        VerifyError::Directory { .. } | VerifyError::StrayBytes { .. }
    );
    for (at, width) in [(4, 2), (6, 2), (8, 2), (10, 2)] {
        refused!(
            with_end(archive(&[made("a", b"")]), at, 7, width),
            VerifyError::Damaged { .. } | VerifyError::Count { .. }
        );
    }
    refused!(with_end(archive(&[made("a", b"")]), 16, u32::MAX, 4), VerifyError::Truncated { .. });
}

#[test]
fn comments_are_taken_unless_they_hold_an_end() {
    let with = |comment: &[u8]| {
        let bytes = with_end(archive(&[made("a", b"abc")]), 20, comment.len() as u32, 2);
        [bytes.as_slice(), comment].concat()
    };
    // What `git archive` writes.
    assert!(verified(&with(b"0123456789012345678901234567890123456789")).is_ok());
    refused!(with(&[b' '; 5000]), VerifyError::Damaged { .. });
    let inner = archive(&[made("evil", b"x")]);
    refused!(
        with(&inner),
        VerifyError::Directory { .. } | VerifyError::StrayBytes { .. } | VerifyError::Damaged { .. }
    );
    refused!(with(b"PK\x05\x06"), VerifyError::Truncated { .. });
}

/// The archive with 64-bit records before its end: what they say, and where the locator points to.
fn wide(members: [u64; 2], size: i64, start: i64, place: i64, rest: u64) -> Vec<u8> {
    let bytes = archive(&[made("a", b"abc")]);
    let end = ending(&bytes);
    let number = |at: usize| u32::from_le_bytes(bytes[end + at..][..4].try_into().unwrap());
    let (length, offset) = (i64::from(number(12)) + size, i64::from(number(16)) + start);
    let mut out = bytes[..end].to_vec();
    put(&mut out, &[(0x0606_4b50, 4), (rest, 8), (45, 2), (45, 2), (0, 4), (0, 4)]);
    put(&mut out, &[(members[0], 8), (members[1], 8), (length as u64, 8), (offset as u64, 8)]);
    put(&mut out, &[(0x0706_4b50, 4), (0, 4), ((end as i64 + place) as u64, 8), (1, 4)]);
    out.extend_from_slice(&bytes[end..]);
    out
}

#[test]
fn records_of_64_bits_say_what_the_short_ones_say() {
    let honest = wide([1, 1], 0, 0, 0, 44);
    assert_eq!(verified(&honest).unwrap().members, 1);
    // The short record may leave all of it to the wide one.
    let left_out = with_end(with_end(honest.clone(), 8, 0xffff_ffff, 4), 16, u32::MAX, 4);
    assert_eq!(verified(&left_out).unwrap().members, 1);
    for bent in [
        wide([2, 1], 0, 0, 0, 44),
        wide([2, 2], 0, 0, 0, 44),
        wide([1, 1], 1, 0, 0, 44),
        wide([1, 1], 0, -1, 0, 44),
        wide([1, 1], 0, 0, -1, 44),
        wide([1, 1], 0, 0, 0, 45),
        with_end(honest, 12, 7, 4),
    ] {
        refused!(bent, VerifyError::Damaged { .. });
    }
    // Nothing gives what is left out.
    refused!(with_end(archive(&[made("a", b"")]), 12, u32::MAX, 4), VerifyError::Directory { .. });
}

#[test]
fn extra_fields_that_some_readers_act_on_are_refused() {
    let with = |fields: &[(u64, usize)]| {
        let mut member = made("a", b"abc");
        put(&mut member.extra, fields);
        archive(&[member])
    };
    assert!(verified(&with(&[(0x5455, 2), (5, 2), (1, 1), (0, 4)])).is_ok());
    // A mode and a link's target for Info-ZIP, attributes for libarchive, encryption, anything.
    for id in [0x756e, 0x6c78, 0x9901, 0x0017, 0x000d, 0x4242] {
        refused!(with(&[(id, 2), (0, 2)]), VerifyError::ExtraField { id: found, .. } if u64::from(*found) == id);
    }
    for fields in [
        &[(0x5455, 2), (0, 2), (0x5455, 2), (0, 2)][..],
        &[(0x5455, 2), (9, 2)],
        &[(0x54, 1)],
        // Sizes that the header did not leave out.
        &[(1, 2), (8, 2), (3, 8)],
        &[(1, 2), (0, 2)],
    ] {
        refused!(with(fields), VerifyError::Damaged { .. });
    }
}

#[test]
fn names_that_are_not_marked_as_utf_8_are_refused_with_a_way_on() {
    for name in ["ä".as_bytes(), b"\x84"] {
        let error = verified(&archive(&[made(name, b"x")])).unwrap_err();
        assert!(matches!(error, VerifyError::Name { .. }), "{error:?}");
        assert!(error.hint().unwrap().contains("promote pack"), "{:?}", error.hint());
    }
    assert!(verified(&archive(&[Made { flags: 1 << 11, ..made("ä", b"x") }])).is_ok());
    refused!(archive(&[Made { flags: 1 << 11, ..made(b"\x84", b"x") }]), VerifyError::Name { .. });
    // What `jar` writes: Info-ZIP reads `++mlaut`.
    let of_dos = with_record(archive(&[Made { flags: 1 << 11, ..made("ümlaut", b"x") }]), 4, 20);
    refused!(of_dos, VerifyError::Name { .. });
    assert!(verified(&with_record(archive(&[made("umlaut", b"x")]), 4, 20)).is_ok());
}

#[test]
fn what_looks_odd_and_is_read_in_one_way_is_taken_and_told() {
    let bytes = archive(&[
        folder("./", b""),
        folder("./d/", b""),
        made("./d/a", b"1"),
        link("././l", "d/a"),
        folder("d/", b""),
        made("b", b""),
    ]);
    let odd = verified(&bytes).unwrap();
    let told: Vec<String> = odd.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["4 names begin with `./`, which is left out", "the folder `d/` is there twice",]);
    let plain = archive(&[made("b", b""), folder("d/", b""), made("d/a", b"1"), link("l", "d/a")]);
    assert_eq!(odd.content, verified(&plain).unwrap().content);
    refused!(archive(&[made("./a", b"1"), made("a", b"2")]), VerifyError::Duplicate { .. });
    refused!(archive(&[made("./a", b"1"), folder("a/", b"")]), VerifyError::Duplicate { .. });
    // Characters composed in two ways: macOS and libarchive make one file of both, and one folder.
    for (first, second) in
        [("\u{fc}.txt", "u\u{308}.txt"), ("\u{fc}/a", "u\u{308}/b"), ("\u{fc}", "u\u{308}/b")]
    {
        let member = |name: &str| Made { flags: 1 << 11, local_flags: None, ..made(name, b"1") };
        refused!(archive(&[member(first), member(second)]), VerifyError::TwoSpellings { .. });
        for one in [first, second] {
            verified(&archive(&[member(one)])).unwrap();
        }
    }
    refused!(archive(&[made("./a", b"1"), made("a/b", b"2")]), VerifyError::BelowFile { .. });
    refused!(archive(&[link("./l", "../x")]), VerifyError::Link { .. });
    refused!(archive(&[folder("./", b"")]), VerifyError::NoMembers);
}

#[test]
fn data_whose_end_only_the_directory_tells_is_refused() {
    let streamed = |content: &[u8]| {
        let mut member = Made { flags: 8, local_numbers: false, ..made("a", content) };
        put(&mut member.descriptor, &[(0x0807_4b50, 4), (member.crc.into(), 4)]);
        put(&mut member.descriptor, &[(content.len() as u64, 4), (content.len() as u64, 4)]);
        archive(&[member, made("b", b"1")])
    };
    refused!(streamed(b"abc"), VerifyError::Streamed { .. });
    assert!(verified(&streamed(b"")).is_ok());
    // A descriptor of 64 bits behind a header of 32.
    let mut member = Made { flags: 8, local_numbers: false, ..deflated("a", &[1; 500]) };
    put(&mut member.descriptor, &[(member.crc.into(), 4), (member.data.len() as u64, 8), (500, 8)]);
    refused!(archive(&[member]), VerifyError::StrayBytes { .. });
}

#[test]
fn versions_flags_and_disks_that_readers_take_differently_are_refused() {
    let honest = archive(&[made("a", b"abc")]);
    for (at, value) in [(6, 63), (6, 1 << 8 | 20), (34, 1)] {
        refused!(with_record(honest.clone(), at, value), VerifyError::Damaged { .. });
    }
    for flags in [1 << 4, 1 << 5, 1 << 12, 1 << 15] {
        refused!(archive(&[Made { flags, ..made("a", b"") }]), VerifyError::Damaged { .. });
    }
    // The time, which readers take from the one header or the other.
    refused!(with_record(honest, 12, 1), VerifyError::Mismatch { what: "the time", .. });
}
