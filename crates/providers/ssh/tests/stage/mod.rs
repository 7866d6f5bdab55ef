//! A folder with keys, lists and signatures, in which the real `ssh-keygen` signs and verifies; and signatures by
//! security keys, made of what such a key would sign.

#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

pub mod agent;
pub mod security_key;

use chrono::{DateTime, Utc};
use promote_port::port::{Signed, SignedBy, Signers, Uncounted};
use promote_ssh::AllowedSigners;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

pub const NAMESPACE: &str = "promote-approval@v1";
pub const MESSAGE: &[u8] = b"{\"document\":\"approval\"}\n";

pub struct Stage {
    dir: tempfile::TempDir,
}

impl Stage {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// A program of this text. Another process writes it, since none runs that is open for writing, and what is open here
    /// is for a moment in every process that another thread starts.
    pub fn program(&self, name: &str, text: &str) -> PathBuf {
        let (from, path) = (self.write("program.text", text), self.path(name));
        run(Command::new("install").args(["-m", "755"]).arg(from).arg(&path), b"");
        path
    }

    /// Makes a key and answers its public line.
    pub fn key(&self, name: &str, options: &[&str]) -> String {
        let mut command = keygen();
        command.args(["-q", "-N", "", "-C", name, "-f"]).arg(self.path(name)).args(options);
        run(&mut command, b"");
        self.public(name)
    }

    pub fn public(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap().trim_end().to_owned()
    }

    pub fn sign(&self, key: &str, namespace: &str, message: &[u8], options: &[&str]) -> String {
        let mut command = keygen();
        command.args(["-Y", "sign", "-n", namespace, "-f"]).arg(self.path(key)).args(options);
        String::from_utf8(run(&mut command, message).stdout).unwrap()
    }

    /// What `ssh-keygen -Y verify` says.
    pub fn openssh(&self, list: &str, principal: &str, signed: &Signed<'_>) -> bool {
        let (list, signature) =
            (self.write("openssh.list", list), self.write("openssh.sig", signed.signature));
        let mut command = keygen();
        let time = format!("verify-time={}", signed.at.format("%Y%m%d%H%M%SZ"));
        command.args(["-Y", "verify", "-n", signed.namespace, "-I", principal, "-O", &time, "-f"]);
        command.arg(list).arg("-s").arg(signature);
        finish(&mut command, signed.message).status.success()
    }
}

fn keygen() -> Command {
    let mut command = Command::new("ssh-keygen");
    command.env_remove("SSH_AUTH_SOCK").env("LC_ALL", "C").env("TZ", "Pacific/Auckland");
    command
}

pub fn finish(command: &mut Command, input: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // What fails early reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub fn run(command: &mut Command, input: &[u8]) -> Output {
    let output = finish(command, input);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

pub fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

pub fn now() -> DateTime<Utc> {
    at("2026-06-15T12:00:00Z")
}

pub fn signed(signature: &str) -> Signed<'_> {
    Signed { namespace: NAMESPACE, message: MESSAGE, signature, at: now() }
}

/// What we say, by a list of this text.
pub fn ours(list: &str, signed: &Signed<'_>) -> Result<SignedBy, Uncounted> {
    AllowedSigners::read(list, "allowed_signers").unwrap().signed_by(signed)
}
