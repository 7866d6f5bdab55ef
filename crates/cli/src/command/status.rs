//! `promote status`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult, Stop};
use crate::interrupt::or_signal;
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::EnvironmentName;
use promote_core::report::{self, StatusReport};
use promote_view::{Style, Text};
use std::time::Duration;

/// What runs where, and what could move
///
/// Shows every environment's release, since when it is there and whether it was verified; promotions that have not
/// ended, drift, freezes and holds; and which release may move next. Reads only.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "Examples:\n  promote status\n  promote status prod\n  promote status --watch\n  promote status --json=environments"
)]
pub(crate) struct StatusArgs {
    /// The environments; all of them when none is named
    #[arg(value_name = "ENV")]
    environments: Vec<EnvironmentName>,

    /// Show it again every five seconds, until ctrl-C
    #[arg(long)]
    watch: bool,
}

/// Between two looks: each costs a few requests.
const PAUSE: Duration = Duration::from_secs(5);

impl Command for StatusArgs {
    const NAME: &'static str = "status";
    const ELSEWHERE: &'static [&'static str] = &["list", "ls", "st", "get", "environments"];
    const DOCUMENTS: &'static [Shape] = &[shape::<StatusReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &StatusArgs) -> CommandResult {
    let project = app.project()?;
    let ports = app.ports(&project).await?;
    let (view, zone) = (ports.view(), project.config.timezone);
    let look = || async {
        let mut found = report::status(&view, &project.config, &args.environments, &app.claimed()).await?;
        found.file = project.shown(app.env);
        Ok::<_, Failure>(found)
    };
    if !args.watch {
        let found = look().await?;
        app.show(&found, || promote_view::status::page(&found, zone))?;
        return Ok(ExitStatus::Ok);
    }
    if !app.env.output_terminal || app.json() != crate::app::json::JsonSelection::None {
        return Err(Failure::new(ExitStatus::Usage, "`--watch` needs a terminal")
            .hint("`promote status` shows it once")
            .into());
    }
    let draw = |found: &report::StatusReport| {
        let mut page = promote_view::status::page(found, zone);
        page.blank();
        page.line(Text::new("Again every 5 s; ctrl-C ends it.", Style::Dim));
        app.screen.redraw(Some(&page))
    };
    let mut last = look().await?;
    draw(&last)?;
    let watched = async {
        loop {
            tokio::time::sleep(PAUSE).await;
            match look().await {
                Ok(found) => last = found,
                Err(failure) => break failure,
            }
            if let Err(failure) = draw(&last) {
                break failure;
            }
        }
    };
    let ended = or_signal(app.env, &app.progress(), watched).await;
    app.screen.redraw(None)?;
    match ended {
        Ok(failure) => Err(failure.into()),
        Err(signal) => {
            // What was seen last stays on the terminal.
            app.screen.page_left_behind(&promote_view::status::page(&last, zone))?;
            Err(Stop::AlreadyReported(signal.exit()))
        }
    }
}
