//! The one step type in its three forms: a command, a table, an array of both. The forms were checked before.

use super::layers::Layers;
use super::reading::{Value, several};
use crate::step::{Step, StepAction};
use crate::template::{Template, Values, variable};
use std::collections::BTreeMap;

/// The steps of a value; `settled` fills in what is known while the file is read. Commands that name no folder of their
/// own run in `workdir`.
pub(super) fn read(value: Option<&Value<'_>>, settled: &Values, workdir: Option<&Template>) -> Vec<Step> {
    let several = value.map(several).unwrap_or_default();
    let mut steps: Vec<Step> = several.into_iter().filter_map(|one| step(one, settled)).collect();
    for step in steps.iter_mut().filter(|step| matches!(step.action, StepAction::Run { .. })) {
        step.workdir = step.workdir.take().or_else(|| workdir.cloned());
    }
    steps
}

fn step(value: &Value<'_>, settled: &Values) -> Option<Step> {
    if let Some(command) = value.get_ref().as_str() {
        let action = StepAction::Run { command: command.to_owned(), changed: None, saves: None };
        return Some(Step {
            action,
            timeout: None,
            retries: 0,
            env: BTreeMap::new(),
            workdir: None,
            evidence: None,
        });
    }
    let table = value.get_ref().as_table()?;
    let keys = Layers::new(Some(table), None);
    let env = table.get("env").and_then(|env| env.get_ref().as_table()).map(|env| {
        env.iter()
            .filter_map(|(name, value)| {
                Some((name.get_ref().to_string(), value.get_ref().as_str()?.to_owned()))
            })
            .collect()
    });
    Some(Step {
        action: action(&keys, settled)?,
        timeout: keys.duration("timeout"),
        retries: keys.number("retries").unwrap_or(0),
        env: env.unwrap_or_default(),
        workdir: keys.parsed("workdir"),
        evidence: keys.parsed("evidence"),
    })
}

fn action(keys: &Layers<'_, '_>, settled: &Values) -> Option<StepAction> {
    let reference = || keys.parsed("ref");
    if let Some(command) = keys.owned("run") {
        let changed = keys.number("changed").and_then(|status| i32::try_from(status).ok());
        return Some(StepAction::Run { command, changed, saves: keys.owned("saves") });
    }
    if let Some(url) = keys.parsed("http") {
        return Some(StepAction::Http { url, expect: keys.parsed("expect") });
    }
    if keys.get("codepipeline").is_some() {
        let start = keys.flag("start").unwrap_or(false);
        let names: Vec<Template> = keys.list("codepipeline");
        // A name in which only `{env}` and `{project}` stand is known by now, and shown as it is.
        let names = names.into_iter().map(|name| name.fill(settled).unwrap_or(name)).collect();
        return Some(StepAction::CodePipeline { names, start });
    }
    if let Some(workflow) = keys.text("github") {
        return Some(StepAction::Github { workflow: settle(workflow, settled), reference: reference() });
    }
    if let Some(project) = keys.text("gitlab") {
        return Some(StepAction::Gitlab { project: settle(project, settled), reference: reference() });
    }
    keys.number("receipts").map(StepAction::Receipts)
}

/// A text in which only `{env}` and `{project}` can stand, filled in. A variable stays one.
pub(super) fn settle(text: &str, settled: &Values) -> String {
    if variable(text).is_some() {
        return text.to_owned();
    }
    Template::parse(text)
        .ok()
        .and_then(|template| template.render(settled).ok())
        .unwrap_or_else(|| text.to_owned())
}
