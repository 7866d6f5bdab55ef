//! Reads YAML as the systems do that run it (1.2: `on` is a word, and no truth), with a parser that is none of ours.

use crate::server::tool;
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

const READ: &str = "import json, sys\nfrom ruamel.yaml import YAML\n\
                    json.dump(YAML(typ='safe', pure=True).load(sys.stdin.read()), sys.stdout)";

/// The document in a text.
///
/// # Errors
/// When it is not YAML, or holds what JSON has no words for.
pub fn read(text: &str) -> std::io::Result<Value> {
    let python = tool("lint-python").map_err(std::io::Error::other)?;
    let mut reading = Command::new(python)
        .args(["-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut into) = reading.stdin.take() {
        into.write_all(text.as_bytes())?;
    }
    let output = reading.wait_with_output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(std::io::Error::other(format!("no YAML: {said}\n{text}")));
    }
    serde_json::from_slice(&output.stdout).map_err(std::io::Error::other)
}
