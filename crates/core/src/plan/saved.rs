//! Saved plans: which decision has one to save, reading one back, asking for the same again, and whether the world
//! still leads to it. Files are the frontends' matter.

use super::{Decision, Plan, SCHEMA};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder::MOST_NAMED;
use crate::invocation::Invocation;
use crate::ledger::{Action, Actor, TargetMove};
use crate::names::EnvironmentName;
use crate::reason;
use crate::request::{Request, TakeOver, Wanted};
use serde_json::Value;

/// The largest saved plan in bytes.
pub const LIMIT: u64 = 4 * 1024 * 1024;

/// The text that a decision is saved as; `None` where there is nothing to do, and so nothing to save.
///
/// # Errors
/// When it can't be done at all.
pub fn text(decision: &Decision) -> Result<Option<String>, Failure> {
    match decision {
        Decision::NothingToDo(_) => return Ok(None),
        Decision::Refused(refusal) if !refusal.obstacles.is_empty() => {
            let why = refusal.obstacles.join("; ");
            return Err(Failure::new(refusal.exit, format!("no plan to save: {why}")));
        }
        Decision::Refused(_) | Decision::Allowed(_) => {}
    }
    let mut text = serde_json::to_string_pretty(decision.plan()).map_err(|error| {
        Failure::new(ExitStatus::Failed, "the plan can't be written as JSON").caused_by(error)
    })?;
    text.push('\n');
    Ok(Some(text))
}

/// Reads a saved plan for this environment. `shown` is the file's name for messages.
///
/// # Errors
/// When it is no plan of this schema, or one for another environment.
pub fn parse(bytes: &[u8], shown: &str, environment: &EnvironmentName) -> Result<Plan, Failure> {
    let hint = format!("`promote plan {environment} --out FILE` saves one");
    let is_none = |error: serde_json::Error| {
        Failure::new(ExitStatus::Usage, format!("`{shown}` is not a saved plan")).hint(&hint).caused_by(error)
    };
    let value: Value = serde_json::from_slice(bytes).map_err(is_none)?;
    if let Some(kind) = kind(&value) {
        let what = format!("`{shown}` is not a saved plan: it is {kind}");
        return Err(Failure::new(ExitStatus::Usage, what).hint(hint));
    }
    let plan: Plan = serde_json::from_slice(bytes).map_err(is_none)?;
    if plan.schema != SCHEMA {
        let schema = crate::names::escape(&plan.schema);
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("`{shown}` is a `{schema}`, this version reads `{SCHEMA}`"),
        ));
    }
    let known = serde_json::to_value(&plan).map_err(is_none)?;
    if let Some(key) = unknown(&value, &known) {
        let key = crate::names::escape(&key);
        let what = format!("`{shown}` is not a saved plan: nothing reads its key `{key}`");
        return Err(Failure::new(ExitStatus::Usage, what).hint(hint));
    }
    if plan.environment != *environment {
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("`{shown}` is a plan for {}, not for {environment}", plan.environment),
        ));
    }
    Ok(plan)
}

/// What it is in place of an object, with an article.
const fn kind(value: &Value) -> Option<&'static str> {
    match value {
        Value::Object(_) => None,
        Value::Array(_) => Some("a list"),
        Value::String(_) => Some("a text"),
        Value::Number(_) => Some("a number"),
        Value::Bool(_) | Value::Null => Some("a single word"),
    }
}

/// The first key that is not among those that are known: what nobody reads, nobody agreed to.
fn unknown(value: &Value, known: &Value) -> Option<String> {
    match (value, known) {
        (Value::Object(value), Value::Object(known)) => {
            value.iter().find_map(|(key, inner)| match known.get(key) {
                Some(known) => unknown(inner, known).map(|below| format!("{key}.{below}")),
                // What is left out where it is empty.
                None if matches!(inner, Value::Null) || inner.as_array().is_some_and(Vec::is_empty) => None,
                None => Some(key.clone()),
            })
        }
        (Value::Array(value), Value::Array(known)) => {
            value.iter().zip(known).find_map(|(value, known)| unknown(value, known))
        }
        _ => None,
    }
}

/// The request that leads to the same plan, if the world is still the same.
///
/// # Errors
/// When the plan names no commit, or a reason in it is none.
pub fn request(plan: &Plan, actor: Actor) -> Result<Request, Failure> {
    let prefix = plan.release.commit.as_str().parse().map_err(|error: crate::commit::CommitError| {
        Failure::new(ExitStatus::Usage, "the plan names no commit").caused_by(error)
    })?;
    let request = Request {
        action: plan.action,
        take_over: match plan.action == Action::Rollback || plan.supersedes.is_some() {
            true => TakeOver::WhenStale,
            false => TakeOver::No,
        },
        include: plan.terms.include.clone(),
        overrides: plan.terms.overrides.clone(),
        notes: plan.terms.notes.clone(),
        reason: plan.terms.reason.clone(),
        ..Request::promote(plan.environment.clone(), Wanted::Commit(prefix), actor)
    };
    reason::settled(&request).map_err(|failure| Failure {
        hints: vec!["make the plan anew, with reasons and notes that can be kept".to_owned()],
        ..failure
    })
}

