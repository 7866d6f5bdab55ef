//! A scratch project with several environments that do not depend on each other and a few published releases: what
//! the race and crash tests act on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The project.
#[derive(Debug)]
pub struct LaneProject {
    /// Its folder.
    pub folder: tempfile::TempDir,
    /// The program to run.
    pub program: PathBuf,
    /// Variables for every run.
    pub variables: BTreeMap<String, String>,
    /// The published releases' full commits.
    pub releases: Vec<String>,
}

/// Where the project keeps its artifacts.
#[derive(Debug, Clone)]
pub enum Place {
    /// In its own folder.
    Local,
    /// In a bucket of a server, which must be there.
    Bucket {
        /// `s3` or `gs`.
        scheme: &'static str,
        /// The bucket.
        bucket: String,
        /// The server's address.
        endpoint: String,
        /// Variables with credentials and region.
        variables: BTreeMap<String, String>,
    },
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> std::io::Result<String> {
    git_at(folder, arguments, &chrono::Utc::now().to_rfc3339())
}

/// The same, at another time.
fn git_at(folder: &Path, arguments: &[&str], date: &str) -> std::io::Result<String> {
    let output = Command::new("git")
        .env("GIT_AUTHOR_DATE", date)
        .env("GIT_COMMITTER_DATE", date)
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .output()?;
    if !output.status.success() {
        return Err(std::io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl LaneProject {
    /// Runs git in the project's folder.
    ///
    /// # Errors
    /// When it fails, with what it said.
    pub fn git(&self, arguments: &[&str]) -> std::io::Result<String> {
        git(self.folder.path(), arguments)
    }

    /// A project with `lanes` environments `e0`, `e1`, … and `releases` published releases.
    ///
    /// # Errors
    /// When git or the program fails.
    pub fn new(program: &str, place: &Place, lanes: usize, releases: usize) -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let names: Vec<String> = (0..lanes).map(|lane| format!("\"e{lane}\"")).collect();
        let (prefix, store, variables) = match place {
            Place::Local => (String::new(), String::new(), BTreeMap::new()),
            Place::Bucket { scheme, bucket, endpoint, variables } => (
                format!("{scheme}://{bucket}/"),
                format!(
                    "\n[store.{bucket}]\nendpoint = \"{endpoint}\"\nexpiry = \"5s\"\nallowance = \"1s\"\n"
                ),
                variables.clone(),
            ),
        };
        let file = format!(
            "project = \"lanes\"\nenvironments = [[{}]]\nauto = false\nsource = \"{prefix}releases/{{sha}}.zip\"\n\
             target = \"{prefix}deploy/{{env}}.zip\"\n{store}",
            names.join(", ")
        );
        std::fs::write(folder.path().join("promote.toml"), file)?;
        git(folder.path(), &["init", "-q"])?;
        let mut project = Self { folder, program: PathBuf::from(program), variables, releases: Vec::new() };
        for release in 0..releases {
            std::fs::write(project.folder.path().join("app.txt"), format!("release {release}\n"))?;
            // Each commit is a day younger than the one before: the rule `order` goes by that.
            let date = (chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000 + release as i64))
                .to_rfc3339();
            git_at(project.folder.path(), &["add", "app.txt"], &date)?;
            git_at(project.folder.path(), &["commit", "-q", "-m", &format!("release {release}")], &date)?;
            let commit = git_at(project.folder.path(), &["rev-parse", "HEAD"], &date)?;
            let ran = project.run(&["publish", "--commit", &commit, "--yes"], &[])?;
            if ran.code != Some(0) {
                return Err(std::io::Error::other(format!("publish: {ran:?}")));
            }
            project.releases.push(commit);
        }
        Ok(project)
    }

    /// The command, ready to run.
    pub fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("GITHUB_ACTIONS")
            .env_remove("PROMOTE_TEST_KILL")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("NO_COLOR", "1")
            .envs(&self.variables)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> std::io::Result<Ran> {
        Ok(self.command(arguments, variables).output()?.into())
    }

    /// `promote status ENV --json`, as data.
    ///
    /// # Errors
    /// When it does not answer with a document.
    pub fn status(&self, lane: &str) -> std::io::Result<serde_json::Value> {
        let ran = self.run(&["status", lane, "--json"], &[])?;
        let document: serde_json::Value = serde_json::from_str(&ran.out)
            .map_err(|error| std::io::Error::other(format!("status: {error}: {ran:?}")))?;
        document
            .pointer("/environments/0")
            .cloned()
            .ok_or_else(|| std::io::Error::other(format!("status of {lane}: {ran:?}")))
    }
}
