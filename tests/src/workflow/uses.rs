//! What a step's `uses:` does here: our own action for real, a checkout by git, and sign-ins by what the test has.

use super::step::Machine;
use super::{Step, composite};
use crate::lane_project::git;
use base64::Engine as _;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Error, Result};

/// Runs an action.
pub(super) fn run(
    machine: &mut Machine<'_>,
    action: &str,
    with: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    contexts: &Map<String, Value>,
    ended: &mut Step,
) -> Result<()> {
    let name = action.split('@').next().unwrap_or_default();
    ended.outcome = "success";
    match name {
        "OWNER/promote" | "./" => composite::run(machine, with, env, contexts, ended),
        "actions/checkout" => checkout(machine, &with, contexts, ended),
        "docker/login-action" => docker(machine, &with, ended),
        _ => match machine.forge.logins.get(name).cloned() {
            Some(given) => {
                if with.contains_key("role-to-assume") && right(machine, "id-token") != "write" {
                    return Err(Error::other(format!("{name} needs the right `id-token: write`")));
                }
                let names: Vec<&str> = given.keys().map(String::as_str).collect();
                let _ = writeln!(ended.log, "stand-in: {name} gives {}", names.join(", "));
                machine.variables.extend(given);
                Ok(())
            }
            None => Err(Error::other(format!("the action {action} is not known here"))),
        },
    }
}

fn right<'m>(machine: &'m Machine<'_>, name: &str) -> &'m str {
    machine.rights.get(name).map_or("none", String::as_str)
}

fn only(with: &BTreeMap<String, String>, names: &[&str], action: &str) -> Result<()> {
    match with.keys().find(|name| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(Error::other(format!("`{unknown}` of {action} is not known here"))),
    }
}

/// A clone as the action makes it: one commit, unless all of them are asked for. It may push when it keeps the job's
/// token, and that may write.
fn checkout(
    machine: &Machine<'_>,
    with: &BTreeMap<String, String>,
    contexts: &Map<String, Value>,
    ended: &mut Step,
) -> Result<()> {
    only(with, &["ref", "fetch-depth", "persist-credentials"], "actions/checkout")?;
    if right(machine, "contents") == "none" {
        return Err(Error::other("a checkout needs the right `contents: read`"));
    }
    let github = |name: &str| {
        contexts.get("github").and_then(|github| github.get(name)).and_then(Value::as_str).unwrap_or_default()
    };
    let wanted = with.get("ref").map(String::as_str).filter(|wanted| !wanted.is_empty());
    let wanted = wanted.unwrap_or_else(|| github("sha"));
    let work = machine.work();
    let origin = format!("file://{}", machine.forge.origin.display());
    git(&work, &["init", "-q"])?;
    git(&work, &["remote", "add", "origin", &origin])?;
    // The server hands out whatever commit it is asked for, as GitHub's does.
    git(&machine.forge.origin, &["config", "uploadpack.allowAnySHA1InWant", "true"])?;
    if with.get("fetch-depth").is_some_and(|depth| depth == "0") {
        git(&work, &["fetch", "-q", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"])?;
    } else {
        git(&work, &["fetch", "-q", "--no-tags", "--depth=1", "origin", wanted])?;
    }
    let branch =
        git(&work, &["rev-parse", "-q", "--verify", &format!("refs/remotes/origin/{wanted}")]).is_ok();
    match branch {
        true => git(&work, &["checkout", "-q", "-B", wanted, &format!("refs/remotes/origin/{wanted}")])?,
        false if wanted.len() == 40 => git(&work, &["checkout", "-q", "--detach", wanted])?,
        false => git(&work, &["checkout", "-q", "-B", wanted, "FETCH_HEAD"])?,
    };
    let keeps = with.get("persist-credentials").is_none_or(|keeps| keeps == "true");
    if !keeps || right(machine, "contents") != "write" {
        git(&work, &["config", "remote.origin.pushurl", "file:///nobody-may-push-here"])?;
    }
    let _ = writeln!(ended.log, "stand-in: checked out {wanted}");
    Ok(())
}

/// What `docker login` leaves behind.
fn docker(machine: &Machine<'_>, with: &BTreeMap<String, String>, ended: &mut Step) -> Result<()> {
    only(with, &["registry", "username", "password"], "docker/login-action")?;
    let get = |name: &str| with.get(name).cloned().unwrap_or_default();
    let pair = format!("{}:{}", get("username"), get("password"));
    let auth = base64::engine::general_purpose::STANDARD.encode(pair);
    let folder = machine.home().join(".docker");
    std::fs::create_dir_all(&folder)?;
    let config = json!({ "auths": { get("registry"): { "auth": auth } } });
    std::fs::write(folder.join("config.json"), config.to_string())?;
    let _ = writeln!(ended.log, "stand-in: signed in to {}", get("registry"));
    Ok(())
}
