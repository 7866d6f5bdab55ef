//! Looks at buckets without the project's own code: boto3, in the pinned environment of `tests/servers`.

use crate::bucket::sign_in;
use crate::server::{Server, tool};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What `client.py` said.
fn client(server: &Server, arguments: &[&str]) -> std::io::Result<String> {
    python(&[include_str!("client.py"), &server.endpoint], arguments, &sign_in(server))
}

/// Runs `python -c SCRIPT …` with boto3 at hand, and gives what it printed.
///
/// # Errors
/// When Python can't be had, or the script fails: what it said.
pub fn python(
    script: &[&str],
    arguments: &[&str],
    variables: &BTreeMap<String, String>,
) -> std::io::Result<String> {
    let python = tool("python").map_err(std::io::Error::other)?;
    let output = Command::new(python).arg("-c").args(script).args(arguments).envs(variables).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(std::io::Error::other(format!("{}: {said}", arguments.join(" "))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn json(text: &str) -> std::io::Result<Value> {
    serde_json::from_str(text).map_err(std::io::Error::other)
}

/// Every key and version of a bucket, one a line, with sizes, entity tags and times.
///
/// # Errors
/// When the server does not list them.
pub fn listing(server: &Server, bucket: &str) -> std::io::Result<Vec<String>> {
    let said = client(server, &["list", bucket])?;
    Ok(said.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// Fetches an object into `file`; `size`, `sha256`, `metadata` and `content_type` of it.
///
/// # Errors
/// When it is not there.
pub fn fetch(server: &Server, bucket: &str, key: &str, file: &Path) -> std::io::Result<Value> {
    json(&client(server, &["get", bucket, key, &file.to_string_lossy()])?)
}

/// Makes a bucket that keeps no versions.
///
/// # Errors
/// When the server does not make it.
pub fn plain_bucket(server: &Server, name: &str) -> std::io::Result<()> {
    client(server, &["bucket", name]).map(drop)
}

/// Makes a user who may do what the policy says, and gives the variables to sign in as that user.
///
/// # Errors
/// When the server does not make it.
pub fn user(server: &Server, name: &str, policy: &Value) -> std::io::Result<BTreeMap<String, String>> {
    let keys = json(&client(server, &["user", name, &policy.to_string()])?)?;
    let mut variables = sign_in(server);
    for (variable, field) in [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")] {
        let value = keys.get(field).and_then(Value::as_str).unwrap_or_default();
        variables.insert(variable.to_owned(), value.to_owned());
    }
    Ok(variables)
}
