//! A stand-in for GitHub's runner: reads a workflow file out of the repository, as GitHub does, and carries out its jobs
//! and steps in order. `run:` steps are run by bash; our action by what stands in `action.yml`; a checkout is a real
//! clone; signing in to a cloud gives the variables that the test has for it, and is named in the log. Whatever it does
//! not know (keys, functions, actions) is an error, since a step that nobody ran proves nothing.

mod composite;
pub mod expression;
pub mod gitlab;
mod job;
mod step;
mod uses;

use crate::lane_project::git;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

/// The repository on the server, and everything that its settings hold.
#[derive(Debug)]
pub struct Forge {
    folder: tempfile::TempDir,
    /// The repository, bare.
    pub origin: PathBuf,
    /// Variables of the repository.
    pub vars: BTreeMap<String, String>,
    /// Its secrets.
    pub secrets: BTreeMap<String, String>,
    /// What a sign-in gives to later steps, by the action's name without what stands behind `@`.
    pub logins: BTreeMap<String, BTreeMap<String, String>>,
    /// Variables of the machine.
    pub machine: BTreeMap<String, String>,
}

/// What sets a workflow off.
#[derive(Debug, Clone)]
pub enum Event {
    /// A push to a branch.
    Push(String),
    /// The form, filled in, on the default branch.
    Form(BTreeMap<String, String>),
    /// The clock, by the line of the file that set it.
    Schedule(String),
}

/// What became of a step.
#[derive(Debug)]
pub struct Step {
    /// Its `id`, else its name, else what it does.
    pub name: String,
    /// `success`, `failure` or `skipped`.
    pub outcome: &'static str,
    /// Its log.
    pub log: String,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its part of the job's summary.
    pub summary: String,
}

/// What became of a job.
#[derive(Debug)]
pub struct Job {
    /// Its name in the file.
    pub name: String,
    /// `success`, `failure` or `skipped`.
    pub result: &'static str,
    /// The environment that it names, filled in.
    pub environment: Option<String>,
    /// Its steps, as far as it came.
    pub steps: Vec<Step>,
}

/// What became of a workflow.
#[derive(Debug)]
pub struct Run {
    /// Its jobs in the order of the file.
    pub jobs: Vec<Job>,
}

