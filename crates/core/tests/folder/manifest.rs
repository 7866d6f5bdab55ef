//! Manifests: one way to write them, and whatever else comes is refused.

use crate::stage::{Stage, files, key};
use futures_executor::block_on;
use promote_core::digest::Digest;
use promote_core::folder::{FolderError, FolderFile, FolderManifest, LIMIT, SCHEMA};
use promote_core::port::{ErrorKind, Token};
use promote_testing::memory::MemoryKind;
use proptest::prelude::*;

fn file(path: &str) -> FolderFile {
    FolderFile { path: key(path), size: 3, executable: false, sha256: Digest::of(b"abc"), token: None }
}

fn manifest(paths: &[&str]) -> FolderManifest {
    FolderManifest {
        schema: SCHEMA.to_owned(),
        of: None,
        files: paths.iter().map(|path| file(path)).collect(),
    }
}

#[test]
fn the_format_is_this() {
    let mut one = manifest(&["a/run.sh", "b \"quoted\".yaml"]);
    one.files[0].executable = true;
    let bare = "{\"schema\":\"promote/folder@1\",\"files\":[\n\
        {\"path\":\"a/run.sh\",\"size\":3,\"executable\":true,\"sha256\":\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"},\n\
        {\"path\":\"b \\\"quoted\\\".yaml\",\"size\":3,\"sha256\":\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}\n\
        ]}\n";
    assert_eq!(String::from_utf8(one.to_bytes()).unwrap(), bare);
    assert_eq!(one.digest(), Digest::of(bare.as_bytes()));
    assert_eq!(one.bytes(), 6);
    let mut target = FolderManifest { of: Some(one.digest()), ..one.clone() };
    target.files[0].token = Some(Token("\"e\"".to_owned()));
    let text = String::from_utf8(target.to_bytes()).unwrap();
    assert!(text.starts_with("{\"schema\":\"promote/folder@1\",\"of\":\"sha256:"), "{text}");
    assert!(text.contains("20015ad\",\"token\":\"\\\"e\\\"\"},\n"), "{text}");
    for manifest in [one.clone(), target.clone(), manifest(&[])] {
        assert_eq!(FolderManifest::from_bytes(&manifest.to_bytes()).unwrap(), manifest);
    }
    assert_eq!(target.source(), one);
}

#[test]
fn a_release_s_own_manifest_that_notes_tokens_is_another_format_with_the_same_identity() {
    let bare = manifest(&["a", "b"]);
    let noted = bare.noting(|path| (path.as_str() == "b").then(|| Token("7".to_owned())));
    let text = String::from_utf8(noted.to_bytes()).unwrap();
    assert!(text.starts_with("{\"schema\":\"promote/folder@2\",\"files\":["), "{text}");
    assert!(text.ends_with("20015ad\",\"token\":\"7\"}\n]}\n"), "{text}");
    assert_eq!(FolderManifest::from_bytes(text.as_bytes()).unwrap(), noted);
    assert_eq!((noted.source(), noted.identity()), (bare.clone(), bare.digest()));
    assert_ne!(noted.digest(), bare.digest());
    // Without any token it is the other format, and only that.
    assert_eq!(bare.noting(|_| None), bare);
    let other = text.replace(",\"token\":\"7\"", "");
    assert!(matches!(FolderManifest::from_bytes(other.as_bytes()), Err(FolderError::Form)));
    // One that was made from another manifest is a target's.
    let target = FolderManifest { of: Some(bare.digest()), ..noted };
    assert!(matches!(FolderManifest::from_bytes(&target.to_bytes()), Err(FolderError::Form)));
}

#[test]
fn what_is_no_folder_is_refused() {
    let why = |paths: &[&str]| FolderManifest::from_bytes(&manifest(paths).to_bytes()).unwrap_err();
    assert!(matches!(why(&["b", "a"]), FolderError::Order(_)));
    assert!(matches!(why(&["a", "a"]), FolderError::Order(_)));
    assert!(matches!(why(&["a", "a.b", "a/b"]), FolderError::Nested { .. }));
    assert!(matches!(why(&["a", "a-c", "a.b", "a/b/c", "a0"]), FolderError::Nested { .. }));
    for own in
        [".promote-folder.json", "x/.promote-folder.json", ".promote/shop/ledger.json", "x/.promote-store/y"]
    {
        assert!(matches!(why(&[own]), FolderError::Reserved(_)), "{own}");
    }
    assert!(FolderManifest::from_bytes(&manifest(&["a.b", "a/b", "a/c", "a0", "b/a"]).to_bytes()).is_ok());
    // Names that differ in case only are two files: not every store is a folder of a careless file system.
    assert!(FolderManifest::from_bytes(&manifest(&["Makefile", "makefile"]).to_bytes()).is_ok());
    let nested = FolderManifest::new(vec![file("a/b"), file("a")]).unwrap_err();
    assert_eq!(nested.to_string(), "`a/b` is below `a`, which is a file");
}

