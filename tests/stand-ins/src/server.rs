//! Real servers for tests, one shared by every test binary when `./test` has started it. How a server is installed,
//! started and ended is the business of `tests/servers/server`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A running server, on loopback. Ends when dropped, unless `./test` started it.
pub struct Server {
    /// Base address, such as `http://127.0.0.1:21966`, without a slash at the end.
    pub endpoint: String,
    /// Access key id that the server takes.
    pub access_key: String,
    /// The secret to it.
    pub secret_key: String,
    /// Region to sign for.
    pub region: String,
    /// The folder of its files, with its output in `log`.
    pub data: PathBuf,
    /// The guard to stop, when this value started it.
    guard: Option<u32>,
}

/// Why there is no server, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{what}\nhint: {HINT}")]
pub struct ServerError {
    what: String,
}

const HINT: &str = "`tests/servers/server install NAME` shows why an install fails; it needs python3 with venv and \
                    a package index; `./test` installs and starts everything";

impl Server {
    /// The server `name` that `./test` shares, else one of this process's own.
    ///
    /// Servers: `seaweedfs`, `ministack`, `ministack-auth`, `moto`, `docker-registry`, `docker-registry-token`,
    /// `rclone`, `s3s`, `fake-gcs`. Others may be using a shared
    /// one at the same time: make buckets with names of your own.
    ///
    /// # Errors
    /// The server is neither shared nor can be installed and started. A test must fail then.
    pub fn start(name: &str) -> Result<Self, ServerError> {
        match std::env::var(shared_variable(name)) {
            Ok(text) => Self::parse(&text),
            Err(_) => Self::start_alone(name),
        }
    }

    /// A server `name` that nobody else uses.
    ///
    /// # Errors
    /// It can't be installed or started.
    pub fn start_alone(name: &str) -> Result<Self, ServerError> {
        let owner = std::process::id().to_string();
        let said = script(&["start", name, "--owner", &owner])?;
        let mut server = Self::parse(&said)?;
        server.guard = Some(number(&fields(&said), "PID")?);
        Ok(server)
    }

    fn parse(text: &str) -> Result<Self, ServerError> {
        let fields = fields(text);
        Ok(Self {
            endpoint: field(&fields, "ENDPOINT")?,
            access_key: field(&fields, "ACCESS_KEY")?,
            secret_key: field(&fields, "SECRET_KEY")?,
            region: field(&fields, "REGION")?,
            data: field(&fields, "DATA")?.into(),
            guard: None,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(guard) = self.guard {
            // A server that does not stop now still ends with this process, which owns it.
            let _ = script(&["stop", &guard.to_string()]);
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// The path of a program that reads back what we wrote, independently of us: `python` (with boto3), `aws`,
/// `skopeo`, `s5cmd`.
///
/// # Errors
/// It can't be installed.
pub fn tool(name: &str) -> Result<PathBuf, ServerError> {
    Ok(PathBuf::from(script(&["tool", name])?.trim_end()))
}

/// The variable in which `./test` hands over a server that runs already, as the lines that the script printed.
fn shared_variable(name: &str) -> String {
    format!("PROMOTE_TEST_{}", name.to_uppercase().replace('-', "_"))
}

fn script(arguments: &[&str]) -> Result<String, ServerError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers/server");
    let output = Command::new(&path)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| ServerError { what: format!("`{}` cannot be run: {error}", path.display()) })?;
    if !output.status.success() {
        let what = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        return Err(ServerError { what: format!("`server {}` failed: {what}", arguments.join(" ")) });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn fields(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter_map(|line| line.split_once('=')).collect()
}

fn field(fields: &BTreeMap<&str, &str>, name: &str) -> Result<String, ServerError> {
    let missing = || ServerError { what: format!("the description of a test server has no `{name}`") };
    fields.get(name).map(|value| (*value).to_owned()).ok_or_else(missing)
}

fn number(fields: &BTreeMap<&str, &str>, name: &str) -> Result<u32, ServerError> {
    let text = field(fields, name)?;
    text.parse()
        .map_err(|_| ServerError { what: format!("`{name}` of a test server is not a number: `{text}`") })
}
