//! A scratch runner: the documented variables and files, and the action started as the runner starts it, by what stands
//! in `action.yml`. No network, and none of this process's environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The files that the runner names in `GITHUB_*`.
const FILES: [&str; 5] = ["OUTPUT", "ENV", "PATH", "STATE", "STEP_SUMMARY"];

/// The runner of one step.
#[derive(Debug)]
pub struct Runner {
    /// Its folder: files, temporary folder and tool cache.
    pub folder: tempfile::TempDir,
    /// The checkout.
    pub workspace: PathBuf,
    /// The repository of the action.
    pub action: PathBuf,
    /// Further variables.
    pub variables: BTreeMap<String, String>,
}

/// What a step came to.
#[derive(Debug)]
pub struct Step {
    /// Its exit code.
    pub code: Option<i32>,
    /// Its log.
    pub log: String,
    /// Its outputs, read by the runner's rules.
    pub outputs: BTreeMap<String, String>,
    /// Its summary.
    pub summary: String,
    /// What it adds to the path.
    pub path: String,
}

/// The repository that this test belongs to.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads a file of outputs as the runner does.
///
/// # Errors
/// What the runner would say.
pub fn pairs(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = behind;
        if line.is_empty() {
            continue;
        }
        match (line.find('='), line.find("<<")) {
            (Some(equals), heredoc) if heredoc.is_none_or(|heredoc| equals < heredoc) => {
                found.insert(line[..equals].to_owned(), line[equals + 1..].to_owned());
            }
            (_, Some(heredoc)) => {
                let (name, delimiter) = (&line[..heredoc], &line[heredoc + 2..]);
                let mut lines = Vec::new();
                loop {
                    let (line, behind) = rest.split_once('\n').ok_or("Matching delimiter not found")?;
                    rest = behind;
                    if line == delimiter {
                        break;
                    }
                    lines.push(line);
                }
                found.insert(name.to_owned(), lines.join("\n"));
            }
            _ => return Err(format!("Invalid format '{line}'")),
        }
    }
    Ok(found)
}

impl Runner {
    /// A runner whose checkout is `workspace`.
    ///
    /// # Errors
    /// When its folder can't be made.
    pub fn new(workspace: &Path) -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        for name in ["temp", "tools"] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        Ok(Self {
            folder,
            workspace: workspace.to_owned(),
            action: repository().canonicalize()?,
            variables: BTreeMap::new(),
        })
    }

    /// Runs the action with these inputs.
    ///
    /// # Errors
    /// When it can't be started, or its files can't be read.
    pub fn run(&self, inputs: &[(&str, &str)]) -> std::io::Result<Step> {
        let at = |name: &str| self.folder.path().join(name);
        for name in FILES {
            std::fs::write(at(name), "")?;
        }
        let metadata = std::fs::read_to_string(repository().join("action.yml"))?;
        let script = metadata.lines().find_map(|line| line.trim().strip_prefix("run: ")).unwrap_or_default();
        std::fs::write(at("step.sh"), script)?;
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-euo", "pipefail"]).arg(at("step.sh"));
        command.env_clear().current_dir(&self.workspace).stdin(Stdio::null());
        for name in FILES {
            command.env(format!("GITHUB_{name}"), at(name));
        }
        let known = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", self.folder.path().display().to_string()),
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_ACTOR", "mona".to_owned()),
            ("GITHUB_WORKSPACE", self.workspace.display().to_string()),
            ("GITHUB_ACTION_PATH", self.action.display().to_string()),
            ("GITHUB_SERVER_URL", "https://github.example".to_owned()),
            ("GITHUB_REPOSITORY", "acme/lanes".to_owned()),
            ("GITHUB_RUN_ID", "1658821493".to_owned()),
            ("GITHUB_RUN_ATTEMPT", "1".to_owned()),
            ("GITHUB_WORKFLOW", "deploy".to_owned()),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("RUNNER_TEMP", at("temp").display().to_string()),
            ("RUNNER_TOOL_CACHE", at("tools").display().to_string()),
        ];
        command.envs(known).envs(&self.variables).envs(self.inputs(&metadata, inputs)?);
        let output = command.output()?;
        let mut log = String::from_utf8_lossy(&output.stdout).into_owned();
        log.push_str(&String::from_utf8_lossy(&output.stderr));
        let outputs = pairs(&std::fs::read_to_string(at("OUTPUT"))?).map_err(std::io::Error::other)?;
        Ok(Step {
            code: output.status.code(),
            log,
            outputs,
            summary: std::fs::read_to_string(at("STEP_SUMMARY"))?,
            path: std::fs::read_to_string(at("PATH"))?,
        })
    }

    /// The variables of the step, from the inputs and their defaults, as `action.yml` maps them.
    fn inputs(&self, metadata: &str, given: &[(&str, &str)]) -> std::io::Result<BTreeMap<String, String>> {
        let mut defaults = BTreeMap::new();
        let mut name = "";
        for line in metadata.lines() {
            if let Some(found) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')) {
                name = found.trim_end_matches(':');
            }
            if let Some(default) = line.strip_prefix("    default: ") {
                let default = default.trim_matches('"');
                let default = if default.contains("github.token") { "" } else { default };
                defaults.insert(name, default.to_owned());
            }
        }
        let mut variables = BTreeMap::new();
        for line in metadata.lines().filter_map(|line| line.strip_prefix("        ")) {
            let Some((variable, value)) = line.split_once(": ") else { continue };
            let Some(input) = value.strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}"))
            else {
                variables.insert(variable.to_owned(), value.trim_matches('"').to_owned());
                continue;
            };
            let given = given.iter().find(|(name, _)| *name == input).map(|(_, value)| (*value).to_owned());
            let value = given.or_else(|| defaults.get(input).cloned());
            let value = value.ok_or_else(|| std::io::Error::other(format!("no input {input}")))?;
            variables.insert(variable.to_owned(), value);
        }
        match given.iter().find(|(name, _)| !defaults.contains_key(name)) {
            None => Ok(variables),
            Some((unknown, _)) => Err(std::io::Error::other(format!("unexpected input {unknown}"))),
        }
    }
}
