//! What people do in the folder with plain tools: the store must see it, and never be led out of the folder.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::TryStreamExt;
use promote_local::LocalBucket;
use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::{
    Body, Bucket, BucketReader, Condition, ErrorKind, Headers, Metadata, Object, PinnedSource, Precondition,
    ProviderError, VersionId,
};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

async fn write(
    bucket: &LocalBucket,
    at: &str,
    content: &str,
    when: Precondition,
) -> Result<Object, ProviderError> {
    let metadata = Metadata::from([("promote-seq".to_owned(), "7".to_owned())]);
    let headers = Headers { content_type: Some("application/zip".into()), ..Headers::default() };
    let body = Body::Bytes(content.to_owned().into());
    bucket.write(&key(at), body, &headers, &metadata, &Condition::on(when)).await
}

async fn head(bucket: &LocalBucket, at: &str) -> Object {
    bucket.head(&key(at)).await.unwrap().unwrap()
}

async fn read(bucket: &LocalBucket, at: &str, version: Option<&VersionId>) -> Result<String, ProviderError> {
    let pieces: Vec<_> = bucket.read(&key(at), version).await?.try_collect().await?;
    Ok(String::from_utf8(pieces.concat()).unwrap())
}

fn pin(object: &Object, content: &str) -> PinnedSource {
    PinnedSource {
        location: Location { store: StoreId::Local, key: object.key.clone() },
        token: object.token.clone(),
        version: object.version.clone(),
        sha256: Digest::of(content.as_bytes()),
        size: object.size,
        headers: object.headers.clone(),
    }
}

fn fresh() -> (tempfile::TempDir, LocalBucket) {
    let root = tempfile::tempdir().unwrap();
    let bucket = LocalBucket::open(root.path());
    (root, bucket)
}

#[tokio::test]
async fn a_file_placed_by_hand_is_an_object() {
    let (root, bucket) = fresh();
    fs::write(root.path().join("prod.zip"), "by hand").unwrap();
    let found = head(&bucket, "prod.zip").await;
    assert_eq!((found.size, found.sha256), (7, Some(Digest::of(b"by hand"))));
    assert_eq!((found.metadata.len(), &found.headers), (0, &Headers::default()));
    assert!(!root.path().join(".promote-store").exists(), "looking writes nothing");
    assert_eq!(
        write(&bucket, "prod.zip", "x", Precondition::Absent).await.unwrap_err().kind,
        ErrorKind::Conflict
    );
    let from = pin(&found, "by hand");
    bucket.copy(&from, &key("copy.zip"), &Metadata::new(), &Condition::absent()).await.unwrap();
    write(&bucket, "prod.zip", "ours", Precondition::Matches(found.token)).await.unwrap();
    assert_eq!(read(&bucket, "prod.zip", found.version.as_ref()).await.unwrap(), "by hand");
    bucket.copy(&from, &key("back.zip"), &Metadata::new(), &Condition::absent()).await.unwrap();
    assert_eq!(fs::read(root.path().join("back.zip")).unwrap(), b"by hand");
}

#[tokio::test]
async fn bytes_changed_in_place_are_noticed_though_the_time_of_change_was_set_back() {
    let (root, bucket) = fresh();
    let path = root.path().join("rel.zip");
    let ours = write(&bucket, "rel.zip", "the release", Precondition::Absent).await.unwrap();
    assert_eq!(head(&bucket, "rel.zip").await.token, ours.token);
    let then = fs::metadata(&path).unwrap().modified().unwrap();
    // The clock of the file system has its own pace.
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    fs::write(&path, "THE RELEASE").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), then);
    for bucket in [&bucket, &LocalBucket::open(root.path())] {
        let found = head(bucket, "rel.zip").await;
        assert_eq!(found.sha256, Some(Digest::of(b"THE RELEASE")));
        assert_ne!(found.token, ours.token);
        assert!(found.metadata.is_empty(), "what was said of the release is not said of it");
        let listed = bucket.list("rel", None, 10).await.unwrap().objects;
        assert_ne!(listed[0].token, ours.token);
        let from = pin(&ours, "the release");
        let end = bucket.copy(&from, &key("prod.zip"), &Metadata::new(), &Condition::absent()).await;
        assert_eq!(end.unwrap_err().kind, ErrorKind::Corrupt);
        assert_eq!(read(bucket, "rel.zip", None).await.unwrap_err().kind, ErrorKind::Corrupt);
    }
}

