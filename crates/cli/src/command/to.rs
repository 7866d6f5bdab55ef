//! `promote to`.

use super::saved;
use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::args::{ConfirmArgs, JobFiles, TermsArgs, Waiting};
use crate::carry::{Move, carry};
use crate::gitlab::Facts;
use clap::Args;
use promote::Project;
use promote_core::names::EnvironmentName;
use promote_core::report::{DecisionReport, Document, OutcomeReport};
use promote_core::request::Wanted;
use std::path::PathBuf;

/// Move a release to an environment
///
/// Looks at everything, decides by the rules, asks, copies the release over the environment's target, runs the deploy
/// and verify steps, and records how it ended. Each condition that was shown is checked again by the store at the
/// moment of the move.
///
/// RELEASE is a commit or the beginning of one, a tag, `previous`, or an environment's name. Left out, it is what runs
/// in the environment before. At a terminal it may be `HEAD` or a branch, too: the commit that it is now is shown before
/// the question.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote to uat 4c1d9e2\n  promote to prod\n  promote to demo prod\n  \
                        promote to prod --yes --json\n  \
                        promote to prod --plan plan.json\n  \
                        promote to prod --override soak --reason \"INC-123: payments are down\"")]
pub(crate) struct ToArgs {
    /// Where to; picked from a list at a terminal, when left out
    #[arg(value_name = "ENV")]
    pub(crate) environment: Option<EnvironmentName>,

    /// Which release
    #[arg(value_name = "RELEASE")]
    pub(crate) release: Option<Wanted>,

    /// Move exactly what a plan saved with `promote plan --out` says, or exit with 6
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["release", "redeploy", "include", "overrides", "reason", "notes"]
    )]
    pub(crate) plan: Option<PathBuf>,

    /// Write and deploy the release again, although it is there
    #[arg(long)]
    pub(crate) redeploy: bool,

    #[command(flatten)]
    pub(crate) terms: TermsArgs,
    #[command(flatten)]
    pub(crate) changing: ConfirmArgs,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    #[command(flatten)]
    files: JobFiles,
}

impl Command for ToArgs {
    const NAME: &'static str = "to";
    const ELSEWHERE: &'static [&'static str] =
        &["deploy", "promote", "release", "ship", "apply", "move", "copy"];
    const DOCUMENTS: &'static [Shape] = &[shape::<OutcomeReport>(), shape::<DecisionReport>()];

    fn fields(&self) -> &'static [&'static str] {
        if self.changing.dry_run { DecisionReport::FIELDS } else { OutcomeReport::FIELDS }
    }

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &ToArgs) -> CommandResult {
    Facts::fit(app, &args.files)?;
    let mut facts = Facts::of_promotion(args.environment.as_ref());
    let ended = promote(app, args, &mut facts).await;
    facts.write(app, &args.files, ended)
}

async fn promote(app: &App<'_>, args: &ToArgs, facts: &mut Facts) -> CommandResult {
    let writing = app.to_write().await?;
    let name = crate::pick::environment(app, &writing.project, args.environment.as_ref(), "to")?;
    let promotion = match &args.plan {
        Some(path) => saved::read(app, path, &name)?,
        None => {
            let seen = args.changing.asks();
            app.promotion(&name, args.release.as_ref(), &args.terms, seen)?
        }
    };
    let promotion = if args.redeploy { promotion.again() } else { promotion };
    let wanted = Move {
        environment: &name,
        promotion,
        run: Project::promote,
        changing: &args.changing,
        waiting: &args.waiting,
    };
    carry(app, writing, wanted, facts).await
}
