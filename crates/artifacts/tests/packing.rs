//! The same content gives the same bytes; what can't be packed safely is refused with its name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use promote_artifacts::pack::{Listing, Options, PackError, Packed, Warning, pack, pack_to};
use promote_artifacts::verify::{Limits, verify};
use promote_core::digest::Digest;
use std::fs;
use std::io::Read;
use std::num::NonZeroUsize;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

fn noise(length: usize, mut seed: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + 8);
    while out.len() < length {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        out.extend_from_slice(&seed.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    out.truncate(length);
    out
}

/// Every path through the packer: empty, small, just at and over the limits, long, shrinking in parts or not at all.
fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let text: Vec<u8> =
        (0..3 << 20).map(|i: usize| b"a line of text, and another one\n"[i * i / 7 % 32]).collect();
    let mixed = [&text[..1 << 20], &noise(2 << 20, 1), &text[..12345]].concat();
    vec![
        ("empty", Vec::new()),
        ("one", b"x".to_vec()),
        ("dir/text.txt", text[..5000].to_vec()),
        ("dir/noise-small", noise(1000, 2)),
        ("dir/noise-probed", noise(300 << 10, 3)),
        ("dir/ünï", b"name in UTF-8".to_vec()),
        ("limit/whole", text[..1 << 20].to_vec()),
        ("limit/over", text[..(1 << 20) + 1].to_vec()),
        ("long/text", text),
        ("long/mixed", mixed),
        ("long/noise", noise((2 << 20) + 77, 4)),
        ("zeros", vec![0; 1 << 20]),
    ]
}

fn write_tree(dir: &Path, reversed: bool) {
    let mut contents = contents();
    if reversed {
        contents.reverse();
    }
    for (name, bytes) in contents {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let mode = if name == "one" { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    symlink("../one", dir.join("dir/link")).unwrap();
}

fn threads(count: usize) -> Options {
    Options { threads: NonZeroUsize::new(count), ..Options::default() }
}

fn bytes_of(dir: &Path, count: usize) -> (Packed, Vec<u8>) {
    let mut out = Vec::new();
    let packed = pack(&Listing::of_path(dir).unwrap(), &mut out, &threads(count)).unwrap();
    assert_eq!((packed.digest, packed.size), (Digest::of(&out), out.len() as u64));
    (packed, out)
}

/// Changes only together with the pack format's number: another digest here means that every user's archives change.
const GOLDEN: &str = "sha256:22799718650109f1576a28e2d421136bbeebc8a6e6bc71012aeb66d7353445ac";
const GOLDEN_CONTENT: &str = "sha256:6b13a7af62b4db0fbcb56345bc045c58fcbb7a400c37585452a068211cfdf58d";

#[test]
fn the_pack_format_has_its_golden_digest() {
    let dir = tempfile::tempdir().unwrap();
    write_tree(dir.path(), false);
    let (packed, bytes) = bytes_of(dir.path(), 2);
    assert_eq!(packed.format, 1);
    assert!(bytes.ends_with(b"promote-pack/1"));
    assert_eq!(packed.content.to_string(), GOLDEN_CONTENT);
    assert_eq!(packed.digest.to_string(), GOLDEN);
}

#[test]
fn the_number_of_threads_does_not_show() {
    let dir = tempfile::tempdir().unwrap();
    write_tree(dir.path(), false);
    let one = bytes_of(dir.path(), 1);
    for count in [2, 3, 8] {
        assert!(bytes_of(dir.path(), count) == one, "{count} threads");
    }
}

#[test]
fn creation_order_times_and_modes_of_the_file_system_do_not_show() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_tree(first.path(), false);
    write_tree(second.path(), true);
    for (index, (name, _)) in contents().iter().enumerate() {
        let path = second.path().join(name);
        // What a umask of 077 leaves, with another time on every file.
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o700;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 * index as u64);
        fs::File::open(&path).unwrap().set_modified(time).unwrap();
    }
    fs::create_dir(second.path().join("an empty folder")).unwrap();
    assert!(bytes_of(first.path(), 2) == bytes_of(second.path(), 2));
}

