//! Commits are packed from their own tree, whatever lies in the work tree and whatever the repository tries.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use promote_artifacts::git::{GitError, GitRepository};
use promote_artifacts::pack::{Listing, Options, PackError, pack};
use promote_core::commit::CommitId;
use promote_core::config::Pack;
use promote_core::port::{ErrorKind, History};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

struct Repository {
    dir: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { dir: tempfile::tempdir().unwrap() };
        repository.git(&["init", "-q", "-b", "main"]);
        repository
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=A. Developer", "-c", "user.email=a@example.com", "-C"])
            .arg(self.path())
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn commit(&self, message: &str) -> CommitId {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"]).parse().unwrap()
    }

    fn open(&self) -> GitRepository {
        GitRepository::open(self.path()).unwrap()
    }
}

fn files(listing: &Listing) -> BTreeMap<String, Vec<u8>> {
    let mut out = Vec::new();
    pack(listing, &mut out, &Options::default()).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(out)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        member.read_to_end(&mut content).unwrap();
        files.insert(member.name().unwrap().into_owned(), content);
    }
    files
}

#[test]
fn a_commit_gives_its_exact_bytes_whatever_the_work_tree_holds() {
    let repository = Repository::new();
    let long: Vec<u8> =
        (0..3_000_000_u32).flat_map(|i| (u64::from(i) * u64::from(i) / 1000).to_le_bytes()).collect();
    repository.write("crlf.txt", b"a\r\nb\n");
    repository.write("dir/long", &long);
    repository.write("dir/empty", b"");
    repository.write("run", b"#!/bin/sh\n");
    fs::set_permissions(repository.path().join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("long", repository.path().join("dir/link")).unwrap();
    // Attributes and a filter that would change the bytes, were they honoured.
    repository.write(".gitattributes", b"*.txt filter=evil\ndir export-ignore\n");
    let commit = repository.commit("all kinds");
    repository.git(&["config", "filter.evil.smudge", "touch pwned; cat"]);
    repository.write("crlf.txt", b"dirty");
    repository.write("stray", b"not in git");
    let git = repository.open();
    let first = files(&Listing::of_commit(&git, &commit).unwrap());
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        [".gitattributes", "crlf.txt", "dir/empty", "dir/link", "dir/long", "run"]
    );
    assert_eq!(first["crlf.txt"], b"a\r\nb\n");
    assert_eq!(first["dir/link"], b"long");
    assert!(first["dir/long"] == long);
    assert!(!repository.path().join("pwned").exists());
    // The same tree as a folder gives the same archive.
    repository.git(&["config", "--unset", "filter.evil.smudge"]);
    repository.git(&["stash", "-q", "-u"]);
    let pack_of = |listing: &Listing| pack(listing, std::io::sink(), &Options::default()).unwrap();
    let folder = Listing::of_path(repository.path()).unwrap();
    assert_eq!(pack_of(&folder), pack_of(&Listing::of_commit(&git, &commit).unwrap()));
}

#[test]
fn sources_come_from_the_commit_and_build_output_from_the_work_tree() {
    let repository = Repository::new();
    repository.write("app/server/main.py", b"committed");
    repository.write("app/server/test_main.py", b"test");
    repository.write("aws/stack.json", b"{}");
    repository.write("docs/a.md", b"");
    let commit = repository.commit("sources");
    repository.write("app/server/main.py", b"dirty");
    repository.write("app/server/.env", b"secret");
    repository.write("app/client/build/index.html", b"built");
    repository.write("app/client/build/index.js.map", b"map");
    let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let choice = Pack {
        build: Some("not run here".into()),
        include: strings(&["app/server", "./app/client/build/", "aws"]),
        exclude: strings(&["test_*.py", "app/**/*.map"]),
        root: Some("app".into()),
    };
    let git = repository.open();
    let listing = Listing::select(&git, &commit, &choice).unwrap();
    let all = files(&listing);
    assert_eq!(
        all.keys().collect::<Vec<_>>(),
        ["aws/stack.json", "client/build/index.html", "server/main.py"]
    );
    assert_eq!(all["server/main.py"], b"committed");
    let origins: Vec<_> = listing.origins().iter().map(|origin| (origin.commit, origin.members)).collect();
    assert_eq!(origins, [(true, 1), (false, 1), (true, 1)]);

    let select = |include: &[&str]| {
        Listing::select(&git, &commit, &Pack { include: strings(include), ..Pack::default() }).unwrap_err()
    };
    assert!(matches!(select(&["dist"]), PackError::Nothing { path } if path == "dist"));
    assert!(matches!(select(&["../x"]), PackError::Path { .. }));
    assert!(matches!(select(&["aws", "aws/stack.json"]), PackError::Duplicate { .. }));
    symlink("/etc", repository.path().join("out")).unwrap();
    assert!(matches!(select(&["out/hostname"]), PackError::Path { .. }));
    assert!(matches!(select(&["out"]), PackError::Link { .. }));
}

