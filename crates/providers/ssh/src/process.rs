//! Running a program to its end, without a shell and for no longer than it may take. It stays in the terminal's
//! foreground, so that it can ask there for a passphrase. What its end means is left to the caller.

use std::io;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

/// How much is kept of what a program says: more than keys and complaints need.
const LIMIT: u64 = 256 * 1024;

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
/// `TimedOut` when it took longer than `limit`; it is ended then.
pub(crate) async fn finish(
    mut command: Command,
    input: &[u8],
    limit: Duration,
    heard: &(dyn Fn(&str) + Send + Sync),
) -> io::Result<Ended> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
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
    match tokio::time::timeout(limit, whole).await {
        Ok(end) => end,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
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
