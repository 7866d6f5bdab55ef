//! Asking before something dangerous, graded by how dangerous it is.

use crate::app::App;
use crate::app::question::{ask, forbidden, is_yes, terminal};
use crate::args::ConfirmArgs;
use promote_core::config::{Environment, Tier};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;

/// What must be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    None,
    Yes,
    Name,
}

/// Asks whether to go ahead, and says whether it had to. `severe` asks for the environment's name whatever its tier.
pub(crate) fn confirm(
    app: &App<'_>,
    changing: &ConfirmArgs,
    settings: &Environment,
    severe: bool,
) -> Result<bool, Failure> {
    if changing.yes {
        return Ok(false);
    }
    let name = &settings.name;
    let question = match settings.tier {
        _ if severe => Question::Name,
        Tier::Production => Question::Name,
        Tier::Staging => Question::Yes,
        Tier::Development | Tier::Test => Question::None,
    };
    let change = || format!("the change to {name}");
    if !terminal(app) {
        app.screen.message("\n");
        return Err(nobody(&change(), NO_TERMINAL)
            .state("Nothing was changed.")
            .hint("`--yes` goes ahead without asking, `--dry-run` only looks"));
    }
    if question == Question::None {
        return Ok(false);
    }
    if forbidden(app) {
        app.screen.message("\n");
        return Err(nobody(&change(), NO_INPUT)
            .state("Nothing was changed.")
            .hint("`--yes` goes ahead without asking"));
    }
    let agreed = match question {
        Question::Name => ask(app, &[], &format!("Type {name} to go ahead:"))? == name.as_str(),
        _ => is_yes(&ask(app, &[], "Go ahead? [y/N]")?),
    };
    if agreed {
        return Ok(true);
    }
    Err(Failure::new(ExitStatus::Interrupted, format!("{name} was not confirmed"))
        .state("Nothing was changed."))
}

const NO_TERMINAL: &str = "there is no terminal";
const NO_INPUT: &str = "`--no-input` forbids asking";

/// Shows what is to be recorded, and asks for the word.
pub(crate) fn agree(
    app: &App<'_>,
    changing: &ConfirmArgs,
    what: &str,
    (lines, question): (&[String], &str),
) -> Result<(), Failure> {
    if changing.yes {
        return Ok(());
    }
    let why = [(!terminal(app), NO_TERMINAL), (forbidden(app), NO_INPUT)];
    if let Some((_, why)) = why.into_iter().find(|(holds, _)| *holds) {
        return Err(nobody(what, why)
            .state("Nothing was recorded.")
            .hint("`--yes` goes ahead without asking, `--dry-run` only looks"));
    }
    match is_yes(&ask(app, lines, question)?) {
        true => Ok(()),
        false => Err(Failure::new(ExitStatus::Interrupted, format!("{what} was not confirmed"))
            .state("Nothing was recorded.")),
    }
}

/// Somebody would have to confirm, and can't be asked.
fn nobody(what: &str, why: &str) -> Failure {
    Failure::new(ExitStatus::Usage, format!("{what} must be confirmed, and {why}"))
}
