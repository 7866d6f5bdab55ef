//! The machine of a job, and a script run on it as the runner runs scripts.

use super::{Forge, Step};
use crate::runner::pairs;
use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FILES: [&str; 5] = ["OUTPUT", "ENV", "PATH", "STATE", "STEP_SUMMARY"];

/// What the steps of a job share.
#[derive(Debug)]
pub(super) struct Machine<'f> {
    pub(super) forge: &'f Forge,
    folder: tempfile::TempDir,
    /// What the job's token may do.
    pub(super) rights: BTreeMap<String, String>,
    /// Variables of the job, and those that steps added.
    pub(super) variables: BTreeMap<String, String>,
    /// Folders that steps put on the path.
    path: Vec<String>,
    /// The folder of the action that is being run.
    pub(super) action: Option<PathBuf>,
}

impl<'f> Machine<'f> {
    pub(super) fn new(
        forge: &'f Forge,
        rights: BTreeMap<String, String>,
        variables: BTreeMap<String, String>,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        for name in ["work", "home", "temp", "tools"] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        Ok(Self { forge, folder, rights, variables, path: Vec::new(), action: None })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The work tree.
    pub(super) fn work(&self) -> PathBuf {
        self.at("work")
    }

    /// The user's home.
    pub(super) fn home(&self) -> PathBuf {
        self.at("home")
    }

    fn known(&self) -> BTreeMap<String, String> {
        let shown = |path: &Path| path.display().to_string();
        let mut path = self.path.clone();
        path.extend([shown(&self.forge.tools()), std::env::var("PATH").unwrap_or_default()]);
        let mut known: BTreeMap<String, String> = [
            ("PATH", path.join(":")),
            ("HOME", shown(&self.home())),
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_ACTOR", "mona".to_owned()),
            ("GITHUB_WORKSPACE", shown(&self.work())),
            ("GITHUB_SERVER_URL", "https://github.example".to_owned()),
            ("GITHUB_REPOSITORY", "acme/shop".to_owned()),
            ("GITHUB_RUN_ID", "1658821493".to_owned()),
            ("GITHUB_RUN_ATTEMPT", "1".to_owned()),
            ("GITHUB_WORKFLOW", "deploy".to_owned()),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("RUNNER_TEMP", shown(&self.at("temp"))),
            ("RUNNER_TOOL_CACHE", shown(&self.at("tools"))),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        known.extend(self.action.iter().map(|path| ("GITHUB_ACTION_PATH".to_owned(), shown(path))));
        known
    }
}

/// Runs a script, and takes over what it leaves in the runner's files.
pub(super) fn run(
    machine: &mut Machine<'_>,
    script: &str,
    shell: Option<&str>,
    given: &BTreeMap<String, String>,
    ended: &mut Step,
) -> Result<()> {
    for name in FILES {
        std::fs::write(machine.at(name), "")?;
    }
    let file = machine.at("step.sh");
    std::fs::write(&file, script)?;
    let shell = match shell {
        None => "bash -e {0}",
        Some("bash") => "bash --noprofile --norc -eo pipefail {0}",
        Some(own) if own.contains("{0}") => own,
        Some(other) => return Err(Error::other(format!("the shell {other} is not known here"))),
    };
    let mut words = shell.split(' ').map(|word| word.replace("{0}", &file.display().to_string()));
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).env_clear().current_dir(machine.work()).stdin(Stdio::null());
    for name in FILES {
        command.env(format!("GITHUB_{name}"), machine.at(name));
    }
    command.envs(&machine.forge.machine).envs(machine.known()).envs(&machine.variables).envs(given);
    let output = command.output()?;
    for part in [&output.stdout, &output.stderr] {
        ended.log.push_str(&String::from_utf8_lossy(part));
    }
    let read = |name: &str| std::fs::read_to_string(machine.at(name));
    ended.outputs.extend(pairs(&read("OUTPUT")?).map_err(Error::other)?);
    ended.summary.push_str(&read("STEP_SUMMARY")?);
    let added = pairs(&read("ENV")?).map_err(Error::other)?;
    let path = read("PATH")?;
    machine.variables.extend(added);
    for line in path.lines() {
        machine.path.insert(0, line.to_owned());
    }
    ended.outcome = if output.status.success() { "success" } else { "failure" };
    Ok(())
}
