//! Running a program to its end, without a shell and for no longer than it may take. It stays in the terminal's
//! foreground, so that it can ask there for a passphrase. What its end means is left to the caller.

use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// How much is kept of what a program says: more than keys and complaints need.
const LIMIT: u64 = 256 * 1024;

/// How long a program may take to end when it is asked to.
const FAREWELL: Duration = Duration::from_secs(2);

/// A program that is asked to end when this is dropped before it did. It is not killed at once: one that asks for a passphrase
/// has turned off what a terminal shows, and must turn it on again.
struct Running(Option<Pid>);

impl Running {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    fn ask_to_end(&self) {
        if let Some(program) = self.0 {
            // It fails when the program has ended, which is what is wanted.
            let _ = kill_process(program, Signal::TERM);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ask_to_end();
    }
}

/// What a program left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `command` with `input` on standard input; `heard` gets each line of standard error as it comes.
///
/// # Errors
/// `TimedOut` when it took longer than `limit`; it is asked to end then, and killed where it does not.
pub(crate) async fn finish(
    command: Command,
    input: &[u8],
    limit: Duration,
    heard: &(dyn Fn(&str) + Send + Sync),
) -> io::Result<Ended> {
    until(command, input, tokio::time::sleep(limit), heard).await
}

/// The same until something else is `over`.
async fn until(
    mut command: Command,
    input: &[u8],
    over: impl Future<Output = ()> + Send,
    heard: &(dyn Fn(&str) + Send + Sync),
) -> io::Result<Ended> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut running = Running::of(&child);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let whole = async {
        let feed = async {
            if let Some(mut stdin) = stdin {
                // A program that ends early says why by itself.
                let _ = stdin.write_all(input).await;
            }
        };
        let (_, out, err) = tokio::join!(feed, lines(stdout, &|_: &str| {}), lines(stderr, heard));
        let code = child.wait().await?.code();
        Ok(Ended { code, out: out?, err: err? })
    };
    let ended = tokio::select! {
        end = whole => Some(end),
        () = over => None,
    };
    match ended {
        Some(end) => {
            running.0 = None;
            end
        }
        None => {
            running.ask_to_end();
            if tokio::time::timeout(FAREWELL, child.wait()).await.is_err() {
                child.kill().await?;
            }
            running.0 = None;
            Err(io::ErrorKind::TimedOut.into())
        }
    }
}

async fn lines(
    from: Option<impl AsyncRead + Unpin>,
    heard: &(dyn Fn(&str) + Send + Sync),
) -> io::Result<String> {
    let mut all = String::new();
    let Some(from) = from else { return Ok(all) };
    let mut from = BufReader::new(from.take(LIMIT));
    loop {
        let mut line = Vec::new();
        if from.read_until(b'\n', &mut line).await? == 0 {
            return Ok(all);
        }
        let line = String::from_utf8_lossy(&line);
        heard(line.trim_end());
        all.push_str(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn a_program_that_takes_too_long_can_tidy_up() {
        let dir = tempfile::tempdir().unwrap();
        // Each reads what nobody writes; it says when it does, since its time must not be over before.
        let waits = "mkfifo fifo; exec 3<>fifo; echo ready >&2; read line <&3";
        for (script, tidies) in
            [("trap 'echo tidy > tidied; exit 1' TERM", true), ("trap '' TERM; rm -f fifo", false)]
        {
            let mut command = Command::new("sh");
            command.arg("-c").arg(format!("{script}; {waits}")).current_dir(dir.path());
            let ready = Notify::new();
            let heard = |line: &str| {
                assert_eq!(line, "ready");
                ready.notify_one();
            };
            let late = until(command, b"", ready.notified(), &heard).await.unwrap_err();
            assert_eq!(late.kind(), io::ErrorKind::TimedOut);
            assert_eq!(std::fs::remove_file(dir.path().join("tidied")).is_ok(), tidies, "{script}");
        }
    }
}
