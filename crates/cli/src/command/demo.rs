//! `promote demo`.

use crate::app::command::Command;
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::demonstration::{self, DemoReport};
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_view::{Page, Style, Text};

/// The whole life of a release in a scratch folder, explained
///
/// Makes a git repository and a project in a scratch folder, and runs the very commands that one would type: publish,
/// promote, be refused, fail and be rolled back, find a change made by hand, freeze. Touches nothing else and needs no
/// network; git is needed. The folder is deleted afterwards, unless `--keep` is given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote demo\n  promote demo --keep")]
pub(crate) struct DemoArgs {
    /// Keep the folder, to go on in it
    #[arg(long)]
    keep: bool,
}

impl Command for DemoArgs {
    const NAME: &'static str = "demo";
    const DOCUMENTS: &'static [Shape] = &[shape::<DemoReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        run(app, self)
    }
}

fn run(app: &App<'_>, args: &DemoArgs) -> CommandResult {
    let failed = |error| Failure::new(ExitStatus::Failed, "no scratch folder can be made").caused_by(error);
    let scratch = tempfile::TempDir::with_prefix("promote-demo-").map_err(failed)?;
    let folder = scratch.path().canonicalize().map_err(failed)?;
    let quiet = app.json() != crate::app::json::JsonSelection::None;
    let mut steps = Vec::new();
    let told = demonstration::tell(app, &folder, &mut |step| {
        if !quiet {
            app.screen.data(&step.shown(app.screen.out_colour))?;
        }
        steps.push(step);
        Ok(())
    });
    let kept = if args.keep { Some(scratch.keep().display().to_string()) } else { None };
    told?;
    let report = DemoReport::new(steps, kept);
    if quiet {
        app.show(&report, Page::default)?;
        return Ok(ExitStatus::Ok);
    }
    if let Some(folder) = report.folder() {
        app.screen.say(&Text::new(format!("The project is in {folder}."), Style::Plain));
    }
    Ok(ExitStatus::Ok)
}
