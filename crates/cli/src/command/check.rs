//! `promote check`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use clap::Args;
use promote::Mistakes;
use promote_core::config::Diagnostic;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::location::StoreId;
use promote_core::observe::{begun, seen};
use promote_core::port::ErrorKind;
use promote_core::ports::{ReadPorts, stores_of};
use promote_core::report::Document;
use promote_view::{Page, Style, Text};
use serde::Serialize;
use std::collections::BTreeSet;

/// Say what is wrong with promote.toml
///
/// Every mistake is shown at its line; what this version reads and does not act on is one. With `--online`, the ledger, every target and every store are looked at as well;
/// nothing is written.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote check\n  promote check --online")]
pub(crate) struct CheckArgs {
    /// Look at the stores as well
    #[arg(long)]
    online: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CheckReport {
    schema: &'static str,
    /// The file.
    file: String,
    /// The project.
    project: String,
    /// The environments, in order.
    environments: Vec<String>,
    /// What the file asks for and this version does not do.
    errors: Vec<Remark>,
    /// What could be better.
    remarks: Vec<Remark>,
    /// What was looked at in the stores; empty without `--online`.
    online: Vec<Check>,
    /// Whether all of it is well.
    ok: bool,
}

/// Something that is sound and could be better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Remark {
    line: u32,
    column: u32,
    message: String,
    hint: Option<String>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    /// What.
    what: String,
    /// What is wrong with it.
    problem: Option<String>,
    /// What can be done.
    hints: Vec<String>,
    #[serde(skip)]
    exit: ExitStatus,
}

impl Document for CheckReport {
    const SCHEMA: &'static str = "promote/check@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "file", "project", "environments", "errors", "remarks", "online", "ok"];
}

impl Command for CheckArgs {
    const NAME: &'static str = "check";
    const ELSEWHERE: &'static [&'static str] = &["validate", "lint", "test"];
    const DOCUMENTS: &'static [Shape] = &[shape::<CheckReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &CheckArgs) -> CommandResult {
    let project = app.load()?;
    let unacted = &project.config.unacted;
    let mut online = Vec::new();
    if args.online {
        let ports = app.ports(&project).await?;
        online = look(&ports.view(), &project.config).await?;
    }
    let worst = online.iter().filter(|looked| looked.problem.is_some()).map(|looked| looked.exit).max();
    let report = CheckReport {
        schema: CheckReport::SCHEMA,
        file: project.shown(app.env),
        project: project.config.project.to_string(),
        environments: project.config.stages.iter().flatten().map(ToString::to_string).collect(),
        errors: unacted.iter().map(remark).collect(),
        remarks: project.remarks.iter().map(remark).collect(),
        online,
        ok: worst.is_none() && unacted.is_empty(),
    };
    let told: Vec<Diagnostic> = unacted.iter().chain(&project.remarks).cloned().collect();
    if app.json() == crate::app::json::JsonSelection::None && !told.is_empty() {
        let (path, colour) = (project.shown(app.env), app.screen.err_colour);
        app.screen.message(&Mistakes::new(path, &project.text, told).drawn(colour));
    }
    app.show(&report, || page(&report))?;
    Ok(match unacted.is_empty() {
        true => worst.unwrap_or(ExitStatus::Ok),
        false => ExitStatus::Usage,
    })
}

fn remark(found: &Diagnostic) -> Remark {
    Remark {
        line: found.line,
        column: found.column,
        message: found.message.clone(),
        hint: found.hint.clone(),
    }
}

