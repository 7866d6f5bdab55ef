//! A project in a folder with a git repository, and a store in memory that a scheme of its own leads to.

use promote::port::{Bucket, StoreId};
use promote::{Builder, Project, Variables};
use promote_testing::memory::{MemoryBucket, MemoryKind, MemoryWorld, VirtualClock};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

pub(crate) const FILE: &str = "project = \"shop\"\nenvironments = [\"staging\", \"prod\"]\n\
                        source = \"acme://vault/releases/{sha}.zip\"\ntarget = \"acme://vault/deploy/{env}.zip\"\n";

pub(crate) struct Stage {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) bucket: MemoryBucket,
    pub(crate) clock: VirtualClock,
}

pub(crate) fn git(folder: &Path, words: &[&str]) -> String {
    let mut git = Command::new("git");
    for (name, value) in [("NAME", "ann"), ("EMAIL", "ann@acme.example")] {
        git.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    let done = git.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").args(words).output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

impl Stage {
    /// With this file, and one commit.
    pub(crate) fn new(file: &str) -> Self {
        Self::on(file, MemoryKind::local_like())
    }

    /// The same on another kind of store.
    pub(crate) fn on(file: &str, kind: MemoryKind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::write(path.join("promote.toml"), file).unwrap();
        std::fs::write(path.join("app.txt"), "one").unwrap();
        git(path, &["init", "--quiet", "--initial-branch", "main"]);
        git(path, &["add", "."]);
        git(path, &["commit", "--quiet", "--message", "one"]);
        let clock = VirtualClock::default();
        let store = StoreId::Other { scheme: "acme".to_owned(), name: "vault".to_owned() };
        let bucket = MemoryWorld::new(clock.clone()).bucket(store, kind);
        Self { folder, bucket, clock }
    }

    /// One commit more.
    pub(crate) fn commit(&self, text: &str) -> String {
        std::fs::write(self.folder.path().join("app.txt"), text).unwrap();
        git(self.folder.path(), &["commit", "--quiet", "--all", "--message", text]);
        git(self.folder.path(), &["rev-parse", "HEAD"])
    }

    /// What a name stands for.
    pub(crate) fn commit_of(&self, name: &str) -> String {
        git(self.folder.path(), &["rev-parse", name])
    }

    /// The project is about to be opened, with these variables and no others.
    pub(crate) fn opening(&self, variables: &[(&str, &str)]) -> Builder {
        let path = std::env::var("PATH").unwrap();
        let variables: Variables = variables.iter().copied().chain([("PATH", path.as_str())]).collect();
        self.with_store(promote::open(self.folder.path())).variables(variables)
    }

    /// The same with the store and the clock.
    pub(crate) fn with_store(&self, builder: Builder) -> Builder {
        let bucket = self.bucket.clone();
        builder.clock(Arc::new(self.clock.clone())).scheme("acme", move |name| {
            assert_eq!(name, "vault");
            Ok(Arc::new(bucket.clone()) as Arc<dyn Bucket>)
        })
    }

    pub(crate) fn project(&self) -> Project {
        self.opening(&[]).build().unwrap()
    }

    /// What is in the store.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.bucket.keys().iter().map(ToString::to_string).collect()
    }

    /// Published, and in staging.
    pub(crate) async fn ready() -> Self {
        let stage = Self::new(FILE);
        let published = stage.project().publish("HEAD").await.unwrap();
        assert_eq!(published.report.moves.len(), 1, "{:?}", published.report);
        stage
    }
}
