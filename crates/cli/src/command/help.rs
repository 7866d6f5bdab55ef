//! `promote help`.

use crate::app::command::Command;
use crate::app::shape::Shape;
use crate::app::{App, CommandResult};
use crate::topic;
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::escape;

/// Explain a command, or a topic
///
/// Without a name, the first page of help; with a command, what `promote COMMAND --help` prints. Topics are `rules`,
/// `releases`, `exit-codes`, `environment`, `formats` and `completion`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote help\n  promote help to\n  promote help rules\n  promote help exit-codes"
)]
pub(crate) struct HelpArgs {
    /// A command or a topic
    #[arg(value_name = "TOPIC")]
    of: Vec<String>,
}

impl Command for HelpArgs {
    const NAME: &'static str = "help";
    const DOCUMENTS: &'static [Shape] = &[];

    fn run(&self, app: &App<'_>) -> CommandResult {
        run(app, self)
    }
}

fn run(app: &App<'_>, args: &HelpArgs) -> CommandResult {
    app.prints_text("help", "text for people")?;
    if args.of.is_empty() {
        return first(app);
    }
    if let Some(topic) = topic::named(&args.of.join("-")) {
        app.screen.page(&(topic.page)())?;
        return Ok(ExitStatus::Ok);
    }
    let columns = app.env.width();
    let mut whole = crate::examples::fitted((app.program.line)(), columns).term_width(columns);
    whole.build();
    let mut command = &mut whole;
    for name in &args.of {
        command = match command.find_subcommand_mut(name) {
            Some(found) => found,
            None => return Err(unknown(app, &args.of).into()),
        };
    }
    let text = command.render_long_help();
    app.screen.data(&if app.screen.out_colour { text.ansi().to_string() } else { text.to_string() })?;
    Ok(ExitStatus::Ok)
}

/// The first page of help.
pub(crate) fn first(app: &App<'_>) -> CommandResult {
    let text = crate::overview::grouped((app.program.line)(), &(app.program.groups)(), app.env.width())
        .render_help();
    app.screen.data(&if app.screen.out_colour { text.ansi().to_string() } else { text.to_string() })?;
    Ok(ExitStatus::Ok)
}

fn unknown(app: &App<'_>, of: &[String]) -> Failure {
    let name = of.join(" ");
    let whole = (app.program.line)();
    let commands = whole.get_subcommands().map(clap::Command::get_name);
    let failure = Failure::new(ExitStatus::Usage, format!("no command or topic `{}`", escape(&name)));
    match promote_core::suggest::closest(&name, commands.chain(topic::ALL.iter().map(|topic| topic.name))) {
        Some(near) => failure.hint(format!("did you mean `promote help {near}`?")),
        None => failure.hint("`promote help` lists the commands and topics"),
    }
}
