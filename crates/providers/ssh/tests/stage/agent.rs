//! An agent that holds keys, ended with the test.

use super::{Stage, run};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Agent {
    process: Child,
    socket: PathBuf,
}

impl Agent {
    pub fn start(stage: &Stage) -> Self {
        let socket = stage.path("agent.sock");
        // Kept in the foreground, so that it is ours to end.
        let mut command = Command::new("ssh-agent");
        command.arg("-D").arg("-a").arg(&socket).stdin(Stdio::null()).stdout(Stdio::null());
        let process = command.spawn().unwrap();
        for _ in 0..500 {
            if socket.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { process, socket }
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
