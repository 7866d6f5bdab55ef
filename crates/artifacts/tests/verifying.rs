//! One test for each attack and damage: an honest archive is made byte by byte, bent in one place, and refused for
//! that reason.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod crafted;

use crafted::{Made, archive, deflated, folder, link, made, put};
use promote_artifacts::pack::{Listing, Options, pack};
use promote_artifacts::verify::{Limits, Verified, VerifyError, verify};
use std::io::Write;

fn verified_with(bytes: &[u8], limits: &Limits) -> Result<Verified, VerifyError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    verify(file.path(), limits)
}

fn verified(members: &[Made]) -> Result<Verified, VerifyError> {
    verified_with(&archive(members), &Limits::default())
}

/// Asserts that these members are refused in this way.
macro_rules! refused {
    ([$($member:expr),* $(,)?], $pattern:pat $(if $guard:expr)?) => {{
        let error = verified(&[$($member),*]).unwrap_err();
        assert!(matches!(&error, $pattern $(if $guard)?), "{error:?}");
        let text = error.to_string();
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }};
}

#[test]
fn honest_archives_of_any_packer_pass() {
    let streamed = |with: fn(&Made) -> Vec<(u64, usize)>| {
        let mut member = deflated("streamed", &[7; 5000]);
        member.flags = 8;
        member.local_numbers = false;
        let mut descriptor = Vec::new();
        put(&mut descriptor, &with(&member));
        member.descriptor = descriptor;
        member
    };
    let numbers = |m: &Made| vec![(m.crc.into(), 4), (m.data.len() as u64, 4), (m.size.into(), 4)];
    let signed =
        |m: &Made| vec![(0x0807_4b50, 4), (m.crc.into(), 4), (m.data.len() as u64, 4), (m.size.into(), 4)];
    let rest = [
        folder("dir/", b""),
        made("dir/a", b"abc"),
        deflated("b", &[1; 100_000]),
        link("dir/l", "../b"),
        made("e", b""),
    ];
    let mut digests = Vec::new();
    for first in [streamed(numbers), streamed(signed), deflated("streamed", &[7; 5000])] {
        let members: Vec<Made> = std::iter::once(first).chain(rest.clone()).collect();
        let verified = verified(&members).unwrap();
        assert_eq!((verified.members, verified.unpacked), (5, 5000 + 3 + 100_000 + 4));
        digests.push(verified.content);
    }
    // However they were packed, the same files have the same content digest.
    digests.dedup();
    assert_eq!(digests.len(), 1);
}

#[test]
fn limits_of_one_thread_and_many_agree() {
    let members: Vec<Made> = (0..50).map(|i| deflated(&format!("{i:02}"), &[i; 3000])).collect();
    let limits = |threads| Limits { threads: std::num::NonZeroUsize::new(threads), ..Limits::default() };
    let bytes = archive(&members);
    assert_eq!(verified_with(&bytes, &limits(1)).unwrap(), verified_with(&bytes, &limits(8)).unwrap());
}

#[test]
fn zero_bytes() {
    assert!(matches!(verified_with(b"", &Limits::default()), Err(VerifyError::ZeroBytes)));
}

#[test]
fn something_that_is_no_zip() {
    assert!(matches!(verified_with(&[b'x'; 5000], &Limits::default()), Err(VerifyError::NotZip)));
}

#[test]
fn an_archive_without_members() {
    refused!([], VerifyError::NoMembers);
    refused!([folder("dir/", b"")], VerifyError::NoMembers);
}

#[test]
fn cut_off_anywhere() {
    let bytes = archive(&[made("a", b"abc"), deflated("b", &[1; 5000])]);
    for length in 1..bytes.len() {
        let error = verified_with(&bytes[..length], &Limits::default()).unwrap_err();
        let expected = matches!(
            error,
            VerifyError::NotZip | VerifyError::Truncated { .. } | VerifyError::Damaged { .. }
        );
        assert!(expected, "{length}: {error:?}");
    }
}