#[test]
fn hostile_bytes_are_refused() {
    let good = String::from_utf8(manifest(&["a", "b"]).to_bytes()).unwrap();
    let line = |path: &str| good.replacen("\"a\"", path, 1);
    for bad in [
        String::new(),
        "[]".to_owned(),
        "null".to_owned(),
        good.replace("folder@1", "folder@2"),
        good.replace("\"size\":3", "\"size\":3.0"),
        good.replace("\"size\":3", "\"size\":-3"),
        good.replace("\"size\":3", "\"size\":99999999999999999999"),
        good.replace("\"size\":3", "\"size\":3,\"size\":3"),
        good.replace("\"size\":3", "\"size\":3,\"mode\":755"),
        good.replace("\"size\":3", "\"size\":3,\"executable\":false"),
        good.replace("\"size\":3", "\"size\":3,\"token\":null"),
        good.replace("\"files\"", "\"of\":null,\"files\""),
        good.replace(",\n", ","),
        good.trim_end().to_owned(),
        format!("{good} "),
        format!("{good}{good}"),
        good.replace("ba78", "BA78"),
        line("\"../a\""),
        line("\"/a\""),
        line("\"a//b\""),
        line("\"a\\u0000b\""),
        line("\"a\\nb\""),
        line("\"a\\\\b\""),
        line("\"\\u0061\""),
        line("\"\""),
        line(&format!("\"{}\"", "a".repeat(1025))),
        format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)),
    ] {
        let shown: String = bad.chars().take(300).collect();
        assert!(FolderManifest::from_bytes(bad.as_bytes()).is_err(), "{shown}");
    }
    assert!(FolderManifest::from_bytes(good.as_bytes()).is_ok());
    assert!(matches!(FolderManifest::from_bytes(&vec![b' '; LIMIT + 1]), Err(FolderError::Long(_))));
    assert!(FolderManifest::from_bytes(b"\xff\xfe").is_err());
}

#[test]
fn too_many_files_are_refused() {
    let mut many = manifest(&[]);
    many.files = (0..=1_000_000).map(|n| file(&format!("{n:07}"))).collect();
    // The bytes would be too long first, so only the count itself is asked here.
    assert!(matches!(FolderManifest::new(many.files), Err(FolderError::Many(1_000_001))));
}

#[test]
fn reading_tells_what_lies_there() {
    let stage = Stage::within(MemoryKind::gcs_like());
    assert!(block_on(FolderManifest::read(&stage.to, &stage.target())).unwrap().is_none());
    stage.to.put(&stage.target().key, "{}").unwrap();
    let error = block_on(FolderManifest::read(&stage.to, &stage.target())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt);
    let published = stage.publish('a', &files(&[("a.sh", "1"), ("b", "2")]));
    let (object, read) = block_on(FolderManifest::read(&stage.from, &stage.release('a'))).unwrap().unwrap();
    assert_eq!((read.digest(), object.size), (published.digest(), published.to_bytes().len() as u64));
    assert!(read.files[0].executable && !read.files[1].executable);
}

proptest! {
    #[test]
    fn every_folder_survives_its_bytes(
        paths in prop::collection::btree_set("[a-c\"é]{1,3}(/[a-c. ]{1,2}x){0,2}", 0..8),
        size: u64,
        executable: bool,
        token in prop::option::of("[ -~é]{0,6}"),
    ) {
        let files = paths.iter().map(|path| FolderFile {
            path: key(path),
            size,
            executable,
            sha256: Digest::of(path.as_bytes()),
            token: token.clone().map(Token),
        });
        let nested = paths.iter().any(|one| paths.iter().any(|two| two.starts_with(&format!("{one}/"))));
        match FolderManifest::new(files.collect()) {
            Ok(manifest) => {
                prop_assert!(!nested);
                let bytes = manifest.to_bytes();
                prop_assert_eq!(FolderManifest::from_bytes(&bytes).unwrap(), manifest.clone());
                prop_assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 2 + paths.len());
            }
            Err(error) => prop_assert!(nested, "{error}"),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(at in 0usize..260, byte: u8) {
        let mut bytes = manifest(&["a", "b/c"]).to_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(read) = FolderManifest::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }
}
