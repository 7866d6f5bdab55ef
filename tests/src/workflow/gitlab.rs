//! A stand-in for GitLab's runner: `.gitlab-ci.yml` with what it includes from the same repository, one job of it at a
//! time as somebody starts it, its scripts in a clone of the commit, and the variables that jobs hand on in a dotenv
//! report. What it does not know is an error.

use super::{Forge, expression, known};
use crate::lane_project::git;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::process::{Command, Stdio};

/// The keys of a job that are understood, or that only say where and when it runs.
const KEYS: [&str; 16] = [
    "extends",
    "image",
    "stage",
    "interruptible",
    "variables",
    "id_tokens",
    "before_script",
    "script",
    "after_script",
    "resource_group",
    "environment",
    "rules",
    "artifacts",
    "needs",
    "when",
    "allow_failure",
];

/// A pipeline of one commit.
#[derive(Debug)]
pub struct Pipeline<'f> {
    forge: &'f Forge,
    branch: String,
    commit: String,
    file: Map<String, Value>,
    /// What each finished job handed on.
    handed: BTreeMap<String, BTreeMap<String, String>>,
}

/// What became of a job.
#[derive(Debug)]
pub struct Ended {
    /// The exit code of its script.
    pub code: Option<i32>,
    /// Its log.
    pub log: String,
    /// Its dotenv report.
    pub dotenv: BTreeMap<String, String>,
}

impl<'f> Pipeline<'f> {
    /// The pipeline of the newest commit of a branch. The forge's `secrets` are its CI/CD variables.
    ///
    /// # Errors
    /// When the branch has no `.gitlab-ci.yml`, or one that is not understood.
    pub fn of(forge: &'f Forge, branch: &str) -> Result<Self> {
        let root = crate::yaml::read(&forge.file(branch, ".gitlab-ci.yml")?)?;
        let mut file = Map::new();
        for included in root.get("include").and_then(Value::as_array).into_iter().flatten() {
            let local = included.get("local").and_then(Value::as_str);
            let local = local.ok_or_else(|| Error::other(format!("{included} is not included here")))?;
            let text = forge.file(branch, local.trim_start_matches('/'))?;
            laid_over(&mut file, crate::yaml::read(&text)?);
        }
        laid_over(&mut file, root);
        file.remove("include");
        let commit = forge.commit(branch)?;
        Ok(Self { forge, branch: branch.to_owned(), commit, file, handed: BTreeMap::new() })
    }

    /// The names of the jobs that somebody may start, or that start by themselves.
    ///
    /// # Errors
    /// When a rule is not understood.
    pub fn jobs(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for name in self.file.keys().filter(|name| !name.starts_with('.')) {
            let job = self.job(name)?;
            if job.get("script").is_some() && self.starts(&job)? {
                found.push(name.clone());
            }
        }
        Ok(found)
    }