#[test]
fn data_that_ends_behind_the_directory() {
    let mut member = made("a", b"abc");
    member.size = 5000;
    let mut bytes = archive(&[member]);
    // Both headers declare more data than there is.
    for (at, value) in [(18, 5000_u32), (34 + 20, 5000)] {
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    let error = verified_with(&bytes, &Limits::default()).unwrap_err();
    assert!(matches!(error, VerifyError::Overlap { .. }), "{error:?}");
}

#[test]
fn traversal() {
    for name in ["../evil", "a/../../evil", ".."] {
        refused!([made(name, b"x")], VerifyError::Name { name: found, .. } if found == name);
    }
}

#[test]
fn absolute_names() {
    for name in ["/etc/passwd", "C:/evil", "c:evil"] {
        refused!([made(name, b"x")], VerifyError::Name { .. });
    }
}

#[test]
fn backslashes() {
    refused!([made("..\\evil", b"x")], VerifyError::Name { .. });
}

#[test]
fn control_characters_and_odd_names() {
    for name in ["a\nb", "a\0b", "\u{1b}[31m", "", "a//b", "/", "a/./b", ".", "./..", "././/a"] {
        refused!([made(name, b"x")], VerifyError::Name { .. });
    }
    refused!([made(b"a\xff", b"x")], VerifyError::Name { .. });
}

#[test]
fn a_name_over_the_limit() {
    refused!([made("a".repeat(5000), b"x")], VerifyError::Name { .. });
}

#[test]
fn a_second_name_in_an_extra_field() {
    let mut member = made("good", b"x");
    put(&mut member.extra, &[(0x7075, 2), (9, 2), (1, 1), (0, 4)]);
    member.extra.extend_from_slice(b"evil");
    refused!([member], VerifyError::SecondName { .. });
}

#[test]
fn duplicates() {
    refused!([made("a", b"1"), made("b", b""), made("a", b"2")], VerifyError::Duplicate { name } if name == "a");
    refused!([made("a", b"1"), folder("a/", b"")], VerifyError::Duplicate { .. });
}

#[test]
fn a_member_below_a_file_or_link() {
    refused!([link("a", "b"), made("a/x", b"1")], VerifyError::BelowFile { .. });
    refused!([made("a", b""), folder("a/b/", b"")], VerifyError::BelowFile { .. });
}

#[test]
fn overlapping_members() {
    // The second record of the directory leads to the first member's data again.
    let mut second = made("a", b"abc");
    second.offset = Some(0);
    refused!([made("a", b"abc"), Made { name: b"b".to_vec(), ..second }], VerifyError::Overlap { .. });
}

#[test]
fn a_member_hidden_inside_another() {
    let inner = archive(&[made("inner", b"evil")]);
    let outer = made("outer", &inner);
    let mut second = made("inner", b"evil");
    second.offset = Some(35);
    let mut bytes = archive(&[outer, second]);
    assert!(verified_with(&bytes, &Limits::default()).is_err());
    bytes.truncate(bytes.len() - 1);
    assert!(verified_with(&bytes, &Limits::default()).is_err());
}

#[test]
fn a_bomb_by_its_declared_size() {
    let mut member = deflated("bomb", &vec![0; 1 << 20]);
    member.size = 1 << 30;
    refused!([member], VerifyError::Bomb { .. });
}

#[test]
fn a_bomb_that_lies_about_its_size() {
    let mut member = deflated("bomb", &vec![0; 50 << 20]);
    member.size = 1000;
    refused!([member], VerifyError::Size { declared: 1000, .. });
}

#[test]
fn limits_in_number_and_size() {
    let bytes = archive(&[made("a", b"12345"), made("b", b"12345"), made("c", b"1")]);
    let error = |limits| verified_with(&bytes, &limits).unwrap_err().to_string();
    let limits = Limits::default();
    assert!(error(Limits { members: 2, ..limits }).contains("more members than the limit of 2"));
    assert!(error(Limits { member_bytes: 4, ..limits }).contains("more bytes in one member"));
    assert!(error(Limits { unpacked: 10, ..limits }).contains("more unpacked bytes"));
    let exact = Limits { members: 3, member_bytes: 5, unpacked: 11, ..limits };
    assert!(verified_with(&bytes, &exact).is_ok());
}

#[test]
fn encrypted_members() {
    for flags in [1, 1 | 1 << 6, 1 << 13] {
        refused!([Made { flags, ..made("a", b"x") }], VerifyError::Encrypted { .. });
    }
}

#[test]
fn methods_other_than_stored_and_deflate() {
    for method in [1, 9, 12, 14, 93, 99] {
        refused!([Made { method, ..made("a", b"x") }], VerifyError::Method { method: found, .. } if *found == method);
    }
    let error = verified(&[Made { method: 12, ..made("rnd", b"x") }]).unwrap_err();
    assert_eq!(error.to_string(), "`rnd` is packed by bzip2; only deflate and stored are taken");
}

#[test]
fn devices_pipes_and_misnamed_folders() {
    for mode in [0o020_644, 0o060_644, 0o010_644, 0o140_755, 0o040_755] {
        refused!([Made { mode, ..made("a", b"") }], VerifyError::Special { .. });
    }
    refused!([Made { mode: 0o120_777, ..made("a/", b"") }], VerifyError::Special { .. });
}

#[test]
fn a_folder_with_content() {
    refused!([made("a", b""), folder("dir/", b"content")], VerifyError::Damaged { .. });
}

#[test]
fn links_that_leave() {
    for target in ["/etc/passwd", "../x", "b/../../x", "..\\x", ""] {
        refused!([link("a", target)], VerifyError::Link { .. });
    }
    // Each of them alone stays inside.
    refused!([link("d/top", ".."), link("d/sly", "top/../x")], VerifyError::Link { .. });
    refused!([link("a", "b"), link("b", "a")], VerifyError::Link { .. });
    refused!([Made { mode: 0o120_777, ..made("a", &[b'x'; 5000]) }], VerifyError::Link { .. });
}

#[test]
fn the_two_headers_differ() {
    let honest = || deflated("a", &[1; 500]);
    let differ = |member: Made, what: &str| {
        let error = verified(&[member, made("z", b"")]).unwrap_err();
        assert!(matches!(&error, VerifyError::Mismatch { what: found, .. } if *found == what), "{error:?}");
    };
    differ(Made { local_name: Some(b"b".to_vec()), ..honest() }, "the name");
    differ(Made { local_crc: Some(7), ..honest() }, "the checksum");
    differ(Made { local_flags: Some(8), ..honest() }, "the flags");
    let bytes = archive(&[honest(), made("z", b"")]);
    for (at, what) in [(8, "the method"), (18, "the packed size"), (22, "the size")] {
        let mut bent = bytes.clone();
        bent[at] ^= 8;
        let error = verified_with(&bent, &Limits::default()).unwrap_err();
        assert!(matches!(&error, VerifyError::Mismatch { what: found, .. } if *found == what), "{error:?}");
    }
    let mut streamed = Made { flags: 8, local_numbers: false, ..honest() };
    put(&mut streamed.descriptor, &[(1, 4), (streamed.data.len() as u64, 4), (500, 4)]);
    differ(streamed, "the data descriptor");
}

#[test]
fn a_wrong_checksum() {
    let wrong = |member: Made| Made { crc: member.crc ^ 1, ..member };
    refused!([wrong(made("a", b"abc"))], VerifyError::Checksum { .. });
    refused!([made("0", b""), wrong(deflated("a", &[1; 500]))], VerifyError::Checksum { name } if name == "a");
}

#[test]
fn data_that_is_no_deflate_stream() {
    refused!([Made { method: 8, ..made("a", &[0xff; 100]) }], VerifyError::Data { .. });
    let mut longer = deflated("a", &[1; 500]);
    longer.data.extend_from_slice(b"hidden");
    refused!([longer], VerifyError::Data { .. });
    let mut shorter = deflated("a", &[1; 500]);
    shorter.data.pop();
    refused!([shorter], VerifyError::Data { .. });
}

#[test]
fn stored_data_of_another_length() {
    refused!([Made { size: 2, ..made("a", b"abc") }], VerifyError::Size { .. });
}

#[test]
fn unpacked_data_of_another_length() {
    let honest = deflated("a", &[1; 500]);
    refused!([Made { size: 501, ..honest.clone() }], VerifyError::Size { .. });
    refused!([Made { size: 499, ..honest }], VerifyError::Size { .. });
}

#[test]
fn stray_bytes() {
    let bytes = archive(&[made("a", b"abc")]);
    let limits = Limits::default();
    let before = verified_with(&[b"#!/bin/sh\n", bytes.as_slice()].concat(), &limits).unwrap_err();
    assert!(matches!(before, VerifyError::StrayBytes { .. }), "{before:?}");
    let behind = verified_with(&[bytes.as_slice(), b"more"].concat(), &limits).unwrap_err();
    assert!(matches!(behind, VerifyError::StrayBytes { place: "behind its end" }), "{behind:?}");
    let padded = verified_with(&[bytes.as_slice(), &[0; 10_240]].concat(), &limits).unwrap_err();
    assert!(matches!(padded, VerifyError::Padded), "{padded:?}");
    assert!(padded.hint().unwrap().contains("padding"), "{padded:?}");
    refused!(
        [Made { descriptor: b"hidden".to_vec(), ..made("a", b"") }, made("b", b"")],
        VerifyError::StrayBytes { .. }
    );
    refused!([Made { descriptor: b"hidden".to_vec(), ..made("a", b"") }], VerifyError::StrayBytes { .. });
}

#[test]
fn another_number_of_members_than_declared() {
    let mut bytes = archive(&[made("a", b"abc"), made("b", b"")]);
    let end = bytes.len();
    bytes[end - 12] = 1;
    bytes[end - 14] = 1;
    let error = verified_with(&bytes, &Limits::default()).unwrap_err();
    assert!(matches!(error, VerifyError::Count { declared: 1, found: 2 }), "{error:?}");
}

#[test]
fn names_that_differ_by_case_are_told() {
    let verified = verified(&[made("Readme", b"1"), made("README", b"2")]).unwrap();
    assert_eq!(verified.warnings.len(), 1);
    assert!(verified.warnings[0].to_string().contains("`README` and `Readme`"));
}

#[test]
fn errors_show_hostile_names_harmlessly() {
    let text = verified(&[made("a\u{1b}[2J\n", b"x")]).unwrap_err().to_string();
    assert!(text.contains("`a\\u{1b}[2J\\n`"), "{text}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    /// No damage makes the reader panic, and none passes with other content than was packed.
    #[test]
    fn damaged_archives_never_pass_as_something_else(place in 0_usize..100_000, value: u8, second in 0_usize..100_000) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), [1; 300]).unwrap();
        std::fs::write(dir.path().join("b"), b"abc").unwrap();
        let mut bytes = Vec::new();
        let packed = pack(&Listing::of_path(dir.path()).unwrap(), &mut bytes, &Options::default()).unwrap();
        let length = bytes.len();
        bytes[place % length] = value;
        bytes[second % length] ^= value;
        if let Ok(verified) = verified_with(&bytes, &Limits::default()) {
            // Modes are in one header only, so a flipped mode can't be seen; bytes and names can.
            proptest::prop_assert_eq!((verified.members, verified.unpacked), (packed.members, 303));
        }
    }
}