#[tokio::test]
async fn a_file_whose_rights_changed_is_the_same_object() {
    use std::os::unix::fs::PermissionsExt as _;
    let (root, bucket) = fresh();
    let ours = write(&bucket, "rel.zip", "the release", Precondition::Absent).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    fs::set_permissions(root.path().join("rel.zip"), fs::Permissions::from_mode(0o600)).unwrap();
    for _ in 0..2 {
        assert_eq!(head(&bucket, "rel.zip").await, Object { ..ours.clone() });
    }
}

#[tokio::test]
async fn the_digest_of_a_large_file_that_was_placed_by_hand_is_kept_until_somebody_touches_it() {
    let (root, bucket) = fresh();
    write(&bucket, "begun", "x", Precondition::Absent).await.unwrap();
    let path = root.path().join("rel.zip");
    let bytes = |letter: &str| letter.repeat(1 << 20);
    fs::write(&path, bytes("a")).unwrap();
    let described = || {
        let all = walk(&root.path().join(".promote-store/objects"));
        all.into_iter().find(|path| {
            fs::read_to_string(path)
                .is_ok_and(|text| text.contains("by-hand\":true") || text.contains("by_hand\":true"))
        })
    };
    // What was written just now may be written again within one tick of the clock.
    assert_eq!(head(&bucket, "rel.zip").await.sha256, Some(Digest::of(bytes("a").as_bytes())));
    assert!(described().is_none());
    tokio::time::sleep(std::time::Duration::from_millis(2200)).await;
    assert_eq!(head(&bucket, "rel.zip").await.sha256, Some(Digest::of(bytes("a").as_bytes())));
    // That it is not read again is seen by who tells it something else.
    let note = described().unwrap();
    let (text, time) = (fs::read_to_string(&note).unwrap(), fs::metadata(&note).unwrap().modified().unwrap());
    let (a, z) = (Digest::of(bytes("a").as_bytes()), Digest::of(b"z"));
    fs::write(&note, text.replace(&a.hex(), &z.hex())).unwrap();
    fs::File::options().write(true).open(&note).unwrap().set_modified(time).unwrap();
    assert_eq!(head(&LocalBucket::open(root.path()), "rel.zip").await.sha256, Some(z));
    // Touched, it is read; also where the time of change was set back.
    let then = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, bytes("b")).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
    let b = Digest::of(bytes("b").as_bytes());
    let found = head(&LocalBucket::open(root.path()), "rel.zip").await;
    assert_eq!(found.sha256, Some(b));
    // What is replaced is kept as what it is.
    write(&bucket, "rel.zip", "ours", Precondition::Matches(found.token)).await.unwrap();
    assert_eq!(read(&bucket, "rel.zip", found.version.as_ref()).await.unwrap(), bytes("b"));
    let versions = bucket.versions(&key("rel.zip"), 10).await.unwrap();
    assert!(versions.iter().any(|version| version.sha256 == Some(b)), "{versions:?}");
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn every_change_by_hand_changes_the_token() {
    type ByHand = (&'static str, fn(&Path));
    let changes: [ByHand; 5] = [
        ("edited in place, with the same length", |path| fs::write(path, "HAND").unwrap()),
        ("rewritten with the same bytes", |path| fs::write(path, "ours").unwrap()),
        ("touched", |path| fs::File::open(path).unwrap().set_modified(std::time::SystemTime::now()).unwrap()),
        ("replaced", |path| {
            fs::write(path.with_extension("new"), "ours").unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        }),
        ("removed and made again", |path| {
            fs::remove_file(path).unwrap();
            fs::write(path, "ours").unwrap();
        }),
    ];
    for (what, change) in changes {
        let (root, bucket) = fresh();
        let ours = write(&bucket, "prod.zip", "ours", Precondition::Absent).await.unwrap();
        assert_eq!(head(&bucket, "prod.zip").await, ours);
        let path = root.path().join("prod.zip");
        change(&path);
        let found = head(&bucket, "prod.zip").await;
        assert_ne!(found.token, ours.token, "{what}");
        assert_eq!(found.sha256, Some(Digest::of(&fs::read(&path).unwrap())), "{what}");
        assert!(found.metadata.is_empty(), "{what}");
        assert_eq!(bucket.list("", None, 1).await.unwrap().objects[0].token, found.token, "{what}");
        let stale = write(&bucket, "prod.zip", "next", Precondition::Matches(ours.token)).await;
        assert_eq!(stale.unwrap_err().kind, ErrorKind::Conflict, "{what}");
        write(&bucket, "prod.zip", "next", Precondition::Matches(found.token)).await.unwrap();
    }
}

#[tokio::test]
async fn a_faithful_copy_of_the_folder_is_the_same_store() {
    let (root, bucket) = fresh();
    let old = write(&bucket, "prod.zip", "old", Precondition::Absent).await.unwrap();
    let new = write(&bucket, "prod.zip", "new", Precondition::Any).await.unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (from, to) = (root.path().join("."), elsewhere.path());
    let done = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
    let moved = LocalBucket::open(to);
    assert_eq!(head(&moved, "prod.zip").await, new);
    assert_eq!(read(&moved, "prod.zip", old.version.as_ref()).await.unwrap(), "old");
}

#[tokio::test]
async fn bytes_that_were_changed_in_secret_are_not_passed_on() {
    let (root, bucket) = fresh();
    let path = root.path().join("prod.zip");
    let ours = write(&bucket, "prod.zip", "ours", Precondition::Absent).await.unwrap();
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, "evil").unwrap();
    fs::File::open(&path).unwrap().set_modified(time).unwrap();
    assert_eq!(read(&bucket, "prod.zip", None).await.unwrap_err().kind, ErrorKind::Corrupt);
    assert_eq!(bucket.get(&key("prod.zip"), 100).await.unwrap_err().kind, ErrorKind::Corrupt);
    let copy = bucket.copy(&pin(&ours, "ours"), &key("to.zip"), &Metadata::new(), &Condition::absent()).await;
    assert_eq!(copy.unwrap_err().kind, ErrorKind::Corrupt);
    assert!(!root.path().join("to.zip").exists());
}

