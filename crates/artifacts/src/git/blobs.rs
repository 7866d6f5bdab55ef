//! The exact bytes of files in a repository, streamed from one `git cat-file` process. No filter, no line-end
//! conversion and no attribute is applied.

use super::{GitError, GitRepository};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Stdio};
use std::thread::JoinHandle;

const COMMAND: &str = "cat-file";
const BUFFER: usize = 256 * 1024;

/// The blobs that were asked for, one after another.
#[derive(Debug)]
pub(crate) struct BlobStream {
    child: Child,
    out: BufReader<ChildStdout>,
    asker: Option<JoinHandle<()>>,
    /// What is left of the current blob.
    left: u64,
    started: bool,
}

impl BlobStream {
    /// Asks for these objects, in this order.
    pub(crate) fn open(repository: &GitRepository, objects: Vec<String>) -> Result<Self, GitError> {
        let mut command = repository.command(COMMAND);
        command
            .args(["--batch", "--buffer"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(GitError::Start)?;
        let (Some(mut stdin), Some(out)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(GitError::Answer { command: COMMAND });
        };
        // A thread of its own asks, since git stops reading questions while nobody reads its answers.
        let asker = std::thread::spawn(move || {
            for object in objects {
                // A failed write means that git ended or that nobody listens; the reader says which.
                if stdin.write_all(object.as_bytes()).and_then(|()| stdin.write_all(b"\n")).is_err() {
                    return;
                }
            }
        });
        let out = BufReader::with_capacity(BUFFER, out);
        Ok(Self { child, out, asker: Some(asker), left: 0, started: false })
    }

    /// Goes to the next blob, which must be `object`, and gives its length in bytes. The one before must have been
    /// read to its end.
    pub(crate) fn next(&mut self, object: &str) -> Result<u64, GitError> {
        let odd = || GitError::Answer { command: COMMAND };
        if self.left != 0 {
            return Err(odd());
        }
        let read = |source| GitError::Read { command: COMMAND, source };
        let mut head = Vec::new();
        // 200 bytes hold any header; the line break behind the blob before comes first.
        if self.started {
            let mut end = [0; 1];
            self.out.read_exact(&mut end).map_err(read)?;
        }
        self.started = true;
        self.out.by_ref().take(200).read_until(b'\n', &mut head).map_err(read)?;
        let line = std::str::from_utf8(&head).map_err(|_| odd())?.trim_end();
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some(name), Some("blob"), Some(size)) if name == object => {
                self.left = size.parse().map_err(|_| odd())?;
                Ok(self.left)
            }
            (Some(name), Some("missing"), None) => Err(GitError::Missing(name.to_owned())),
            _ => Err(odd()),
        }
    }
}

impl Read for BlobStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let Some(part) = buffer.get_mut(..most).filter(|part| !part.is_empty()) else { return Ok(0) };
        let count = self.out.read(part)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

impl Drop for BlobStream {
    fn drop(&mut self) {
        // Reading objects has no effect, so git can be stopped at any moment; the asker then fails and ends.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(asker) = self.asker.take() {
            let _ = asker.join();
        }
    }
}
