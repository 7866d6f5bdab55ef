//! Running `git`: with a clean environment, without a shell, a prompt or a hook, and for no longer than it may take.

use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// How long a command may take that works in the repository alone.
pub(crate) const LOCAL: Duration = Duration::from_secs(60);

/// How long one may take that talks to the remote.
pub(crate) const NETWORK: Duration = Duration::from_secs(120);

/// Variables of git that a person or pipeline sets to say who they are and how the remote is reached. All others of
/// git's lead to other repositories, and are dropped.
const KEPT: [&str; 14] = [
    "GIT_ASKPASS",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
];
const KEPT_PREFIXES: [&str; 5] =
    ["GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_HTTP_", "GIT_PROXY_", "GIT_SSL_"];

/// Settings that make git do what is asked for and nothing else.
const SETTINGS: [&str; 15] = [
    "core.fsmonitor=false",
    "core.fsync=committed,loose-object",
    "core.hooksPath=/dev/null",
    "core.quotePath=true",
    "fetch.fsckObjects=true",
    "fetch.writeCommitGraph=false",
    "gc.auto=0",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
    "maintenance.auto=false",
    "protocol.ext.allow=never",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.pushOption=",
    "submodule.recurse=false",
];

/// What a command left behind.
#[derive(Debug, Default)]
pub(crate) struct CommandOutput {
    /// Its exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: Vec<u8>,
    /// Standard error.
    pub(crate) err: String,
}

impl CommandOutput {
    /// Whether it succeeded.
    pub(crate) fn well(&self) -> bool {
        self.code == Some(0)
    }

    /// The first line of its output.
    pub(crate) fn line(&self) -> String {
        String::from_utf8_lossy(&self.out).lines().next().unwrap_or_default().trim().to_owned()
    }
}

/// A path as git prints it at the end of its answer, byte by byte: it need not be UTF-8.
pub(crate) fn path(answer: &[u8]) -> PathBuf {
    let bytes = answer.strip_suffix(b"\n").unwrap_or(answer);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(bytes).trim_end().to_owned())
}

/// Runs git in one folder.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    program: OsString,
    base: PathBuf,
}

impl Git {
    pub(crate) fn new(program: impl Into<OsString>, base: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), base: base.into() }
    }

    /// The folder in which git runs.
    pub(crate) fn base(&self) -> &Path {
        &self.base
    }

    /// A command without its arguments.
    pub(crate) fn command(&self, subcommand: &str) -> Command {
        self.command_with(&[], subcommand)
    }

    /// A command without its arguments, with settings beside the usual ones.
    pub(crate) fn command_with(&self, settings: &[&str], subcommand: &str) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_dropped(name)) {
            command.env_remove(name);
        }
        for (name, value) in [
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_GRAFT_FILE", "/dev/null"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GCM_INTERACTIVE", "never"),
            ("LC_ALL", "C"),
        ] {
            command.env(name, value);
        }
        if std::env::var_os("GIT_ASKPASS").is_none() {
            // Set and empty: no window of the desktop's is opened either.
            command.env("GIT_ASKPASS", "");
        }
        command.arg("--no-pager").arg("-C").arg(&self.base);
        for setting in SETTINGS.iter().chain(settings) {
            command.arg("-c").arg(setting);
        }
        // A group of its own: an interrupt from the terminal is promote's to judge, not git's.
        command.arg(subcommand).stdin(Stdio::null()).process_group(0).kill_on_drop(true);
        command
    }

    /// Runs a local command to its end.
    pub(crate) async fn local(&self, subcommand: &str, arguments: &[&str]) -> io::Result<CommandOutput> {
        let mut command = self.command(subcommand);
        command.args(arguments);
        finish(command, None, LOCAL).await
    }
}

/// Runs a command to its end, with `input` on standard input.
///
/// # Errors
/// `TimedOut` when it took longer than `limit`; it and what it started are killed then.
pub(crate) async fn finish(
    mut command: Command,
    input: Option<Vec<u8>>,
    limit: Duration,
) -> io::Result<CommandOutput> {
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut group = Group::of(&child);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async move {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // A command that ends early says why by itself.
            let _ = stdin.write_all(&input).await;
        }
    };
    let whole = async {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let read_out = async {
            if let Some(mut stdout) = stdout {
                stdout.read_to_end(&mut out).await?;
            }
            Ok::<_, io::Error>(())
        };
        let read_err = async {
            if let Some(stderr) = stderr {
                stderr.take(64 * 1024).read_to_end(&mut err).await?;
            }
            Ok::<_, io::Error>(())
        };
        let (_, first, second) = tokio::join!(feed, read_out, read_err);
        first.and(second)?;
        let code = child.wait().await?.code();
        // What git leaves running on purpose (a cache of credentials, a shared connection) is left alone.
        group.0 = None;
        Ok(CommandOutput { code, out, err: String::from_utf8_lossy(&err).into_owned() })
    };
    match tokio::time::timeout(limit, whole).await {
        Ok(end) => end,
        Err(_) => {
            let late = format!("it had not finished after {} seconds", limit.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, late))
        }
    }
}

fn is_dropped(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("GIT_")
        && !KEPT.contains(&name.as_ref())
        && !KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A command and what it started: killed when this is dropped before the command ended.
#[derive(Debug)]
pub(crate) struct Group(Option<Pid>);

impl Group {
    pub(crate) fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It fails when nothing of the group runs any more, which is what is wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_lead_elsewhere_are_dropped() {
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_COMMITTER_DATE", "GIT_TRACE", "GIT_NAMESPACE"] {
            assert!(is_dropped(OsStr::new(name)), "{name}");
        }
        for name in ["GIT_SSH_COMMAND", "GIT_CONFIG_KEY_0", "GIT_SSL_CAINFO", "GIT_COMMITTER_NAME", "HOME"] {
            assert!(!is_dropped(OsStr::new(name)), "{name}");
        }
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_ended() {
        let mut command = Command::new("sleep");
        command.arg("600").process_group(0).kill_on_drop(true);
        let end = finish(command, None, Duration::from_millis(50)).await;
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