#[tokio::test]
async fn symbolic_links_lead_nowhere() {
    let (root, bucket) = fresh();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("folder")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret"), root.path().join("file")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("missing"), root.path().join("dangling")).unwrap();
    for at in ["folder/secret", "folder/new", "file", "dangling", "folder/deep/new"] {
        let kind = |end: Result<(), ProviderError>| end.unwrap_err().kind;
        assert_eq!(kind(bucket.head(&key(at)).await.map(drop)), ErrorKind::Invalid, "{at}");
        assert_eq!(kind(bucket.get(&key(at), 100).await.map(drop)), ErrorKind::Invalid, "{at}");
        for when in [Precondition::Any, Precondition::Absent] {
            assert_eq!(kind(write(&bucket, at, "x", when).await.map(drop)), ErrorKind::Invalid, "{at}");
        }
        assert_eq!(kind(bucket.delete(&key(at), &Precondition::Any).await), ErrorKind::Invalid, "{at}");
    }
    // They are there for whoever lists, and can't be read; deleting one takes nothing away that it leads to.
    let listed = bucket.list("", None, 10).await.unwrap().objects;
    let keys: Vec<&str> = listed.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(keys, ["dangling", "file", "folder"]);
    assert!(listed.iter().all(|object| object.sha256 != Some(Digest::of(b"secret"))));
    assert_eq!(bucket.list("folder/", None, 10).await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    for object in listed {
        let when = Precondition::Matches(object.token.clone());
        let stale = Precondition::Matches(promote_port::port::Token(format!("{}0", object.token.0)));
        assert_eq!(bucket.delete(&object.key, &stale).await.unwrap_err().kind, ErrorKind::Invalid);
        bucket.delete(&object.key, &when).await.unwrap();
    }
    assert!(bucket.list("", None, 10).await.unwrap().objects.is_empty());
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"secret");
}

