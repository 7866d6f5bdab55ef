//! `promote notify`: tries out whom the project tells what happens. Nothing moves, and nothing is recorded.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use clap::Args;
use promote_core::config::Environment;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::{EnvironmentName, visible};
use promote_core::observe::environment;
use promote_core::report::Document;
use promote_core::tell::{self, Notice, receivers};
use promote_providers::notify::{Receiver, Surroundings};
use promote_view::{Page, Style, Text};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;

/// How long one receiver may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Try out who is told what happens
///
/// Sends an event that says `test` to each receiver of `[notify]`, of one environment or of all, and says what each of them
/// answered. Nothing moves, and nothing is recorded.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote notify --test\n  promote notify --test prod")]
pub(crate) struct NotifyArgs {
    /// Send a test; what happens is told by the commands that make it happen
    #[arg(long, required = true)]
    test: bool,

    /// The environment; all of them, when left out
    #[arg(value_name = "ENV")]
    environment: Option<EnvironmentName>,
}

/// What the receivers answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NotifyReport {
    schema: &'static str,
    /// The project.
    project: String,
    /// Each receiver of each environment.
    receivers: Vec<ToldReceiver>,
}

/// One receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ToldReceiver {
    /// The environment.
    environment: String,
    /// `slack` or `webhook`.
    receiver: &'static str,
    /// Whether it took the message.
    taken: bool,
    /// What it answered, or why nothing was sent.
    answer: String,
}

impl Document for NotifyReport {
    const SCHEMA: &'static str = "promote/notify@1";
    const FIELDS: &'static [&'static str] = &["schema", "project", "receivers"];
}

impl Command for NotifyArgs {
    const NAME: &'static str = "notify";
    const DOCUMENTS: &'static [Shape] = &[shape::<NotifyReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &NotifyArgs) -> CommandResult {
    let project = app.project()?;
    let config = &project.config;
    let chosen: Vec<&Environment> = match &args.environment {
        Some(name) => vec![environment(config, name)?],
        None => config.in_order().collect(),
    };
    if chosen.iter().all(|settings| receivers(settings).is_empty()) {
        let whose =
            args.environment.as_ref().map_or_else(|| "no environment".to_owned(), ToString::to_string);
        let what = match args.environment {
            Some(_) => format!("{whose} tells nobody what happens"),
            None => format!("{whose} tells anybody what happens"),
        };
        return Err(Failure::new(ExitStatus::Usage, what)
            .state("Nothing was sent.")
            .hint("`notify = { slack = \"$SLACK_WEBHOOK_URL\" }` in `promote.toml` names a receiver")
            .into());
    }
    let ports = app.ports(&project).await?;
    let around = app.surroundings();
    let mut report = NotifyReport {
        schema: NotifyReport::SCHEMA,
        project: config.project.to_string(),
        receivers: Vec::new(),
    };
    for settings in chosen {
        for kind in receivers(settings) {
            let notice = tell::test(config, settings, format!("test:{}", ports.nonce()), ports.clock.now());
            report.receivers.push(tried(settings, kind, &notice, &around).await);
        }
    }
    app.show(&report, || page(&report))?;
    let all = report.receivers.iter().all(|one| one.taken);
    Ok(if all { ExitStatus::Ok } else { ExitStatus::Failed })
}

async fn tried(
    settings: &Environment,
    kind: &'static str,
    notice: &Notice,
    around: &Surroundings,
) -> ToldReceiver {
    let end = match Receiver::of(settings, kind, around) {
        Ok(receiver) => receiver.send(notice, Instant::now() + PATIENCE).await,
        Err(why) => Err(why),
    };
    ToldReceiver {
        environment: settings.name.to_string(),
        receiver: kind,
        taken: end.is_ok(),
        answer: end.unwrap_or_else(|why| why),
    }
}

fn page(report: &NotifyReport) -> Page {
    let mut page = Page::default();
    for one in &report.receivers {
        let place = format!("{}: {}", one.environment, one.receiver);
        match one.taken {
            true => page.line(
                Text::new("✓ ", Style::Good).and(format!("{place} {}", visible(&one.answer)), Style::Plain),
            ),
            false => {
                page.line(Text::new("✗ ", Style::Bad).and(format!("{place} did not take it"), Style::Plain));
                page.hint(visible(&one.answer));
            }
        }
    }
    page
}