async fn look(view: &ReadPorts, config: &promote_core::config::Config) -> Result<Vec<Check>, Failure> {
    let mut found = Vec::new();
    // Who does not answer is asked once, and not again for each thing that lies there.
    let mut unreached = BTreeSet::new();
    let genesis = match begun(&view.ledger, config).await {
        Ok(genesis) => {
            let known = genesis.map(|(genesis, _)| genesis);
            let what = match &known {
                Some(_) => format!("ledger in {} below {}", view.ledger.bucket(), view.ledger.root()),
                None => "ledger: not begun yet".to_owned(),
            };
            found.push(Check { what, problem: None, hints: Vec::new(), exit: ExitStatus::Ok });
            known
        }
        Err(failure) => {
            if failure.is_silence() {
                unreached.insert(config.ledger.store.clone());
            }
            found.push(wrong("ledger", &failure));
            None
        }
    };
    for id in stores_of(config) {
        if unreached.contains(&id) {
            found.push(unasked(id.to_string(), &id));
            continue;
        }
        let bucket = view.store(&id)?;
        let listed = bucket.names("", 1).await;
        let what = id.to_string();
        // A role that may read its objects need not be allowed to list them.
        let looked = match listed {
            Ok(_) => Check { what, problem: None, hints: Vec::new(), exit: ExitStatus::Ok },
            Err(error) if error.kind == ErrorKind::Denied && !crate::store_health::rejected(&id, &error) => {
                let what = format!("{what}: listing all of it is not allowed, which may be intended");
                Check { what, problem: None, hints: Vec::new(), exit: ExitStatus::Ok }
            }
            Err(error) => {
                if error.kind == ErrorKind::Unavailable {
                    unreached.insert(id.clone());
                }
                wrong(&what, &Failure::from_read(&format!("listing `{id}`"), error))
            }
        };
        found.push(looked);
        let Some(genesis) = &genesis else { continue };
        let known = bucket.capabilities().known()
            || genesis.capabilities(&id).is_some()
            || view.ledger.probed(&id).await.is_ok_and(|probed| probed.is_some());
        if !known {
            let hint = "`promote doctor --probe` finds it out".to_owned();
            let problem = Some("conditional writes: not probed yet".to_owned());
            found.push(Check { what: id.to_string(), problem, hints: vec![hint], exit: ExitStatus::Failed });
        }
    }
    for settings in config.in_order() {
        let what = format!("targets of {}", settings.name);
        let mut stores = settings.artifacts.iter().filter_map(|one| one.target.as_ref()?.store());
        if let Some(id) = stores.find(|id| unreached.contains(id)) {
            found.push(unasked(what, &id));
            continue;
        }
        found.push(match seen(view, config, settings, None).await {
            Ok(_) => Check { what, problem: None, hints: Vec::new(), exit: ExitStatus::Ok },
            Err(failure) => wrong(&what, &failure),
        });
    }
    Ok(found)
}

/// Something at a store that did not answer before.
fn unasked(what: String, store: &StoreId) -> Check {
    let problem = Some(format!("not looked at, since `{store}` did not answer"));
    Check { what, problem, hints: Vec::new(), exit: ExitStatus::Failed }
}

fn wrong(what: &str, failure: &Failure) -> Check {
    Check {
        what: what.to_owned(),
        problem: Some(failure.words()),
        hints: failure.hints.clone(),
        exit: failure.exit,
    }
}

fn page(report: &CheckReport) -> Page {
    let mut page = Page::default();
    let environments = report.environments.join(", ");
    page.line(match report.errors.len() {
        0 => Text::new("✓ ", Style::Good)
            .and(format!("{} is sound: {environments}", report.file), Style::Plain),
        count => {
            let what = if count == 1 { "1 thing".to_owned() } else { format!("{count} things") };
            let text =
                format!("{} asks for {what} that this version does not do: {environments}", report.file);
            Text::new("✗ ", Style::Bad).and(text, Style::Plain)
        }
    });
    for looked in &report.online {
        page.line(match &looked.problem {
            None => Text::new("✓ ", Style::Good).and(&looked.what, Style::Plain),
            Some(problem) => {
                Text::new("✗ ", Style::Bad).and(format!("{}: {problem}", looked.what), Style::Plain)
            }
        });
        for hint in &looked.hints {
            page.hint(hint);
        }
    }
    page
}