/// Packs in a process of its own.
#[test]
#[ignore = "started by the test below, not a test by itself"]
fn child_that_packs() {
    let (dir, out) = (std::env::var_os("PACK_DIR").unwrap(), std::env::var_os("PACK_OUT").unwrap());
    let dir = PathBuf::from(dir);
    fs::create_dir_all(&dir).unwrap();
    for (name, bytes) in contents() {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    pack_to(&Listing::of_path(&dir).unwrap(), Path::new(&out), &Options::default()).unwrap();
}

#[test]
fn umask_time_zone_and_locale_do_not_show() {
    let dir = tempfile::tempdir().unwrap();
    let mut archives = Vec::new();
    for (umask, zone, locale) in [("022", "UTC", "C"), ("077", "Asia/Kathmandu", "de_DE.UTF-8")] {
        let out = dir.path().join(format!("{umask}.zip"));
        let status = Command::new("sh")
            .args([
                "-c",
                "umask \"$1\" && exec \"$2\" child_that_packs --exact --ignored --test-threads=1",
                "sh",
                umask,
            ])
            .arg(std::env::current_exe().unwrap())
            .env("PACK_DIR", dir.path().join(umask))
            .env("PACK_OUT", &out)
            .envs([("TZ", zone), ("LC_ALL", locale)])
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let mode = fs::metadata(&out).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if umask == "077" { 0o600 } else { 0o644 });
        archives.push(fs::read(out).unwrap());
    }
    assert!(archives[0] == archives[1]);
    assert!(archives[0].len() > 1_000_000);
}

#[test]
fn other_readers_get_the_same_files() {
    let dir = tempfile::tempdir().unwrap();
    write_tree(dir.path(), false);
    let (packed, bytes) = bytes_of(dir.path(), 2);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    assert_eq!(archive.len() as u64, packed.members);
    for (name, content) in contents() {
        let mut member = archive.by_name(name).unwrap();
        let mut read = Vec::new();
        member.read_to_end(&mut read).unwrap();
        assert!(read == content, "{name}");
        let mode = if name == "one" { 0o100_755 } else { 0o100_644 };
        assert_eq!(member.unix_mode(), Some(mode), "{name}");
        let incompressible =
            ["empty", "one", "dir/ünï", "dir/noise-small", "dir/noise-probed"].contains(&name);
        assert_eq!(member.compression() == zip::CompressionMethod::Stored, incompressible, "{name}");
    }
    assert!(archive.by_name("dir/link").unwrap().is_symlink());
    let file = dir.path().join("out.zip");
    fs::write(&file, &bytes).unwrap();
    let verified = verify(&file, &Limits::default()).unwrap();
    assert_eq!(
        (verified.digest, verified.content, verified.members),
        (packed.digest, packed.content, packed.members)
    );
}

#[test]
fn many_members_need_zip64() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..66_000 {
        if number % 1000 == 0 {
            fs::create_dir(dir.path().join(format!("{}", number / 1000))).unwrap();
        }
        fs::write(dir.path().join(format!("{}/{number}", number / 1000)), b"").unwrap();
    }
    let out = tempfile::NamedTempFile::new().unwrap();
    let packed = pack_to(&Listing::of_path(dir.path()).unwrap(), out.path(), &threads(2)).unwrap();
    assert_eq!(packed.members, 66_000);
    assert_eq!(zip::ZipArchive::new(fs::File::open(out.path()).unwrap()).unwrap().len(), 66_000);
    assert_eq!(verify(out.path(), &Limits::default()).unwrap().content, packed.content);
}

#[test]
fn the_folders_own_git_is_left_out_and_told_one_inside_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for name in [".git/config", "sub/file", ".gitignore"] {
        fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        fs::write(dir.path().join(name), b"x").unwrap();
    }
    let listing = Listing::of_path(dir.path()).unwrap();
    assert_eq!(listing.names().collect::<Vec<_>>(), [".gitignore", "sub/file"]);
    assert_eq!(listing.warnings(), [Warning::Repository]);
    fs::create_dir(dir.path().join("sub/.git")).unwrap();
    let nested = |error: &PackError| matches!(error, PackError::Nested { path } if path == "sub/.git");
    assert!(nested(&Listing::of_path(dir.path()).unwrap_err()));
    let mut choice = promote_core::config::Pack { include: vec!["sub".to_owned()], ..Default::default() };
    assert!(nested(&Listing::of_files(dir.path(), &choice).unwrap_err()));
    choice.exclude = vec![".git".to_owned()];
    assert_eq!(Listing::of_files(dir.path(), &choice).unwrap().names().collect::<Vec<_>>(), ["sub/file"]);
}

#[test]
fn empty_folders_are_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("b/c")).unwrap();
    fs::create_dir(dir.path().join("a")).unwrap();
    fs::write(dir.path().join("file"), b"x").unwrap();
    let listing = Listing::of_path(dir.path()).unwrap();
    let told: Vec<String> = listing.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["the folder `a` is empty and left out, and so is one more"]);
}

fn refusal(prepare: impl Fn(&Path)) -> PackError {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), b"x").unwrap();
    prepare(dir.path());
    match Listing::of_path(dir.path()) {
        Err(error) => error,
        Ok(listing) => pack(&listing, std::io::sink(), &threads(2)).unwrap_err(),
    }
}

