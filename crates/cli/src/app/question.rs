//! Asking a person at a terminal: whether anybody can be asked, and reading what is answered.

use crate::app::App;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_view::Text;

/// Whether somebody sits at a terminal. In CI nobody does, whatever it looks like.
pub(crate) fn terminal(app: &App<'_>) -> bool {
    app.env.input_terminal && app.env.error_terminal && !app.env.is_ci()
}

/// Whether asking is forbidden, by the flag or by the variable.
pub(crate) fn forbidden(app: &App<'_>) -> bool {
    app.global.no_input || app.env.variable("PROMOTE_NO_INPUT").is_some()
}

/// Says these lines and asks a question behind them. What is foreign in them can't play tricks with the terminal. No answer
/// is the empty one.
///
/// # Errors
/// When the answer can't be read.
pub(crate) fn ask(app: &App<'_>, lines: &[String], question: &str) -> Result<String, Failure> {
    let shown = |text: &str| Text::plain(text).shown(false);
    let mut text = String::from("\n");
    for line in lines {
        text.push_str(&shown(line));
        text.push('\n');
    }
    app.screen.message(&format!("{text}{} ", shown(question)));
    let answer = app
        .env
        .keyboard
        .line()
        .map_err(|error| Failure::new(ExitStatus::Failed, "the answer can't be read").caused_by(error))?;
    if answer.is_none() {
        // The end of the input was typed, which the terminal does not echo as a line.
        app.screen.message("\n");
    }
    app.screen.message("\n");
    Ok(answer.unwrap_or_default().trim().to_owned())
}

/// Whether an answer means yes.
pub(crate) fn is_yes(answer: &str) -> bool {
    matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")
}