    /// Runs a job; `filled_in` are the variables that its form was given.
    ///
    /// # Errors
    /// When there is no such job in this pipeline, or it is not understood.
    pub fn run(&mut self, name: &str, filled_in: &[(&str, &str)]) -> Result<Ended> {
        let job = self.job(name)?;
        known(&job, &KEYS, name)?;
        if !self.starts(&job)? {
            return Err(Error::other(format!("no rule lets {name} into this pipeline")));
        }
        let folder = tempfile::tempdir()?;
        let (work, home) = (folder.path().join("work"), folder.path().join("home"));
        std::fs::create_dir(&home)?;
        std::fs::create_dir(&work)?;
        let origin = format!("file://{}", self.forge.origin.display());
        git(&work, &["init", "-q"])?;
        git(&work, &["remote", "add", "origin", &origin])?;
        let mut variables = self.variables(&job, filled_in)?;
        let depth = variables.get("GIT_DEPTH").cloned().unwrap_or_else(|| "20".to_owned());
        let depth = (depth != "0").then(|| format!("--depth={depth}"));
        let refs = format!("+refs/heads/{0}:refs/remotes/origin/{0}", self.branch);
        let fetch: Vec<&str> =
            ["fetch", "-q"].into_iter().chain(depth.as_deref()).chain(["origin", &refs]).collect();
        git(&work, &fetch)?;
        git(&work, &["checkout", "-q", "--detach", &self.commit])?;
        let path = std::env::var("PATH").unwrap_or_default();
        let (programs, tools) = (self.forge.programs(), self.forge.tools());
        variables.extend([
            ("PATH".to_owned(), format!("{}:{}:{path}", programs.display(), tools.display())),
            ("HOME".to_owned(), home.display().to_string()),
            ("CI_PROJECT_DIR".to_owned(), work.display().to_string()),
        ]);
        let bash = |parts: [&str; 2]| -> Result<(Option<i32>, String)> {
            let lines: Vec<&str> = parts
                .into_iter()
                .filter_map(|key| job.get(key).and_then(Value::as_array))
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let mut command = Command::new("bash");
            command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &lines.join("\n")]);
            let command = command.env_clear().envs(&variables).current_dir(&work).stdin(Stdio::null());
            let output = command.output()?;
            let said =
                [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part).into_owned());
            Ok((output.status.code(), said.concat()))
        };
        let (code, said) = bash(["before_script", "script"])?;
        let tokens = job.get("id_tokens").and_then(Value::as_object).into_iter().flatten();
        let tokens: Vec<&str> = tokens.map(|(name, _)| name.as_str()).collect();
        let mut log = format!("stand-in: signs no token: {}\n{said}", tokens.join(", "));
        log.push_str(&bash(["after_script", ""])?.1);
        let mut dotenv = BTreeMap::new();
        if let Some(report) = job.pointer("/artifacts/reports/dotenv").and_then(Value::as_str) {
            let always = job.pointer("/artifacts/when") == Some(&json!("always"));
            if code == Some(0) || always {
                let text = std::fs::read_to_string(work.join(report))?;
                for line in text.lines() {
                    let pair = line.split_once('=').filter(|(key, _)| !key.is_empty());
                    let (key, value) = pair.ok_or_else(|| Error::other(format!("no variable: {line}")))?;
                    dotenv.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        if code == Some(0) {
            self.handed.insert(name.to_owned(), dotenv.clone());
        }
        Ok(Ended { code, log, dotenv })
    }

    /// A job with all that it extends.
    fn job(&self, name: &str) -> Result<Value> {
        let job = self.file.get(name).ok_or_else(|| Error::other(format!("no job {name}")))?;
        let Some(base) = job.get("extends").and_then(Value::as_str) else { return Ok(job.clone()) };
        let mut whole = self.job(base)?.as_object().cloned().unwrap_or_default();
        laid_over(&mut whole, job.clone());
        Ok(Value::Object(whole))
    }

    fn variables(&self, job: &Value, filled_in: &[(&str, &str)]) -> Result<BTreeMap<String, String>> {
        let mut all = self.forge.machine.clone();
        all.extend(self.predefined());
        let word = |value: &Value| expression::written(value.get("value").unwrap_or(value));
        for declared in [self.file.get("variables"), job.get("variables")] {
            let declared = declared.and_then(Value::as_object).into_iter().flatten();
            all.extend(declared.map(|(name, value)| (name.clone(), word(value))));
        }
        if let Some(place) = job.pointer("/environment/name").and_then(Value::as_str) {
            all.insert("CI_ENVIRONMENT_NAME".to_owned(), place.to_owned());
        }
        all.extend(self.forge.secrets.clone());
        for before in job.get("needs").and_then(Value::as_array).into_iter().flatten() {
            let before =
                before.as_str().ok_or_else(|| Error::other(format!("{before} is not known here")))?;
            let handed = self.handed.get(before);
            all.extend(handed.ok_or_else(|| Error::other(format!("{before} has not succeeded")))?.clone());
        }
        all.extend(filled_in.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Ok(all)
    }

    fn predefined(&self) -> BTreeMap<String, String> {
        [
            ("CI", "true"),
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_SHA", &self.commit),
            ("CI_COMMIT_SHORT_SHA", self.commit.get(..8).unwrap_or_default()),
            ("CI_COMMIT_BRANCH", &self.branch),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_COMMIT_REF_PROTECTED", if self.branch == "main" { "true" } else { "false" }),
            ("CI_PIPELINE_SOURCE", "web"),
            ("CI_PROJECT_PATH", "acme/ingest-core"),
            ("CI_PROJECT_URL", "https://gitlab.example/acme/ingest-core"),
            ("CI_PIPELINE_URL", "https://gitlab.example/acme/ingest-core/-/pipelines/7"),
            ("CI_JOB_URL", "https://gitlab.example/acme/ingest-core/-/jobs/70"),
            ("CI_JOB_ID", "70"),
            ("GITLAB_USER_LOGIN", "tanuki"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Whether the first rule that holds lets a job in.
    fn starts(&self, job: &Value) -> Result<bool> {
        let Some(rules) = job.get("rules").and_then(Value::as_array) else { return Ok(true) };
        for rule in rules {
            known(rule, &["if", "when", "allow_failure"], "a rule")?;
            let condition = rule.get("if").and_then(Value::as_str).unwrap_or_default();
            let mut holds = true;
            for part in condition.split("&&") {
                let sides: Vec<&str> = part.split("==").map(str::trim).collect();
                let [one, other] = sides.as_slice() else {
                    return Err(Error::other(format!("the rule {condition} is not understood here")));
                };
                holds &= self.side(one)? == self.side(other)?;
            }
            if holds {
                return Ok(rule.get("when") != Some(&json!("never")));
            }
        }
        Ok(false)
    }

    fn side(&self, text: &str) -> Result<String> {
        if let Some(name) = text.strip_prefix('$') {
            return Ok(self.predefined().remove(name).unwrap_or_default());
        }
        let plain = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        plain.map(str::to_owned).ok_or_else(|| Error::other(format!("`{text}` is not understood here")))
    }
}

/// Lays one mapping over another: mappings are joined, all else is replaced.
fn laid_over(under: &mut Map<String, Value>, over: Value) {
    for (key, value) in over.as_object().cloned().unwrap_or_default() {
        match (under.get_mut(&key), value) {
            (Some(Value::Object(below)), value @ Value::Object(_)) => laid_over(below, value),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}