#[tokio::test]
async fn the_stores_own_folder_is_out_of_reach() {
    let (_root, bucket) = fresh();
    write(&bucket, "a", "x", Precondition::Absent).await.unwrap();
    for at in [".promote-store", ".promote-store/lock", ".PROMOTE-store/lock"] {
        assert_eq!(bucket.head(&key(at)).await.unwrap_err().kind, ErrorKind::Invalid);
        assert_eq!(write(&bucket, at, "x", Precondition::Any).await.unwrap_err().kind, ErrorKind::Invalid);
    }
    for prefix in ["", ".", ".promote-store/", ".promote-store/tmp/"] {
        let listed = bucket.list(prefix, None, 10).await.unwrap().objects;
        assert_eq!(listed.len(), usize::from(prefix.is_empty()), "`{prefix}`: {listed:?}");
    }
    for prefix in ["../", "/", "a/../", "./"] {
        assert!(bucket.list(prefix, None, 10).await.unwrap().objects.is_empty(), "{prefix}");
    }
}

#[tokio::test]
async fn what_is_no_object_is_said_plainly() {
    let (root, bucket) = fresh();
    write(&bucket, "folder/file", "x", Precondition::Absent).await.unwrap();
    let folder = bucket.head(&key("folder")).await.unwrap_err();
    assert_eq!((folder.kind, folder.message.as_str()), (ErrorKind::Invalid, "it is a folder"));
    assert!(bucket.head(&key("folder/file/below")).await.unwrap().is_none());
    let over = write(&bucket, "folder", "x", Precondition::Absent).await.unwrap_err();
    assert_eq!(over.kind, ErrorKind::Invalid);
    let below = write(&bucket, "folder/file/below", "x", Precondition::Absent).await.unwrap_err();
    assert_eq!(below.kind, ErrorKind::Invalid);
    assert!(below.to_string().contains("`file` is an object"), "{below}");
    let long = "n".repeat(300);
    assert_eq!(write(&bucket, &long, "x", Precondition::Any).await.unwrap_err().kind, ErrorKind::Invalid);
    let pipe = std::process::Command::new("mkfifo").arg(root.path().join("pipe")).status().unwrap();
    assert!(pipe.success());
    assert_eq!(bucket.head(&key("pipe")).await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(
        bucket.list("pipe", None, 10).await.unwrap().objects.len(),
        1,
        "it is there for whoever lists"
    );
    let missing = LocalBucket::open(root.path().join("missing"));
    assert_eq!(missing.head(&key("a")).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(write(&missing, "a", "x", Precondition::Any).await.unwrap_err().kind, ErrorKind::NotFound);
    assert!(!root.path().join("missing").exists());
}

#[tokio::test]
async fn what_lies_in_place_of_the_stores_own_folder_is_told() {
    let (root, bucket) = fresh();
    let (elsewhere, own) = (tempfile::tempdir().unwrap(), root.path().join(".promote-store"));
    for link in [false, true] {
        if link {
            fs::remove_file(&own).unwrap();
            std::os::unix::fs::symlink(elsewhere.path(), &own).unwrap();
        } else {
            fs::write(&own, "").unwrap();
        }
        let read = bucket.head(&key("a")).await.unwrap_err();
        let written = write(&bucket, "a", "x", Precondition::Absent).await.unwrap_err();
        for error in [read, written] {
            let what = if link { "it is a symbolic link" } else { "it is not a folder" };
            assert_eq!(error.subject, ".promote-store", "link: {link}");
            assert!(error.message.starts_with(what), "{error}");
            assert_eq!(error.kind, ErrorKind::Invalid, "it is not worth another try");
            assert_eq!(error.hints.len(), 1);
        }
    }
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0, "a link is not followed");
}

#[tokio::test]
async fn folders_go_with_their_last_object_and_no_draft_is_left() {
    let (root, bucket) = fresh();
    write(&bucket, "a/b/c", "x", Precondition::Absent).await.unwrap();
    write(&bucket, "a/d", "x", Precondition::Absent).await.unwrap();
    write(&bucket, "a/d", "x", Precondition::Absent).await.unwrap_err();
    bucket.delete(&key("a/b/c"), &Precondition::Any).await.unwrap();
    assert!(!root.path().join("a/b").exists() && root.path().join("a/d").exists());
    bucket.probe(&key("scratch")).await.unwrap();
    assert_eq!(fs::read_dir(root.path().join(".promote-store/tmp")).unwrap().count(), 0);
}

/// Written out byte by byte they were longer than any key, and nothing of the whole folder could be listed.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn long_names_that_no_key_has_are_shown_and_told_apart() {
    use std::os::unix::ffi::OsStrExt;
    let (root, bucket) = fresh();
    fs::write(root.path().join("plain"), "x").unwrap();
    for last in [0xfd, 0xfe, b'a'] {
        let mut name = [0xff; 255];
        name[254] = last;
        fs::write(root.path().join(std::ffi::OsStr::from_bytes(&name)), "x").unwrap();
    }
    let mixed = [&[0xff][..], "\u{20ac}".repeat(84).as_bytes()].concat();
    fs::write(root.path().join(std::ffi::OsStr::from_bytes(&mixed)), "x").unwrap();
    let listed = bucket.list("", None, 10).await.unwrap().objects;
    let names: BTreeSet<&str> = listed.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(names.iter().all(|name| name.len() <= 255 && (*name == "plain" || name.starts_with('\u{fffd}'))));
}

