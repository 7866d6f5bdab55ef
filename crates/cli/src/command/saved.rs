//! The file of a saved plan.

use crate::app::App;
use promote::{Error, Promotion};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::invocation::Invocation;
use promote_core::names::EnvironmentName;
use std::path::Path;

/// What a saved plan for this environment asks for.
pub(super) fn read(app: &App<'_>, path: &Path, environment: &EnvironmentName) -> Result<Promotion, Failure> {
    let shown = path.display().to_string();
    let missing = || {
        let line = Invocation::new("plan").word(environment).option("--out", &shown);
        Failure::new(ExitStatus::Missing, format!("there is no file `{shown}`"))
            .state("Nothing was changed.")
            .hint(format!("`{line}` saves a plan there"))
    };
    let file = app.env.folder.join(path);
    Promotion::of_plan_file(environment.as_str(), file, &shown).map_err(|error: Error| match error.exit() {
        ExitStatus::Missing => missing(),
        _ => error.into_failure(),
    })
}
