//! `promote advance`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::ConfirmArgs;
use crate::automatic::MoveProgress;
use crate::interrupt::or_signal;
use crate::interruption::one_of_several;
use clap::Args;
use promote_core::advance::advance;
use promote_core::event::Events;
use promote_core::mirror::Closing;
use promote_core::names::EnvironmentName;
use promote_core::report::{AdvanceReport, Moved};
use std::sync::Arc;

/// Move whatever is automatic and open
///
/// For a schedule, and for what follows a push. Goes through the environments with `auto = true` in their order. A first
/// environment takes the newest published release on its `branch`; a later one takes the newest release that was
/// verified in the environment before and meets every rule now. Nobody is asked: `auto` is the answer.
///
/// What is held, frozen or not open yet is listed with the reason. An environment that somebody is moving is left alone.
/// Any number of these commands may run at the same time; whoever comes second says who was first and goes on.
#[derive(Debug, Args)]
#[command(mut_arg("yes", |yes| yes.help(crate::args::UNASKED)))]
#[command(
    after_help = "Examples:\n  promote advance\n  promote advance staging uat\n  promote advance --dry-run\n  \
                        promote advance --exit-code --json"
)]
pub(crate) struct AdvanceArgs {
    /// Only these automatic environments
    #[arg(value_name = "ENV")]
    environments: Vec<EnvironmentName>,

    /// Exit with 3 when a rule keeps an environment from moving
    #[arg(long)]
    exit_code: bool,

    #[command(flatten)]
    changing: ConfirmArgs,
}

impl Command for AdvanceArgs {
    const NAME: &'static str = "advance";
    const DOCUMENTS: &'static [Shape] = &[shape::<AdvanceReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &AdvanceArgs) -> CommandResult {
    let Writing { project, actor } = app.to_write().await?;
    let progress = app.progress();
    let mirror = app.mirror(&project, &actor, Arc::new(progress.clone()));
    let shown = MoveProgress { screen: &app.screen, progress: &progress, tells: (&mirror, &actor) };
    let ports = app.ports_with(&project, Arc::clone(&mirror) as Arc<dyn Events>).await?;
    app.telling(&mirror, &project, &ports);
    let (names, dry_run) = (&args.environments, args.changing.dry_run);
    let flow = advance(&ports, &project.config, names, &actor, dry_run, &shown);
    let (environments, stopped): (Vec<Moved>, _) = match or_signal(app.env, &progress, flow).await {
        Ok(moved) => {
            let (shown, stopped) = app.mirrored(&mirror, Closing::Failed).await;
            (moved?.into_iter().map(|moved| moved.shown(&shown)).collect(), stopped)
        }
        Err(signal) => {
            let who = (&ports, &project.config, &actor);
            return Err(one_of_several(app, &progress, &mirror, signal, who).await);
        }
    };
    let report = AdvanceReport::of(&project.config, dry_run, environments, args.exit_code);
    app.tell(report.environments.iter().any(|one| one.promotion.is_some()), &report, || {
        promote_view::advance::page(&report)
    })?;
    Ok(report.exit.or_stopped(stopped))
}
