//! One run of the action: inputs to request, request to decision, decision to outputs, summary and exit status.

use crate::file::{append_text, append_value};
use crate::input::{InputError, Inputs};
use crate::summary;
use crate::workflow::{annotation, harmless};
use async_trait::async_trait;
use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::failure::{Failure, causes};
use promote_core::flow::{Done, carry_out, decide, finish};
use promote_core::ledger::{Actor, OutcomeResult, Override};
use promote_core::names::EnvironmentName;
use promote_core::plan::{Decision, Plan};
use promote_core::request::{Request, Wanted};
use promote_core::world::World;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What the runner gives.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The environment variables.
    pub variables: BTreeMap<String, String>,
    /// The folder to start from.
    pub folder: PathBuf,
}

/// Where a run reaches the outside.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Reads the configuration and reaches its stores. Sends no request.
    async fn world(&self, path: &Path, surroundings: &Surroundings) -> Result<(Config, World), Failure>;
    /// Who acts.
    fn actor(&self, surroundings: &Surroundings) -> Actor;
    /// 16 random bytes.
    fn nonce(&self) -> [u8; 16];
}

/// What the action is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Move a release.
    Promote,
    /// Say what would be moved.
    Plan,
    /// Put an earlier release back.
    Rollback,
}

struct Answer {
    status: &'static str,
    exit: ExitStatus,
    plan: Option<Plan>,
    promotion: String,
    summary: String,
}

/// Runs the action once.
pub async fn run(
    surroundings: &Surroundings,
    out: &mut (dyn Write + Send),
    connect: &dyn Connect,
) -> ExitStatus {
    let inputs = Inputs::new(&surroundings.variables);
    match act(surroundings, &inputs, out, connect).await {
        Ok(answer) => {
            let exit = answer.exit;
            match answer_files(surroundings, &inputs, connect, &answer) {
                Ok(()) => exit,
                Err(message) => {
                    say(out, &annotation("error", "promote", &message, None));
                    if exit == ExitStatus::Ok { ExitStatus::Failed } else { exit }
                }
            }
        }
        Err(failure) => {
            let mut text = failure.to_string();
            for sentence in &failure.state {
                let _ = write!(text, "\n{sentence}");
            }
            for cause in causes(&failure) {
                let _ = write!(text, "\ncaused by: {cause}");
            }
            for hint in &failure.hints {
                let _ = write!(text, "\nhint: {hint}");
            }
            say(out, &annotation("error", "promote", &text, None));
            failure.exit
        }
    }
}

fn say(out: &mut (dyn Write + Send), line: &str) {
    // A closed log is the runner's matter; the exit status still tells.
    let _ = writeln!(out, "{line}");
}

fn wrong(error: InputError) -> Failure {
    Failure::new(ExitStatus::Usage, error.to_string())
}

fn request(
    surroundings: &Surroundings,
    inputs: &Inputs<'_>,
    connect: &dyn Connect,
) -> Result<(Act, Request), Failure> {
    let act = match inputs.text(&["do", "command"]).unwrap_or("promote") {
        "promote" => Act::Promote,
        "plan" => Act::Plan,
        "rollback" => Act::Rollback,
        other => {
            let shown = promote_core::names::shown(other);
            return Err(Failure::new(
                ExitStatus::Usage,
                format!("`{shown}` is nothing that this action does"),
            )
            .hint("it does promote, plan and rollback"));
        }
    };
    let act = if inputs.boolean("dry-run", false).map_err(wrong)? { Act::Plan } else { act };
    let environment: EnvironmentName =
        inputs.needed(&["to", "environment", "ecr_tag"]).map_err(wrong)?.parse().map_err(
            |error: promote_core::names::NameError| Failure::new(ExitStatus::Usage, error.to_string()),
        )?;
    let wanted = match inputs.text(&["version", "release", "commit_sha"]) {
        None => Wanted::Unnamed,
        Some(text) => text.parse().map_err(|error: promote_core::request::WantedError| {
            Failure::new(ExitStatus::Usage, error.to_string())
        })?,
    };
    let actor = connect.actor(surroundings);
    let mut request = match act {
        Act::Rollback => Request::rollback(environment, wanted, actor),
        Act::Promote | Act::Plan => Request::promote(environment, wanted, actor),
    };
    request.reason = inputs.text(&["reason"]).map(str::to_owned);
    for line in inputs.lines("notes") {
        if let Some((name, text)) = line.split_once(':') {
            request.notes.insert(name.trim().to_owned(), text.trim().to_owned());
        }
    }
    for line in inputs.lines("include") {
        let name = line.parse().map_err(|error: promote_core::names::NameError| {
            Failure::new(ExitStatus::Usage, error.to_string())
        })?;
        request.include.push(name);
    }
    for rule in inputs.lines("override") {
        let reason = request.reason.clone().ok_or_else(|| {
            Failure::new(ExitStatus::Usage, "an override needs a reason").hint("give the input `reason`")
        })?;
        if let Err(known) = promote_core::rule::overridable(rule) {
            let shown = promote_core::names::shown(rule);
            return Err(Failure::new(ExitStatus::Usage, format!("there is no rule `{shown}` to override"))
                .hint(format!("there are {}", known.join(", "))));
        }
        request.overrides.push(Override { rule: rule.to_owned(), reason });
    }
    Ok((act, request))
}

