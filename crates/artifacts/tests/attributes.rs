//! Attributes of a member, over all systems, the DOS byte and the internal bits: what is accepted is the same kind of entry
//! with the same bytes for whoever unpacks it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with `verifying.rs`, which needs more of it")]
mod crafted;

use crafted::{Made, archive, made};
use promote_artifacts::verify::{Limits, Verified, VerifyError, verify};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn verified(member: &Made) -> Result<Verified, VerifyError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    // Another one, since an archive of folders alone is refused.
    fs::write(file.path(), archive(&[made("other", b""), member.clone()])).unwrap();
    verify(file.path(), &Limits::default())
}

/// None, each by itself, and all of `count` bits.
fn bits(count: u32) -> impl Iterator<Item = u16> + Clone {
    (0..count).map(|bit| 1_u16 << bit).chain([0, u16::try_from((1_u32 << count) - 1).unwrap()])
}

/// What came of a member: its kind, whether it can be run, its bytes.
fn unpacked(root: &Path, member: &Made) -> Option<(&'static str, bool, Vec<u8>)> {
    let path = root.join(std::str::from_utf8(&member.name).unwrap().trim_end_matches('/'));
    let found = fs::symlink_metadata(&path).ok()?;
    Some(if found.is_symlink() {
        ("link", false, fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes())
    } else if found.is_dir() {
        ("folder", false, Vec::new())
    } else {
        assert_eq!(found.permissions().mode() & 0o7000, 0, "{path:?}");
        ("file", found.permissions().mode() & 0o100 != 0, fs::read(&path).unwrap())
    })
}

fn bsdtar() -> PathBuf {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/servers/server");
    let output = Command::new(server).args(["tool", "bsdtar"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().into()
}

#[test]
fn attributes_that_are_accepted_mean_the_same_to_every_unpacker() {
    let (mut tried, mut accepted) = (0, Vec::new());
    let modes = [0, 0o100_644, 0o100_755, 0o104_755, 0o102_644, 0o101_644, 0o120_777, 0o124_777];
    let kinds =
        modes.map(|mode| (mode, "")).into_iter().chain([(0, "/"), (0o040_755, "/"), (0o042_755, "/")]);
    for ((mode, end), system) in kinds.flat_map(|kind| (0..=20).map(move |system| (kind, system))) {
        for (dos, internal) in bits(8).flat_map(|dos| bits(16).map(move |internal| (dos, internal))) {
            tried += 1;
            // Of systems that are never taken, the plain case tells enough.
            let known = [0, 3, 10, 11, 14, 19].contains(&system);
            if (dos, internal) != (0, 0) && !(known && (dos == 0 || internal <= 4)) {
                continue;
            }
            let content: &[u8] = if end.is_empty() { b"other" } else { b"" };
            let name = format!("m{tried}{end}");
            let member = Made { mode, made_by: system << 8 | 20, internal, dos, ..made(name, content) };
            if verified(&member).is_ok() {
                accepted.push(member);
            }
        }
    }
    assert!(accepted.len() > 100, "too few passed to say anything: {} of {tried}", accepted.len());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("all.zip");
    fs::write(&path, archive(&[[made("other", b"")].as_slice(), &accepted].concat())).unwrap();
    verify(&path, &Limits::default()).unwrap();
    let (zip, tar) = (dir.path().join("unzip"), dir.path().join("bsdtar"));
    for (root, program, before) in [(&zip, "unzip".into(), "-qq"), (&tar, bsdtar(), "-xf")] {
        fs::create_dir(root).unwrap();
        let output = Command::new(program)
            .arg(before)
            .arg(&path)
            .current_dir(root)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    for member in &accepted {
        let what = (member.made_by >> 8, member.mode, member.dos, member.internal);
        let kind = match member.mode & 0o170_000 {
            _ if member.name.ends_with(b"/") => "folder",
            0o120_000 if member.made_by >> 8 == 3 => "link",
            _ => "file",
        };
        let (by_zip, by_tar) = (unpacked(&zip, member), unpacked(&tar, member));
        assert_eq!(by_zip, by_tar, "{what:?}");
        let (found, _, bytes) = by_zip.unwrap_or_else(|| panic!("left out: {what:?}"));
        assert_eq!((found, bytes.as_slice()), (kind, member.data.as_slice()), "{what:?}");
    }
}

#[test]
fn what_is_wrong_with_attributes_is_said() {
    let refused = |member: Made| verified(&member).unwrap_err().to_string();
    let label = Made { made_by: 11 << 8 | 20, dos: 8, mode: 0, ..made("a", b"") };
    let link = Made { mode: 0o120_777, internal: 4, ..made("a", b"other") };
    let setuid = Made { mode: 0o104_755, ..made("a", b"") };
    let before = "`a` has attributes that readers take in different ways: ";
    assert_eq!(refused(label), format!("{before}it is marked as the label of a volume"));
    assert_eq!(refused(link), format!("{before}its internal attributes are not those of a file"));
    assert_eq!(refused(setuid), format!("{before}its mode is setuid, setgid or sticky"));
    let folder = Made { mode: 0o042_755, ..made("d/", b"") };
    let told = verified(&folder).unwrap().warnings;
    assert_eq!(
        told.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["the folder `d/` is setuid, setgid or sticky, which some unpackers drop"]
    );
}
