//! install: the programs are put on the path of the job's later steps.

use crate::action_result::ActionResult;
use crate::file::append_text;
use crate::log::Log;
use crate::surroundings::Surroundings;
use crate::workflow::Kind;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use std::path::Path;

/// Adds the folder that this program lies in.
pub(crate) fn install(surroundings: &Surroundings, log: &Log) -> Result<ActionResult, Failure> {
    let unknown = || Failure::new(ExitStatus::Failed, "can't find where this program is");
    let program = std::env::current_exe().ok();
    let folder = program.as_deref().and_then(Path::parent).ok_or_else(unknown)?;
    let shown = folder.to_str().filter(|text| !text.contains(['\n', '\r'])).ok_or_else(unknown)?;
    let file = surroundings.file("GITHUB_PATH").ok_or_else(|| {
        Failure::new(ExitStatus::Usage, "`GITHUB_PATH` names no file: this is no job of a runner")
    })?;
    append_text(&file, &format!("{shown}\n")).map_err(|error| {
        Failure::new(ExitStatus::Failed, "the path of later steps can't be changed").caused_by(error)
    })?;
    let there = ["promote", "promote.exe"].iter().any(|name| folder.join(name).is_file());
    if there {
        log.say(&format!("later steps find promote in {shown}"));
    } else {
        log.annotate(
            Kind::Warning,
            "promote",
            "only promote-action is there: the program `promote` is not beside it",
            None,
        );
    }
    Ok(ActionResult { status: "installed", json: "{}".to_owned(), ..ActionResult::default() })
}
