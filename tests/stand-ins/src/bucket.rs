//! Buckets of their own for tests on a shared server, made with an independent client.

use crate::server::{Server, tool};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The variables with which any AWS client reaches this server, but for its address.
pub fn sign_in(server: &Server) -> BTreeMap<String, String> {
    [
        ("AWS_ACCESS_KEY_ID", &server.access_key),
        ("AWS_SECRET_ACCESS_KEY", &server.secret_key),
        ("AWS_REGION", &server.region),
        ("AWS_DEFAULT_REGION", &server.region),
    ]
    .map(|(name, value)| (name.to_owned(), value.clone()))
    .into()
}

/// Runs `aws s3api` against the server.
///
/// # Errors
/// When the client can't be had or does not succeed.
pub fn s3api(server: &Server, arguments: &[&str]) -> std::io::Result<String> {
    let client = tool("aws").map_err(std::io::Error::other)?;
    let output = Command::new(client)
        .args(["--endpoint-url", &server.endpoint, "s3api"])
        .args(arguments)
        .envs(sign_in(server))
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(std::io::Error::other(format!("aws s3api {}: {said}", arguments.join(" "))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Makes a bucket with a name that nobody else has, with versions kept.
///
/// # Errors
/// When the server does not make it.
pub fn fresh(server: &Server) -> std::io::Result<String> {
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let name = format!("promote-{}-{number}", std::process::id());
    s3api(server, &["create-bucket", "--bucket", &name])?;
    let keep = ["put-bucket-versioning", "--bucket", &name, "--versioning-configuration", "Status=Enabled"];
    s3api(server, &keep)?;
    Ok(name)
}