#[test]
fn an_empty_folder_is_refused() {
    let error = refusal(|dir| fs::remove_file(dir.join("file")).unwrap());
    assert!(matches!(error, PackError::Empty));
}

#[test]
fn a_link_that_leaves_is_refused() {
    for target in ["/etc/passwd", "../x", "sub/../../x"] {
        let error = refusal(|dir| symlink(target, dir.join("link")).unwrap());
        assert!(matches!(&error, PackError::Link { name, .. } if name == "link"), "{error}");
    }
}

#[test]
fn a_backslash_or_control_character_in_a_name_is_refused() {
    for name in ["a\\b", "a\nb", "a\u{1b}[31m"] {
        let error = refusal(|dir| fs::write(dir.join(name), b"x").unwrap());
        assert!(matches!(&error, PackError::Name { .. }), "{error}");
        assert!(!error.to_string().contains(['\n', '\u{1b}']));
    }
}

#[test]
fn a_name_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let error = refusal(|dir| fs::write(dir.join(std::ffi::OsStr::from_bytes(b"a\xff")), b"x").unwrap());
    assert!(matches!(error, PackError::Name { .. }));
}

#[test]
fn a_socket_is_refused_with_its_name() {
    let error = refusal(|dir| drop(std::os::unix::net::UnixListener::bind(dir.join("socket")).unwrap()));
    assert!(matches!(&error, PackError::Special { path } if path.ends_with("/socket")), "{error}");
}

#[test]
fn a_file_that_goes_away_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("kept"), b"x").unwrap();
    fs::write(dir.path().join("gone"), b"x").unwrap();
    let listing = Listing::of_path(dir.path()).unwrap();
    fs::remove_file(dir.path().join("gone")).unwrap();
    let error = pack(&listing, std::io::sink(), &threads(2)).unwrap_err();
    assert!(matches!(&error, PackError::Changed { path } if path.ends_with("/gone")), "{error}");
}

#[test]
fn a_file_that_changes_is_refused_whatever_its_length() {
    for length in [10, 3 << 20] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, noise(length, 1)).unwrap();
        let listing = Listing::of_path(dir.path()).unwrap();
        // The same length and content, written again: only the time tells.
        fs::File::open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let error = pack(&listing, std::io::sink(), &threads(2)).unwrap_err();
        assert!(matches!(error, PackError::Changed { .. }), "{length}");
        fs::remove_file(&path).unwrap();
        symlink("/etc/hostname", &path).unwrap();
        assert!(pack(&listing, std::io::sink(), &threads(2)).is_err());
    }
}

#[test]
fn a_writer_that_fails_ends_packing() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), noise(20 << 20, 1)).unwrap();
    let listing = Listing::of_path(dir.path()).unwrap();
    for room in [0, 10 << 20] {
        assert!(matches!(pack(&listing, Full(room), &threads(2)), Err(PackError::Write(_))));
    }
}

#[test]
fn a_failed_packing_leaves_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let (source, out) = (dir.path().join("source"), dir.path().join("out.zip"));
    fs::create_dir(&source).unwrap();
    fs::write(source.join("file"), b"x").unwrap();
    fs::write(&out, b"the one before").unwrap();
    let listing = Listing::of_path(&source).unwrap();
    fs::remove_file(source.join("file")).unwrap();
    assert!(pack_to(&listing, &out, &threads(1)).is_err());
    assert_eq!(fs::read(&out).unwrap(), b"the one before");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn several_paths_outside_a_repository_are_chosen_as_configured() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["dist/a.js", "dist/a.js.map", "infra/stack.json", "secret"] {
        fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        fs::write(dir.path().join(name), b"x").unwrap();
    }
    let choice = |include: &[&str]| promote_core::config::Pack {
        include: include.iter().map(|path| (*path).to_owned()).collect(),
        exclude: vec!["*.map".to_owned()],
        root: Some("dist".to_owned()),
        build: None,
    };
    let listing = Listing::of_files(dir.path(), &choice(&["dist", "infra/stack.json"])).unwrap();
    assert_eq!(listing.names().collect::<Vec<_>>(), ["a.js", "infra/stack.json"]);
    assert_eq!(Listing::of_files(dir.path(), &choice(&[])).unwrap().members(), 3);
    let error = Listing::of_files(&dir.path().join("dist"), &choice(&["../secret"])).unwrap_err();
    assert!(matches!(error, PackError::Path { .. }));
}

#[test]
fn what_promote_keeps_for_itself_is_packed_by_nobody() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["app", ".promote/shop/ledger.json", "sub/.promote-store/x", "sub/.promoted"] {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    let listing = Listing::of_path(dir.path()).unwrap();
    assert_eq!(listing.members(), 2);
    let told: Vec<String> = listing.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["`.promote` is kept by promote for this project, and left out, and so is one more"]);
}
