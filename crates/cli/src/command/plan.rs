//! `promote plan`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::args::TermsArgs;
use crate::in_full::InFull;
use crate::moving::Looking;
use crate::written;
use clap::Args;
use promote::{Ending, Error};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::invocation::Invocation;
use promote_core::names::EnvironmentName;
use promote_core::observe::environment;
use promote_core::plan::Decision;
use promote_core::report::{DecisionReport, Verb};
use promote_core::request::Wanted;
use promote_view::Page;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Show what `promote to` would do, without doing it
///
/// Shows the commits that would be brought, every write with its condition, every rule with its answer, and the steps
/// that would follow. Needs read rights only; whoever may write spares the next command what had to be read. A saved plan can be reviewed, and carried out later with
/// `promote to ENV --plan FILE`: exactly as it is, or not at all.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote plan prod\n  promote plan prod a93be01 --out plan.json\n  \
                        promote plan prod --exit-code --quiet")]
pub(crate) struct PlanArgs {
    /// Where to; picked from a list at a terminal, when left out
    #[arg(value_name = "ENV")]
    environment: Option<EnvironmentName>,

    /// Which release; what runs in the environment before, when left out
    #[arg(value_name = "RELEASE")]
    release: Option<Wanted>,

    /// Save the plan
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Exit with 10 when there is something to do, 0 when there is nothing, 3 when it is blocked
    #[arg(long)]
    exit_code: bool,

    #[command(flatten)]
    terms: TermsArgs,
}

impl Command for PlanArgs {
    const NAME: &'static str = "plan";
    const DOCUMENTS: &'static [Shape] = &[shape::<DecisionReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &PlanArgs) -> CommandResult {
    let project = app.project()?;
    let name = crate::pick::environment(app, &project, args.environment.as_ref(), "plan")?;
    let promotion = app.promotion(&name, args.release.as_ref(), &args.terms, true)?;
    environment(&project.config, &name)?;
    let progress = app.progress();
    let opened = app.open(&project, None, Arc::new(progress.clone())).await?;
    let ended = opened.plan(promotion).asking(Looking(app)).await;
    progress.rest();
    let ending = ended.map_err(Error::into_failure)?;
    let mut report = ending.decision().clone();
    report.exit = match report.decision {
        Verb::Allowed if args.exit_code => ExitStatus::Differs,
        Verb::Allowed | Verb::NothingToDo => ExitStatus::Ok,
        Verb::Refused if args.exit_code || !report.obstacles.is_empty() => report.would_exit,
        Verb::Refused => ExitStatus::Ok,
    };
    let saved = match &args.out {
        Some(path) => save(app, path, &ending)?,
        None => true,
    };
    let in_full = InFull::look(app, &opened).await;
    app.show(&report, || in_full.decided(&report, &project.config))?;
    if !saved {
        let mut page = Page::default();
        page.line("There is nothing to do, so no plan was saved.");
        app.screen.note(&page);
    } else if let Some(path) = &args.out {
        app.screen.note(&told(path, &name, ending.decided()));
    }
    Ok(report.exit)
}

/// That a plan was saved, and what carries it out where the rules let it.
fn told(path: &Path, environment: &EnvironmentName, decision: &Decision) -> Page {
    let path = path.display();
    let mut page = Page::default();
    page.line(format!("The plan was saved in `{path}`."));
    if matches!(decision, Decision::Allowed(_)) {
        let line = Invocation::new("to").word(environment).option("--plan", path);
        page.hint(format!("`{line}` carries it out"));
    }
    page
}

/// Whether there was a plan to save.
fn save(app: &App<'_>, path: &Path, ending: &Ending) -> Result<bool, Failure> {
    let file = app.env.folder.join(path);
    let Some(text) = ending.saved().map_err(Error::into_failure)? else { return Ok(false) };
    written::replace(app, &file, &text).map_err(|error| {
        written::failed(path, error).state("No plan was saved; what was there is as it was.")
    })?;
    Ok(true)
}
