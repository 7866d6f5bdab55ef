//! `promote resume`.

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

/// Finish a promotion that was cut off
///
/// Goes on with the promotion that is open in an environment, whoever began it; what is done already is not done
/// again. Where the move was made and only the end of its deployment is not recorded, or was no success, the steps run
/// again. To go back instead, `promote rollback ENV`.
///
/// Its process may still be at work. While it gave a sign of life less than a minute ago you are asked; `--yes` alone is
/// not enough then, `--take-over` is. Without a terminal, and in CI, it is waited for until it has given none for a minute.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote resume prod\n  promote resume prod --yes --timeout 1h")]
pub(crate) struct ResumeArgs {
    /// Where
    #[arg(value_name = "ENV")]
    environment: EnvironmentName,

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

impl Command for ResumeArgs {
    const NAME: &'static str = "resume";
    const ELSEWHERE: &'static [&'static str] = &["continue", "retry"];
    const DOCUMENTS: &'static [Shape] = &[shape::<OutcomeReport>(), shape::<DecisionReport>()];

    fn fields(&self) -> &'static [&'static str] {
        if self.changing.dry_run { DecisionReport::FIELDS } else { OutcomeReport::FIELDS }
    }

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &ResumeArgs) -> CommandResult {
    Facts::fit(app, &args.files)?;
    let mut facts = Facts::of_promotion(Some(&args.environment));
    let ended = go_on(app, args, &mut facts).await;
    facts.write(app, &args.files, ended)
}

async fn go_on(app: &App<'_>, args: &ResumeArgs, facts: &mut Facts) -> CommandResult {
    let writing = app.to_write().await?;
    let promotion = app.promotion(&args.environment, None, &args.terms, args.changing.asks())?;
    let wanted = Move {
        environment: &args.environment,
        promotion: promotion.take_over(args.taking.asked()),
        run: Project::resume,
        changing: &args.changing,
        waiting: &args.waiting,
    };
    carry(app, writing, wanted, facts).await
}