impl Event {
    /// A form filled in.
    pub fn form(fields: &[(&str, &str)]) -> Self {
        Self::Form(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}

impl Run {
    /// The one job that was not skipped.
    pub fn job(&self) -> Option<&Job> {
        let mut ran = self.jobs.iter().filter(|job| job.result != "skipped");
        ran.next().filter(|_| ran.next().is_none())
    }

    /// Everything that was logged.
    pub fn log(&self) -> String {
        let steps = self.jobs.iter().flat_map(|job| &job.steps);
        steps.map(|step| format!("## {} ({})\n{}", step.name, step.outcome, step.log)).collect()
    }
}

impl Job {
    /// A step by its `id` or name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }
}

impl Forge {
    /// The forge of a project: a bare repository to which its branch `main` is pushed.
    ///
    /// `programs` are `promote-action` and `promote` as they were built; a release would bring them.
    ///
    /// # Errors
    /// When git fails.
    pub fn of(project: &Path, programs: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let origin = folder.path().join("origin.git");
        let at = origin.to_string_lossy().into_owned();
        git(folder.path(), &["init", "-q", "--bare", &at])?;
        git(project, &["remote", "add", "origin", &at])?;
        git(project, &["push", "-q", "origin", "HEAD:refs/heads/main", "--tags"])?;
        git(&origin, &["symbolic-ref", "HEAD", "refs/heads/main"])?;
        for name in ["programs", "tools"] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        for (name, built) in programs {
            let to = folder.path().join("programs").join(name);
            if std::fs::hard_link(built, &to).is_err() {
                std::fs::copy(built, &to)?;
            }
        }
        let (vars, secrets, logins, machine) = Default::default();
        Ok(Self { folder, origin, vars, secrets, logins, machine })
    }

    /// The folder that `promote` and `promote-action` lie in.
    pub(crate) fn programs(&self) -> PathBuf {
        self.folder.path().join("programs")
    }

    /// The folder of the machine's own tools, first on the path.
    pub(crate) fn tools(&self) -> PathBuf {
        self.folder.path().join("tools")
    }

    /// Puts a tool on the machine: a shell script.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn tool(&self, name: &str, script: &str) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let path = self.tools().join(name);
        std::fs::write(&path, script)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
    }

    /// A file of the repository at a branch.
    ///
    /// # Errors
    /// When it is not there.
    pub fn file(&self, branch: &str, path: &str) -> Result<String> {
        git(&self.origin, &["show", &format!("{branch}:{path}")])
    }

    /// The commit that a branch is at.
    ///
    /// # Errors
    /// When there is no such branch.
    pub fn commit(&self, branch: &str) -> Result<String> {
        git(&self.origin, &["rev-parse", &format!("refs/heads/{branch}")])
    }

    /// Runs a workflow to its end.
    ///
    /// # Errors
    /// When the form or the workflow is refused, or asks for what this stand-in does not do. That a job fails is no
    /// error here.
    pub fn run(&self, workflow: &str, event: &Event) -> Result<Run> {
        let branch = match event {
            Event::Push(branch) => branch.as_str(),
            Event::Form(_) | Event::Schedule(_) => "main",
        };
        let file = crate::yaml::read(&self.file(branch, workflow)?)?;
        known(&file, &["name", "run-name", "on", "permissions", "concurrency", "env", "jobs"], workflow)?;
        let inputs = begun(&file, event)?;
        let mut contexts = Map::new();
        contexts.insert("github".to_owned(), self.github(branch, event)?);
        contexts.insert("inputs".to_owned(), inputs);
        contexts.insert("vars".to_owned(), json!(self.vars));
        contexts.insert("secrets".to_owned(), json!(self.secrets));
        for key in ["run-name", "concurrency"] {
            job::filled(file.get(key), &contexts)?;
        }
        let mut jobs: Vec<Job> = Vec::new();
        let all = file.get("jobs").and_then(Value::as_object).ok_or_else(|| Error::other("no jobs"))?;
        let mut needs = Map::new();
        // The file's own order is not kept by a map, and jobs wait for others.
        let mut waiting: Vec<(&String, &Value)> = all.iter().collect();
        while !waiting.is_empty() {
            let ready = waiting
                .iter()
                .position(|(_, job)| job::needs(job).iter().all(|name| needs.contains_key(name)));
            let at = ready
                .ok_or_else(|| Error::other("jobs wait for each other, or for one that is not there"))?;
            let (name, one) = waiting.remove(at);
            let done = job::run(self, name, one, file.get("permissions"), &contexts, &needs)?;
            needs.insert(name.clone(), json!({ "result": done.0.result, "outputs": done.1 }));
            jobs.push(done.0);
        }
        Ok(Run { jobs })
    }

    fn github(&self, branch: &str, event: &Event) -> Result<Value> {
        let name = match event {
            Event::Push(_) => "push",
            Event::Form(_) => "workflow_dispatch",
            Event::Schedule(_) => "schedule",
        };
        let cron = if let Event::Schedule(cron) = event { json!(cron) } else { Value::Null };
        Ok(json!({
            "event_name": name,
            "sha": self.commit(branch)?,
            "ref": format!("refs/heads/{branch}"),
            "ref_name": branch,
            "repository": "acme/shop",
            "actor": "mona",
            "token": "ghs_thisIsNoToken",
            "event": { "repository": { "default_branch": "main" }, "schedule": cron },
        }))
    }
}

/// That a mapping has no other keys: what is not known here would silently not happen.
pub(crate) fn known(value: &Value, keys: &[&str], whose: &str) -> Result<()> {
    let unknown = value.as_object().into_iter().flatten().find(|(key, _)| !keys.contains(&key.as_str()));
    match unknown {
        None => Ok(()),
        Some((key, _)) => Err(Error::other(format!("`{key}` of {whose} is not known here"))),
    }
}

/// The inputs with which a workflow begins, as GitHub lets them through.
fn begun(file: &Value, event: &Event) -> Result<Value> {
    let on = file.get("on").ok_or_else(|| Error::other("nothing sets this workflow off"))?;
    let trigger = |name: &str| {
        let listed = on.as_str() == Some(name) || on.as_array().is_some_and(|all| all.contains(&json!(name)));
        on.get(name).cloned().or_else(|| listed.then_some(Value::Null))
    };
    match event {
        Event::Push(branch) => {
            let push = trigger("push").ok_or_else(|| Error::other("a push does not set this off"))?;
            known(&push, &["branches"], "push")?;
            let branches = push.get("branches").and_then(Value::as_array);
            if branches.is_some_and(|all| !all.contains(&json!(branch))) {
                return Err(Error::other(format!("a push to {branch} does not set this off")));
            }
            Ok(Value::Null)
        }
        Event::Schedule(cron) => trigger("schedule")
            .filter(|lines| lines.as_array().is_some_and(|all| all.contains(&json!({ "cron": cron }))))
            .map(|_| Value::Null)
            .ok_or_else(|| Error::other(format!("the clock does not set this off at `{cron}`"))),
        Event::Form(fields) => {
            let form = trigger("workflow_dispatch").ok_or_else(|| Error::other("there is no form"))?;
            known(&form, &["inputs"], "the form")?;
            let declared = form.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
            filled_in(&declared, fields).map(Value::Object)
        }
    }
}

fn filled_in(declared: &Map<String, Value>, fields: &BTreeMap<String, String>) -> Result<Map<String, Value>> {
    if let Some(unknown) = fields.keys().find(|name| !declared.contains_key(*name)) {
        return Err(Error::other(format!("the form has no field `{unknown}`")));
    }
    let mut inputs = Map::new();
    for (name, field) in declared {
        known(field, &["description", "type", "required", "default", "options"], name)?;
        let default = field.get("default").map(expression::written).unwrap_or_default();
        let value = fields.get(name).cloned().unwrap_or(default);
        if value.is_empty() && field.get("required") == Some(&Value::Bool(true)) {
            return Err(Error::other(format!("the form's field `{name}` must be filled in")));
        }
        let kind = field.get("type").and_then(Value::as_str).unwrap_or("string");
        let options = field.get("options").and_then(Value::as_array);
        if kind == "choice" && !options.is_some_and(|options| options.contains(&json!(value))) {
            return Err(Error::other(format!("`{value}` is no choice for `{name}`")));
        }
        let value = match kind {
            "boolean" => Value::Bool(value == "true"),
            "string" | "choice" | "environment" => Value::String(value),
            other => return Err(Error::other(format!("fields of type {other} are not known here"))),
        };
        inputs.insert(name.clone(), value);
    }
    Ok(inputs)
}
