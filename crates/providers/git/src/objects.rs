//! Reading objects of the repository through one `git cat-file --batch` that stays up: a name goes in, the object
//! comes out.

use crate::process::{Git, Group, LOCAL};
use std::io;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};

/// A file in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blob {
    /// Its object name.
    pub(crate) id: String,
    /// Its length in bytes.
    pub(crate) size: u64,
    /// Its content; `None` when it is longer than was asked for.
    pub(crate) content: Option<Vec<u8>>,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    /// Nothing.
    Nothing,
    /// A file.
    Blob(Blob),
    /// A folder, or something that no ledger holds.
    Other,
}

/// The running command.
#[derive(Debug)]
pub(crate) struct Objects {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    // Both end the command when this is dropped.
    _group: Group,
    _child: Child,
}

impl Objects {
    /// Starts the command.
    pub(crate) fn start(git: &Git) -> io::Result<Self> {
        let mut command = git.command("cat-file");
        command.arg("--batch").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("git was started without pipes"));
        };
        Ok(Self { stdin, stdout: BufReader::new(stdout), _group: Group::of(&child), _child: child })
    }

    /// Asks for one object, of which at most `limit` bytes are wanted. `name` has no end of line in it.
    pub(crate) async fn ask(&mut self, name: &str, limit: usize) -> io::Result<ObjectKind> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "git gives no answer");
        tokio::time::timeout(LOCAL, self.exchange(name, limit)).await.map_err(late)?
    }

    async fn exchange(&mut self, name: &str, limit: usize) -> io::Result<ObjectKind> {
        self.stdin.write_all(format!("{name}\n").as_bytes()).await?;
        self.stdin.flush().await?;
        let mut line = Vec::new();
        if self.stdout.read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
        // `ID TYPE SIZE`, or the name and what is the matter with it.
        let mut words = line.rsplit(' ');
        let (size, kind, id) = (words.next(), words.next(), words.next());
        let size = size.and_then(|size| size.parse::<u64>().ok());
        let (Some(size), Some(kind), Some(id)) = (size, kind, id.filter(|id| crate::repository::is_id(id)))
        else {
            return if line.ends_with(" missing") {
                Ok(ObjectKind::Nothing)
            } else {
                Err(io::Error::other("git gave an answer that makes no sense"))
            };
        };
        let (id, wanted) = (id.to_owned(), kind == "blob" && size <= limit as u64);
        let mut body = (&mut self.stdout).take(size);
        let content = if wanted {
            let mut content = Vec::new();
            body.read_to_end(&mut content).await?;
            Some(content)
        } else {
            tokio::io::copy(&mut body, &mut tokio::io::sink()).await?;
            None
        };
        if self.stdout.read_u8().await? != b'\n' {
            return Err(io::Error::other("git gave an answer of another length than it said"));
        }
        Ok(if kind == "blob" { ObjectKind::Blob(Blob { id, size, content }) } else { ObjectKind::Other })
    }
}