async fn act(
    surroundings: &Surroundings,
    inputs: &Inputs<'_>,
    out: &mut (dyn Write + Send),
    connect: &dyn Connect,
) -> Result<Answer, Failure> {
    let (act, request) = request(surroundings, inputs, connect)?;
    let neutral = match inputs.text(&["on-blocked"]).unwrap_or("fail") {
        "fail" => false,
        "neutral" => true,
        other => {
            let shown = promote_core::names::shown(other);
            return Err(Failure::new(
                ExitStatus::Usage,
                format!("`on-blocked` is `{shown}`, but must be fail or neutral"),
            ));
        }
    };
    let path = surroundings.folder.join(inputs.text(&["config"]).unwrap_or("promote.toml"));
    let (config, world) = connect.world(&path, surroundings).await?;
    let (snapshot, decision) = decide(&world.view(), &config, &request).await?;
    let name = &request.environment;
    let moves = |plan: &Plan| format!("{name}: {}", plan.release.commit.short(7));
    match decision {
        Decision::Refused(refusal) => {
            let unmet: Vec<String> = refusal
                .plan
                .findings
                .iter()
                .filter(|finding| !finding.passes())
                .map(|finding| format!("{}: {}", finding.rule, finding.detail))
                .chain(refusal.obstacles.clone())
                .collect();
            let quiet = neutral && refusal.exit == ExitStatus::Blocked;
            let kind = if quiet { "warning" } else { "error" };
            let headline = format!("{name} cannot take {} yet", refusal.plan.release.commit.short(7));
            say(out, &annotation(kind, &headline, &unmet.join("\n"), None));
            let summary = summary::of_plan(&refusal.plan, &headline);
            let exit = if quiet { ExitStatus::Ok } else { refusal.exit };
            Ok(Answer {
                status: "blocked",
                exit,
                promotion: String::new(),
                summary,
                plan: Some(refusal.plan),
            })
        }
        Decision::NothingToDo(nothing) if !nothing.pending || act == Act::Plan => {
            let headline = format!("{name} has {} already", nothing.plan.release.commit.short(7));
            say(out, &harmless(&headline));
            let summary = summary::of_plan(&nothing.plan, &headline);
            Ok(Answer {
                status: "unchanged",
                exit: ExitStatus::Ok,
                promotion: String::new(),
                summary,
                plan: Some(nothing.plan),
            })
        }
        Decision::Allowed(plan) if act == Act::Plan => {
            let headline = format!("{} may move", moves(&plan));
            say(out, &harmless(&headline));
            let summary = summary::of_plan(&plan, &headline);
            Ok(Answer {
                status: "planned",
                exit: ExitStatus::Ok,
                promotion: String::new(),
                summary,
                plan: Some(*plan),
            })
        }
        Decision::NothingToDo(nothing) => {
            Ok(done(finish(&world, &config, &nothing, &snapshot, &request).await?, out))
        }
        Decision::Allowed(plan) => {
            Ok(done(carry_out(&world, &config, &plan, &snapshot, &request).await?, out))
        }
    }
}

fn done(done: Done, out: &mut (dyn Write + Send)) -> Answer {
    let (name, commit) = (&done.plan.environment, done.plan.release.commit.short(7).to_owned());
    let (status, headline) = match (done.exit, done.result) {
        (ExitStatus::RolledBack, _) => {
            ("rolled-back", format!("{commit} failed in {name} and was rolled back"))
        }
        (_, OutcomeResult::Succeeded) => ("promoted", format!("{name} runs {commit}")),
        _ => ("failed", format!("the deployment of {commit} to {name} did not succeed")),
    };
    if status == "promoted" {
        say(out, &harmless(&headline));
    } else {
        let steps: Vec<String> = done
            .steps
            .iter()
            .map(|step| format!("{} {}: {}", step.phase, step.name, step.report.summary))
            .collect();
        say(out, &annotation("error", &headline, &steps.join("\n"), None));
    }
    Answer {
        status,
        exit: done.exit,
        promotion: done.promotion.0.clone(),
        summary: summary::of_done(&done, &headline),
        plan: Some(done.plan),
    }
}

fn answer_files(
    surroundings: &Surroundings,
    inputs: &Inputs<'_>,
    connect: &dyn Connect,
    answer: &Answer,
) -> Result<(), String> {
    let file =
        |name: &str| surroundings.variables.get(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(path) = file("GITHUB_OUTPUT") {
        let plan = answer.plan.as_ref();
        let first = plan.and_then(|plan| plan.targets.first());
        let values = [
            ("status", answer.status.to_owned()),
            ("exit", answer.exit.name().to_owned()),
            ("environment", plan.map(|plan| plan.environment.to_string()).unwrap_or_default()),
            ("version", plan.map(|plan| plan.release.commit.to_string()).unwrap_or_default()),
            (
                "previous",
                plan.and_then(|plan| plan.from.as_ref())
                    .map(|from| from.commit.to_string())
                    .unwrap_or_default(),
            ),
            ("target", first.map(|target| target.target.to_string()).unwrap_or_default()),
            ("digest", first.map(|target| target.source.sha256.to_string()).unwrap_or_default()),
            ("promotion", answer.promotion.clone()),
        ];
        for (name, value) in values {
            append_value(&path, name, &value, connect.nonce()).map_err(|error| error.to_string())?;
        }
    }
    let wanted = inputs.boolean("summary", true).map_err(|error| error.to_string())?;
    if let Some(path) = file("GITHUB_STEP_SUMMARY").filter(|_| wanted) {
        append_text(&path, &answer.summary).map_err(|error| error.to_string())?;
    }
    Ok(())
}
