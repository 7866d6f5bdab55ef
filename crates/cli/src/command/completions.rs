//! `promote completions`.

use crate::app::{App, Ended};
use clap::Args;
use clap_complete::Shell;
use promote_core::exit::ExitStatus;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote completions bash > ~/.local/share/bash-completion/completions/promote\n  promote completions fish > ~/.config/fish/completions/promote.fish"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(app: &App<'_>, args: &CompletionsArgs) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::command_line(), "promote", &mut script);
    app.screen.data(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Ok)
}