/// What a removal leaves that was cut off is no content. What a ledger keeps says nothing of itself, and its place stays.
#[tokio::test]
async fn an_empty_folder_is_in_nobodys_way_and_one_with_content_is() {
    let (root, bucket) = fresh();
    for below in ["", "x", "x/y/z"] {
        fs::create_dir_all(root.path().join("web/sub").join(below)).unwrap();
        write(&bucket, "web/sub", "now a file", Precondition::Absent).await.unwrap();
        assert_eq!(read(&bucket, "web/sub", None).await.unwrap(), "now a file", "{below}");
        fs::remove_file(root.path().join("web/sub")).unwrap();
    }
    fs::create_dir_all(root.path().join("web/sub/x")).unwrap();
    fs::write(root.path().join("web/sub/x/kept"), "content").unwrap();
    fs::create_dir_all(root.path().join("web/sub/empty")).unwrap();
    let refused = write(&bucket, "web/sub", "x", Precondition::Absent).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Invalid);
    assert!(root.path().join("web/sub/x/kept").exists() && root.path().join("web/sub/empty").exists());
    fs::create_dir_all(root.path().join("led/record.json")).unwrap();
    let (body, none) = (Body::Bytes("{}".into()), Metadata::new());
    let record = bucket
        .write(
            &key("led/record.json"),
            body,
            &Headers::default(),
            &none,
            &Condition::on(Precondition::Absent),
        )
        .await;
    assert_eq!(record.unwrap_err().kind, ErrorKind::Invalid);
}
