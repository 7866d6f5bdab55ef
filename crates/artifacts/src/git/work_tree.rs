//! Which files of the work tree are not those of a commit. What is in git counts, changed, staged, deleted or hidden from
//! `git status`, submodules included; what is not in git only where a whole folder is given of which git knows files.
//!
//! Telling whether a file is changed means to undo what its checkout did to it (line ends, Git LFS), so filters run
//! here: those of the user's own configuration, and Git LFS. What the repository configures for itself does not run, and
//! its files then count as changed.

use super::{GitError, GitRepository, TreeKind, reason, run};
use promote_core::commit::CommitId;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Stdio;

/// Git LFS, by the commands that it installs.
const LFS: [&str; 3] = [
    "filter.lfs.clean=git-lfs clean -- %f",
    "filter.lfs.process=git-lfs filter-process",
    "filter.lfs.required=true",
];

impl GitRepository {
    /// The files in git that differ between the commit and the work tree, by their paths from the top; only those at or
    /// below `below`, a path from the top, where one is given. Blocks.
    ///
    /// # Errors
    /// When the commit is not there, or git fails.
    pub(crate) fn differing(
        &self,
        commit: &CommitId,
        below: Option<&str>,
    ) -> Result<BTreeSet<String>, GitError> {
        let settings = self.filters()?;
        let mut command = self.command_with(&settings, "diff");
        command.args(["--name-only", "--no-renames", "--no-ext-diff", "--no-textconv"]);
        // What is inside of a submodule is looked at below, by the same rules.
        command.args(["--ignore-submodules=dirty", "-z", commit.as_str(), "--"]).args(below);
        let output = run(&mut command)?;
        if !output.status.success() {
            return Err(GitError::Failed { command: "diff".into(), reason: reason(&output.stderr) });
        }
        let mut found: BTreeSet<String> = names(&output.stdout).collect();
        let tree = self.tree(commit)?;
        let inside = |path: &str| {
            below.is_none_or(|below| {
                path.strip_prefix(below).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let files = tree.iter().filter(|entry| entry.kind != TreeKind::Submodule);
        let files: BTreeMap<&str, &str> =
            files.map(|entry| (entry.path.as_str(), entry.object.as_str())).collect();
        found.extend(self.hidden(&settings, &files)?.into_iter().filter(|path| inside(path)));
        for module in tree.iter().filter(|entry| entry.kind == TreeKind::Submodule && inside(&entry.path)) {
            let top = self.top.join(&module.path);
            // One that was not fetched is an empty folder.
            let Ok(recorded) = module.object.parse() else { continue };
            if found.contains(&module.path) || top.join(".git").symlink_metadata().is_err() {
                continue;
            }
            let changed = Self { top }.differing(&recorded, None)?;
            found.extend(changed.into_iter().map(|path| format!("{}/{path}", module.path)));
        }
        Ok(found)
    }

    /// Of the files at these paths below a folder (a path from the top, empty for the top itself) those that are not in
    /// the commit; none where the commit keeps nothing there that is meant to be published. Blocks.
    ///
    /// # Errors
    /// When the commit is not there, or git fails.
    pub(crate) fn unknown(
        &self,
        commit: &CommitId,
        below: &str,
        paths: Vec<String>,
    ) -> Result<BTreeSet<String>, GitError> {
        let prefix = if below.is_empty() { String::new() } else { format!("{below}/") };
        let known = self.everything(commit, "")?;
        let here: BTreeSet<&str> = known.iter().filter_map(|path| path.strip_prefix(&prefix)).collect();
        if here.iter().all(|path| is_placeholder(path)) {
            return Ok(BTreeSet::new());
        }
        let stray = paths.into_iter().filter(|path| !here.contains(path.as_str()));
        Ok(stray.map(|path| format!("{prefix}{path}")).collect())
    }

    /// Every file of a commit and of the submodules that are checked out, by its path from the top.
    fn everything(&self, commit: &CommitId, prefix: &str) -> Result<BTreeSet<String>, GitError> {
        let mut found = BTreeSet::new();
        for entry in self.tree(commit)? {
            let path = format!("{prefix}{}", entry.path);
            let module = Self { top: self.top.join(&entry.path) };
            match entry.object.parse() {
                Ok(recorded) if entry.kind == TreeKind::Submodule => {
                    // One that was not fetched is an empty folder.
                    if module.top.join(".git").symlink_metadata().is_ok() {
                        found.extend(module.everything(&recorded, &format!("{path}/"))?);
                    }
                }
                _ => {
                    found.insert(path);
                }
            }
        }
        Ok(found)
    }

    /// The files that `git status` is told not to look at and that differ all the same.
    fn hidden(&self, settings: &[String], tree: &BTreeMap<&str, &str>) -> Result<BTreeSet<String>, GitError> {
        let mut command = self.command("ls-files");
        command.args(["-v", "-z"]);
        let output = run(&mut command)?;
        if !output.status.success() {
            return Err(GitError::Failed { command: "ls-files".into(), reason: reason(&output.stderr) });
        }
        let mut differing = BTreeSet::new();
        let mut asked: Vec<String> = Vec::new();
        for line in names(&output.stdout) {
            let Some((flag, path)) = line.split_once(' ') else { continue };
            let assumed = flag.chars().all(|c| c.is_ascii_lowercase());
            if !assumed && flag != "S" {
                continue;
            }
            match self.top.join(path).symlink_metadata() {
                Ok(found) if found.is_file() && !path.contains('\n') => asked.push(path.to_owned()),
                // A sparse checkout leaves files out.
                Err(_) if flag.eq_ignore_ascii_case("s") => {}
                _ => {
                    differing.insert(path.to_owned());
                }
            }
        }
        let objects = self.objects(settings, &asked)?;
        for (path, object) in asked.into_iter().zip(objects) {
            if tree.get(path.as_str()) != Some(&object.as_str()) {
                differing.insert(path);
            }
        }
        Ok(differing)
    }

    /// What each of these files would be in git. Nothing is written there.
    fn objects(&self, settings: &[String], paths: &[String]) -> Result<Vec<String>, GitError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        const COMMAND: &str = "hash-object";
        let mut command = self.command_with(settings, COMMAND);
        command.args(["--stdin-paths"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(GitError::Start)?;
        let mut stdin = child.stdin.take().ok_or(GitError::Answer { command: COMMAND })?;
        let lines: String = paths.iter().map(|path| format!("{path}\n")).collect();
        // A thread of its own asks, since git stops reading questions while nobody reads its answers.
        let asker = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
        let output =
            child.wait_with_output().map_err(|source| GitError::Read { command: COMMAND, source })?;
        // That git ended before it read everything shows in its answer.
        drop(asker.join());
        if !output.status.success() {
            return Err(GitError::Failed { command: COMMAND.into(), reason: reason(&output.stderr) });
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let objects: Vec<String> = text.lines().map(str::to_owned).collect();
        if objects.len() == paths.len() { Ok(objects) } else { Err(GitError::Answer { command: COMMAND }) }
    }

    /// What switches off the filters that the repository configures for itself.
    fn filters(&self) -> Result<Vec<String>, GitError> {
        let mut command = self.command("config");
        command.args(["--show-scope", "--name-only", "-z", "--get-regexp", r"^filter\."]);
        let output = run(&mut command)?;
        if !output.status.success() && output.status.code() != Some(1) {
            return Err(GitError::Failed { command: "config".into(), reason: reason(&output.stderr) });
        }
        let mut words = names(&output.stdout);
        let mut settings: BTreeSet<String> = BTreeSet::new();
        while let (Some(scope), Some(key)) = (words.next(), words.next()) {
            if matches!(scope.as_str(), "system" | "global" | "command") {
                continue;
            }
            let name =
                key.strip_prefix("filter.").and_then(|rest| rest.rsplit_once('.')).map(|(name, _)| name);
            match name {
                Some("lfs") => settings.extend(LFS.map(str::to_owned)),
                // Such a name can't be switched off by an argument.
                Some(name) if name.contains(['=', '\n']) => {
                    return Err(GitError::Answer { command: "config" });
                }
                Some(name) => settings.extend(
                    ["clean=", "process=", "required=false"].map(|end| format!("filter.{name}.{end}")),
                ),
                None => {}
            }
        }
        Ok(settings.into_iter().collect())
    }
}

/// Whether a file is in git only so that its folder is there: what else lies in such a folder was made to be there.
fn is_placeholder(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, ".gitkeep" | ".keep" | ".gitignore")
}

/// Texts that each end with a zero.
fn names(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    bytes
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).into_owned())
}