#[test]
fn lfs_pointers_and_submodules_are_refused_unless_left_out() {
    let repository = Repository::new();
    repository.write("file", b"x");
    repository.write("model.bin", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
    let commit = repository.commit("with a pointer");
    let git = repository.open();
    let listing = Listing::of_commit(&git, &commit).unwrap();
    let error = pack(&listing, std::io::sink(), &Options::default()).unwrap_err();
    assert!(matches!(&error, PackError::LfsPointer { path } if path == "model.bin"), "{error}");
    assert!(error.hint().unwrap().contains("git lfs pull"));
    let object = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{object},vendor/lib")]);
    repository.git(&["commit", "-q", "-m", "with a submodule"]);
    let commit: CommitId = repository.git(&["rev-parse", "HEAD"]).parse().unwrap();
    let error = Listing::of_commit(&git, &commit).unwrap_err();
    assert!(matches!(&error, PackError::Submodule { path } if path == "vendor/lib"), "{error}");
    let choice = Pack { exclude: vec!["/vendor".into(), "*.bin".into()], ..Pack::default() };
    assert_eq!(files(&Listing::select(&git, &commit, &choice).unwrap()).len(), 1);
}

#[test]
fn links_in_a_commit_must_stay_inside() {
    let repository = Repository::new();
    symlink("../../etc/passwd", repository.path().join("link")).unwrap();
    let commit = repository.commit("a link");
    assert!(matches!(Listing::of_commit(&repository.open(), &commit), Err(PackError::Link { .. })));
}

#[test]
fn replaced_objects_do_not_show() {
    let repository = Repository::new();
    repository.write("file", b"true");
    let commit = repository.commit("true");
    let before = repository.git(&["rev-parse", "HEAD:file"]);
    repository.write("other", b"forged");
    let after = repository.git(&["hash-object", "-w", "other"]);
    repository.git(&["replace", &before, &after]);
    assert_eq!(files(&Listing::of_commit(&repository.open(), &commit).unwrap())["file"], b"true");
}

#[test]
fn a_folder_without_repository_and_an_unknown_commit_are_named() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(GitRepository::open(dir.path()), Err(GitError::NoRepository { .. })));
    let repository = Repository::new();
    repository.commit("one");
    let unknown: CommitId = "0123456789012345678901234567890123456789".parse().unwrap();
    let error = Listing::of_commit(&repository.open(), &unknown).unwrap_err();
    assert!(matches!(error, PackError::Git(GitError::Missing(_))), "{error}");
}

#[test]
fn the_top_and_the_name_are_found_from_below() {
    let repository = Repository::new();
    repository.write("a/b/c", b"");
    repository.git(&["remote", "add", "origin", "git@example.com:acme/Billing_API.git"]);
    let git = GitRepository::open(&repository.path().join("a/b")).unwrap();
    assert_eq!(git.top().canonicalize().unwrap(), repository.path().canonicalize().unwrap());
    assert_eq!(git.project_name().unwrap().unwrap().as_str(), "billing-api");
}

