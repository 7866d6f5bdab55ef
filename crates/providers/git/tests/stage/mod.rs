//! A remote and clones of it, in a folder that goes away.

#![allow(dead_code, unreachable_pub, reason = "each test uses what it needs")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

use promote_git::GitBucket;
use promote_port::location::Key;
use promote_port::port::{Body, Bucket, Condition, Headers, Metadata, Object, ProviderError};
use std::path::{Path, PathBuf};
use std::process::Command;

pub const BRANCH: &str = "promote-ledger";

/// The folder.
pub struct Stage(tempfile::TempDir);

impl Stage {
    /// A bare remote with one commit of code.
    pub fn new() -> Self {
        let stage = Self(tempfile::tempdir().unwrap());
        git(stage.0.path(), &["init", "-q", "--bare", "-b", "main", "remote.git"]);
        let code = stage.clone("code");
        std::fs::write(code.join("app.txt"), "one\n").unwrap();
        git(&code, &["add", "."]);
        git(&code, &["commit", "-q", "-m", "begin"]);
        git(&code, &["push", "-q", "origin", "HEAD:refs/heads/main"]);
        stage
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn remote(&self) -> PathBuf {
        self.0.path().join("remote.git")
    }

    /// A clone.
    pub fn clone(&self, name: &str) -> PathBuf {
        git(self.0.path(), &["clone", "-q", "remote.git", name]);
        self.0.path().join(name)
    }

    /// A repository without a remote.
    pub fn alone(&self, name: &str) -> PathBuf {
        git(self.0.path(), &["init", "-q", name]);
        self.0.path().join(name)
    }

    pub fn bucket(&self, clone: &Path) -> GitBucket {
        GitBucket::open(clone, BRANCH, None)
    }

    /// A program that is `git`, but runs `script` for each call, with `$DIR` for this folder.
    pub fn program(&self, name: &str, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.path().join(name);
        let text = format!("#!/bin/sh\nDIR='{}'\n{script}\n", self.0.path().display());
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// What the remote's branch holds at a path, when it holds anything.
    pub fn at_remote(&self, key: &str) -> Option<String> {
        let name = format!("{BRANCH}:{key}");
        let output = run(&self.remote(), &["cat-file", "blob", &name]);
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    /// Whether the remote's branch of code is still there.
    pub fn at_main_is_there(&self) -> bool {
        run(&self.remote(), &["rev-parse", "--verify", "refs/heads/main"]).status.success()
    }

    /// The subjects of the remote's branch, newest first.
    pub fn log(&self) -> Vec<String> {
        let said = git(&self.remote(), &["log", "--format=%s", BRANCH]);
        said.lines().map(str::to_owned).collect()
    }
}

fn run(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new("git");
    for setting in ["user.name=Test", "user.email=test@example.com", "init.defaultBranch=main"] {
        command.args(["-c", setting]);
    }
    command.current_dir(folder).args(arguments).env("LC_ALL", "C").output().unwrap()
}

/// Runs git, which must succeed.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {}: {said}", arguments.join(" "));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

pub fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// Creates an object.
pub async fn create(bucket: &GitBucket, name: &str, text: &str) -> Result<Object, ProviderError> {
    let body = Body::Bytes(text.to_owned().into());
    bucket.write(&key(name), body, &Headers::default(), &Metadata::new(), &Condition::absent()).await
}
