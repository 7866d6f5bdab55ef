//! `promote config show`.

use crate::app::command::Command;
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use clap::{Args, Subcommand};
use promote_core::config::Effective;
use promote_core::exit::ExitStatus;
use promote_core::names::EnvironmentName;
use promote_core::observe::environment;
use promote_core::report::Document;
use promote_view::{Page, Style, Text};
use serde::Serialize;

/// Look at the configuration
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    what: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Every value in force, and the line it comes from
    ///
    /// Secrets are shown as the variable that they are read from. A value without a line is the default.
    #[command(after_help = "Examples:\n  promote config show\n  promote config show --env prod --json")]
    Show {
        /// Only this environment
        #[arg(long, value_name = "ENV")]
        env: Option<EnvironmentName>,
    },
}

/// The values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ConfigReport {
    schema: &'static str,
    /// The file.
    file: String,
    /// The values: the project's, then each environment's.
    values: Vec<Effective>,
}

impl Document for ConfigReport {
    const SCHEMA: &'static str = "promote/config@1";
    const FIELDS: &'static [&'static str] = &["schema", "file", "values"];
}

impl Command for ConfigArgs {
    const NAME: &'static str = "config";
    const DOCUMENTS: &'static [Shape] = &[shape::<ConfigReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        run(app, self)
    }
}

fn run(app: &App<'_>, args: &ConfigArgs) -> CommandResult {
    let ConfigCommand::Show { env } = &args.what;
    let project = app.project()?;
    if let Some(name) = env {
        environment(&project.config, name)?;
    }
    let wanted = |value: &&Effective| env.is_none() || value.env == *env;
    let report = ConfigReport {
        schema: ConfigReport::SCHEMA,
        file: project.shown(app.env),
        values: project.config.effective.iter().filter(wanted).cloned().collect(),
    };
    app.show(&report, || page(&report))?;
    Ok(ExitStatus::Ok)
}

fn page(report: &ConfigReport) -> Page {
    let mut page = Page::default();
    let rows = report.values.iter().map(|value| {
        vec![
            Text::new(value.env.as_ref().map_or("", |name| name.as_str()), Style::Strong),
            Text::new(&value.key, Style::Literal),
            Text::plain(&value.value),
            Text::new(
                value.line.map_or_else(|| "default".to_owned(), |line| format!("line {line}")),
                Style::Dim,
            ),
        ]
    });
    page.table(&["ENVIRONMENT", "KEY", "VALUE", "FROM"], rows.collect());
    page
}
