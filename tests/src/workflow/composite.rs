//! Our action as the runner runs a composite one: its inputs with their defaults, its steps, and its outputs, all as
//! `action.yml` says.

use super::expression::Standing;
use super::job::{filled, single, texts};
use super::step::Machine;
use super::{Step, known};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Error, Result};
use std::path::Path;

/// Runs it.
pub(super) fn run(
    machine: &mut Machine<'_>,
    mut with: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    contexts: &Map<String, Value>,
    ended: &mut Step,
) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let action = crate::yaml::read(&std::fs::read_to_string(root.join("action.yml"))?)?;
    known(
        &action,
        &["name", "description", "author", "branding", "inputs", "outputs", "runs"],
        "action.yml",
    )?;
    if with.get("binary").is_none_or(String::is_empty) {
        // There is no release to download.
        let program = machine.forge.programs().join("promote-action");
        let _ = writeln!(ended.log, "stand-in: binary is {}", program.display());
        with.insert("binary".to_owned(), program.display().to_string());
    }
    let declared = action.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(unknown) = with.keys().find(|name| !declared.contains_key(*name)) {
        return Err(Error::other(format!("unexpected input `{unknown}`")));
    }
    let mut own: Map<String, Value> = Map::new();
    own.insert("github".to_owned(), contexts.get("github").cloned().unwrap_or_default());
    let mut inputs = Map::new();
    for (name, input) in &declared {
        let value = match with.remove(name) {
            Some(given) => Value::String(given),
            None => filled(input.get("default"), &own)?,
        };
        inputs.insert(name.clone(), value);
    }
    own.insert("inputs".to_owned(), Value::Object(inputs));
    own.insert("steps".to_owned(), json!({}));
    let runs = action.get("runs").ok_or_else(|| Error::other("action.yml runs nothing"))?;
    if runs.get("using") != Some(&json!("composite")) {
        return Err(Error::other("action.yml is no composite action"));
    }
    // What the calling step sets, the action's steps see.
    let before = machine.variables.clone();
    machine.variables.extend(env.clone());
    machine.action = Some(root);
    let (mut standing, mut steps) = (Standing::Well, Map::new());
    for one in runs.get("steps").and_then(Value::as_array).into_iter().flatten() {
        let step = single(machine, one, &own, standing)?;
        if step.outcome == "failure" {
            standing = Standing::Failed;
        }
        ended.log.push_str(&step.log);
        ended.summary.push_str(&step.summary);
        if let Some(id) = one.get("id").and_then(Value::as_str) {
            steps.insert(id.to_owned(), json!({ "outputs": step.outputs, "outcome": step.outcome }));
        }
        own.insert("steps".to_owned(), Value::Object(steps.clone()));
    }
    machine.action = None;
    for name in env.keys() {
        match before.get(name) {
            Some(value) => machine.variables.insert(name.clone(), value.clone()),
            None => machine.variables.remove(name),
        };
    }
    let values = action.get("outputs").and_then(Value::as_object).into_iter().flatten();
    let values: Map<String, Value> = values
        .map(|(name, output)| (name.clone(), output.get("value").cloned().unwrap_or_default()))
        .collect();
    ended.outputs = texts(&filled(Some(&Value::Object(values)), &own)?);
    ended.outcome = if standing == Standing::Well { "success" } else { "failure" };
    Ok(())
}
