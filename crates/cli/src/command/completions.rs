//! `promote completions`.

use crate::app::command::Command;
use crate::app::shape::Shape;
use crate::app::{App, CommandResult};
use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;

/// The variable by which a shell asks, naming itself.
pub(crate) const ASKED: &str = "PROMOTE_COMPLETE";

/// Print a completion script for a shell
///
/// Completes commands and flags, environments, rules and artifacts of promote.toml, and commits and tags of the git
/// repository. The script asks `promote` each time, which asks no store; take it anew with each version of promote.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  source <(promote completions bash)    # in ~/.bashrc\n  source <(promote completions zsh)     # in ~/.zshrc, after compinit\n  promote completions fish | source     # in ~/.config/fish/config.fish"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Command for CompletionsArgs {
    const NAME: &'static str = "completions";
    const DOCUMENTS: &'static [Shape] = &[];

    fn run(&self, app: &App<'_>) -> CommandResult {
        run(app, self)
    }
}

fn run(app: &App<'_>, args: &CompletionsArgs) -> CommandResult {
    app.prints_text("completions", "a shell script")?;
    let script = script(&args.shell.to_string())
        .ok_or_else(|| Failure::new(ExitStatus::Failed, format!("no script for {}", args.shell)))?;
    app.screen.data(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Ok)
}

/// The script that makes a shell ask; `None` for one that is not known.
fn script(shell: &str) -> Option<Vec<u8>> {
    let mut script = Vec::new();
    Shells::builtins()
        .completer(shell)?
        .write_registration(ASKED, "promote", "promote", "promote", &mut script)
        .ok()?;
    Some(script)
}