#[tokio::test]
async fn history_is_answered() {
    let repository = Repository::new();
    repository.write("a", b"1");
    let first = repository.commit("first: ä \u{1f600}\n\nbody");
    repository.git(&["tag", "v1.0.0"]);
    repository.git(&["tag", "-a", "-m", "annotated", "v1"]);
    let second = repository.commit("second");
    repository.git(&["checkout", "-q", "-b", "feature/x"]);
    let third = repository.commit("third");
    let git = repository.open();

    for name in [first.as_str(), first.short(7), "v1.0.0", "v1", "main~1", "HEAD~2"] {
        let found = git.resolve(name).await.unwrap().unwrap();
        assert_eq!(found.id, first, "{name}");
        assert_eq!((found.subject.as_str(), found.author.as_str()), ("first: ä \u{1f600}", "A. Developer"));
    }
    assert_eq!(git.resolve("HEAD").await.unwrap().unwrap().id, third);
    assert_eq!(git.resolve("nothing").await.unwrap(), None);
    assert_eq!(git.resolve("0123456789").await.unwrap(), None);
    assert_eq!(git.resolve("--output=x").await.unwrap_err().kind, ErrorKind::Invalid);
    let tree = repository.git(&["rev-parse", "HEAD^{tree}"]);
    assert_eq!(git.resolve(&tree).await.unwrap(), None);

    assert_eq!(git.on_branch(&second, "main").await.unwrap(), Some(true));
    assert_eq!(git.on_branch(&third, "main").await.unwrap(), Some(false));
    assert_eq!(git.on_branch(&third, "no-such").await.unwrap(), None);
    repository.git(&["update-ref", "refs/remotes/origin/main", third.as_str()]);
    repository.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    assert_eq!(git.on_branch(&third, "main").await.unwrap(), Some(true));

    assert_eq!(git.tags(&first).await.unwrap(), ["v1", "v1.0.0"]);
    assert!(git.tags(&second).await.unwrap().is_empty());
    assert_eq!(git.branches(&third).await.unwrap(), ["feature/x", "main"]);

    let (count, commits) = git.between(&first, &third, 1).await.unwrap().unwrap();
    assert_eq!((count, commits.len()), (2, 1));
    assert_eq!(commits[0].subject, "third");
    assert_eq!(git.between(&third, &first, 5).await.unwrap().unwrap().0, 0);
    let unknown: CommitId = "0123456789012345678901234567890123456789".parse().unwrap();
    assert!(git.between(&unknown, &first, 5).await.unwrap().is_none());
    assert_eq!(git.on_branch(&unknown, "main").await.unwrap(), None);
    assert!(git.tags(&unknown).await.unwrap().is_empty() && git.branches(&unknown).await.unwrap().is_empty());
}

#[tokio::test]
async fn commits_between_are_counted_beyond_the_limit_and_never_guessed() {
    let repository = Repository::new();
    let all: Vec<_> = ["1", "2", "3", "4"].iter().map(|text| repository.commit(text)).collect();
    let git = repository.open();
    for (limit, listed) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3)] {
        let (count, newest) = git.between(&all[0], &all[3], limit).await.unwrap().unwrap();
        assert_eq!((count, newest.len()), (3, listed), "at most {limit}");
    }
    // A tree has a name like a commit's.
    let tree: CommitId = repository.git(&["rev-parse", "HEAD^{tree}"]).parse().unwrap();
    assert!(git.between(&tree, &all[0], 5).await.unwrap().is_none());
    assert!(git.between(&all[0], &tree, 5).await.unwrap().is_none());

    // Both ends are there and what lies between them is not: that is an error, and it says which.
    let (folder, file) = all[1].as_str().split_at(2);
    std::fs::remove_file(repository.path().join(".git/objects").join(folder).join(file)).unwrap();
    let error = git.between(&all[0], &all[3], 5).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains(all[1].as_str()) && !error.message.contains("hint"), "{error}");
}

/// A commit of somebody.
fn by(repository: &Repository, name: &str, arguments: &[&str]) -> CommitId {
    let (name, email) = (format!("user.name={name}"), format!("user.email={name}@x"));
    repository.git(&["add", "-A"]);
    repository.git(&[&["-c", &name, "-c", &email], arguments].concat());
    repository.git(&["rev-parse", "HEAD"]).parse().unwrap()
}

