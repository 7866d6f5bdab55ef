//! The file of a saved plan.

use crate::app::App;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::invocation::Invocation;
use promote_core::names::EnvironmentName;
use promote_core::plan::{Plan, saved};
use promote_providers::opened;
use std::io::Read as _;
use std::path::Path;

/// Reads a saved plan for this environment.
pub(super) fn read(app: &App<'_>, path: &Path, environment: &EnvironmentName) -> Result<Plan, Failure> {
    let file = app.env.folder.join(path);
    let shown = path.display().to_string();
    let unread = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let line = Invocation::new("plan").word(environment).option("--out", &shown);
            Failure::new(ExitStatus::Missing, format!("there is no file `{shown}`"))
                .state("Nothing was changed.")
                .hint(format!("`{line}` saves a plan there"))
        }
        _ => Failure::new(ExitStatus::Usage, format!("the plan `{shown}` can't be read")).caused_by(error),
    };
    let mut bytes = Vec::new();
    opened::regular(&file)
        .and_then(|opened| opened.take(saved::LIMIT + 1).read_to_end(&mut bytes))
        .map_err(unread)?;
    if bytes.len() as u64 > saved::LIMIT {
        return Err(Failure::new(ExitStatus::Usage, format!("`{shown}` is too large to be a plan")));
    }
    saved::parse(&bytes, &shown, environment)
}
