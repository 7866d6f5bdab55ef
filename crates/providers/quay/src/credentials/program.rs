//! Asking the programs that keep credentials for Docker: `docker-credential-NAME get`, the host on its input.

use super::secret::{Credentials, Secret};
use crate::repository::Repository;
use promote_port::port::{ErrorKind, ProviderError};
use serde::Deserialize;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// How long it may take, for those that ask a person.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperOutput {
    username: String,
    secret: String,
}

/// What the program has for the repository's host.
pub(super) async fn ask(name: &str, repository: &Repository) -> Result<Option<Credentials>, ProviderError> {
    let program = format!("docker-credential-{name}");
    let failed = |why: &str| {
        let what = format!("`{program}` gave no credentials: {why}");
        ProviderError::new(ErrorKind::Denied, repository, "credentials", what)
            .hint("Docker's settings name this program in `credHelpers` or `credsStore`")
            .refusal()
    };
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if name.is_empty() || !plain {
        return Err(failed("its name is not one"));
    }
    let asked = tokio::time::timeout(PATIENCE, run(&program, host_key(repository)));
    let output = asked.await.map_err(|_| failed("it did not answer"))?.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "it is not installed, or not on the PATH",
            _ => "it can't be run",
        };
        failed(why).caused_by(error)
    })?;
    if !output.status.success() {
        // By its protocol the reason is on its standard output; none kept is no failure.
        let said = String::from_utf8_lossy(&output.stdout);
        if said.contains("credentials not found") {
            return Ok(None);
        }
        return Err(failed(&format!("it ended with {}", output.status)));
    }
    let said: HelperOutput =
        serde_json::from_slice(&output.stdout).map_err(|_| failed("its answer is not JSON"))?;
    if said.secret.is_empty() {
        return Ok(None);
    }
    let secret = match said.username.as_str() {
        "<token>" => Secret::Refresh(said.secret),
        _ => Secret::Pair { user: said.username, password: said.secret },
    };
    Ok(Some(Credentials { secret, origin: format!("`{program}`") }))
}

/// The name that Docker keeps a host under.
fn host_key(repository: &Repository) -> &str {
    match repository.host.as_str() {
        "docker.io" | "index.docker.io" => "https://index.docker.io/v1/",
        host => host,
    }
}

async fn run(program: &str, host: &str) -> std::io::Result<std::process::Output> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // One that ends before it has read all has made up its mind.
        let _ = input.write_all(host.as_bytes()).await;
    }
    child.wait_with_output().await
}

#[cfg(test)]
pub(super) mod tests {
    /// What a program answers.
    pub(in crate::credentials) async fn asked(program: &str, host: &str) -> String {
        String::from_utf8(super::run(program, &format!("{host}\n")).await.unwrap().stdout).unwrap()
    }
}
