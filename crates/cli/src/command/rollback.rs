//! `promote rollback`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::args::{ConfirmArgs, JobFiles, Taking, TermsArgs, Waiting};
use crate::carry::{Move, carry};
use crate::gitlab::Facts;
use clap::Args;
use promote::Project;
use promote_core::names::EnvironmentName;
use promote_core::report::{DecisionReport, Document, OutcomeReport};
use promote_core::request::Wanted;

/// Put an earlier release back
///
/// Goes back to the release that ran here before and was verified, or to the one that `--to` names. Soak, freeze and
/// approvals are not asked: a release verified here before may always come back. What was there is marked as rolled
/// back. The first release of an environment is undone, as long as nothing verified it: the environment holds nothing
/// again. A promotion that was cut off is undone; while its process gave a sign of life less than a minute ago, that is
/// asked about, as with `promote resume`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote rollback prod\n  promote rollback prod --to 77f0d4a --reason \"502 on /pay\""
)]
pub(crate) struct RollbackArgs {
    /// Where; picked from a list at a terminal, when left out
    #[arg(value_name = "ENV")]
    environment: Option<EnvironmentName>,

    /// Which release; the one before, when left out
    #[arg(long, value_name = "RELEASE")]
    to: Option<Wanted>,

    #[command(flatten)]
    terms: TermsArgs,
    #[command(flatten)]
    pub(crate) changing: ConfirmArgs,
    #[command(flatten)]
    taking: Taking,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    files: JobFiles,
}

impl Command for RollbackArgs {
    const NAME: &'static str = "rollback";
    const ELSEWHERE: &'static [&'static str] = &["undo", "revert", "back", "restore"];
    const DOCUMENTS: &'static [Shape] = &[shape::<OutcomeReport>(), shape::<DecisionReport>()];

    fn fields(&self) -> &'static [&'static str] {
        if self.changing.dry_run { DecisionReport::FIELDS } else { OutcomeReport::FIELDS }
    }

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &RollbackArgs) -> CommandResult {
    Facts::fit(app, &args.files)?;
    let mut facts = Facts::of_promotion(args.environment.as_ref());
    let ended = roll_back(app, args, &mut facts).await;
    facts.write(app, &args.files, ended)
}

async fn roll_back(app: &App<'_>, args: &RollbackArgs, facts: &mut Facts) -> CommandResult {
    let writing = app.to_write().await?;
    let name = crate::pick::environment(app, &writing.project, args.environment.as_ref(), "rollback")?;
    let promotion = app.promotion(&name, args.to.as_ref(), &args.terms, args.changing.asks())?;
    let wanted = Move {
        environment: &name,
        promotion: promotion.take_over(args.taking.asked()),
        run: Project::roll_back,
        changing: &args.changing,
        waiting: &args.waiting,
    };
    carry(app, writing, wanted, facts).await
}