#[tokio::test]
async fn who_only_merges_has_not_written_and_who_puts_in_or_leaves_out_has() {
    let repository = Repository::new();
    let lines = |changed: &[usize]| -> String {
        let line = |at| if changed.contains(&at) { format!("changed {at}\n") } else { format!("{at}\n") };
        (1..40).map(line).collect()
    };
    repository.write("f", lines(&[]));
    let base = by(&repository, "ann", &["commit", "-q", "-m", "base"]);
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.write("f", lines(&[3]));
    by(&repository, "ann", &["commit", "-q", "-m", "side"]);
    repository.git(&["checkout", "-q", "main"]);
    repository.write("f", lines(&[36]));
    let main = by(&repository, "carol", &["commit", "-q", "-m", "main"]);
    let objects = || repository.git(&["count-objects", "-v"]);
    let names = async |from: Option<&CommitId>, to: &CommitId| {
        let (git, before) = (repository.open(), objects());
        let found = git.authors(from, to).await.unwrap().unwrap();
        assert_eq!(objects(), before, "nothing is written there");
        found.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    // Both sides changed one file, and git alone makes one of both.
    let merge = ["merge", "-q", "--no-ff", "-m", "merge", "side"];
    let clean = by(&repository, "bob", &merge);
    assert_eq!(names(Some(&base), &clean).await, ["ann", "carol"]);
    assert_eq!(names(None, &clean).await, [""; 0], "nobody before it has written it");
    repository.write("evil", "put in");
    let puts_in = by(&repository, "bob", &["commit", "-q", "--amend", "--reset-author", "-m", "merge"]);
    assert_eq!(names(Some(&base), &puts_in).await, ["ann", "bob", "carol"]);
    assert_eq!(names(None, &puts_in).await, ["bob"]);
    repository.git(&["reset", "-q", "--hard", main.as_str()]);
    let leaves_out = by(&repository, "bob", &["merge", "-q", "--no-ff", "-s", "ours", "-m", "merge", "side"]);
    assert_eq!(names(Some(&base), &leaves_out).await, ["ann", "bob", "carol"]);

    let unknown = "9".repeat(40).parse().unwrap();
    let all = [base, clean.clone(), puts_in, leaves_out, main, unknown];
    let only = repository.open().only_merges(&all).await.unwrap();
    assert_eq!(only.into_iter().collect::<Vec<_>>(), [clean]);
    let nothing = repository.open().only_merges(&all[5..]).await.unwrap();
    assert!(nothing.is_empty(), "what is checked out is not meant");
}

#[tokio::test]
async fn a_branch_that_looks_like_a_commit_does_not_stand_in_for_it() {
    let repository = Repository::new();
    let first = repository.commit("first");
    repository.commit("second");
    repository.git(&["branch", first.short(7), "HEAD"]);
    let git = repository.open();
    assert_eq!(git.resolve(first.short(7)).await.unwrap().unwrap().id, first);
}

#[tokio::test]
async fn a_shallow_clone_does_not_say_no() {
    let repository = Repository::new();
    repository.commit("first");
    let second = repository.commit("second");
    let side = repository.git(&["commit-tree", "-m", "side", &format!("{second}^{{tree}}")]);
    repository.git(&["branch", "side", &side]);
    let dir = tempfile::tempdir().unwrap();
    let address = format!("file://{}", repository.path().display());
    repository.git(&[
        "clone",
        "-q",
        "--depth",
        "1",
        "--no-single-branch",
        &address,
        dir.path().to_str().unwrap(),
    ]);
    let git = GitRepository::open(dir.path()).unwrap();
    assert_eq!(git.on_branch(&side.parse().unwrap(), "main").await.unwrap(), None);
    assert_eq!(git.on_branch(&second, "main").await.unwrap(), Some(true));
}

#[test]
fn a_partial_clone_is_told_what_brings_its_files() {
    let scratch = Repository::new();
    scratch.write("app.txt", "one");
    let commit = scratch.commit("one");
    scratch.git(&["config", "uploadpack.allowFilter", "true"]);
    let folder = tempfile::tempdir().unwrap();
    let address = format!("file://{}", scratch.path().display());
    let clone = folder.path().join("clone");
    scratch.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &address, clone.to_str().unwrap()]);
    let packed = || {
        let listing = Listing::of_commit(&GitRepository::open(&clone).unwrap(), &commit).unwrap();
        pack(&listing, std::io::sink(), &Options::default())
    };
    let hint = packed().unwrap_err().hint().unwrap();
    // The command that it names is the cure.
    let command = hint.split('`').find(|part| part.starts_with("git fetch --refetch")).unwrap();
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    scratch.git(&[&["-C", clone.to_str().unwrap()], &arguments[..]].concat());
    packed().unwrap();
}
