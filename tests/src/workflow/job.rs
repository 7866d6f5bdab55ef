//! One job: whether it runs, what its steps see, and what is left of it. What a step does is `step` and `uses`.

use super::expression::{Contexts, Standing, filled as text, holds};
use super::step::{self, Machine};
use super::{Forge, Job, Step, known, uses};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{Error, Result};

const KEYS: [&str; 12] = [
    "name",
    "if",
    "needs",
    "runs-on",
    "environment",
    "concurrency",
    "permissions",
    "env",
    "steps",
    "outputs",
    "timeout-minutes",
    "defaults",
];
const STEP: [&str; 8] = ["id", "name", "if", "uses", "with", "run", "env", "shell"];

/// The jobs that a job waits for.
pub(super) fn needs(job: &Value) -> Vec<String> {
    match job.get("needs") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Every text below a value, filled in.
pub(super) fn filled(value: Option<&Value>, contexts: &Map<String, Value>) -> Result<Value> {
    let seen = Contexts { values: contexts, standing: Standing::Well };
    Ok(match value {
        None => Value::Null,
        Some(Value::String(one)) => Value::String(text(one, &seen).map_err(Error::other)?),
        Some(Value::Object(all)) => Value::Object(
            all.iter()
                .map(|(key, value)| Ok((key.clone(), filled(Some(value), contexts)?)))
                .collect::<Result<_>>()?,
        ),
        Some(Value::Array(all)) => {
            Value::Array(all.iter().map(|value| filled(Some(value), contexts)).collect::<Result<_>>()?)
        }
        Some(other) => other.clone(),
    })
}

/// A mapping of texts.
pub(super) fn texts(value: &Value) -> BTreeMap<String, String> {
    let all = value.as_object().into_iter().flatten();
    all.map(|(name, value)| (name.clone(), super::expression::written(value))).collect()
}

/// Runs a job; gives its outputs, too.
pub(super) fn run(
    forge: &Forge,
    name: &str,
    job: &Value,
    rights: Option<&Value>,
    contexts: &Map<String, Value>,
    before: &Map<String, Value>,
) -> Result<(Job, BTreeMap<String, String>)> {
    known(job, &KEYS, name)?;
    let mut contexts = contexts.clone();
    let waited: Map<String, Value> =
        needs(job).into_iter().filter_map(|name| Some((name.clone(), before.get(&name)?.clone()))).collect();
    let well = waited.values().all(|one| one.get("result") == Some(&json!("success")));
    contexts.insert("needs".to_owned(), Value::Object(waited));
    let mut done = Job { name: name.to_owned(), result: "skipped", environment: None, steps: Vec::new() };
    let standing = if well { Standing::Well } else { Standing::Failed };
    let seen = Contexts { values: &contexts, standing };
    if !holds(job.get("if").and_then(Value::as_str), &seen).map_err(Error::other)? {
        return Ok((done, BTreeMap::new()));
    }
    filled(job.get("concurrency"), &contexts)?;
    let place = job.get("environment");
    let place = filled(place.map(|place| place.get("name").unwrap_or(place)), &contexts)?;
    done.environment = place.as_str().map(str::to_owned);
    let rights = texts(job.get("permissions").or(rights).unwrap_or(&Value::Null));
    let own = texts(&filled(job.get("env"), &contexts)?);
    let mut machine = Machine::new(forge, rights, own)?;
    contexts.insert("steps".to_owned(), json!({}));
    let mut standing = Standing::Well;
    for one in job.get("steps").and_then(Value::as_array).into_iter().flatten() {
        let ended = single(&mut machine, one, &contexts, standing)?;
        if ended.outcome == "failure" {
            standing = Standing::Failed;
        }
        if let (Some(id), Some(steps)) =
            (one.get("id").and_then(Value::as_str), contexts.get_mut("steps").and_then(Value::as_object_mut))
        {
            steps.insert(id.to_owned(), json!({ "outputs": ended.outputs, "outcome": ended.outcome }));
        }
        done.steps.push(ended);
    }
    done.result = if standing == Standing::Well { "success" } else { "failure" };
    let mut outputs = BTreeMap::new();
    if standing == Standing::Well {
        filled(job.get("environment"), &contexts)?;
        outputs = texts(&filled(job.get("outputs"), &contexts)?);
    }
    Ok((done, outputs))
}

/// Runs one step, when it is to be run.
pub(super) fn single(
    machine: &mut Machine<'_>,
    one: &Value,
    contexts: &Map<String, Value>,
    standing: Standing,
) -> Result<Step> {
    let word = |key: &str| one.get(key).and_then(Value::as_str);
    let name = word("id").or(word("name")).or(word("uses")).or(word("run")).unwrap_or("a step").trim();
    known(one, &STEP, name)?;
    let mut ended = Step {
        name: name.to_owned(),
        outcome: "skipped",
        log: String::new(),
        outputs: BTreeMap::new(),
        summary: String::new(),
    };
    let seen = Contexts { values: contexts, standing };
    if !holds(word("if"), &seen).map_err(Error::other)? {
        return Ok(ended);
    }
    let given = texts(&filled(one.get("env"), contexts)?);
    match (word("uses"), word("run")) {
        (Some(action), None) => {
            let with = texts(&filled(one.get("with"), contexts)?);
            uses::run(machine, action, with, given, contexts, &mut ended)?;
        }
        (None, Some(script)) => {
            let script = text(script, &seen).map_err(Error::other)?;
            step::run(machine, &script, word("shell"), &given, &mut ended)?;
        }
        _ => return Err(Error::other(format!("{name} is no step"))),
    }
    Ok(ended)
}
