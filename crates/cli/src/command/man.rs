//! `promote man`.

use crate::app::command::Command;
use crate::app::shape::Shape;
use crate::app::{App, CommandResult};
use crate::written;
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::escape;
use std::path::PathBuf;

/// Print the manual page
///
/// Of the whole command, or of one of its commands; with `--out`, all of them as files for a packager.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote man | man -l -\n  promote man publish\n  promote man --out share/man/man1"
)]
pub(crate) struct ManArgs {
    /// A command
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    of: Option<String>,

    /// Write every page into this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Command for ManArgs {
    const NAME: &'static str = "man";
    const DOCUMENTS: &'static [Shape] = &[];

    fn run(&self, app: &App<'_>) -> CommandResult {
        run(app, self)
    }
}

fn run(app: &App<'_>, args: &ManArgs) -> CommandResult {
    app.prints_text("man", "a manual page")?;
    let mut whole = (app.program.line)();
    whole.build();
    if let Some(folder) = &args.out {
        let folder = app.env.folder.join(folder);
        let failed = |error| {
            written::failed(&folder, error).state("Some of the pages may be there, the last one cut off.")
        };
        written::refuse_links(&folder, &app.env.folder).map_err(failed)?;
        written::refuse_kept(app, &folder.join("promote.1")).map_err(failed)?;
        std::fs::create_dir_all(&folder).map_err(failed)?;
        clap_mangen::generate_to(whole, &folder).map_err(failed)?;
        return Ok(ExitStatus::Ok);
    }
    let page = match &args.of {
        None => whole,
        Some(name) => {
            let Some(found) = whole.find_subcommand(name) else {
                return Err(Failure::new(ExitStatus::Usage, format!("no command `{}`", escape(name)))
                    .hint("`promote --help` names them")
                    .into());
            };
            found.clone()
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|error| Failure::new(ExitStatus::Failed, "the page can't be made").caused_by(error))?;
    app.screen.data(&String::from_utf8_lossy(&text))?;
    Ok(ExitStatus::Ok)
}
