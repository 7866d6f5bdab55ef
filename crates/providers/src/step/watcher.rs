//! Ends a command whose `promote` is gone. A process that is killed can't end what it started, so another one waits
//! beside it: a shell that reads from a pipe which closes when `promote` ends, however that happens.

use std::ffi::OsStr;
use std::io::{PipeReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Reads which group to watch, and then nothing more until the pipe closes. What is asked to end has as long as at the end
/// of its time. It sleeps in its own group and hears no signal of a terminal.
const SCRIPT: &str = r#"trap '' HUP INT QUIT TERM
read -r group || exit 0
read -r told && exit 0
kill -s TERM -- "-$group" 2>/dev/null || exit 0
tenths=0
while [ "$tenths" -lt 50 ] && kill -s 0 -- "-$group" 2>/dev/null; do
  sleep 0.1 || break
  tenths=$((tenths + 1))
done
kill -s KILL -- "-$group" 2>/dev/null"#;

/// The process that watches. Dropped, it leaves alone what it watched.
#[derive(Debug)]
pub(super) struct Watcher(Child);

impl Watcher {
    /// Starts it, with nothing to watch yet. `path` is where its `sleep` is looked for. `heard` is what the command's output
    /// comes from: it is held open, unread, so that a command may still say something while it ends.
    ///
    /// # Errors
    /// When the shell can't be started.
    pub(super) fn start(shell: &str, path: Option<&OsStr>, heard: [&PipeReader; 2]) -> std::io::Result<Self> {
        let [out, err] = heard;
        let mut command = Command::new(shell);
        command.env_clear().envs(path.map(|path| ("PATH", path)));
        command
            .args(["-c", SCRIPT])
            .current_dir("/")
            .stdin(Stdio::piped())
            // Where it would say something itself, which it does not.
            .stdout(out.try_clone()?)
            .stderr(err.try_clone()?)
            .process_group(0);
        command.spawn().map(Self)
    }

    /// Watches the group of this leader.
    ///
    /// # Errors
    /// When the watcher is gone.
    pub(super) fn watch(&mut self, leader: u32) -> std::io::Result<()> {
        let pipe = self.0.stdin.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
        writeln!(pipe, "{leader}")
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // Told in words, since a pipe that closes means the opposite; killed, so that it is not waited for.
        if let Some(pipe) = &mut self.0.stdin {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
