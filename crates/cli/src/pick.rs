//! The environment that a command is about, where none is named: somebody at a terminal is asked.

use crate::app::App;
use crate::app::json::JsonSelection;
use crate::app::project::Project;
use crate::app::question::{ask, forbidden, terminal};
use crate::known;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::{EnvironmentName, escape};

/// The one that is named, or picked.
///
/// # Errors
/// `Usage`, when none is named and nobody can be asked, or the answer is none.
pub(crate) fn environment(
    app: &App<'_>,
    project: &Project,
    named: Option<&EnvironmentName>,
    command: &str,
) -> Result<EnvironmentName, Failure> {
    if let Some(name) = named {
        return Ok(name.clone());
    }
    let all = known::environments(&project.config);
    if !terminal(app) || forbidden(app) || app.json() != JsonSelection::None {
        let hint = format!("the environments are {}; `promote {command} --help` explains", all.join(", "));
        return Err(Failure::new(ExitStatus::Usage, "`<ENV>` is missing").hint(hint));
    }
    let listed = all.iter().enumerate().map(|(at, name)| format!("  {}  {name}", at + 1));
    let lines: Vec<String> = std::iter::once("Which environment?".to_owned()).chain(listed).collect();
    let answer = ask(app, &lines, "Number or name:")?;
    let number = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let picked = match number {
        Some(at) => all.get(at).copied(),
        None => all.iter().copied().find(|name| *name == answer),
    };
    let none = || match answer.is_empty() {
        true => {
            Failure::new(ExitStatus::Interrupted, "no environment was picked").state("Nothing was changed.")
        }
        false => Failure::new(ExitStatus::Usage, format!("no environment `{}`", escape(&answer)))
            .hint(format!("the environments are {}", all.join(", "))),
    };
    picked.and_then(|name| name.parse().ok()).ok_or_else(none)
}