/// What was written since a plan was saved, with the digests where they are known.
fn written(saved: &Plan, now: &Plan) -> String {
    let digest = |target: &TargetMove| {
        let before = target.before.as_ref();
        before.map(|before| before.sha256.map_or("other bytes".to_owned(), |digest| digest.to_string()))
    };
    let held = |target: &TargetMove| digest(target).unwrap_or_else(|| "nothing".to_owned());
    let told = saved.targets.iter().filter_map(|then| {
        let now = now.targets.iter().find(|now| now.name() == then.name())?;
        let (place, source) = (&then.target, &then.source.location);
        match () {
            () if then.target != now.target => Some(format!("`{place}` is `{}` now.", now.target)),
            () if held(then) != held(now) => {
                Some(format!("`{place}` held {}, and holds {} now.", held(then), held(now)))
            }
            () if then.before != now.before => Some(format!("`{place}` was written since it was made.")),
            () if then.source != now.source => Some(format!(
                "`{source}` was written since it was made: it was {}, and is {} now.",
                then.source.sha256, now.source.sha256
            )),
            () => None,
        }
    });
    let told: Vec<String> = told.collect();
    match told.is_empty() {
        true => "The target or the source was written since it was made.".to_owned(),
        false => told.join(" "),
    }
}

/// What lies beside a release's files, and would be removed, that did not when a plan was saved, or the other way round.
fn beside(saved: &Plan, now: &Plan) -> String {
    let (then, there) = (saved.strangers(), now.strangers());
    let differs = |target: &&TargetMove| then.get(target.name()) != there.get(target.name());
    let told = now.targets.iter().filter(differs).map(|target| match there.get(target.name()) {
        Some(strangers) => format!(
            "In `{}` this is to be removed now, and that was not so when it was made: {}.",
            target.target,
            strangers.told(MOST_NAMED)
        ),
        None => format!("In `{}` what was to be removed beside the release's files is gone.", target.target),
    });
    told.collect::<Vec<_>>().join(" ")
}

/// Refuses when the world no longer leads to the plan that was saved.
///
/// # Errors
/// `Conflict`, with what is different.
pub fn unchanged(saved: &Plan, decision: &Decision) -> Result<(), Failure> {
    let now = decision.plan();
    if now.digest() == saved.digest()
        && now.steps == saved.steps
        && !matches!(decision, Decision::NothingToDo(_))
    {
        return Ok(());
    }
    let (name, sha) = (&saved.environment, saved.release.commit.short(7));
    let from = |plan: &Plan| plan.from.as_ref().map_or("nothing", |from| from.commit.short(7)).to_owned();
    let why = match decision {
        Decision::NothingToDo(_) => format!("{name} is on {sha} already."),
        _ if saved.ledger != now.ledger => "It was made for another ledger.".to_owned(),
        _ if saved.from != now.from => {
            format!("When it was made, {} was in {name}; now {} is there.", from(saved), from(now))
        }
        _ if saved.base != now.base => format!("Something was recorded in {name} since it was made."),
        Decision::Refused(refusal) if !refusal.obstacles.is_empty() => {
            format!("{}.", refusal.obstacles.join("; "))
        }
        _ if saved.targets != now.targets => written(saved, now),
        _ if saved.strangers() != now.strangers() => beside(saved, now),
        _ if saved.follows != now.follows || saved.steps != now.steps => match saved.steps {
            None if saved.follows => "An earlier version made it, which did not name its steps.".to_owned(),
            _ => "The steps in the file, or what becomes of a failure, are not those that it showed, or another version of promote made it."
                .to_owned(),
        },
        _ => "What it would do has changed since it was made.".to_owned(),
    };
    let failure = Failure::new(ExitStatus::Conflict, "the saved plan is out of date")
        .state(why)
        .state("Nothing was changed.");
    match decision {
        // What stands in the way is said, and a plan would say no more.
        Decision::Refused(refusal) if !refusal.obstacles.is_empty() => return Err(failure),
        Decision::NothingToDo(_) => {
            return Err(failure.hint(format!("`promote plan {name} {sha}` shows what would happen now")));
        }
        Decision::Allowed(_) | Decision::Refused(_) => {}
    }
    let again = Invocation::new("plan").word(name).word(sha).terms(&saved.terms).option("--out", "FILE");
    Err(failure.hint(format!("`{again}` makes a new one")))
}
