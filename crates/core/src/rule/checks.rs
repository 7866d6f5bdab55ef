//! `checks`: what the forge says of the very commit, each from the place that the file names. What is missing, has not
//! passed, comes from somewhere else or is part of the run that asks does not count; nor does what can't be read.

use super::{Facts, Finding};
use crate::commit::CommitId;
use crate::config::RequiredCheck;
use crate::names::escape;
use crate::port::{Check, CheckState};
use serde_json::{Value, json};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let wanted = &facts.environment.checks;
    if wanted.is_empty() {
        return None;
    }
    if facts.rolling_back() {
        return Some(Finding::skipped("checks", "a release verified here before may always come back"));
    }
    let need: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    let commit = &facts.release.commit;
    let found = match &facts.snapshot.checks {
        Some(Ok(found)) => found,
        Some(Err(why)) => {
            let what = format!("the checks of {} can't be read: {why}", commit.short(7));
            return Some(Finding::unmet("checks", what).with("need", need).hint(OTHERWISE));
        }
        None => {
            let finding = Finding::unmet("checks", "no forge is at hand that could be asked for them");
            return Some(finding.with("need", need).hint(NO_FORGE));
        }
    };
    let wrong: Vec<String> = wanted.iter().filter_map(|one| amiss(one, found, commit)).collect();
    let seen: Vec<Value> =
        found.iter().filter(|it| wanted.iter().any(|one| one.name == it.name)).map(told).collect();
    let detail = match wrong.as_slice() {
        [] => {
            let names: Vec<String> = wanted.iter().map(|one| escape(&one.name)).collect();
            format!("{} of {}", names.join(", "), commit.short(7))
        }
        some => some.join("; "),
    };
    let finding = Finding::of("checks", wrong.is_empty(), detail).with("need", need).with("found", seen);
    Some(if wrong.is_empty() { finding } else { finding.hint(OTHERWISE) })
}

const NO_FORGE: &str = "`[forge]` in `promote.toml` says where the repository is, and `PROMOTE_FORGE_TOKEN` holds a token that may read checks";
const OTHERWISE: &str =
    "wait for it, or run it again; `--override checks --reason TEXT` goes past it, and is recorded";

/// Why a check that must be green does not count as such, as a sentence; `None` where it does. All of its name and origin
/// must be green.
fn amiss(wanted: &RequiredCheck, found: &[Check], commit: &CommitId) -> Option<String> {
    let name = escape(&wanted.name);
    let named: Vec<&Check> = found.iter().filter(|one| one.name == wanted.name).collect();
    if named.is_empty() {
        return Some(format!("`{name}` is missing: {} has no check of that name", commit.short(7)));
    }
    let others: Vec<&Check> = named.into_iter().filter(|one| !one.own).collect();
    if others.is_empty() {
        return Some(format!("`{name}` is part of this very run, which can't vouch for itself"));
    }
    if others.iter().all(|one| one.head != *commit) {
        return Some(format!("`{name}` is of another commit than {}", commit.short(7)));
    }
    let here = others.into_iter().filter(|one| one.head == *commit);
    let (fitting, foreign): (Vec<&Check>, Vec<&Check>) =
        here.partition(|one| elsewhere(wanted, one).is_none());
    if fitting.is_empty() {
        let why = foreign.iter().find_map(|one| elsewhere(wanted, one)).unwrap_or_default();
        return Some(format!("`{name}` {why}"));
    }
    let red = fitting.iter().filter(|one| one.state != CheckState::Passed);
    let red = red.min_by_key(|one| one.state == CheckState::Pending)?;
    let count = match fitting.len() {
        1 => String::new(),
        more => format!(", one of {more} of that name"),
    };
    let said = escape(&red.said);
    Some(match red.state {
        CheckState::Pending => format!("`{name}` has not ended ({said}){count}"),
        _ => format!("`{name}` did not pass ({said}){count}"),
    })
}

/// In what a check comes from somewhere else than it must, as the rest of a sentence.
fn elsewhere(wanted: &RequiredCheck, found: &Check) -> Option<String> {
    for (what, must, is) in [
        ("the app", &wanted.app, &found.app),
        ("the workflow", &wanted.workflow, &found.workflow),
        ("the event", &wanted.event, &found.event),
    ] {
        let Some(must) = must.as_ref().filter(|must| Some(*must) != is.as_ref()) else { continue };
        let must = escape(must);
        return Some(match is {
            Some(is) => format!("comes from {what} `{}`, not `{must}`", escape(is)),
            None if found.app.is_none() => {
                format!("is a status that anybody who may write can set, not of {what} `{must}`")
            }
            None => format!("is not known to come from {what} `{must}`"),
        });
    }
    None
}

fn told(one: &Check) -> Value {
    json!({ "name": one.name, "app": one.app, "workflow": one.workflow, "event": one.event, "said": one.said, "own": one.own })
}
