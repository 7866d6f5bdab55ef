//! `promote watch`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::ConfirmArgs;
use crate::rollback_stage::{self, Wanted};
use crate::watch_report::WatchReport;
use crate::watching::{self, ApprovalAnswer};
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::EnvironmentName;
use std::time::Duration;

/// Follow the pipelines of what is in an environment
///
/// Follows the executions of AWS CodePipeline that took what is in the environment now, also when somebody else, or
/// another machine, promoted it. Ends as they do: 0 succeeded, 7 failed, 9 not in time. Writes nothing to the
/// ledger: `promote resume ENV` records how a deployment ended. With `--approve` or `--reject` it first answers an
/// action that waits for a person, in that very execution and in no other. With `--rollback-stage` it lets a stage run
/// again as it last succeeded before, follows that, and records that what is in the environment did not hold.
#[derive(Debug, Args)]
#[command(mut_arg("yes", |yes| yes.help("With `--rollback-stage`: don't ask; needed where there is no terminal")))]
#[command(
    after_help = "Examples:\n  promote watch prod\n  promote watch prod --approve Approve/Manual --comment \"looks right\"\n  \
                  promote watch prod --reject Approve/Manual --comment \"wrong texts on the invoice\"\n  \
                  promote watch prod --rollback-stage Deploy --comment \"error rate\""
)]
pub(crate) struct WatchArgs {
    /// Where
    #[arg(value_name = "ENV")]
    environment: EnvironmentName,

    /// Say yes to an action that waits, then go on following
    #[arg(long, value_name = "STAGE/ACTION", conflicts_with = "reject")]
    approve: Option<String>,

    /// Say no to an action that waits, and end
    #[arg(long, value_name = "STAGE/ACTION", requires = "comment")]
    reject: Option<String>,

    /// Let this stage run again as it last succeeded before what is in it now, without moving any target
    #[arg(long, value_name = "STAGE", conflicts_with_all = ["approve", "reject"])]
    rollback_stage: Option<String>,

    /// The execution that the stage goes back to, instead of the last that succeeded in it before
    #[arg(long, value_name = "ID", requires = "rollback_stage")]
    execution: Option<String>,

    /// Why; kept by AWS for an answer, with your name before it, and in the ledger for a stage that goes back
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    comment: Option<String>,

    /// The pipeline that is meant, where there are several
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,

    /// Answer only; don't follow
    #[arg(long)]
    no_wait: bool,

    /// How long to follow, instead of what the file says: `30m`, `1h30m`
    #[arg(long, value_name = "TIME", value_parser = crate::args::timeout)]
    timeout: Option<Duration>,

    #[command(flatten)]
    changing: ConfirmArgs,
}

impl Command for WatchArgs {
    const NAME: &'static str = "watch";
    const ELSEWHERE: &'static [&'static str] = &["follow", "wait"];
    const DOCUMENTS: &'static [Shape] = &[shape::<WatchReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &WatchArgs) -> CommandResult {
    let writes = args.rollback_stage.is_some() || args.approve.is_some() || args.reject.is_some();
    let (project, actor) = match writes {
        true => {
            let Writing { project, actor } = app.to_write().await?;
            (project, Some(actor))
        }
        false => (app.project()?, None),
    };
    if let (Some(stage), Some(actor)) = (&args.rollback_stage, &actor) {
        let wanted = Wanted {
            stage,
            execution: args.execution.as_deref(),
            pipeline: args.pipeline.as_deref(),
            comment: args.comment.as_deref(),
            follows: !args.no_wait,
            timeout: args.timeout,
        };
        return rollback_stage::run(app, &project, actor, &args.environment, &args.changing, &wanted).await;
    }
    if args.changing.dry_run || args.changing.yes {
        return Err(Failure::new(ExitStatus::Usage, "there is nothing to confirm here")
            .hint("`--dry-run` and `--yes` belong to `--rollback-stage`")
            .into());
    }
    let answer = match (&args.approve, &args.reject, &actor) {
        (None, None, _) if args.comment.is_some() || args.pipeline.is_some() || args.no_wait => {
            return Err(Failure::new(ExitStatus::Usage, "there is nothing to answer")
                .hint("give `--approve STAGE/ACTION` or `--reject STAGE/ACTION`")
                .into());
        }
        (yes, no, Some(actor)) => Some(ApprovalAnswer {
            actor,
            approved: yes.is_some(),
            place: yes.as_deref().or(no.as_deref()).unwrap_or_default(),
            comment: args.comment.as_deref().unwrap_or_default(),
            pipeline: args.pipeline.as_deref(),
        }),
        (_, _, None) => None,
    };
    let follows = !args.no_wait && args.reject.is_none();
    watching::watch(app, &project, &args.environment, answer, follows, args.timeout).await
}
