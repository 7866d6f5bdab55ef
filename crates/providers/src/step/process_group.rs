//! A command and everything it starts, ended together.

use super::watcher::Watcher;
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsStr;
use std::io::{PipeReader, Write};
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::process::{Child, ChildStdout, Command};

/// What a shell runs that is not to begin before it is watched: it waits for a line, and becomes the shell `$0` that runs the
/// text `$1` without an input. Nothing begins when nobody is left to say so.
pub(super) const HELD: &str = r#"read -r go && exec "$0" -c "$1" </dev/null"#;

/// How long a command may take to end by itself when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// The group of a command that was started as its leader. Whatever of it still runs when this is dropped is killed, and
/// so it is when this process is killed.
#[derive(Debug)]
pub(super) struct ProcessGroup {
    leader: Option<Pid>,
    watcher: Option<Watcher>,
}

impl ProcessGroup {
    /// Starts a command that is [`HELD`] as the leader of a group of its own, and hands over its output. `shell` and `path`
    /// are for who watches it.
    ///
    /// # Errors
    /// When it can't be started, or not be watched: then nothing of it runs.
    pub(super) fn start(
        mut command: Command,
        shell: &str,
        path: Option<&OsStr>,
    ) -> std::io::Result<(Child, Self, [ChildStdout; 2])> {
        let ((out, out_end), (err, err_end)) = (std::io::pipe()?, std::io::pipe()?);
        let (go_end, mut go) = std::io::pipe()?;
        let mut watcher = Watcher::start(shell, path, [&out, &err])?;
        let child = command.stdin(go_end).stdout(out_end).stderr(err_end).process_group(0).spawn()?;
        // It holds the ends that are written to.
        drop(command);
        let id = child.id();
        let leader = id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let watched = id.map_or(Ok(()), |id| watcher.watch(id));
        let group = Self { leader, watcher: Some(watcher) };
        watched?;
        go.write_all(b"go\n")?;
        let read = |pipe: PipeReader| ChildStdout::from_std(OwnedFd::from(pipe).into());
        Ok((child, group, [read(out)?, read(err)?]))
    }

    /// Asks all of it to end, and kills what has not after a while.
    pub(super) async fn end(&mut self, child: &mut Child) {
        self.send(Signal::TERM);
        // The leader's end is waited for, not reaped by a signal alone: its number must not be taken by another one.
        let _ = tokio::time::timeout(GRACE, child.wait()).await;
        self.kill();
        let _ = child.wait().await;
    }

    /// Leaves what the command started in the background alone: the command itself ended well.
    pub(super) fn release(&mut self) {
        self.leader = None;
        self.watcher = None;
    }

    fn kill(&mut self) {
        self.send(Signal::KILL);
        self.release();
    }

    fn send(&self, signal: Signal) {
        if let Some(group) = self.leader {
            // It fails when nothing of the group runs any more, which is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}
