//! An agent that holds keys, ended with the test.

use super::{Stage, run};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

pub struct Agent {
    process: Child,
    socket: PathBuf,
    /// Kept open, since it may say more.
    _said: BufReader<ChildStdout>,
}

impl Agent {
    pub fn start(stage: &Stage) -> Self {
        let socket = stage.path("agent.sock");
        // Kept in the foreground, so that it is ours to end.
        let mut command = Command::new("ssh-agent");
        command.arg("-D").arg("-a").arg(&socket).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        // It names its socket once it listens there.
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert!(line.starts_with("SSH_AUTH_SOCK="), "{line}");
        Self { process, socket, _said: said }
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    pub fn add(&self, key: &Path) {
        run(Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket), b"");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
