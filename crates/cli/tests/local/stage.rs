//! A project in a scratch folder and a keyboard whose keys were pressed in advance.

use crate::hint::{Ended, all_work};
use async_trait::async_trait;
use promote_cli::{Ask, Connect, Env, Fixed, Providers, Signal, Signals, Stream, run};
use promote_core::exit::ExitStatus;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Three environments; the first takes releases by itself.
pub(crate) const CONFIG: &str = r#"
project      = "shop"
environments = ["staging", "uat", "prod"]
source       = "releases/{sha}.zip"
target       = "deployed/{env}.zip"
ledger       = ".promote/shop/"
"#;

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) exit: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// The document on standard output.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Both streams.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// Fails the test unless it ended so.
    #[track_caller]
    pub(crate) fn ends(self, wanted: ExitStatus) -> Self {
        assert_eq!(self.exit, wanted, "{}", self.all());
        self
    }
}

#[derive(Debug, Default)]
struct Keys(Mutex<VecDeque<String>>);

impl Ask for Keys {
    fn line(&self) -> std::io::Result<Option<String>> {
        Ok(self.0.lock().unwrap().pop_front())
    }
}

#[derive(Debug)]
struct Quiet;

#[async_trait]
impl Signals for Quiet {
    async fn next(&self) -> Signal {
        std::future::pending().await
    }
}

/// The project.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    /// Where the project lies in it, and where commands are run in that.
    inner: PathBuf,
    current: PathBuf,
    keys: Arc<Keys>,
    pub(crate) terminal: bool,
    pub(crate) columns: Option<usize>,
    pub(crate) rows: Option<usize>,
    /// Variables beside those that every command has.
    pub(crate) variables: Vec<(&'static str, String)>,
}

impl Stage {
    /// A folder with nothing in it.
    pub(crate) fn bare() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            inner: PathBuf::new(),
            current: PathBuf::new(),
            keys: Arc::default(),
            terminal: false,
            columns: None,
            rows: None,
            variables: Vec::new(),
        }
    }

    /// A repository with this configuration and one commit.
    pub(crate) fn with(config: &str) -> Self {
        Self::within(OsStr::new(""), config)
    }

    /// The same in a folder of this name.
    pub(crate) fn within(name: &OsStr, config: &str) -> Self {
        let stage = Self { inner: PathBuf::from(name), ..Self::bare() };
        std::fs::create_dir_all(stage.folder.path().join(&stage.inner)).unwrap();
        stage.git(&["init", "--quiet", "--template=", "--initial-branch=main"]);
        stage.write("promote.toml", config);
        stage.write(".gitignore", "/releases\n/deployed\n/.promote*\n/out\n");
        stage.commit("feat: first");
        stage
    }

    /// Runs commands in this folder of the project from now on.
    pub(crate) fn enters(&mut self, folder: &str) {
        self.current = PathBuf::from(folder);
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(&self.inner).canonicalize().unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let file = self.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    /// Commits everything and gives the commit's name.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.write("message.txt", message);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=Alice", "-c", "user.email=alice@example.com"];
        let mut command = Command::new("git");
        command.current_dir(self.path()).args(identity).args(["-c", "commit.gpgSign=false"]);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Runs a line of a shell in it, as somebody else who is at work there.
    pub(crate) fn shell(&self, line: &str) {
        let status = Command::new("sh").args(["-c", line]).current_dir(self.path()).status().unwrap();
        assert!(status.success(), "{line}");
    }

    /// Types a line for a later question.
    pub(crate) fn types(&self, line: &str) {
        self.keys.0.lock().unwrap().push_back(line.to_owned());
    }

    /// Runs a command line, whose hints must work.
    pub(crate) fn run(&self, line: &[&str]) -> Answer {
        let Answer { exit, out, err } = self.run_on(line, &Providers);
        let ended = Ended { exit, out, err };
        let typed: Vec<String> =
            std::iter::once("promote").chain(line.iter().copied()).map(str::to_owned).collect();
        all_work(&typed, &ended, self);
        Answer { exit: ended.exit, out: ended.out, err: ended.err }
    }

    pub(crate) fn run_on(&self, line: &[&str], connect: &dyn Connect) -> Answer {
        let (out, err) = (Arc::<Mutex<Vec<u8>>>::default(), Arc::<Mutex<Vec<u8>>>::default());
        let streams: [Stream; 2] = [Arc::<Mutex<Vec<u8>>>::clone(&out), Arc::<Mutex<Vec<u8>>>::clone(&err)];
        let arguments: Vec<OsString> =
            std::iter::once("promote").chain(line.iter().copied()).map(OsString::from).collect();
        let exit = run(arguments, &self.env(), &streams[0], &streams[1], connect);
        let text = |taken: &Mutex<Vec<u8>>| String::from_utf8(taken.lock().unwrap().clone()).unwrap();
        Answer { exit, out: text(&out), err: text(&err) }
    }

    fn env(&self) -> Env {
        let path = std::env::var("PATH").unwrap();
        Env {
            variables: [("PATH", path.as_str()), ("USER", "alice")]
                .into_iter()
                .chain(self.variables.iter().map(|(name, value)| (*name, value.as_str())))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            folder: self.path().join(&self.current),
            input_terminal: self.terminal,
            output_terminal: self.terminal,
            error_terminal: self.terminal,
            dimensions: Arc::new(Fixed { columns: self.columns, rows: self.rows }),
            keyboard: Arc::clone(&self.keys) as Arc<dyn Ask>,
            signals: Arc::new(Quiet),
        }
    }
}

/// The files below a folder, with their contents, so that "nothing was written" can be told.
pub(crate) fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.ends_with(".git") => {}
                true => folders.push(path),
                false => found.push((path.clone(), std::fs::read(&path).unwrap())),
            }
        }
    }
    found.sort();
    found
}
