//! Asking before something dangerous, graded by how dangerous it is.

use crate::app::App;
use crate::args::Changing;
use crate::page::Text;
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
    changing: &Changing,
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
    let terminal = app.env.input_terminal && app.env.error_terminal && !app.env.is_ci();
    if !terminal {
        app.screen.message("\n");
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("{name} must be confirmed, and there is no terminal"),
        )
        .state("Nothing was changed.")
        .hint("`--yes` goes ahead without asking, `--dry-run` only looks"));
    }
    if question == Question::None {
        return Ok(false);
    }
    if app.global.no_input || app.env.variable("PROMOTE_NO_INPUT").is_some() {
        app.screen.message("\n");
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("{name} must be confirmed, and `--no-input` forbids asking"),
        )
        .state("Nothing was changed.")
        .hint("`--yes` goes ahead without asking"));
    }
    let prompt = match question {
        Question::Name => format!("Type {name} to go ahead: "),
        _ => "Go ahead? [y/N] ".to_owned(),
    };
    app.screen.message(&format!("\n{}", Text::plain(prompt).shown(false)));
    let answer = app
        .env
        .keyboard
        .line()
        .map_err(|error| Failure::new(ExitStatus::Failed, "the answer can't be read").caused_by(error))?;
    if answer.is_none() {
        // The end of the input was typed, which the terminal does not echo as a line.
        app.screen.message("\n");
    }
    let answer = answer.unwrap_or_default();
    app.screen.message("\n");
    let agreed = match question {
        Question::Name => answer.trim() == name.as_str(),
        _ => matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"),
    };
    if agreed {
        return Ok(true);
    }
    Err(Failure::new(ExitStatus::Interrupted, format!("{name} was not confirmed"))
        .state("Nothing was changed."))
}
