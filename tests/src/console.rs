//! Console blocks of Markdown pages: read, run in order in one scratch folder, and compared with what the page shows.
//! A block is marked `console`. `$ ` begins a command, `> ` continues it; what follows is its output, errors included.
//! `[..]` stands for anything within a line, a line `...` for any lines. A command that fails is followed by `$ echo $?`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A command and what it shall print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The line in the page, counted from 1.
    pub line: usize,
    /// The command.
    pub command: String,
    /// Its output.
    pub output: Vec<String>,
}

/// The lines of all fenced blocks of a kind, each with its number.
pub fn blocks<'t>(page: &'t str, kind: &str) -> Vec<Vec<(usize, &'t str)>> {
    let mut found = Vec::new();
    let mut open: Option<(bool, Vec<(usize, &str)>)> = None;
    for (number, line) in (1..).zip(page.lines()) {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(word)) => open = Some((word.trim() == kind, Vec::new())),
            (None, None) => {}
            (Some(_), Some(_)) => {
                found.extend(open.take().filter(|(wanted, _)| *wanted).map(|(_, lines)| lines))
            }
            (Some((_, lines)), None) => lines.push((number, line)),
        }
    }
    found
}

/// All commands of a page, in order.
pub fn commands(page: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    for (line, text) in blocks(page, "console").into_iter().flatten() {
        match (text.strip_prefix("$ "), text.strip_prefix("> "), found.last_mut()) {
            (Some(command), ..) => {
                found.push(Shown { line, command: command.to_owned(), output: Vec::new() })
            }
            (None, Some(more), Some(last)) if last.output.is_empty() => {
                last.command.push('\n');
                last.command.push_str(more);
            }
            (None, _, Some(last)) => last.output.push(text.to_owned()),
            (None, _, None) => {}
        }
    }
    for shown in &mut found {
        while shown.output.last().is_some_and(|line| line.trim().is_empty()) {
            shown.output.pop();
        }
    }
    found
}

/// Whether a line is as shown.
fn line_fits(shown: &str, line: &str) -> bool {
    let mut rest = line;
    let mut parts = shown.split("[..]");
    let Some(head) = parts.next() else { return rest.is_empty() };
    let Some(after) = rest.strip_prefix(head) else { return false };
    rest = after;
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
        last = Some(part);
    }
    rest.is_empty() || last.is_some_and(|part| part.is_empty() || line.ends_with(part))
}

/// Whether an output is as shown.
pub fn fits(shown: &[String], output: &[&str]) -> bool {
    match shown.split_first() {
        None => output.is_empty(),
        Some((any, rest)) if any == "..." => {
            (0..=output.len()).any(|at| fits(rest, output.get(at..).unwrap_or_default()))
        }
        Some((line, rest)) => {
            output.split_first().is_some_and(|(first, others)| line_fits(line, first) && fits(rest, others))
        }
    }
}

/// A shell in which the commands of one page are typed.
#[derive(Debug)]
pub struct Session {
    folder: PathBuf,
    path: String,
    home: PathBuf,
    status: i32,
}

impl Session {
    /// Starts in `scratch/work`; `promote` is `program`.
    ///
    /// # Errors
    /// When the folders can't be made.
    pub fn new(scratch: &Path, program: &Path) -> std::io::Result<Self> {
        let (folder, bin) = (scratch.join("work"), scratch.join("bin"));
        std::fs::create_dir_all(&folder)?;
        std::fs::create_dir_all(&bin)?;
        std::os::unix::fs::symlink(program, bin.join("promote"))?;
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        Ok(Self { folder, path, home: scratch.to_path_buf(), status: 0 })
    }

    /// Types a command; its output and exit status.
    ///
    /// # Errors
    /// When no shell can be started.
    pub fn run(&mut self, command: &str) -> std::io::Result<(String, i32)> {
        if let Some(folder) = command.strip_prefix("cd ") {
            self.folder = self.folder.join(folder.trim()).canonicalize()?;
            return Ok((String::new(), 0));
        }
        // One clock reading for all commits gives a page the same names of commits for ever.
        let when = "2026-01-05T09:00:00+00:00";
        let script = format!("exec 2>&1\n(exit {})\n{command}\n", self.status);
        let output = Command::new("/bin/sh")
            .args(["-c", &script])
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", &self.home)
            .env("PROMOTE_ACTOR", "ann")
            .envs([("GIT_AUTHOR_NAME", "Ann"), ("GIT_AUTHOR_EMAIL", "ann@example.com")])
            .envs([("GIT_COMMITTER_NAME", "Ann"), ("GIT_COMMITTER_EMAIL", "ann@example.com")])
            .envs([("GIT_AUTHOR_DATE", when), ("GIT_COMMITTER_DATE", when), ("GIT_CONFIG_NOSYSTEM", "1")])
            .stdin(Stdio::null())
            .output()?;
        let status = output.status.code().unwrap_or(-1);
        self.status = status;
        Ok((String::from_utf8_lossy(&output.stdout).into_owned(), status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_what_they_may() {
        for (shown, line, fitting) in [
            ("a [..] c", "a b c", true),
            ("a [..] c", "a c", false),
            ("[..]", "", true),
            ("a[..]", "b", false),
            ("[..]c", "cc", true),
            ("a", "a ", false),
        ] {
            assert_eq!(line_fits(shown, line), fitting, "{shown} {line}");
        }
        let shown: Vec<String> = ["a", "...", "z"].map(str::to_owned).into();
        assert!(
            fits(&shown, &["a", "z"])
                && fits(&shown, &["a", "b", "c", "z"])
                && !fits(&shown, &["a", "z", "y"])
        );
    }

    #[test]
    fn commands_are_read_with_their_continuations_and_output() {
        let page = "text\n```console\n$ cat <<E\n> x\n> E\nx\n\n$ true\n```\n```sh\n$ no\n```\n";
        let found = commands(page);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].command.as_str(), found[0].line), ("cat <<E\nx\nE", 3));
        assert_eq!((found[0].output.as_slice(), found[1].output.len()), (["x".to_owned()].as_slice(), 0));
    }
}
