//! A scratch project as a person has it: a repository with a `promote.toml`, and the command run in it. Which stores
//! it names is up to the test.

use crate::lane_project::{Ran, git};
use crate::server::Server;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Three environments in a row.
const ENVIRONMENTS: &str = "project = \"shop\"\nenvironments = [\"staging\", \"uat\", \"prod\"]\n";

/// `promote.toml` for artifacts below the project's own folder.
pub fn local_file() -> String {
    format!("{ENVIRONMENTS}source = \"shop/{{sha}}.zip\"\ntarget = \"shop/{{env}}.zip\"\n")
}

/// `promote.toml` for artifacts in a bucket of a server.
pub fn s3_file(server: &Server, bucket: &str) -> String {
    store_file("s3", bucket, &server.endpoint)
}

/// The same, for a bucket of `s3` or `gs` that is reached at this address.
pub fn store_file(scheme: &str, bucket: &str, endpoint: &str) -> String {
    format!(
        "{ENVIRONMENTS}source = \"{scheme}://{bucket}/shop/{{sha}}.zip\"\n\
         target = \"{scheme}://{bucket}/shop/{{env}}.zip\"\n\n\
         [store.{bucket}]\nendpoint = \"{endpoint}\"\nexpiry = \"5s\"\nallowance = \"1s\"\n"
    )
}

/// The project.
#[derive(Debug)]
pub struct Project {
    folder: tempfile::TempDir,
    program: PathBuf,
    /// Variables for every run; what the machine has of AWS or Google is never read.
    pub variables: BTreeMap<String, String>,
}

impl Project {
    /// An empty repository.
    ///
    /// # Errors
    /// When git fails.
    pub fn new(program: &str) -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        git(folder.path(), &["init", "-q"])?;
        Ok(Self { folder, program: PathBuf::from(program), variables: BTreeMap::new() })
    }

    /// A clone of the repository at `origin`, with the files of its newest commit.
    ///
    /// # Errors
    /// When git fails; `origin` may be no repository.
    pub fn clone_of(program: &str, origin: &Path) -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let origin = origin.to_string_lossy();
        git(folder.path(), &["clone", "-q", "--no-hardlinks", &origin, "."])?;
        Ok(Self { folder, program: PathBuf::from(program), variables: BTreeMap::new() })
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> std::io::Result<()> {
        std::fs::write(self.folder().join(name), content)
    }

    /// Runs git in the project.
    ///
    /// # Errors
    /// When it fails.
    pub fn git(&self, arguments: &[&str]) -> std::io::Result<String> {
        git(self.folder(), arguments)
    }

    /// Commits one file with this content, and gives the commit.
    ///
    /// # Errors
    /// When git fails.
    pub fn commit(&self, name: &str, content: &str, message: &str) -> std::io::Result<String> {
        self.write(name, content)?;
        self.git(&["add", name])?;
        self.git(&["commit", "-q", "-m", message])?;
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs the command.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn run(&self, arguments: &[&str]) -> std::io::Result<Ran> {
        let absent = self.folder().join("absent");
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["AWS_", "GOOGLE_", "STORAGE_", "PROMOTE_", "GITHUB_", "GITLAB_", "CI"]
                .iter()
                .any(|start| text.starts_with(start))
            {
                command.env_remove(&name);
            }
        }
        let output = command
            .args(arguments)
            .current_dir(self.folder())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", &absent)
            .env("AWS_SHARED_CREDENTIALS_FILE", &absent)
            .env("PROMOTE_ACTOR", "alice")
            .env("NO_COLOR", "1")
            .envs(&self.variables)
            .stdin(Stdio::null())
            .output()?;
        Ok(output.into())
    }

    /// Runs the command, which must succeed, and gives what it said on standard output.
    ///
    /// # Errors
    /// When it ends with another code than 0, with everything it said.
    pub fn done(&self, arguments: &[&str]) -> std::io::Result<String> {
        let ran = self.run(arguments)?;
        if ran.code == Some(0) {
            return Ok(ran.out);
        }
        Err(std::io::Error::other(format!(
            "promote {}: {:?}\n{}{}",
            arguments.join(" "),
            ran.code,
            ran.out,
            ran.err
        )))
    }

    /// Runs the command with `--json`, and gives its document.
    ///
    /// # Errors
    /// As [`Project::done`], or when it prints no document.
    pub fn document(&self, arguments: &[&str]) -> std::io::Result<serde_json::Value> {
        let said = self.done(&[arguments, &["--json"]].concat())?;
        serde_json::from_str(&said).map_err(std::io::Error::other)
    }

    /// Every file of the project but the repository's own, with size and time of its last change, one a line.
    ///
    /// # Errors
    /// When a folder can't be read.
    pub fn listing(&self) -> std::io::Result<Vec<String>> {
        let (mut found, mut folders) = (Vec::new(), vec![self.folder().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                let facts = entry.metadata()?;
                if facts.is_dir() {
                    if entry.file_name() != ".git" {
                        folders.push(entry.path());
                    }
                    continue;
                }
                found.push(format!("{} {} {:?}", entry.path().display(), facts.len(), facts.modified()?));
            }
        }
        found.sort();
        Ok(found)
    }
}
