//! Files that others have put there.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

use super::*;
use std::os::unix::fs::{chown, symlink};
use std::process::Command;

fn refused(file: &Path) -> String {
    let failure = text(file, "another").unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Usage);
    failure.message
}

#[test]
fn only_regular_files_of_the_project_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    std::fs::write(file("real.toml"), "project = \"x\"\n").unwrap();
    assert_eq!(text(&file("real.toml"), "another").unwrap(), "project = \"x\"\n");
    // As Kubernetes mounts files.
    symlink("real.toml", file("inside.toml")).unwrap();
    assert!(text(&file("inside.toml"), "another").is_ok());
    symlink("/etc/passwd", file("outside.toml")).unwrap();
    assert!(refused(&file("outside.toml")).contains("outside the project"));
    symlink("nowhere", file("broken.toml")).unwrap();
    let broken = text(&file("broken.toml"), "another").unwrap_err();
    assert!(
        broken.exit == ExitStatus::Missing && broken.message.contains("a link to a file that does not exist"),
        "{broken:?}"
    );
    // Below the work tree's root a link may lead anywhere in it.
    std::fs::create_dir_all(file("repository/.git")).unwrap();
    std::fs::create_dir_all(file("repository/a")).unwrap();
    std::fs::write(file("repository/shared.toml"), "").unwrap();
    symlink("../shared.toml", file("repository/a/promote.toml")).unwrap();
    assert!(text(&file("repository/a/promote.toml"), "another").is_ok());
    symlink("../../real.toml", file("repository/a/out.toml")).unwrap();
    assert!(refused(&file("repository/a/out.toml")).contains("outside the project"));
    // What would hang or never end.
    assert!(refused(Path::new("/dev/zero")).contains("no regular file"));
    let pipe = file("pipe.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(refused(&pipe).contains("no regular file"));
    assert!(refused(dir.path()).contains("no regular file"));
    std::fs::write(file("long.toml"), vec![b'#'; LARGEST + 1]).unwrap();
    assert!(refused(&file("long.toml")).contains("more than a configuration may have"));
}

#[test]
fn other_encodings_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(FILE);
    for (bytes, why) in [
        (&b"\xff\xfep\0r\0"[..], "is UTF-16"),
        (b"\xfe\xff\0p\0r", "is UTF-16"),
        (b"p\0r\0o\0j\0e\0c\0t\0", "looks like UTF-16"),
        (b"\0p\0r\0o\0j\0\xe4\0 ", "looks like UTF-16"),
        (b"project = \"x\"\n# \xe4\n", "is not UTF-8 at line 2"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        assert!(refused(&file).contains(why), "{why}");
    }
}

#[test]
fn a_file_is_looked_for_up_to_the_end_of_the_work_tree() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("repository/.git")).unwrap();
    std::fs::create_dir_all(dir.path().join("repository/a/b")).unwrap();
    std::fs::write(dir.path().join(FILE), "").unwrap();
    let deep = dir.path().join("repository/a/b");
    assert_eq!(find(&deep), None);
    std::fs::write(dir.path().join("repository").join(FILE), "").unwrap();
    assert_eq!(find(&deep), Some(dir.path().join("repository").join(FILE)));
    symlink("nowhere", dir.path().join("repository/a").join(FILE)).unwrap();
    assert_eq!(find(&deep), Some(dir.path().join("repository/a").join(FILE)), "not walked past");
}

/// Only the superuser can give files away, so nobody else can run this.
#[test]
fn what_was_found_is_only_taken_from_its_user() {
    if rustix::process::geteuid().as_raw() != 0 {
        eprintln!("left out: files can't be given to others here");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(FILE);
    std::fs::write(&file, "").unwrap();
    assert!(trusted(&file).is_ok());
    chown(&file, Some(12_345), None).unwrap();
    let failure = trusted(&file).unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Denied);
    assert!(failure.message.contains("user 12345") && failure.hints[0].contains("--config"), "{failure:?}");
    // The one who has the folder can put another file there.
    chown(&file, Some(0), None).unwrap();
    chown(dir.path(), Some(12_345), None).unwrap();
    let failure = trusted(&file).unwrap_err();
    let folder = format!("`{}` belongs to somebody else (user 12345)", dir.path().display());
    assert_eq!(failure.message, folder, "the file is its user's own");
    assert!(failure.state.iter().any(|state| state.contains(FILE)), "{failure:?}");
    // A repository is git's matter.
    let git =
        |arguments: &[&str]| Command::new("git").arg("-C").arg(dir.path()).args(arguments).status().unwrap();
    assert!(git(&["init", "--quiet", "--template="]).success());
    chown(dir.path(), Some(0), None).unwrap();
    chown(dir.path().join(".git"), Some(12_345), None).unwrap();
    let failure = trusted(&file).unwrap_err();
    assert!(failure.message.contains(".git` belongs to somebody else (user 12345)"), "{failure:?}");
    assert!(failure.hints.iter().any(|hint| hint.contains("safe.directory")), "{failure:?}");
    chown(dir.path().join(".git"), Some(0), None).unwrap();
    chown(&file, Some(12_345), None).unwrap();
    let failure = trusted(&file).unwrap_err();
    assert!(failure.message.contains("promote.toml` belongs to somebody else (user 12345)"), "{failure:?}");
    assert!(
        failure.hints.iter().all(|hint| !hint.contains("safe.directory")),
        "it would not help: {failure:?}"
    );
    // Whoever has a folder on the way can put another file there.
    let deep = dir.path().join("a/b").join(FILE);
    std::fs::create_dir_all(deep.parent().unwrap()).unwrap();
    std::fs::write(&deep, "").unwrap();
    assert!(trusted(&deep).is_ok());
    chown(dir.path().join("a"), Some(12_345), None).unwrap();
    assert!(trusted(&deep).unwrap_err().message.contains("/a` belongs to somebody else"));
    // A link of one's own to a file of somebody else.
    symlink(&file, dir.path().join("link.toml")).unwrap();
    assert!(trusted(&dir.path().join("link.toml")).is_err());
}

/// In containers a checkout often belongs to another user as a whole.
#[test]
fn in_a_repository_that_git_takes_its_owner_is_trusted_and_nobody_else() {
    if rustix::process::geteuid().as_raw() != 0 {
        eprintln!("left out: files can't be given to others here");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(FILE);
    std::fs::write(&file, "").unwrap();
    std::fs::create_dir(dir.path().join(".git")).unwrap();
    for path in [dir.path(), &dir.path().join(".git"), &file] {
        chown(path, Some(12_345), None).unwrap();
    }
    let whose = |file: &Path| foreign_in(file, |_| true).map(|(path, _, _)| path);
    assert_eq!(foreign_in(&file, |_| false), Some((dir.path().to_path_buf(), 12_345, true)));
    assert_eq!(whose(&file), None);
    chown(&file, Some(23_456), None).unwrap();
    assert_eq!(whose(&file), Some(file.clone()));
}
