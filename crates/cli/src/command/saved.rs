//! Saved plans: reading one back, and asking for the same again.

use crate::app::App;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::{Action, Actor};
use promote_core::names::EnvironmentName;
use promote_core::plan::{Plan, SCHEMA};
use promote_core::request::{Request, Wanted};
use std::path::Path;

/// The largest saved plan in bytes.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Reads a saved plan for this environment.
pub(super) fn read(app: &App<'_>, path: &Path, environment: &EnvironmentName) -> Result<Plan, Failure> {
    let file = app.env.folder.join(path);
    let shown = path.display();
    let unread = |error: std::io::Error| {
        let exit = match error.kind() {
            std::io::ErrorKind::NotFound => ExitStatus::Missing,
            _ => ExitStatus::Usage,
        };
        Failure::new(exit, format!("the plan `{shown}` can't be read")).caused_by(error)
    };
    if std::fs::metadata(&file).map_err(unread)?.len() > LIMIT {
        return Err(Failure::new(ExitStatus::Usage, format!("`{shown}` is too large to be a plan")));
    }
    let bytes = std::fs::read(&file).map_err(unread)?;
    let plan: Plan = serde_json::from_slice(&bytes).map_err(|error| {
        Failure::new(ExitStatus::Usage, format!("`{shown}` is no saved plan"))
            .hint(format!("`promote plan {environment} --out FILE` saves one"))
            .caused_by(error)
    })?;
    if plan.schema != SCHEMA {
        let schema = promote_core::names::shown(&plan.schema);
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("`{shown}` is a `{schema}`, this version reads `{SCHEMA}`"),
        ));
    }
    if plan.environment != *environment {
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("`{shown}` is a plan for {}, not for {environment}", plan.environment),
        ));
    }
    Ok(plan)
}

/// The request that leads to the same plan, if the world is still the same.
pub(super) fn request(plan: &Plan, actor: Actor) -> Result<Request, Failure> {
    let prefix =
        plan.release.commit.as_str().parse().map_err(|error: promote_core::commit::CommitError| {
            Failure::new(ExitStatus::Usage, "the plan names no commit").caused_by(error)
        })?;
    Ok(Request {
        action: plan.action,
        take_over: plan.action == Action::Rollback || plan.supersedes.is_some(),
        include: plan.terms.include.clone(),
        overrides: plan.terms.overrides.clone(),
        notes: plan.terms.notes.clone(),
        reason: plan.terms.reason.clone(),
        ..Request::promote(plan.environment.clone(), Wanted::Commit(prefix), actor)
    })
}
