//! Reading a git repository by running `git`: the tree of a commit, exact bytes of its files, and the history that
//! rules ask about. Nothing here writes to the repository.
//!
//! The repository is treated as hostile. Only commands run that read objects and refs; hooks, filters, the file-system
//! monitor, replaced objects, lazy fetching and signature programs are switched off (comparing the work tree runs the
//! user's own filters, see `work_tree`); the environment's `GIT_*`
//! variables are dropped, except those that choose the user's own configuration (`safe.directory` lives there).
//! Names are checked before they become arguments, and no shell is involved.

mod authors;
mod blobs;
mod error;
mod foreign;
mod history;
mod merges;
mod recent;
mod revision;
mod tree;
mod work_tree;

pub(crate) use blobs::BlobStream;
pub use error::GitError;
pub use foreign::history;
pub(crate) use tree::{TreeEntry, TreeKind};

use promote_core::names::{ProjectName, escape};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Variables that lead to the user's own configuration, and so are trusted as the user is.
const KEPT: [&str; 3] = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];
const KEPT_PREFIXES: [&str; 3] = ["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"];

/// What git says, in its own language, where there is no repository to read. Whatever else it says is about one that there is.
const NONE: [&str; 5] = [
    "not a git repository",
    "must be run in a work tree",
    "dubious ownership",
    "cannot change to",
    "does not exist",
];

/// A repository with a work tree.
#[derive(Debug, Clone)]
pub struct GitRepository {
    top: PathBuf,
}

impl GitRepository {
    /// The repository that `dir` lies in.
    ///
    /// # Errors
    /// When git is missing, refuses the repository, there is none, or it names objects by SHA-256.
    pub fn open(dir: &Path) -> Result<Self, GitError> {
        let here = Self { top: dir.to_path_buf() };
        let mut command = here.command("rev-parse");
        command.args(["--show-object-format", "--show-toplevel"]);
        let output = run(&mut command)?;
        let mut lines = output.stdout.splitn(2, |byte| *byte == b'\n');
        let answer = lines.next().zip(lines.next().and_then(path));
        let (true, Some((format, top))) = (output.status.success(), answer) else {
            let folder = dir.display().to_string();
            let reason = reason(&output.stderr);
            return Err(match NONE.iter().any(|none| reason.contains(none)) {
                true => GitError::NoRepository { folder, reason },
                false => GitError::Unreadable { folder, reason },
            });
        };
        if format != b"sha1" {
            return Err(GitError::ObjectFormat(String::from_utf8_lossy(format).into_owned()));
        }
        Ok(Self { top })
    }

    /// The top folder of the work tree.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// A project name made from the repository's: the last part of the address of `origin`, or the name of the top
    /// folder. `None` when neither gives one.
    ///
    /// # Errors
    /// When git can't be run.
    pub fn project_name(&self) -> Result<Option<ProjectName>, GitError> {
        let address = self.remote()?.unwrap_or_default();
        let folder = self.top.file_name().map(|name| name.to_string_lossy().into_owned());
        // Where the repository's own name will not do, that of a folder would be anybody's.
        Ok(name_in(&if address.is_empty() { folder.unwrap_or_default() } else { address }))
    }

    /// The address of the remote `origin`, as it stands in the configuration; it may hold a password.
    ///
    /// # Errors
    /// When git can't be run.
    pub fn remote(&self) -> Result<Option<String>, GitError> {
        let mut command = self.command("config");
        command.args(["--get", "remote.origin.url"]);
        let output = run(&mut command)?;
        let address = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(Some(address).filter(|address| !address.is_empty()))
    }

    /// A git command that reads from this repository and from nothing else.
    pub(crate) fn command(&self, subcommand: &str) -> Command {
        self.command_with(&[], subcommand)
    }

    /// The same with further settings, `NAME=VALUE` each.
    fn command_with(&self, settings: &[String], subcommand: &str) -> Command {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if is_dropped(&name) {
                command.env_remove(name);
            }
        }
        for (name, value) in [
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_GRAFT_FILE", if cfg!(windows) { "NUL" } else { "/dev/null" }),
            ("LC_ALL", "C"),
        ] {
            command.env(name, value);
        }
        command.arg("--no-pager").arg("--literal-pathspecs").arg("-C").arg(&self.top);
        for setting in [
            "core.fsmonitor=false",
            "core.hooksPath=/dev/null",
            "core.quotePath=true",
            "log.showSignature=false",
            "i18n.logOutputEncoding=UTF-8",
            "protocol.allow=never",
            // Hints about our own settings would stand before what went wrong.
            "advice.graftFileDeprecated=false",
            // Larger blobs are streamed by git instead of being held in its memory.
            "core.bigFileThreshold=16m",
        ] {
            command.arg("-c").arg(setting);
        }
        for setting in settings {
            command.arg("-c").arg(setting);
        }
        command.arg(subcommand).stdin(Stdio::null());
        command
    }
}

fn is_dropped(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("GIT_")
        && !KEPT.contains(&name.as_ref())
        && !KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn run(command: &mut Command) -> Result<Output, GitError> {
    command.stderr(Stdio::piped()).output().map_err(GitError::Start)
}

/// A path as git prints it at the end of its answer, byte by byte: it need not be UTF-8.
fn path(answer: &[u8]) -> Option<PathBuf> {
    let bytes = answer.strip_suffix(b"\n").unwrap_or(answer);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    #[cfg(unix)]
    let text = {
        use std::os::unix::ffi::OsStrExt as _;
        OsStr::from_bytes(bytes)
    };
    #[cfg(not(unix))]
    let text = std::str::from_utf8(bytes).ok()?;
    (!bytes.is_empty()).then(|| PathBuf::from(text))
}

/// What git said on standard error: its first line, harmless and short.
pub(crate) fn reason(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let line = line.strip_prefix("fatal: ").or_else(|| line.strip_prefix("error: ")).unwrap_or(line);
    escape(line)
}

fn name_in(address: &str) -> Option<ProjectName> {
    // What follows may be a token.
    let address = address.trim().split(['?', '#']).next()?.trim_end_matches('/');
    let last = address.rsplit(['/', ':', '\\']).next()?;
    let last = last.strip_suffix(".git").unwrap_or(last);
    let mapped: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let name = mapped.trim_matches('-');
    // A part of a name may be another project's.
    name.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_names_come_from_addresses() {
        for (address, name) in [
            ("git@example.com:acme/Billing_API.git\n", Some("billing-api")),
            ("https://example.com/acme/web.shop/", Some("web-shop")),
            ("ssh://git@example.com:22/a/--x--.git", Some("x")),
            ("C:\\repos\\tool", Some("tool")),
            ("", None),
            ("___", None),
            ("https://u:geheim@example.com/acme/shop.git?private_token=geheim#x", Some("shop")),
            (&"a".repeat(32), Some("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
            (&"a".repeat(33), None),
        ] {
            assert_eq!(name_in(address).as_ref().map(ProjectName::as_str), name, "{address}");
        }
    }

    #[test]
    fn variables_that_redirect_git_are_dropped() {
        for name in
            ["GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_CONFIG_PARAMETERS", "GIT_TRACE"]
        {
            assert!(is_dropped(OsStr::new(name)), "{name}");
        }
        for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "HOME", "PATH"] {
            assert!(!is_dropped(OsStr::new(name)), "{name}");
        }
    }
}
